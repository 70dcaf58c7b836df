"""One exchange key: how it stands, what it may do, and what became of it; never the key."""

from uuid import UUID

from nicegui import ui
from starlette.requests import Request

from botcore.domain.errors import NotFound
from botdashboard.pages.frame import framed
from botdashboard.pages.keys import KeyView, show_notes, show_permissions, show_title
from botdashboard.pages.session import Page
from botdashboard.services.desk import Desk
from botdashboard.services.live import Change
from botdashboard.views.keys import KeyCard, event_rows, key_card
from botdashboard.widgets.marks import figure, heading, named
from botdashboard.widgets.tables import Column, data_table, show_rows

__all__ = ["register"]

_HISTORY = (
    Column(key="time", title="Time (UTC)"),
    Column(key="key", title="Key"),
    Column(key="event", title="What"),
)


def register(desk: Desk) -> None:
    """Add the page."""

    @ui.page("/keys/{key_id}", title="Key · kbots")
    async def show(request: Request, key_id: str) -> None:
        async with framed(desk, request, "Exchange key") as page:
            view = _KeyPage(page, _id_of(key_id))
            await view.refresh()
            page.keep_fresh(view.wants, view.refresh, view.stale)


def _id_of(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("there is no such key") from None


class _KeyPage:
    def __init__(self, page: Page, key_id: UUID) -> None:
        self._page = page
        self._id = key_id
        ui.link("Back to your keys", "/keys")
        self.stale = named(ui.label().classes("kb-stale").props("role=status"), "stale")
        self.stale.set_visibility(False)
        with ui.element("section").classes("kb-card"):
            self._view = KeyView(self._tell, self._offer)
        with ui.element("section").classes("kb-card"):
            heading(2, "History")
            self._history = data_table(_HISTORY, "key-history", "Nothing yet.")
            self._history.props("wrap-cells")

    def wants(self, change: Change) -> bool:
        """Wake on what concerns this key."""
        return change.kind == "key" and change.subject == str(self._id)

    async def refresh(self) -> None:
        """Read again and change what changed."""
        found = await self._page.desk.keys.history(self._page.actor, self._id)
        show_rows(self._history, event_rows(found.events))
        self._view.show(key_card(found.key, self._page.desk.clock.now()))

    def _tell(self, card: KeyCard) -> None:
        show_title(card, lambda: heading(1, card.label))
        show_notes(card)
        with ui.element("div").classes("kb-figures"):
            figure("Key", "key-last4").set_text(card.last4)
            figure("Verified (UTC)", "key-verified").set_text(card.verified)
            figure("Last asked (UTC)", "key-checked").set_text(card.checked)
            figure("Age", "key-age").set_text(card.age)
        heading(2, "Its rights at the exchange")
        show_permissions(card)
        if not card.permissions:
            ui.label(
                "Not told: testnet does not say, and an unchecked key is not known yet."
            ).classes("kb-muted")

    def _offer(self, card: KeyCard) -> None:
        if not card.is_live:
            return
        replace = ui.link("Replace it", f"/keys/{card.id}/replace").classes("kb-button")
        named(replace, "replace")
        check = self._page.handler(self._check, done="It is asked again soon.")
        named(
            ui.button("Check it again", on_click=check, color="info").props("outline"),
            "check-again",
        )
        ui.element("span").classes("kb-grow")
        revoke = self._page.handler(self._revoke, done="Key revoked.")
        named(ui.button("Revoke", on_click=revoke, color="negative"), "revoke")

    async def _check(self) -> None:
        await self._page.desk.keys.check_again(self._page.actor, self._id)
        await self.refresh()

    async def _revoke(self) -> None:
        await self._page.desk.keys.revoke(self._page.actor, self._id)
        await self.refresh()
