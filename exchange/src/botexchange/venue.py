"""The exchange as its shells use it: every step is decided, stored, then told."""

import asyncio
import itertools
import secrets
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

from botcore.matching.accounts import Account
from botcore.matching.engine import Engine
from botcore.matching.lists import ListRequest
from botcore.matching.orders import Order, OrderRequest
from botcore.matching.quotes import Tick
from botcore.matching.reports import Changes, Report
from botexchange.auth import key_kind
from botexchange.clock import VenueClock
from botexchange.journal import Journal
from botexchange.market.depth import PublishedBooks
from botexchange.market.source import MarketSource
from botexchange.market.windows import Windows
from botexchange.ports import ApiKey, KeyKind, Moment, Owner, Shock, Store
from botexchange.quotas import Quotas
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
    keys: list[ApiKey]
    rates: Rates
    quotas: Quotas


class Venue:
    """Accounts, orders and the market behind them.

    A step runs to its end without waiting, so steps never mix. Whoever tells a user about one
    awaits `durable` first; the user's events leave once the step is stored.
    """

    def __init__(self, parts: VenueParts, position_ms: int) -> None:
        """Go on from the last moment whose trades met the orders."""
        self.engine = parts.engine
        self.store = parts.store
        self.source = parts.source
        self.clock = parts.clock
        self.quotas = parts.quotas
        self.books = PublishedBooks(parts.engine.markets)
        self.windows = Windows(parts.source)
        self.users = UserHub()
        self.position_ms = position_ms
        self._reserve_ms = AHEAD_SECONDS * 1_000 * parts.clock.speed
        self.keys = {key.key: key for key in parts.keys}
        self.skew_ms = 0
        self.watch: Callable[[Changes], None] | None = None
        """Told what each step changed, at once."""
        self._client_ids = itertools.count()
        self._sequence = parts.engine.drain().sequence
        self._rates = parts.rates
        self._opening = asyncio.Lock()
        self._journal = Journal(parts.store, self._moment, self._tell)

    def now_ms(self) -> int:
        """Give the venue's time."""
        return self.clock.now_ms()

    def shown_ms(self) -> int:
        """Give the time that clients are told and judged by: a fault may have moved it."""
        return self.clock.now_ms() + self.skew_ms

    def new_client_id(self) -> str:
        """Make the id of an order, list or cancel that came without one: 22 letters and digits.

        The same calls in the same order get the same ids. None that was used comes again after a
        restart: its use moved the sequence on.
        """
        seed = f"{self._sequence}/{next(self._client_ids)}".encode()
        digest = blake2b(seed, digest_size=16).digest()
        return b64encode(digest, b"aZ")[:22].decode()

    def place(self, uid: int, request: OrderRequest) -> tuple[Order, Changes]:
        """Place an order; give it with everything that changed."""
        order = self.engine.place(uid, request, self.now_ms())
        return order, self._settle()

    def place_list(self, uid: int, request: ListRequest) -> tuple[list[Order], Changes]:
        """Place an order list; gives its orders as the answer shows them, and what changed."""
        orders = self.engine.place_list(uid, request, self.now_ms())
        return orders, self._settle()

    def cancel(self, order: Order, cancel_client_id: str) -> list[Order]:
        """Cancel an order; give every order that ended with it."""
        ended = self.engine.cancel(order, self.now_ms(), cancel_client_id=cancel_client_id)
        self._settle()
        return ended

    def amend(self, order: Order, new_quantity: int, client_order_id: str) -> tuple[Order, Changes]:
        """Reduce an open order's quantity; give it with everything that changed."""
        amended = self.engine.amend(
            order, new_quantity, self.now_ms(), client_order_id=client_order_id
        )
        return amended, self._settle()

    def trade(self, tick: Tick) -> int:
        """Let the market trade; say how many user events that caused."""
        self.engine.move(tick)
        self.position_ms = tick.time_ms
        return len(self._settle().reports)

    async def durable(self) -> None:
        """Return once every step so far is stored and told."""
        await self._journal.durable()

    async def find_order(
        self, uid: int, symbol: str, order_id: int | None, client_id: str
    ) -> Order | None:
        """Find an order by its id, else by its client id: the open one, or the newest."""
        await self.durable()
        if order_id is None:
            return await self.store.order_by_client_id(uid, symbol, client_id)
        return await self.store.order(uid, symbol, order_id)

    def set_balances(self, uid: int, balances: dict[str, int]) -> None:
        """Cancel everything an account has open and start it again with these balances."""
        self.engine.set_balances(uid, balances, self.now_ms())
        self._settle()

    def transfer(self, uid: int, asset: str, amount: int) -> None:
        """Pay an amount in, or out if it is negative; refuses with -2010."""
        self.engine.transfer(uid, asset, amount, self.now_ms())
        self._settle()

    async def open_account(
        self, name: str, balances: dict[str, int], public_key: str | None = None
    ) -> tuple[Owner, bool]:
        """Open an account, or give the one of this name; the flag says if it is new."""
        async with self._opening:
            known = await self.store.owner(name)
            return (known, False) if known else (await self._open(name, balances, public_key), True)

    async def _open(self, name: str, balances: dict[str, int], public_key: str | None) -> Owner:
        uid = max(self.engine.accounts, default=FIRST_UID - 1) + 1
        api_key = ApiKey(
            key=secrets.token_hex(32),
            uid=uid,
            kind=(key_kind(public_key) if public_key else None) or KeyKind.HMAC,
            secret=public_key or secrets.token_hex(32),
            created_ms=self.now_ms(),
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
        await self.store.add_account(account, owner, self.engine.drain())
        self.keys[api_key.key] = api_key
        return owner

    async def shock(self, symbol: str, factor: int) -> None:
        """Multiply a symbol's price by a factor (1e-6) from the next trade on."""
        self.engine.market(symbol)
        shock = Shock(symbol=symbol, time_ms=self.position_ms + 1, factor=factor)
        self.source.shock(symbol, shock.time_ms, factor)
        await self.store.add_shock(shock)

    def skip_quiet_time(self) -> None:
        """Go to the present if no order is open, since nothing can happen on the way."""
        if not self.engine.has_open_orders:
            self.position_ms = max(self.position_ms, self.now_ms() - QUIET_MS)

    async def save_moment(self) -> None:
        """Store where market and clock stand, with everything before it."""
        self._journal.append(self.engine.drain())
        await self.durable()

    async def close(self) -> None:
        """Store everything, the clock without reserve, and let go of the store."""
        self._reserve_ms = 0
        await self.save_moment()
        await self.store.close()

    def _settle(self) -> Changes:
        changes = self.engine.drain()
        self._sequence = changes.sequence
        if self.watch is not None:
            self.watch(changes)
        if changes:
            self._journal.append(changes)
        return changes

    def _tell(self, report: Report) -> None:
        if self.users.is_wanted(report.account):
            self.users.publish(report.account, user_event(report))

    def _moment(self) -> Moment:
        return Moment(position_ms=self.position_ms, ceiling_ms=self.now_ms() + self._reserve_ms)
