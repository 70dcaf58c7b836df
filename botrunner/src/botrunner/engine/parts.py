"""The surroundings of the engine."""

from collections.abc import Callable
from dataclasses import dataclass

from botcore.runtime.clock import Clock
from botrunner.engine.account_watch import AccountBooks, AccountWatch
from botrunner.engine.entry_check import ReadPrice
from botrunner.lease_ports import Lease
from botrunner.ports import CandleStream, Exchange, Journal, Meter, Witness
from botrunner.trading.events import KeyInUse

__all__ = ["Parts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What main wires; no `books` where no account is behind the exchange."""

    bot_uid: str
    account_uid: str
    exchange: Exchange
    journal: Journal
    lease: Lease
    candles: CandleStream
    clock: Clock
    witnesses: tuple[Witness, ...] = ()
    books: AccountBooks | None = None
    meter: Meter | None = None
    read_price: ReadPrice | None = None
    key: Callable[[], KeyInUse] = KeyInUse

    def watch(self) -> AccountWatch | None:
        """Make what compares the account with the books, where there is an account."""
        if self.books is None:
            return None
        return AccountWatch(
            self.books, exchange=self.exchange, journal=self.journal, clock=self.clock
        )
