"""Runs the engine among its background tasks, and ends them in order."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

import structlog

from botcore.domain.errors import InvalidInput, NotAllowed, Transient
from botrunner.engine.loop import Engine
from botrunner.engine.reloading import Configured
from botrunner.lease_ports import Lease
from botrunner.trading.commands import Exit
from botrunner.trading.events import ShutdownRequested, TimerFired

__all__ = ["Background", "flush_logs", "live", "opened", "tick", "watch_configuration"]

_log = structlog.get_logger(__name__)

Background = Callable[[], Coroutine[None, None, object]]
LogRow = tuple[datetime, str, str, Mapping[str, object]]

_GRACE: Final = 8.0
"""Seconds after SIGTERM for what is in flight; the pod's grace is longer (TR-48)."""
_LOOK_EVERY: Final = 0.5
"""Seconds between looks at the configuration; a nudge has it looked at now."""


async def opened(connect: Background) -> None:
    """Connect to the venue, however long it takes; a bot that can't reach it waits, it does not crash."""
    pause = 0.5
    while True:
        try:
            await connect()
        except Transient as error:
            _log.warning("venue_unreachable", reason=str(error))
            await asyncio.sleep(pause)
            pause = min(pause * 2, 10.0)
        else:
            return


async def live(
    engine: Engine,
    background: Sequence[Background],
    connect: Background,
    nudged: asyncio.Event,
) -> Exit:
    """Run until the engine is done, SIGTERM has been honoured, or the venue rejects the key.

    SIGHUP sets `nudged`: there may be a new configuration. The lease is given back unless work was cut
    off: an order may then be under way, and whoever took the lease could send while it is executed (I1).
    It runs out by itself; a process of the same pod need not wait for that.
    """
    terminated = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, terminated.set)
    loop.add_signal_handler(signal.SIGINT, terminated.set)
    loop.add_signal_handler(signal.SIGHUP, nudged.set)
    ending = asyncio.create_task(terminated.wait())
    working = asyncio.create_task(_work(engine, background, connect))
    is_over = False
    try:
        await asyncio.wait({ending, working}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            engine.deliver(ShutdownRequested())
            await asyncio.wait({working}, timeout=_GRACE)
        if working.done():
            end = working.result()
            is_over = True
            return end
        return Exit(reason="Terminated", message="ended before everything in flight was settled")
    finally:
        for task in (ending, working):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.wait({task}, timeout=3)
        if is_over:
            await engine.keeper.release()


async def _work(engine: Engine, background: Sequence[Background], connect: Background) -> Exit:
    await opened(connect)
    running = {asyncio.create_task(start()) for start in background}
    trading = asyncio.create_task(engine.run())
    try:
        while not trading.done():
            done, _ = await asyncio.wait({trading, *running}, return_when=asyncio.FIRST_COMPLETED)
            for task in done & running:
                task.result()  # raises what ended it
            running -= done
        return trading.result()
    except NotAllowed as error:
        return Exit(reason="KeyRejected", message=str(error))
    finally:
        for task in (trading, *running):
            task.cancel()
        await asyncio.gather(trading, *running, return_exceptions=True)


async def tick(engine: Engine) -> None:
    """Deliver a timer event every second of real time."""
    count = 0
    while True:
        await asyncio.sleep(1.0)
        count += 1
        engine.deliver(TimerFired(tick=count))


async def watch_configuration(
    engine: Engine, changed: Callable[[], Configured | None], nudged: asyncio.Event
) -> None:
    """Hand on every new configuration; one that can't be taken is told and the old one stays in force (TR-51)."""
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_EVERY):
                await nudged.wait()
        nudged.clear()
        try:
            fresh = changed()
        except InvalidInput as error:
            _log.error("configuration_refused", reason=str(error))
            engine.refuse_configuration(str(error))
            continue
        if fresh is not None:
            engine.reconfigure(fresh)


async def flush_logs(lease: Lease, drain: Callable[[], Sequence[LogRow]]) -> None:
    """Copy log lines to the ledger every second; what can't be written is written later."""
    kept: Sequence[LogRow] = ()
    while True:
        await asyncio.sleep(1.0)
        kept = kept or drain()
        try:
            if kept:
                await lease.write_logs(kept)
            kept = ()
        except Transient:
            continue
