"""What one of a person's bots ordered and was worth, page by page."""

from datetime import datetime

from botcore.ledger import histories
from botcore.ledger.report_rows import EquityRow, PastOrderRow
from botdashboard.access.policy import Actor
from botdashboard.ports import Ledger
from botdashboard.views.records import BotRecord

__all__ = ["Histories"]


class Histories:
    """Reads them, newest first; each answer says where the next page begins."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def orders(
        self, actor: Actor, record: BotRecord, before: int | None, limit: int
    ) -> tuple[list[PastOrderRow], int | None]:
        """Read a bot's orders of every status."""
        async with self._ledger.as_user(actor) as connection:
            found = await histories.list_orders(
                connection, record.uid, before=before, limit=limit + 1
            )
        return found[:limit], found[limit - 1].id if len(found) > limit else None

    async def equity(
        self, actor: Actor, record: BotRecord, before: datetime | None, limit: int
    ) -> tuple[list[EquityRow], datetime | None]:
        """Read what a bot was worth."""
        async with self._ledger.as_user(actor) as connection:
            found = await histories.list_equity(
                connection, record.uid, before=before, limit=limit + 1
            )
        return found[:limit], found[limit - 1].at if len(found) > limit else None
