"""Kline streams: every candle closes once and in order, and REST agrees with the frames."""

import asyncio
from typing import Final

import orjson
import structlog

from botcore.domain.errors import Transient
from botcore.matching.refusals import VenueError
from botexchange.upstream.channels import Tools
from botexchange.upstream.messages import Frame
from botexchange.upstream.series import KEPT, Row, Series, Taken, rest_rows, row_of_frame

__all__ = ["KlineChannel"]

_log = structlog.get_logger(__name__)
PATH: Final = "/api/v3/klines"
WEIGHT: Final = 2
GRACE_MS: Final = 2_500  # a candle's last frame may come so late
AGAIN_SECONDS: Final = 1.0  # no two looks at REST within
FLOW_SECONDS: Final = 3.0
PATIENCE_SECONDS: Final = 9.0
REPAIRS: Final = 6
LONGEST_PAUSE: Final = 5.0
RECENT_MS: Final = 60_000
MOST_WAITING: Final = 5_000


class KlineChannel:
    """The candles of one symbol and interval.

    REST rows and frames meet in one series; a candle that closed unseen is sent as a frame
    before anything newer. While that is found out, frames wait.
    """

    def __init__(
        self, stream: str, symbol: str, interval: str, tools: Tools, *, kept: int = KEPT
    ) -> None:
        """Start empty; keep the newest `kept` candles once REST has been asked."""
        self.series = Series(kept)
        self._kept = kept
        self._stream = stream
        self._symbol = symbol
        self._interval = interval
        self._tools = tools
        self._latest: Frame | None = None
        self._closed: tuple[int, Frame] | None = None
        self._waiting: list[Frame] | None = None
        self._lock = asyncio.Lock()
        self._is_based = False
        self._is_synced = False
        self._looked_at = -AGAIN_SECONDS
        self._confirmed_at = tools.clock.boottime()
        self.is_kept = False
        """Somebody asks for more than the frames."""

    def take(self, frame: Frame) -> None:
        """Pass a frame on if it is news; let it wait if candles before it are missing."""
        if self._waiting is not None:
            if len(self._waiting) < MOST_WAITING:
                self._waiting.append(frame)
            return
        row = row_of_frame(frame.data)
        if row is None or self._is_older(frame):
            return
        match self.series.take(row):
            case Taken.NEWS:
                self._confirmed_at = self._tools.clock.boottime()
                self._publish(frame, row)
            case Taken.GAP:
                self._repair([frame])
            case Taken.OLD:
                pass

    def resumed(self) -> None:
        """Look for candles that closed while nothing came."""
        self._is_synced = False
        if self._waiting is None and self.series.rows:
            self._repair([])

    def greeting(self) -> list[Frame]:
        """Give the candle that closed just now, then the present one."""
        now_ms = self._tools.time.now_ms()
        frames = [self._latest] if self._latest is not None else []
        if self._closed is not None and self._closed[1] is not self._latest:
            close_ms, frame = self._closed
            frames[:0] = [frame] if now_ms - close_ms < RECENT_MS else []
        return frames

    def age_ms(self) -> int:
        """Give the time since upstream last confirmed what `rows` selects from."""
        age_ms = round((self._tools.clock.boottime() - self._confirmed_at) * 1_000)
        is_fresh = self._is_fresh()
        return min(age_ms, self._tools.streams.silent_ms(self._stream)) if is_fresh else age_ms

    def cost(self) -> int:
        """Give the weight of the call to upstream that `rows` would begin now."""
        return 0 if self._is_fresh() or self._lock.locked() else WEIGHT

    async def rows(self, first_ms: int | None, last_ms: int | None, limit: int) -> list[Row] | None:
        """Select candles as REST would; None if the series does not reach back so far.

        Raises:
            Transient: upstream can't be asked for what is missing.
            VenueError: upstream refuses.
        """
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                if not self._is_fresh():
                    await self._refresh_once()
        except TimeoutError as error:
            raise Transient("candles are being repaired") from error
        return self.series.select(first_ms, last_ms, limit)

    async def _refresh_once(self) -> None:
        async with self._lock:
            if not self._is_fresh():
                await self._refresh()

    def _is_older(self, frame: Frame) -> bool:
        last = self._latest
        if last is None or not isinstance(last.data, dict) or not isinstance(frame.data, dict):
            return False
        time_ms, last_ms = frame.data.get("E"), last.data.get("E")
        if not isinstance(time_ms, int) or not isinstance(last_ms, int):
            return True
        return time_ms < last_ms or frame.payload == last.payload

    def _publish(self, frame: Frame, row: Row) -> None:
        self._latest = frame
        if row.is_final:
            self._closed = (row.close_ms, frame)
        self._tools.sink.publish(frame)

    def _is_fresh(self) -> bool:
        if not self._is_based:
            return False
        if self._tools.clock.boottime() - self._looked_at < AGAIN_SECONDS:
            return True
        rows = self.series.rows
        return (
            self._is_synced
            and self._waiting is None
            and self._tools.streams.flows(self._stream)
            and rows[-1].close_ms >= self._tools.time.now_ms() - GRACE_MS
        )

    async def _refresh(self) -> None:
        """Fetch what is missing, once the stream flows so that nothing falls between."""
        deadline = self._tools.clock.boottime() + FLOW_SECONDS
        while not self._tools.streams.flows(self._stream):
            if self._tools.clock.boottime() > deadline or not self._tools.streams.is_live():
                break
            await asyncio.sleep(0.02)
        does_flow = self._tools.streams.flows(self._stream)
        await self._look(whole=not self._is_based)
        self._is_synced = does_flow and self._tools.streams.flows(self._stream)
        self._looked_at = self._tools.clock.boottime()

    async def _look(self, *, whole: bool = False, final_before_ms: int = 0) -> None:
        """Ask REST for the missing part, or for everything that is kept."""
        query = {"symbol": self._symbol, "interval": self._interval, "limit": str(KEPT)}
        start_ms = None if whole else self.series.repair_from()
        if start_ms is not None:
            query["startTime"] = str(start_ms)
        answer = await self._tools.rest.get(PATH, query)
        rows = rest_rows(answer.value, final_before_ms)
        if rows is None:
            raise Transient("upstream's klines make no sense")
        if start_ms is not None and len(rows) == KEPT:
            return await self._look(whole=True, final_before_ms=final_before_ms)
        if start_ms is None and rows:
            rows = await self._older(rows)
            self._is_based = True
            self.series.begin_ms = rows[0].open_ms if len(rows) < KEPT else None
        self._learn(rows)
        self._confirmed_at = self._tools.clock.boottime()
        return None

    async def _older(self, rows: list[Row]) -> list[Row]:
        """Put older candles before REST's newest if more are kept than it gives at once."""
        if self._kept <= KEPT or len(rows) < KEPT:
            return rows
        query = {
            "symbol": self._symbol,
            "interval": self._interval,
            "limit": str(self._kept - KEPT),
            "endTime": str(rows[0].open_ms - 1),
        }
        older = rest_rows((await self._tools.rest.get(PATH, query)).value)
        return [*(row._replace(is_final=True) for row in older or []), *rows]

    def _learn(self, rows: list[Row]) -> None:
        """Take REST's rows; send the closed candles that the frames have missed."""
        mark = self.series.repair_from()
        known = self.series.rows[-1] if self.series.rows else None
        self.series.merge(rows)
        if mark is None or known is None:
            return
        following = known.first_trade
        if following is not None and known.is_final:
            following += known.trades
        for row in self.series.final_from(mark):
            first = row.first_trade if row.first_trade is not None else following
            following = None if first is None else first + row.trades
            self._publish(self._closing_frame(row, first), row)

    def _closing_frame(self, row: Row, first_trade: int | None) -> Frame:
        """Write the last frame of a candle as the stream would have; unknown trade ids are -1."""
        items = orjson.loads(row.text)
        first = -1 if first_trade is None or not row.trades else first_trade
        candle = {
            "t": row.open_ms, "T": row.close_ms, "s": self._symbol, "i": self._interval,
            "f": first, "L": -1 if first < 0 else first + row.trades - 1,
            "o": items[1], "c": items[4], "h": items[2], "l": items[3], "v": items[5],
            "n": row.trades, "x": True, "q": items[7], "V": items[9], "Q": items[10],
            "B": items[11],
        }  # fmt: skip
        time_ms = row.close_ms + 1  # when it closed, so that what follows is not older
        event = {"e": "kline", "E": time_ms, "s": self._symbol, "k": candle}
        return Frame(self._stream, orjson.dumps(event), event, self._tools.wall_ms())

    def _repair(self, waiting: list[Frame]) -> None:
        self._waiting = waiting
        self._tools.tasks.start(self._repair_now())

    async def _repair_now(self) -> None:
        """Ask REST until the waiting frames follow without a gap, then let them go."""
        async with self._lock:
            does_fit = await self._try_repair()
            if not does_fit:
                _log.warning("relay_gap", stream=self._stream)
                self.series = Series(self._kept)
                self._is_based = False
                self._tools.sink.tell_gap(self._stream)
            self._is_synced = does_fit and self._tools.streams.flows(self._stream)
            waiting, self._waiting = self._waiting or [], None
            for frame in waiting:
                self.take(frame)

    async def _try_repair(self) -> bool:
        for attempt in range(REPAIRS):
            first = self._first_waiting()
            # Once a second has passed since a newer candle's frame, REST has all of the older ones.
            final_before_ms = first.open_ms if first and attempt else 0
            pause = AGAIN_SECONDS
            try:
                await self._look(final_before_ms=final_before_ms)
            except (Transient, VenueError) as error:
                pause = min(getattr(error, "after_seconds", pause), LONGEST_PAUSE)
            else:
                if self._does_fit():
                    return True
            await asyncio.sleep(pause)
        return False

    def _first_waiting(self) -> Row | None:
        rows = (row_of_frame(frame.data) for frame in self._waiting or [])
        return next((row for row in rows if row is not None), None)

    def _does_fit(self) -> bool:
        first, rows = self._first_waiting(), self.series.rows
        if first is None or not rows:
            return True
        last = rows[-1]
        return first.open_ms <= last.open_ms or (
            last.is_final and first.open_ms == last.close_ms + 1
        )
