"""REST calls to upstream that never overstep its limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import aiohttp
import orjson
import structlog

from botcore.domain.errors import Transient
from botcore.matching.refusals import VenueError
from botcore.runtime.clock import Clock

__all__ = ["Answer", "UpstreamRest"]

_log = structlog.get_logger(__name__)
MINUTE_MS: Final = 60_000
MOST_BYTES: Final = 64 * 1024 * 1024  # the full exchangeInfo has about 3 MB
TIMEOUT: Final = aiohttp.ClientTimeout(total=10, connect=5)
LONGEST_PAUSE: Final = 3 * 86_400  # Binance's longest ban
PATIENCE: Final = 3  # failures one after another before asking becomes slower
FIRST_REST: Final = 0.25
LONGEST_REST: Final = 2.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What upstream said, as sent and as read."""

    body: bytes
    value: object
    weight: int = 0
    """What upstream has counted since the answer before."""


class UpstreamRest:
    """Public GET requests; counts their weight and obeys 429 and 418 (TR-52, TR-53)."""

    def __init__(self, session: aiohttp.ClientSession, base: str, clock: Clock) -> None:
        """Ask the server at this base address."""
        self._session = session
        self._base = base.rstrip("/")
        self._clock = clock
        self._used = 0
        self._minute = 0
        self._failures = 0
        self._paused_until = clock.boottime()

    def used_weight(self) -> int:
        """Give the weight that this address has used in this minute, as upstream counts it."""
        return self._used if self._minute == self._this_minute() else 0

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """Ask once.

        Raises:
            VenueError: upstream refuses the request itself, in its own words.
            Transient: it can't be asked now, did not answer in time, or answered nonsense;
                `after_seconds` says when asking again makes sense.
        """
        left = self._paused_until - self._clock.boottime()
        if left > 0:
            raise Transient("upstream asked to wait", after_seconds=left)
        try:
            async with self._session.get(
                self._base + path, params=params or {}, timeout=TIMEOUT, allow_redirects=False
            ) as response:
                weight = self._count(response)
                body = await response.read() if _is_small(response) else b""
                answer = self._read(response, body)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self._slow_down()
            raise Transient(f"upstream can't be reached: {type(error).__name__}") from error
        except Transient:
            self._slow_down()
            raise
        except VenueError:
            self._failures = 0
            raise
        self._failures = 0
        return Answer(answer.body, answer.value, weight)

    def _slow_down(self) -> None:
        """Leave an upstream alone that only fails (TR-58)."""
        self._failures += 1
        if self._failures >= PATIENCE:
            rest = min(LONGEST_REST, FIRST_REST * 2 ** min(self._failures - PATIENCE, 10))
            self._paused_until = max(self._paused_until, self._clock.boottime() + rest)

    def _read(self, response: aiohttp.ClientResponse, body: bytes) -> Answer:
        status = response.status
        if status in {HTTPStatus.TOO_MANY_REQUESTS, 418}:
            raise self._pause(response)
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            _log.warning("upstream_nonsense", path=response.url.path, status=status)
            raise Transient(f"upstream answered {status} without JSON") from error
        if status == HTTPStatus.OK:
            return Answer(body, value)
        if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise _refusal(value, status)
        raise Transient(f"upstream answered {status}")

    def _pause(self, response: aiohttp.ClientResponse) -> Transient:
        text = response.headers.get("Retry-After", "")
        seconds = min(int(text), LONGEST_PAUSE) if text.isascii() and text.isdigit() else 60
        until = self._clock.boottime() + max(seconds, 1)
        self._paused_until = max(self._paused_until, until)
        _log.warning("upstream_limit_reached", status=response.status, seconds=seconds)
        return Transient("upstream asked to wait", after_seconds=max(seconds, 1))

    def _count(self, response: aiohttp.ClientResponse) -> int:
        """Learn the used weight; give by how much it has risen, so that nothing is counted twice."""
        before = self.used_weight()
        text = response.headers.get("X-MBX-USED-WEIGHT-1M", "")
        if text.isascii() and text.isdigit() and len(text) < 10:
            # Answers may overtake each other.
            self._used, self._minute = max(int(text), before), self._this_minute()
        return self.used_weight() - before

    def _this_minute(self) -> int:
        return int(self._clock.now().timestamp()) * 1_000 // MINUTE_MS


def _is_small(response: aiohttp.ClientResponse) -> bool:
    return (response.content_length or 0) <= MOST_BYTES


def _refusal(value: object, status: int) -> VenueError | Transient:
    """Pass on upstream's own refusal; anything else of its shape is a fault of upstream."""
    if isinstance(value, dict) and isinstance(value.get("code"), int):
        return VenueError(value["code"], str(value.get("msg", "")), status=status)
    return Transient(f"upstream answered {status}")
