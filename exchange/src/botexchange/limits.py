"""Request weight per IP and order counts per account, in fixed windows.

The windows follow the real clock, as the load does; only a lockstep replay, which must not
depend on how fast it runs, has them follow the venue's.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from botcore.matching.refusals import VenueError
from botcore.matching.reports import Changes, ExecutionReport
from botexchange.quotas import Quotas

__all__ = ["LimitError", "OrderCounter", "WeightCounter"]

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000
FIRST_BAN_MS: Final = 2 * MINUTE_MS
LONGEST_BAN_MS: Final = 3 * DAY_MS
MOST_ADDRESSES: Final = 10_000
TAKER_CREDIT: Final = 1
MAKER_CREDIT: Final = 5
"""What an order's first fill gives back (Binance: faqs/order_count_decrement)."""


class LimitError(VenueError):
    """Too many requests (429) or banned (418); `retry_seconds` until the window ends."""

    def __init__(
        self, code: int, message: str, now_ms: int, wait_ms: int, status: int = 429
    ) -> None:
        """Say when to come back."""
        super().__init__(code, message, status=status)
        self.now_ms = now_ms
        self.retry_ms = now_ms + wait_ms
        self.retry_seconds = wait_ms // SECOND_MS + 1

    @classmethod
    def banned(cls, now_ms: int, wait_ms: int) -> "LimitError":
        """Say that the address is banned."""
        return cls(
            -1003,
            f"Way too much request weight used; IP banned until {now_ms + wait_ms}. Please use"
            " WebSocket Streams for live updates to avoid bans.",
            now_ms,
            wait_ms,
            status=418,
        )

    @classmethod
    def too_much(cls, limit: int, now_ms: int, wait_ms: int) -> "LimitError":
        """Say that the address used too much weight."""
        return cls(
            -1003,
            f"Too much request weight used; current limit is {limit} request weight per 1 MINUTE."
            " Please use WebSocket Streams for live updates to avoid polling the API.",
            now_ms,
            wait_ms,
        )


@dataclass(slots=True)
class _Window:
    length_ms: int
    index: int = -1
    used: int = 0

    def add(self, now_ms: int, amount: int) -> int:
        index = now_ms // self.length_ms
        if index != self.index:
            self.index, self.used = index, 0
        self.used = max(0, self.used + amount)
        return self.used


@dataclass(slots=True)
class _Address:
    """What one IP has asked."""

    weight: _Window = field(default_factory=lambda: _Window(MINUTE_MS))
    raw: _Window = field(default_factory=lambda: _Window(5 * MINUTE_MS))
    connections: _Window = field(default_factory=lambda: _Window(5 * MINUTE_MS))
    refusals: _Window = field(default_factory=lambda: _Window(MINUTE_MS))
    bans: int = 0
    banned_until_ms: int = 0

    def is_forgettable(self, now_ms: int) -> bool:
        """Tell whether nothing of it counts any more."""
        is_quiet = self.raw.index < now_ms // self.raw.length_ms
        return is_quiet and now_ms > self.banned_until_ms + (DAY_MS if self.bans else 0)


