"""The trade log: own fills, newest first, live on its first page, filter and page in the address."""

from urllib.parse import urlencode
from uuid import UUID

from nicegui import ui
from starlette.requests import Request

from botcore.domain.errors import NotFound, Transient
from botcore.ledger.report_rows import FillCursor
from botdashboard.pages.frame import framed
from botdashboard.pages.session import Page
from botdashboard.services.desk import Desk
from botdashboard.services.live import Change
from botdashboard.views.cursors import fill_cursor, fill_cursor_text
from botdashboard.widgets.marks import heading, named
from botdashboard.widgets.tables import Column, data_table, show_rows

__all__ = ["register"]

_COLUMNS = (
    Column(key="time", title="Time (UTC)"),
    Column(key="mode", title="Mode", look="mode"),
    Column(key="bot", title="Bot", look="linked"),
    Column(key="symbol", title="Symbol"),
    Column(key="side", title="Side"),
    Column(key="quantity", title="Quantity", is_number=True),
    Column(key="price", title="Price", is_number=True),
    Column(key="value", title="Value", is_number=True),
    Column(key="fee", title="Fee", is_number=True),
    Column(key="profit", title="Profit after fees", is_number=True, look="toned"),
    Column(key="strategy", title="Strategy"),
    Column(key="purpose", title="Why"),
)


def register(desk: Desk) -> None:
    """Add the page."""

    @ui.page("/trades", title="Trades · kbots")
    async def show(request: Request, bot: str = "", before: str = "") -> None:
        async with framed(desk, request, "Trades") as page:
            view = _TradeLog(page, _uid(bot), _cursor(before))
            await view.build()
            await page.look(view.refresh, view.stale)
            page.keep_fresh(view.wants, view.refresh, view.stale)


class _TradeLog:
    def __init__(self, page: Page, bot: UUID | None, before: FillCursor | None) -> None:
        self._page = page
        self._bot = bot
        self._before = before
        heading(1, "Trades")
        self.stale = named(ui.label().classes("kb-stale").props("role=status"), "stale")
        self.stale.set_visibility(False)

    async def build(self) -> None:
        """Add the filter, the table and the way to older pages."""
        names = await self._page.desk.trades.bots(self._page.actor)
        with ui.element("div").classes("kb-row"):
            chosen = str(self._bot) if self._bot else ""
            offered = {"": "All bots", **names} | (
                {} if chosen in names or not chosen else {chosen: chosen}
            )
            named(
                ui.select(
                    offered, value=chosen, label="Bot",
                    on_change=lambda event: ui.navigate.to(_address(str(event.value or ""), None)),
                ).props("dense outlined").classes("kb-filter"),
                "filter-bot",
            )  # fmt: skip
            if self._before is not None:
                named(ui.link("Newest", _address(chosen, None)), "newest")
        self._table = data_table(
            _COLUMNS,
            "trades",
            "No trades yet: a strategy trades when its candle closes and its rule says so.",
        )
        self._older = named(ui.link("Older trades", "#").classes("kb-button"), "older")

    def wants(self, change: Change) -> bool:
        """Wake on fills, on the first page only: older pages do not change."""
        return self._before is None and change.kind == "bot" and change.detail == "fills"

    async def refresh(self) -> None:
        """Read the page again."""
        found = await self._page.desk.trades.page(self._page.actor, self._bot, self._before)
        show_rows(self._table, found.rows)
        self._older.set_visibility(found.next is not None)
        if found.next is not None:
            self._older.props["href"] = _address(str(self._bot or ""), found.next)
        if found.gap:
            raise Transient(found.gap)


def _address(bot: str, cursor: FillCursor | None) -> str:
    query = {"bot": bot} if bot else {}
    if cursor is not None:
        query["before"] = fill_cursor_text(cursor)
    return f"/trades?{urlencode(query)}" if query else "/trades"


def _uid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise NotFound("there is no such bot") from None


def _cursor(text: str) -> FillCursor | None:
    try:
        return fill_cursor(text) if text else None
    except ValueError:
        raise NotFound("there is no such page") from None
