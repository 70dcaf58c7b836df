"""Many subscribers of combined streams that do nothing but count, and for a few of them time, the frames.

Reads a plan (JSON) from standard input and writes what it measured to standard output.
"""

import asyncio
import json
import math
import re
import sys
import time
from functools import partial
from typing import Any, Final, cast

import uvloop

__all__ = ["main"]

_FRAME: Final = b'{"stream":'
_TIME: Final = re.compile(rb'"E":(\d{13})')
_TIMED: Final = 20  # connections whose frames are timed
_TAIL: Final = len('"E":1700000000000')
_KEY: Final = "MDEyMzQ1Njc4OWFiY2RlZg=="


class _Subscriber(asyncio.Protocol):
    """One connection to /stream."""

    def __init__(self, plan: dict[str, Any], *, is_timed: bool) -> None:
        self._plan, self._is_timed = plan, is_timed
        self._tail = self._time_tail = b""
        self.frames = 0
        self.is_open = False
        self.delays: list[float] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for every stream at once."""
        path = "/stream?streams=" + "/".join(self._plan["streams"])
        cast("asyncio.Transport", transport).write(
            f"GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {_KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        """Count the frames; one may lie across two reads."""
        text = self._tail + data
        self.frames += text.count(_FRAME)
        self._tail = text[-len(_FRAME) + 1 :]
        if self._is_timed:
            now = time.monotonic()
            text = self._time_tail + data
            found = [int(moment) for moment in _TIME.findall(text)]
            self._time_tail = text[-_TAIL + 1 :]
            speed = self._plan["speed"]  # of the exchange's clock
            shown = self._plan["server_ms"] + (now - self._plan["measured"]) * 1_000 * speed
            self.delays += [(shown - moment) / speed for moment in found]

    def connection_lost(self, _error: Exception | None) -> None:
        """Remember that it was cut."""
        self.is_open = False


def _given(made: _Subscriber) -> _Subscriber:
    return made


async def _run(plan: dict[str, Any]) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    every = max(plan["connections"] // _TIMED, 1)
    subscribers = []
    for number in range(plan["connections"]):
        made = _Subscriber(plan, is_timed=number % every == 0)
        await loop.create_connection(partial(_given, made), "127.0.0.1", plan["port"])
        subscribers.append(made)
    await asyncio.sleep(plan["warm_seconds"])
    for one in subscribers:
        one.delays.clear()
    before, began = sum(one.frames for one in subscribers), time.monotonic()
    await asyncio.sleep(plan["seconds"])
    frames = sum(one.frames for one in subscribers) - before
    delays = sorted(delay for one in subscribers for delay in one.delays) or [math.inf]
    return {
        "frames_per_second": round(frames / (time.monotonic() - began)),
        "delay_p50_ms": round(delays[len(delays) // 2], 1),
        "delay_p99_ms": round(delays[len(delays) * 99 // 100], 1),
        "cut": sum(not one.is_open for one in subscribers),
    }


def main() -> None:
    """Run the plan."""
    plan = json.load(sys.stdin)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        json.dump(runner.run(_run(plan)), sys.stdout)


if __name__ == "__main__":
    main()