class WeightCounter:
    """REQUEST_WEIGHT, RAW_REQUESTS and connection attempts of each IP, and its bans."""

    def __init__(self, now_ms: Callable[[], int], quotas: Quotas) -> None:
        """Count by the windows of a clock."""
        self._now_ms = now_ms
        self._quotas = quotas
        self._addresses: dict[str, _Address] = {}

    @property
    def now_ms(self) -> int:
        """Give the time of the clock it counts by."""
        return self._now_ms()

    def add(self, address: str, weight: int) -> int:
        """Count weight; give what the address has used in this minute."""
        return self._of(address).weight.add(self._now_ms(), weight)

    def check(self, address: str) -> None:
        """Count a request; refuse (-1003) one of an address that is banned or over a limit.

        Who goes on after a refusal is banned, longer each time.
        """
        now_ms, one = self._now_ms(), self._of(address)
        if now_ms < one.banned_until_ms:
            raise LimitError.banned(now_ms, one.banned_until_ms - now_ms)
        if one.weight.add(now_ms, 0) > self._quotas.request_weight:
            refusal = LimitError.too_much(
                self._quotas.request_weight, now_ms, MINUTE_MS - now_ms % MINUTE_MS
            )
        elif one.raw.add(now_ms, 1) > self._quotas.raw_requests:
            refusal = _too_many_raw(self._quotas.raw_requests, now_ms)
        else:
            return
        if one.refusals.add(now_ms, 1) > self._quotas.refusals:
            raise self._ban(one, now_ms)
        raise refusal

    def connect(self, address: str) -> None:
        """Count an attempt to open a WebSocket; refuse (-1034) too many and who is banned."""
        now_ms, one = self._now_ms(), self._of(address)
        if now_ms < one.banned_until_ms:
            raise LimitError.banned(now_ms, one.banned_until_ms - now_ms)
        if one.connections.add(now_ms, 1) > self._quotas.connections:
            raise LimitError(
                -1034,
                f"Too many connection attempts; current limit is {self._quotas.connections} per"
                " '5 MINUTE'. Please slow down your reconnect attempts.",
                now_ms,
                5 * MINUTE_MS - now_ms % (5 * MINUTE_MS),
            )

    def reset(self) -> None:
        """Forget every count and ban."""
        self._addresses.clear()

    def _of(self, address: str) -> _Address:
        one = self._addresses.get(address)
        if one is None:
            if len(self._addresses) >= MOST_ADDRESSES:
                now_ms = self._now_ms()
                self._addresses = {
                    name: kept
                    for name, kept in self._addresses.items()
                    if not kept.is_forgettable(now_ms)
                }
            one = self._addresses[address] = _Address()
        return one

    def _ban(self, one: _Address, now_ms: int) -> LimitError:
        wait_ms = min(FIRST_BAN_MS << min(one.bans, 20), LONGEST_BAN_MS)
        one.bans += 1
        one.banned_until_ms = now_ms + wait_ms
        return LimitError.banned(now_ms, wait_ms)


class OrderCounter:
    """Unfilled orders of each account per 10 seconds and per day.

    An accepted order counts one, its first fill takes that back, or more if it was the maker.
    """

    def __init__(self, now_ms: Callable[[], int], quotas: Quotas) -> None:
        """Count by the windows of a clock."""
        self._quotas = quotas
        self._now_ms = now_ms
        self._windows: dict[int, tuple[_Window, _Window]] = {}

    def add(self, uid: int, orders: int) -> tuple[int, int]:
        """Count orders; give the counts of these 10 seconds and of this day."""
        now_ms = self._now_ms()
        windows = self._windows.get(uid)
        if windows is None:
            windows = self._windows[uid] = (_Window(10 * SECOND_MS), _Window(DAY_MS))
        return windows[0].add(now_ms, orders), windows[1].add(now_ms, orders)

    def check(self, uid: int, orders: int) -> None:
        """Refuse (-1015) orders beyond a limit."""
        now_ms = self._now_ms()
        short, long = self.add(uid, 0)
        if short + orders > self._quotas.orders_10s:
            raise _too_many_orders(self._quotas.orders_10s, "10 SECOND", now_ms, 10 * SECOND_MS)
        if long + orders > self._quotas.orders_1d:
            raise _too_many_orders(self._quotas.orders_1d, "1 DAY", now_ms, DAY_MS)

    def settle(self, changes: Changes) -> None:
        """Give back for the first fills in what a step changed."""
        for report in changes.reports:
            if isinstance(report, ExecutionReport) and report.trade is not None:
                trade = report.trade
                if report.order.executed == trade.quantity and report.account in self._windows:
                    self.add(report.account, -(MAKER_CREDIT if trade.maker else TAKER_CREDIT))

    def reset(self) -> None:
        """Forget every count."""
        self._windows.clear()


def _too_many_raw(limit: int, now_ms: int) -> LimitError:
    return LimitError(
        -1003,
        f"Too many requests; current limit is {limit} requests per 5 MINUTE. Please use WebSocket"
        " Streams for live updates to avoid polling the API.",
        now_ms,
        5 * MINUTE_MS - now_ms % (5 * MINUTE_MS),
    )


def _too_many_orders(limit: int, window: str, now_ms: int, length_ms: int) -> LimitError:
    return LimitError(
        -1015,
        f"Too many new orders; current limit is {limit} orders per {window}.",
        now_ms,
        length_ms - now_ms % length_ms,
    )
