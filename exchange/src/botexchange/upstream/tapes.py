"""Trade streams: every trade once and in order, also after a loss."""

import asyncio
from typing import Final

import orjson
import structlog

from botcore.domain.errors import Transient
from botcore.matching.refusals import VenueError
from botexchange.upstream.channels import Tools
from botexchange.upstream.messages import Frame
from botexchange.upstream.tape import Tape, TapeKind

__all__ = ["TapeChannel"]

_log = structlog.get_logger(__name__)
PAGE: Final = 1_000
MOST_MISSING: Final = 5_000  # more than that is no stream any more; a chart reads candles
MOST_WAITING: Final = 20_000
TRIES: Final = 4
LONGEST_PAUSE: Final = 3.0


class TapeChannel:
    """The trades of one symbol; missing ones are fetched while newer ones wait."""

    def __init__(
        self,
        stream: str,
        symbol: str,
        kind: TapeKind,
        tools: Tools,
        *,
        last_id: int | None = None,
    ) -> None:
        """Start after a trade, by default with the next one that comes."""
        self._stream = stream
        self._symbol = symbol
        self._kind = kind
        self._tools = tools
        self._tape = Tape(last_id)
        self._is_back = False
        self._last_ms = 0
        self._waiting: list[Frame] | None = None

    def take(self, frame: Frame) -> None:
        """Pass a trade on if it is the next one."""
        if self._waiting is not None:
            if len(self._waiting) < MOST_WAITING:
                self._waiting.append(frame)
            return
        number = frame.data.get(self._kind.id_key) if isinstance(frame.data, dict) else None
        if not isinstance(number, int):
            return
        missing = self._tape.missing_before(number)
        time_ms = frame.data.get("T") if isinstance(frame.data, dict) else None
        if missing is None and self._is_back and isinstance(time_ms, int):
            # A testnet that was wiped counts from the beginning again; one that lags repeats itself.
            if time_ms <= self._last_ms:
                return
            self._tape.skip_to(number)
            missing = self._tape.missing_before(number)
        self._is_back = False
        if missing == 0:
            self._last_ms = time_ms if isinstance(time_ms, int) else self._last_ms
            self._tools.sink.publish(frame)
        elif missing is not None:
            self._waiting = [frame]
            self._tools.tasks.start(self._repair(number))

    def resumed(self) -> None:
        """Go on; the next trade's id says what is missing."""
        self._is_back = True

    def greeting(self) -> list[Frame]:
        """Let the listener wait for the next trade."""
        return []

    async def _repair(self, until: int) -> None:
        """Fetch and send the trades before an id, then let the waiting ones go."""
        for _ in range(TRIES):
            try:
                await self._fetch(until)
                break
            except (Transient, VenueError) as error:
                await asyncio.sleep(min(getattr(error, "after_seconds", 1.0), LONGEST_PAUSE))
        if self._tape.last is not None and self._tape.last < until - 1:
            _log.warning("relay_gap", stream=self._stream)
            self._tape.skip_to(until)
            self._tools.sink.tell_gap(self._stream)
        waiting, self._waiting = self._waiting or [], None
        for frame in waiting:
            self.take(frame)

    async def _fetch(self, until: int) -> None:
        while (last := self._tape.last) is not None and last < until - 1:
            missing = until - 1 - last
            if missing > MOST_MISSING or not self._tools.may_spend():
                return
            query = {
                "symbol": self._symbol,
                "fromId": str(last + 1),
                "limit": str(min(missing, PAGE)),
            }
            answer = await self._tools.rest.get(self._kind.path, query)
            if not self._send_rows(answer.value, until):
                raise Transient("upstream's trades make no sense")

    def _send_rows(self, rows: object, until: int) -> bool:
        """Send rows as frames; false if they are not the next trades."""
        sent = False
        for row in rows if isinstance(rows, list) else []:
            try:
                facts = self._kind.frame(row)
            except (KeyError, TypeError):
                return sent
            number = facts[self._kind.id_key]
            if not isinstance(number, int) or number >= until:
                return sent
            if self._tape.missing_before(number) != 0:
                return sent
            self._last_ms = facts["T"] if isinstance(facts["T"], int) else self._last_ms
            event = {"e": self._kind.event, "E": facts["T"], "s": self._symbol, **facts}
            payload = orjson.dumps(event)
            self._tools.sink.publish(Frame(self._stream, payload, event, self._tools.wall_ms()))
            sent = True
        return sent
