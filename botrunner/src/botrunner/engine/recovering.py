"""Start = recover: the ledger first, then the venue's word on every order in doubt, then candles."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from botcore.domain.errors import PlatformError, Transient
from botcore.domain.instruments import Instrument
from botcore.resources.trading_bot import TradingBotSpec
from botrunner.engine.candle_gaps import as_events, filled
from botrunner.ports import Account, Exchange, Journal
from botrunner.trading.events import CandleClosed
from botrunner.trading.recovery import restore
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState, Stored
from botrunner.trading.strategies.registry import warm_up_candles

__all__ = ["AccountMismatch", "Found", "Recovery"]


class AccountMismatch(PlatformError):
    """The key is of another exchange account than this login is bound to: nothing may be sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What ledger and venue said, read before the first decision (TR-40)."""

    stored: Stored
    account: Account
    instruments: Mapping[str, Instrument]
    venue_time: datetime

    def state(self, *, halt: str | None, is_shutting_down: bool) -> BotState:
        """Build the state anew; only the halt latch and a pending shutdown outlive the old one."""
        return restore(
            self.stored, venue_time=self.venue_time, halt=halt, is_shutting_down=is_shutting_down
        )


class Recovery:
    """Reads what start-up and every reconnect need."""

    def __init__(self, journal: Journal, exchange: Exchange, account_uid: str) -> None:
        """Take the ports and the account this bot is bound to."""
        self._journal = journal
        self._exchange = exchange
        self._account_uid = account_uid

    async def read(self, spec: TradingBotSpec) -> Found:
        """Read ledger, account and filters; all or nothing.

        Raises:
            AccountMismatch: the key's account is not the bound one.
            Transient: something can't be read now, so the bot must not trade.
        """
        account = await self._exchange.account()
        if account.uid != self._account_uid:
            raise AccountMismatch(
                f"the key is of account {account.uid}, this bot is bound to {self._account_uid}"
            )
        if not account.can_trade:
            raise Transient("the exchange account may not trade")
        stored = await self._journal.load()
        symbols = {symbol for strategy in spec.strategies for symbol in strategy.symbols}
        symbols |= {sub_book.symbol for sub_book in stored.sub_books}
        symbols |= {order.symbol for order in stored.orders}
        return Found(
            stored=stored,
            account=account,
            instruments=await self._exchange.instruments(sorted(symbols)),
            venue_time=self._exchange.venue_now(),
        )

    async def instruments(
        self, spec: TradingBotSpec, known: Mapping[str, Instrument]
    ) -> Mapping[str, Instrument]:
        """Return the filters, with those of newly configured symbols read from the venue."""
        wanted = {symbol for strategy in spec.strategies for symbol in strategy.symbols}
        missing = sorted(wanted - known.keys())
        return {**known, **await self._exchange.instruments(missing)} if missing else known

    async def candles(
        self, rules: Rules
    ) -> tuple[tuple[CandleClosed, ...], tuple[CandleClosed, ...]]:
        """Read closed candles, oldest first.

        Those that only warm up, and the newest of each that may still be acted on because it is no
        older than half its length (TR-38, TR-39). What the venue lacks is filled flat (TR-35).
        """
        needed: dict[tuple[str, str], int] = {}
        for rule in rules.strategies:
            for symbol in rule.symbols:
                key = (symbol, rule.interval.value)
                needed[key] = max(needed.get(key, 0), warm_up_candles(rule.params) + 1)
        past: list[CandleClosed] = []
        fresh: list[CandleClosed] = []
        for symbol, interval in sorted(rules.wanted_candles()):
            read = await self._exchange.candles(symbol, interval, needed[(symbol, interval.value)])
            for event in as_events(filled(read), self._exchange.venue_now()):
                (past if event.is_history else fresh).append(event)
        past.sort(key=lambda event: event.candle.close_at)
        return tuple(past), tuple(fresh)
