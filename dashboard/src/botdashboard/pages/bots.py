"""The overview: a person's own bots, live, and the halt of all of them."""

from nicegui import ui
from starlette.requests import Request

from botcore.ledger.report_rows import HaltRow
from botdashboard.pages.frame import framed
from botdashboard.pages.halts import halt_form, show_halts
from botdashboard.pages.session import Page
from botdashboard.services.desk import Desk
from botdashboard.services.live import Change
from botdashboard.views.bots import BotCard
from botdashboard.views.records import BotKey
from botdashboard.widgets.cards import BotCardView
from botdashboard.widgets.marks import heading, named

__all__ = ["register"]


def register(desk: Desk) -> None:
    """Add the page."""

    @ui.page("/", title="Bots · kbots")
    async def show(request: Request) -> None:
        async with framed(desk, request, "Bots") as page:
            view = _Overview(page)
            await page.look(view.refresh, view.stale)
            page.keep_fresh(_wants, view.refresh, view.stale)


def _wants(change: Change) -> bool:
    return change.kind in {"resource", "halt"} or (
        change.kind == "bot" and change.detail != "decisions"
    )


class _Overview:
    def __init__(self, page: Page) -> None:
        self._page = page
        self._cards: dict[tuple[BotKey, str], BotCardView] = {}
        self._halts: tuple[HaltRow, ...] = ()
        with ui.element("div").classes("kb-row"):
            heading(1, "Bots")
            ui.element("span").classes("kb-grow")
            named(ui.link("New bot", "/new-bot").classes("kb-button"), "new-bot")
        self.stale = named(ui.label().classes("kb-stale").props("role=status"), "stale")
        self.stale.set_visibility(False)
        self._halt_list = named(ui.element("div"), "halts")
        self._list = named(ui.element("div").classes("kb-cards"), "bots")
        with ui.element("div").classes("kb-row"):
            halt_form(page, "Halt all my bots", page.desk.bots.halt_all, "halt-all")

    async def refresh(self) -> None:
        """Read again and change what changed."""
        bots = self._page.desk.bots
        # First what shows and works without the API server.
        halts = tuple(one for one in await bots.halts(self._page.actor) if one.scope != "bot")
        if halts != self._halts:
            self._halts = halts
            self._halt_list.clear()
            with self._halt_list:
                show_halts(self._page, halts)
        cards = await bots.cards(self._page.actor)
        if {(card.key, card.mode) for card in cards} != set(self._cards) or not cards:
            self._rebuild(cards)
        for card in cards:
            self._cards[card.key, card.mode].show(card)

    def _rebuild(self, cards: tuple[BotCard, ...]) -> None:
        self._list.clear()
        with self._list:
            self._cards = {(card.key, card.mode): BotCardView(card) for card in cards}
            if not cards:
                with named(ui.element("div").classes("kb-empty"), "empty"):
                    ui.label("You have no bots yet.").classes("kb-title")
                    ui.label(
                        "A paper bot trades play money on the built-in exchange: no key is needed,"
                        " and nothing can be lost. Make one, and watch its first trades here."
                    )
                    ui.link("Make a paper bot", "/new-bot").classes("kb-button")
