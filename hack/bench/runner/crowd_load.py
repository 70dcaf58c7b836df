"""Many bots in one process: whole engines with the adapters they ship with, each on an account of its own.

Reads a plan (JSON) from standard input, starts the bots one after another, trades until its time is up and writes
what came of it to standard output.
"""

import asyncio
import json
import sys
import time
from typing import Any

from botrunner.adapters.binance_client import Endpoints
from hack.bench.runner.engine_alone import Account, EngineAlone, quiet_logs
from hack.bench.runner.tapped_loop import TappedLoop

__all__ = ["main"]


class _Statuses:
    """Counts the answers that are refusals for too many requests."""

    def __init__(self) -> None:
        self.limited = 0

    def read(self, data: bytes) -> None:
        self.limited += data.startswith((b"HTTP/1.1 429", b"HTTP/1.1 418"))

    def wrote(self, data: bytes) -> None:
        """Nothing that goes out is counted."""


async def _run(plan: dict[str, Any], statuses: _Statuses) -> dict[str, Any]:
    endpoints = Endpoints(
        rest_url=plan["rest"], ws_api_url=plan["wsApi"], stream_url=plan["stream"]
    )
    end = time.monotonic() + plan["seconds"]
    pause = plan["startSeconds"] / len(plan["bots"])
    running = []
    for uid, key, secret, spec in plan["bots"]:
        bot = EngineAlone(spec, Account(uid=uid, key=key, secret=secret), endpoints)
        running.append((bot, asyncio.create_task(bot.run())))
        await asyncio.sleep(pause)
    await asyncio.sleep(end - time.monotonic())
    found = {
        "trading": sum(not task.done() and bot.engine.keeper.may_send() for bot, task in running),
        "limited": statuses.limited,
    }
    for _, task in running:
        task.cancel()
    await asyncio.wait([task for _, task in running], timeout=30)
    return found


def main() -> None:
    """Run the plan."""
    plan, statuses = json.load(sys.stdin), _Statuses()
    quiet_logs()
    with asyncio.Runner(loop_factory=lambda: TappedLoop(statuses)) as runner:
        json.dump(runner.run(_run(plan, statuses)), sys.stdout)


if __name__ == "__main__":
    main()
