"""Many bots in one process: whole engines with the adapters they ship with, each on an account of its own.

Reads a plan (JSON) from standard input, starts the bots one after another, trades until its time is up and writes
what came of it to standard output.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from typing import Any, Final

from botrunner.adapters.binance_client import Endpoints, RelayEndpoints
from hack.bench.runner.engine_alone import Account, EngineAlone, quiet_logs
from hack.bench.runner.tapped_loop import TappedLoop

__all__ = ["main"]

_LAST_SECONDS: Final = 60
"""Whose calls are told by themselves: nothing starts any more."""


class _Wire:
    """Counts what is asked, and the answers that are refusals for too many requests."""

    def __init__(self) -> None:
        self.limited = 0
        self.asked = Counter[str]()

    def read(self, data: bytes) -> None:
        self.limited += data.startswith((b"HTTP/1.1 429", b"HTTP/1.1 418"))

    def wrote(self, data: bytes) -> None:
        if b" HTTP/1.1\r\n" in data[:2_000]:
            method, path, _ = data.decode(errors="replace").split(" ", 2)
            self.asked[f"{method} {path.partition('?')[0]}"] += 1


async def _run(plan: dict[str, Any], wire: _Wire) -> dict[str, Any]:
    relay = plan["relay"]
    endpoints = Endpoints(
        rest_url=plan["rest"],
        ws_api_url=plan["wsApi"],
        stream_url=plan["stream"],
        relay=RelayEndpoints(rest_url=f"http://{relay}", stream_url=f"ws://{relay}"),
    )
    end = time.monotonic() + plan["seconds"]
    pause = plan["startSeconds"] / len(plan["bots"])
    running = []
    for uid, key, secret, spec in plan["bots"]:
        bot = EngineAlone(spec, Account(uid=uid, key=key, secret=secret), endpoints)
        running.append((bot, asyncio.create_task(bot.run())))
        await asyncio.sleep(pause)
    await asyncio.sleep(end - _LAST_SECONDS - time.monotonic())
    before = wire.asked.copy()
    await asyncio.sleep(end - time.monotonic())
    found = {
        "trading": sum(not task.done() and bot.engine.keeper.may_send() for bot, task in running),
        "limited": wire.limited,
        "asked": dict(wire.asked.most_common(8)),
        "askedAtLast": dict((wire.asked - before).most_common(8)),
    }
    for _, task in running:
        task.cancel()
    await asyncio.wait([task for _, task in running], timeout=30)
    return found


def main() -> None:
    """Run the plan."""
    plan, wire = json.load(sys.stdin), _Wire()
    quiet_logs()
    with asyncio.Runner(loop_factory=lambda: TappedLoop(wire)) as runner:
        json.dump(runner.run(_run(plan, wire)), sys.stdout)


if __name__ == "__main__":
    main()
