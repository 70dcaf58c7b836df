"""A person's own fills, newest first, page by page."""

from dataclasses import dataclass
from uuid import UUID

from botcore.domain.errors import Transient
from botcore.ledger import reports
from botcore.ledger.report_rows import FillCursor, FillRow
from botdashboard.access.policy import Actor
from botdashboard.ports import BotGateway, Ledger
from botdashboard.views.bots import mode_mark
from botdashboard.views.records import BotRecord
from botdashboard.views.trades import TableRow, fill_rows

__all__ = ["TradePage", "Trades"]

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class TradePage:
    """One page of fills, and where the next begins."""

    rows: list[TableRow]
    next: FillCursor | None
    gap: str
    """Why modes and units are missing, where they are."""


class Trades:
    """Use cases of the trade log."""

    def __init__(self, ledger: Ledger, bots: BotGateway) -> None:
        self._ledger = ledger
        self._bots = bots

    async def bots(self, actor: Actor) -> dict[str, str]:
        """Offer his bots for the filter: uid to name."""
        records, _ = await self._records(actor)
        return {str(bot.uid): bot.key.name for bot in records}

    async def page(
        self, actor: Actor, bot_uid: UUID | None = None, before: FillCursor | None = None
    ) -> TradePage:
        """Read one page of his fills, of one bot or of all."""
        records, gap = await self._records(actor)
        modes = {bot.uid: mode_mark(str(bot.spec.get("mode", ""))) for bot in records}
        units = {bot.uid: str(bot.spec.get("quoteAsset", "")) for bot in records}
        shown, following = await self.fills(actor, bot_uid, before, PAGE_SIZE)
        return TradePage(rows=fill_rows(shown, modes, units), next=following, gap=gap)

    async def fills(
        self, actor: Actor, bot_uid: UUID | None, before: FillCursor | None, limit: int
    ) -> tuple[list[FillRow], FillCursor | None]:
        """Read so many of his fills, of one bot or of all, and where the next page begins."""
        async with self._ledger.as_user(actor) as connection:
            found = await reports.list_fills(
                connection, bot_uid=bot_uid, before=before, limit=limit + 1
            )
        shown = found[:limit]
        if len(found) <= limit:
            return shown, None
        last = shown[-1]
        following = FillCursor(
            venue_time=last.venue_time, symbol=last.symbol, trade_id=last.trade_id
        )
        return shown, following

    async def _records(self, actor: Actor) -> tuple[tuple[BotRecord, ...], str]:
        """Read his bots; the log shows without them too, when they can't be read."""
        try:
            return await self._bots.list(actor), ""
        except Transient as error:
            return (), str(error)
