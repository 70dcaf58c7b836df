"""Listen on ports until told to stop."""

import asyncio
import gc
import logging
import signal
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any

import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler

from botcore.domain.errors import InvalidInput, InvariantBroken

__all__ = ["Listener", "Program", "guarded", "listen", "serve"]

_log = structlog.get_logger(__name__)
STOP_SECONDS = 0.5
YOUNG_OBJECTS = 20_000
LONGEST_LINE = 32 * 1024  # bytes of a request line; exchangeInfo takes long lists of symbols


class _Malformed(logging.Filter):
    """Keeps out what anybody could flood the log with: bytes that are no HTTP, clients that left."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let everything else pass."""
        cause = record.exc_info[1] if record.exc_info else None
        return not isinstance(cause, HttpProcessingError | ConnectionResetError)


_HTTP_LOG = logging.getLogger(__name__)
_HTTP_LOG.addFilter(_Malformed())
# It warns, in a client's own words, of every subprotocol nobody speaks.
logging.getLogger("aiohttp.websocket").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Listener:
    """An application and where it listens; `option` is named if it can't."""

    application: web.Application
    host: str
    port: int
    option: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A wired role: what it serves, and the task whose end ends it."""

    public: Listener
    admin: Listener
    work: Callable[[], Coroutine[Any, Any, None]]
    farewell: Callable[[], None] | None = None
    """Tells the clients that the process stops."""
    broken: asyncio.Event = field(default_factory=asyncio.Event)


def guarded(routes: Iterable[web.RouteDef], broken: asyncio.Event) -> list[web.RouteDef]:
    """Have these routes stop the process when an invariant breaks: the next start recovers.

    No middleware: aiohttp would spend a twentieth of an order on it.
    """

    def watched(handler: Handler) -> Handler:
        async def watch(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except InvariantBroken:
                _log.exception("invariant_broken", path=request.path)
                broken.set()
                raise

        return watch

    return [web.route(one.method, one.path, watched(one.handler), **one.kwargs) for one in routes]


async def serve(program: Program, **facts: object) -> int:
    """Serve until a signal, a broken invariant or the end of the work; 0 after a signal.

    Raises:
        InvalidInput: a port is taken.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    listeners = [await listen(program.public), await listen(program.admin)]
    ports = [listener.addresses[0][1] for listener in listeners]
    _spare_collections()
    _log.info("exchange_ready", port=ports[0], admin_port=ports[1], **facts)
    tasks = {
        "stop": asyncio.create_task(stop.wait()),
        "broken": asyncio.create_task(program.broken.wait()),
        "work": asyncio.create_task(program.work()),
    }
    done, _ = await asyncio.wait(tasks.values(), return_when=asyncio.FIRST_COMPLETED)
    for task in tasks.values():
        task.cancel()
    results = await asyncio.gather(*tasks.values(), return_exceptions=True)
    if program.farewell is not None and tasks["stop"] in done:
        program.farewell()
    await asyncio.gather(*(listener.cleanup() for listener in listeners))
    if tasks["stop"] in done:
        _log.info("exchange_stopped")
        return 0
    _log.error("exchange_failed", cause=repr(results[-1]))
    return 1


async def listen(listener: Listener) -> web.AppRunner:
    """Start to listen.

    Raises:
        InvalidInput: the port is taken.
    """
    runner = web.AppRunner(
        listener.application,
        access_log=None,
        auto_decompress=False,  # a compressed body is no parameter list
        logger=_HTTP_LOG,
        max_line_size=LONGEST_LINE,
        shutdown_timeout=STOP_SECONDS,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, listener.host, listener.port).start()
    except OSError as error:
        raise InvalidInput.of(
            listener.option, f"can't listen on {listener.host}:{listener.port}: {error.strerror}"
        ) from None
    return runner


def _spare_collections() -> None:
    """Collect garbage rarely, and never look at what start-up made.

    A full collection walks every open order and cached candle: tens of milliseconds in which nobody is answered.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 20, 50)
