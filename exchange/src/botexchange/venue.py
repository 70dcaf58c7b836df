"""The exchange as its shells use it: every step is decided, stored, then told."""

import secrets
from dataclasses import dataclass

from botexchange.clock import VenueClock
from botexchange.market.candles import Candle
from botexchange.market.intervals import INTERVALS, open_of
from botexchange.market.source import CandleRange, MarketSource
from botexchange.matching.accounts import Account
from botexchange.matching.engine import Engine
from botexchange.matching.lists import OcoRequest
from botexchange.matching.orders import Order, OrderRequest, Trade
from botexchange.matching.quotes import Tick
from botexchange.matching.reports import Changes
from botexchange.ports import ApiKey, KeyKind, Moment, Owner, Shock, Store
from botexchange.streams.hub import UserHub
from botexchange.streams.user_events import user_event

__all__ = ["Rates", "Venue", "VenueParts"]

FIRST_UID = 10_000_001
QUIET_MS = 300_000  # what average prices look back
AHEAD_SECONDS = 2  # real seconds of venue time reserved on disk, so that a kill can't rewind it


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Commission rates of new accounts, in 1e-8."""

    maker: int
    taker: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueParts:
    """What main wires together."""

    engine: Engine
    store: Store
    source: MarketSource
    clock: VenueClock
    rates: Rates
    weight_limit: int


class Venue:
    """Accounts, orders and the market behind them.

    Every method runs to its end without waiting, so steps never mix. Each is committed before
    it returns and before its first event leaves.
    """

    def __init__(self, parts: VenueParts, position_ms: int) -> None:
        """Go on from the last moment whose trades met the orders."""
        self.engine = parts.engine
        self.store = parts.store
        self.source = parts.source
        self.clock = parts.clock
        self.weight_limit = parts.weight_limit
        self.users = UserHub()
        self.position_ms = position_ms
        self._rates = parts.rates
        self.keys = {key.key: key for key in parts.store.api_keys()}

    def now_ms(self) -> int:
        """Give the venue's time."""
        return self.clock.now_ms()

    def place(self, uid: int, request: OrderRequest) -> tuple[Order, list[Trade]]:
        """Place an order; give it with the trades it made at once."""
        self.engine.place(uid, request, self.now_ms())
        changes = self._settle()
        (order,) = changes.orders.values()
        return order, changes.trades

    def place_oco(self, uid: int, request: OcoRequest) -> tuple[Order, Order]:
        """Place two orders of which one cancels the other."""
        legs = self.engine.place_oco(uid, request, self.now_ms())
        self._settle()
        return legs

    def cancel(self, order: Order, cancel_client_id: str) -> list[Order]:
        """Cancel an order; give every order that ended with it."""
        ended = self.engine.cancel(order, self.now_ms(), cancel_client_id=cancel_client_id)
        self._settle()
        return ended

    def trade(self, tick: Tick) -> int:
        """Let the market trade; say how many user events that caused."""
        self.engine.move(tick)
        self.position_ms = tick.time_ms
        return len(self._settle().reports)

    def set_balances(self, uid: int, balances: dict[str, int]) -> None:
        """Cancel everything an account has open and start it again with these balances."""
        self.engine.set_balances(uid, balances, self.now_ms())
        self._settle()

    def open_account(
        self, name: str, balances: dict[str, int], public_key: str | None = None
    ) -> tuple[Owner, bool]:
        """Open an account, or give the one of this name; the flag says if it is new."""
        known = self.store.owner(name)
        if known is not None:
            return known, False
        uid = max(self.engine.accounts, default=FIRST_UID - 1) + 1
        api_key = ApiKey(
            key=secrets.token_hex(32),
            uid=uid,
            kind=KeyKind.ED25519 if public_key else KeyKind.HMAC,
            secret=public_key or secrets.token_hex(32),
        )
        account = Account(
            uid=uid,
            name=name,
            maker_rate=self._rates.maker,
            taker_rate=self._rates.taker,
            free=dict(balances),
        )
        owner = Owner(uid=uid, api_key=api_key, initial=balances, created_ms=self.now_ms())
        self.engine.add_account(account)
        self.store.add_account(account, owner, self.engine.drain())
        self.keys[api_key.key] = api_key
        return owner, True

    def shock(self, symbol: str, factor: int) -> None:
        """Multiply a symbol's price by a factor (1e-6) from the next trade on."""
        self.engine.market(symbol)
        shock = Shock(symbol=symbol, time_ms=self.position_ms + 1, factor=factor)
        self.source.shock(symbol, shock.time_ms, factor)
        self.store.add_shock(shock)

    def candles(
        self, symbol: str, interval: str, limit: int, span: tuple[int | None, int | None]
    ) -> list[Candle]:
        """List candles by Binance's rules: from a start the oldest, otherwise the newest."""
        start, end = span
        last = min(self.position_ms if end is None else end, self.position_ms)
        length = INTERVALS[interval]
        if start is not None and start > last:
            return []
        if start is None:
            first = open_of(interval, last) - (limit - 1) * length
        else:
            first, last = start, min(last, start + limit * length)
        wanted = CandleRange(
            symbol=symbol,
            interval=interval,
            first_ms=first,
            last_ms=last,
            position_ms=self.position_ms,
        )
        found = self.source.candles(wanted)
        return found[-limit:] if start is None else found[:limit]

    def skip_quiet_time(self) -> None:
        """Go to the present if no order is open, since nothing can happen on the way."""
        if not self.engine.has_open_orders:
            self.position_ms = max(self.position_ms, self.now_ms() - QUIET_MS)

    def save_moment(self, *, is_last: bool = False) -> None:
        """Store where market and clock stand; the last time, without reserve."""
        moment = self._moment()
        if is_last:
            moment = Moment(position_ms=self.position_ms, ceiling_ms=self.now_ms())
        self.store.commit(self.engine.drain(), moment)

    def _settle(self) -> Changes:
        changes = self.engine.drain()
        if changes:
            self.store.commit(changes, self._moment())
            for report in changes.reports:
                self.users.publish(report.account, user_event(report))
        return changes

    def _moment(self) -> Moment:
        ahead = AHEAD_SECONDS * 1_000 * self.clock.speed
        return Moment(position_ms=self.position_ms, ceiling_ms=self.now_ms() + ahead)
