"""The journal in Postgres, by the bot's own login."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from botcore.domain.orders import Order
from botcore.ledger import journal
from botcore.ledger.connect import DatabaseAddress
from botcore.ledger.journal_snapshot import read_snapshot
from botrunner.adapters.ledger_connection import LedgerConnection
from botrunner.adapters.timing import Observe, nobody, timed
from botrunner.ports import Balance
from botrunner.trading.commands import Booked, RecordDecision
from botrunner.trading.state import Stored

__all__ = ["LedgerJournal"]


class LedgerJournal:
    """The runner's first connection; every write is idempotent by its key, none is repeated silently."""

    def __init__(self, address: DatabaseAddress, observe: Observe = nobody) -> None:
        """Connect at the first call; `observe` hears how long commits take."""
        self.observe = observe
        self._ledger = LedgerConnection(address)
        self._epoch = 0

    @property
    def connection(self) -> LedgerConnection:
        """The connection, for what else is written under the same lease."""
        return self._ledger

    @property
    def epoch(self) -> int:
        """The epoch it writes under."""
        return self._epoch

    def hold(self, epoch: int) -> None:
        """Write under this epoch from now on."""
        self._epoch = epoch

    async def load(self) -> Stored:
        """Read all that start-up needs in one consistent snapshot."""
        found = await self._ledger.run(read_snapshot)
        return Stored(
            orders=found.orders,
            sub_books=found.sub_books,
            decided=found.decided,
            day_realized=found.day_realized,
            peak_equity=found.peak_equity,
            sold_at=found.sold_at,
            stop_outs=found.stop_outs,
            entry_times=found.entry_times,
            doubts=found.doubts,
            fee_assets=found.fee_assets,
        )

    @timed("intent")
    async def write_intents(self, orders: Sequence[Order]) -> None:
        """Commit order rows together under the lease, durably, before anything is sent (I2)."""
        await self._ledger.run(lambda connection: journal.insert_intents(connection, orders))

    @timed("orders")
    async def save(self, *, orders: Sequence[Order], bookings: Sequence[Booked]) -> None:
        """Commit new order states and booked fills in one transaction; a known trade id changes nothing."""
        booked = [
            journal.BookedFill(
                order=one.order,
                fill=one.fill,
                sub_book=one.sub_book,
                changed=one.changed,
                realized_quote=one.realized_quote,
                fee_quote=one.fee_quote,
                doubt=one.doubt,
                is_dust=one.is_dust,
            )
            for one in bookings
        ]
        await self._ledger.run(
            lambda connection: journal.save(
                connection, epoch=self._epoch, orders=orders, booked=booked
            )
        )

    @timed("decision")
    async def record_decision(self, decision: RecordDecision, generation: int) -> None:
        """Commit one decision, or raise Conflict if that candle was decided before (TR-37)."""
        row = journal.Decision(
            strategy=decision.strategy,
            symbol=decision.symbol,
            candle_close=decision.candle_close,
            generation=generation,
            action=decision.action,
            reason=decision.reason,
            price=decision.price,
        )
        await self._ledger.run(
            lambda connection: journal.insert_decision(connection, row, epoch=self._epoch)
        )

    async def save_balances(self, balances: Mapping[str, Balance]) -> None:
        """Replace the balances shown to people."""
        amounts = {asset: (one.free, one.locked) for asset, one in balances.items()}
        await self._ledger.run(lambda connection: journal.replace_balances(connection, amounts))

    async def save_equity(
        self,
        *,
        venue_time: datetime,
        equity: Decimal,
        realized: Decimal,
        unrealized: Decimal,
        exposure: Decimal,
    ) -> None:
        """Append one equity sample (quote asset)."""
        sample = journal.EquitySample(
            venue_time=venue_time,
            equity=equity,
            realized=realized,
            unrealized=unrealized,
            exposure=exposure,
        )
        await self._ledger.run(
            lambda connection: journal.insert_equity(connection, sample, epoch=self._epoch)
        )

    async def close(self) -> None:
        """Close the connection."""
        await self._ledger.close()
