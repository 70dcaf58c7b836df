"""What the relay answers to each public endpoint."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from botcore.candles.intervals import INTERVALS
from botcore.domain.errors import Transient
from botcore.matching.refusals import VenueError
from botexchange.api.names import MARKET, NOTHING
from botexchange.api.params import Params
from botexchange.limits import LimitError, WeightCounter
from botexchange.relay.feed import RelayFeed
from botexchange.relay.rules import Rules
from botexchange.relay.shared import Said, SharedAnswers
from botexchange.upstream.channels import Tools
from botexchange.upstream.rest import Answer

__all__ = ["Answers", "Asked"]

MOST_AGE_MS: Final = 60_000
RULES_AGE_SECONDS: Final = 86_400.0
NEW_SYMBOL_SECONDS: Final = 60.0
BOOK_LEVELS: Final = 500
MOST_WEIGHT: Final = (
    4_800  # of upstream's 6,000 per IP and minute; the rest is for the bots' orders
)
MOST_COST: Final = 250  # of one call


_ROOT: Final = "/api/v3/"
KEPT_SECONDS: Final = {
    f"{_ROOT}{name}": seconds
    for name, seconds in (
        ("klines", 2.0),
        ("uiKlines", 2.0),
        ("depth", 1.0),
        ("trades", 2.0),
        ("historicalTrades", 2.0),
        ("aggTrades", 1.0),
        ("avgPrice", 2.0),
        ("ticker/24hr", 5.0),
        ("ticker/tradingDay", 5.0),
        ("ticker", 5.0),
        ("ticker/price", 1.0),
        ("ticker/bookTicker", 1.0),
        ("executionRules", 60.0),
        ("referencePrice", 2.0),
        ("referencePrice/calculation", 60.0),
        ("exchangeInfo", 3_600.0),
    )
}
"""Endpoints that are answered by asking upstream, and for how long an answer is kept as fresh."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request."""

    path: str
    values: dict[str, str]
    address: str

    @property
    def params(self) -> Params:
        """Give the parameters with Binance's refusals."""
        return Params(self.values)

    def check_names(self) -> None:
        """Refuse (-1101, -1104) parameters that nothing would read."""
        self.params.check_names(MARKET[self.path.removeprefix(_ROOT)], NOTHING)


Handler = Callable[[Asked], Awaitable[Said]]


class Answers:
    """Answers from what flows by, otherwise by asking upstream once for all."""

    def __init__(
        self,
        tools: Tools,
        feed: RelayFeed,
        rules: Rules,
        weights: WeightCounter,
        shared: SharedAnswers,
    ) -> None:
        """Answer from this feed; `weights` counts what each address makes upstream do."""
        self._tools = tools
        self._feed = feed
        self._rules = rules
        self._weights = weights
        self._shared = shared
        self.handlers: Mapping[str, Handler] = {
            **dict.fromkeys(KEPT_SECONDS, self._pass_on),
            f"{_ROOT}ping": self._ping,
            f"{_ROOT}time": self._time,
            f"{_ROOT}exchangeInfo": self._exchange_info,
            f"{_ROOT}klines": self._klines,
            f"{_ROOT}depth": self._depth,
        }

    async def _ping(self, _asked: Asked) -> Said:
        return Said(b"{}", self._tools.streams.silent_ms())

    async def _time(self, _asked: Asked) -> Said:
        age_seconds = self._tools.time.age_seconds
        if age_seconds is None:
            raise Transient("upstream's time is not known yet")
        return Said(b'{"serverTime":%d}' % self._tools.time.now_ms(), round(age_seconds * 1_000))

    async def _exchange_info(self, asked: Asked) -> Said:
        if asked.values.keys() & {"permissions", "showPermissionSets", "symbolStatus"}:
            return await self._pass_on(asked)
        names = asked.params.symbols()
        await self._know(names or [])
        body, rest = self._rules.answer(names, self._tools.time.now_ms())
        return Said(body, round((self._rules.age_seconds or 0) * 1_000), rest)

    async def _know(self, names: list[str]) -> None:
        """Have rules that are not too old; a symbol that they do not name is refused (-1121)."""
        age = self._rules.age_seconds
        is_unknown = any(name not in self._rules.symbols for name in names)
        if age is None or age > RULES_AGE_SECONDS or (is_unknown and age > NEW_SYMBOL_SECONDS):
            await self._shared.get("rules", 1.0, self._read_rules)
        if any(name not in self._rules.symbols for name in names):
            raise VenueError(-1121, "Invalid symbol.")

    async def _read_rules(self) -> Answer:
        await self._rules.read()
        return Answer(b"", None)

    async def _klines(self, asked: Asked) -> Said:
        params = asked.params
        symbol, interval = params.required("symbol"), params.required("interval")
        if interval not in INTERVALS:
            raise VenueError(-1120, "Invalid interval.")
        first_ms, last_ms = params.instant("startTime"), params.instant("endTime")
        limit = params.limit(500, 1_000)
        await self._know([symbol])
        channel = None
        if asked.values.get("timeZone", "0") == "0":
            channel = self._feed.klines(symbol, interval)
        if channel is None:
            return await self._pass_on(asked)
        self._afford(asked, channel.cost())
        try:
            rows = await channel.rows(first_ms, last_ms, limit)
        except Transient:
            rows = channel.series.select(first_ms, last_ms, limit)
            if rows is None or channel.age_ms() > MOST_AGE_MS:
                raise
        if rows is None:
            return await self._pass_on(asked)
        body = b"[" + b",".join(row.text for row in rows) + b"]"
        return Said(body, channel.age_ms())

    async def _depth(self, asked: Asked) -> Said:
        params = asked.params
        symbol, limit = params.required("symbol"), params.limit(100, 5_000)
        await self._know([symbol])
        channel = None
        if limit <= BOOK_LEVELS and "symbolStatus" not in asked.values:
            channel = self._feed.depth(symbol)
        body = None
        if channel is not None:
            self._afford(asked, channel.cost())
            body = await channel.answer(limit)
        if body is None:
            return await self._pass_on(asked)
        return Said(body, self._tools.streams.silent_ms(f"{symbol.lower()}@depth@100ms"))

    async def _pass_on(self, asked: Asked) -> Said:
        """Ask upstream, once for all who ask the same."""
        fresh_seconds = KEPT_SECONDS[asked.path]
        query = dict(sorted(asked.values.items()))
        key = f"{asked.path}?{query}"
        if not self._shared.has(key, fresh_seconds):
            self._afford(asked, 1)

        async def ask() -> Answer:
            answer = await self._tools.rest.get(asked.path, query)
            self._weights.add(asked.address, min(max(answer.weight - 1, 0), MOST_COST))
            return Answer(answer.body, None)  # what is kept is the text alone

        return await self._shared.get(key, fresh_seconds, ask)

    def _afford(self, asked: Asked, weight: int) -> None:
        """Refuse (-1003) who makes upstream work too much, before upstream does so to all of us."""
        if not weight:
            return
        self._weights.check(asked.address)
        self._weights.add(asked.address, weight)
        if self._tools.rest.used_weight() > MOST_WEIGHT:
            now_ms = self._tools.wall_ms()
            raise LimitError.too_much(MOST_WEIGHT, now_ms, 60_000 - now_ms % 60_000)
