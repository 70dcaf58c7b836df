"""A person's exchange keys: what is known of them, never the keys; revoking is one click."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from nicegui import ui
from starlette.requests import Request

from botdashboard.pages.frame import framed
from botdashboard.pages.session import Page
from botdashboard.services.desk import Desk
from botdashboard.services.live import Change
from botdashboard.views.keys import KeyCard, key_cards
from botdashboard.widgets.marks import figure, heading, mode_mark, named, pill

__all__ = ["KeyView", "register", "show_notes", "show_permissions", "show_title"]


def register(desk: Desk) -> None:
    """Add the page."""

    @ui.page("/keys", title="Keys · kbots")
    async def show(request: Request) -> None:
        async with framed(desk, request, "Exchange keys") as page:
            view = _KeyList(page)
            await view.refresh()
            page.keep_fresh(_wants, view.refresh, view.stale)


class KeyView:
    """Shows one key. Its buttons are made once: a press on one that was built anew meanwhile reaches nothing."""

    def __init__(self, tell: Callable[[KeyCard], None], offer: Callable[[KeyCard], None]) -> None:
        """Have `tell` show what is known of the key, and `offer` what can be done with it."""
        self._tell = tell
        self._offer = offer
        self._shown: KeyCard | None = None
        self._told = ui.element("div").classes("kb-told")
        self._row = ui.element("div").classes("kb-row")

    def show(self, card: KeyCard) -> None:
        """Change what changed."""
        before, self._shown = self._shown, card
        if card == before:
            return
        self._told.clear()
        with self._told:
            self._tell(card)
        if before is None or before.is_live != card.is_live:
            self._row.clear()
            with self._row:
                self._offer(card)


def show_title(card: KeyCard, title: Callable[[], ui.element]) -> None:
    """Show what a key is and how it stands."""
    with ui.element("div").classes("kb-row"):
        title()
        mode_mark(card.environment)
        ui.element("span").classes("kb-grow")
        named(pill(card.status, card.tone), "key-status")


def show_notes(card: KeyCard) -> None:
    """Say what is to be known and done."""
    if card.note:
        look = "kb-muted" if card.tone in {"good", "muted"} else "kb-note"
        named(ui.label(card.note).classes(look), "key-note")
    if card.newer:
        named(ui.label(card.newer).classes("kb-note"), "key-newer")


def show_permissions(card: KeyCard) -> None:
    """Show what the key may do at the exchange: in words and marks, not by colour alone."""
    if not card.permissions:
        return
    with named(ui.element("ul").classes("kb-permissions"), "key-permissions"):
        for one in card.permissions:
            with ui.element("li"):
                ui.label("✓" if one.is_on else "✗").classes(f"kb-tone-{one.tone}")
                ui.label(one.title)
                ui.label("on" if one.is_on else "off").classes("kb-muted")


def _wants(change: Change) -> bool:
    return change.kind == "key"


class _KeyList:
    def __init__(self, page: Page) -> None:
        self._page = page
        self._cards: dict[UUID, KeyView] | None = None
        with ui.element("div").classes("kb-row"):
            heading(1, "Exchange keys")
            ui.element("span").classes("kb-grow")
            named(ui.link("Add a key", "/keys/new").classes("kb-button"), "add-key")
        ui.label(
            "A key is sealed the moment it arrives. This dashboard can't open it again:"
            " not for you, not for an admin."
        ).classes("kb-muted")
        self.stale = named(ui.label().classes("kb-stale").props("role=status"), "stale")
        self.stale.set_visibility(False)
        self._list = named(ui.element("div").classes("kb-cards"), "keys")

    async def refresh(self) -> None:
        """Read again; only other keys than before build the list anew."""
        rows = await self._page.desk.keys.list(self._page.actor)
        cards = key_cards(rows, self._page.desk.clock.now())
        if self._cards is None or list(self._cards) != [card.id for card in cards]:
            self._cards = self._built(cards)
        for card in cards:
            self._cards[card.id].show(card)

    def _built(self, cards: tuple[KeyCard, ...]) -> dict[UUID, KeyView]:
        self._list.clear()
        views = {}
        with self._list:
            for card in cards:
                with named(ui.element("article").classes("kb-card"), f"key-{card.label}"):
                    views[card.id] = KeyView(_tell, self._offer)
            if not cards:
                ui.label("No keys yet. Paper bots need none.").classes("kb-empty")
        return views

    def _offer(self, card: KeyCard) -> None:
        address = f"/keys/{card.id}"
        named(ui.link("History", address), f"open-{card.label}")
        if card.is_live:
            named(ui.link("Replace", f"{address}/replace"), f"replace-{card.label}")
            ui.element("span").classes("kb-grow")
            revoke = self._page.handler(self._revoking(card.id), done="Key revoked.")
            button = ui.button("Revoke", on_click=revoke, color="negative")
            named(button, f"revoke-{card.label}")

    def _revoking(self, key_id: UUID) -> Callable[[], Awaitable[None]]:
        async def act() -> None:
            await self._page.desk.keys.revoke(self._page.actor, key_id)
            await self.refresh()

        return act


def _tell(card: KeyCard) -> None:
    show_title(card, lambda: ui.link(card.label, f"/keys/{card.id}").classes("kb-title"))
    show_notes(card)
    with ui.element("div").classes("kb-figures"):
        figure("Key", "key-last4").set_text(card.last4)
        figure("Verified (UTC)", "key-verified").set_text(card.verified)
        figure("Age", "key-age").set_text(card.age)
    show_permissions(card)
