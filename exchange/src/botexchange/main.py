"""Start the exchange: read settings, wire the parts, serve until told to stop."""

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from botcore.domain.errors import InvalidInput, InvariantBroken, PlatformError
from botcore.runtime.clock import SystemClock
from botcore.runtime.logs import configure_logging
from botexchange.admin.app import AdminApi
from botexchange.clock import LockstepClock, RunningClock, VenueClock, wall_ms
from botexchange.faults import FaultBoard
from botexchange.feed import MarketFeed
from botexchange.limits import OrderCounter, WeightCounter
from botexchange.lockstep.app import lockstep_routes
from botexchange.lockstep.driver import LockstepDriver
from botexchange.lockstep.gate import Gate
from botexchange.market.csv_file import read_series
from botexchange.market.replay import ReplaySource
from botexchange.market.source import MarketSource
from botexchange.market.synthetic import SyntheticSource
from botexchange.matching.engine import Engine
from botexchange.matching.numbers import to_units
from botexchange.ports import Moment, Saved
from botexchange.rest.app import RestApi
from botexchange.settings import PaperSettings, SourceKind, parse_settings
from botexchange.storage.sqlite import SqliteStore
from botexchange.streams.frames import MarketFrames
from botexchange.streams.hub import MarketHub
from botexchange.streams.server import MarketStreams
from botexchange.venue import Rates, Venue, VenueParts
from botexchange.wsapi.server import WsApi

__all__ = ["main"]

_log = structlog.get_logger(__name__)
_CLOCK = SystemClock()
STOP_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Program:
    """The wired exchange."""

    public: web.Application
    admin: web.Application
    market: Callable[[], Coroutine[Any, Any, None]]
    venue: Venue
    broken: asyncio.Event


def main() -> int:
    """Run the exchange; give the exit code: 2 for wrong settings, 1 for a broken invariant."""
    try:
        settings = parse_settings(sys.argv[1:])
        configure_logging("exchange")
        return asyncio.run(_run(settings))
    except PlatformError as error:
        sys.stderr.write(f"kbots-exchange: {error}\n")
        return 2


async def _run(settings: PaperSettings) -> int:
    store = SqliteStore(settings.data)
    saved = await store.load()
    source = _source(settings, saved)
    if saved is None:
        saved = await _begin(settings, store, source)
    elif saved.fingerprint != source.fingerprint:
        raise InvalidInput.of("--data", f"holds another market: {saved.fingerprint}")
    program = await _wire(settings, store, source, saved)
    code = await _serve(settings, program)
    if code == 0:
        await program.venue.close()
    return code


def _source(settings: PaperSettings, saved: Saved | None) -> MarketSource:
    if settings.source is SourceKind.REPLAY:
        return ReplaySource(
            [read_series(path, settings.symbol, settings.interval) for path in settings.csv]
        )
    shocks = saved.shocks if saved else ()
    return SyntheticSource(
        settings.seed, tuple((one.symbol, one.time_ms, one.factor) for one in shocks)
    )


async def _begin(settings: PaperSettings, store: SqliteStore, source: MarketSource) -> Saved:
    """Choose where a new market starts."""
    start_ms = wall_ms(_CLOCK) if source.end_ms is None else source.begin_ms
    if settings.start is not None:
        start_ms = int(settings.start.timestamp()) * 1_000
        if not source.begin_ms <= start_ms < (source.end_ms or 1 << 62):
            raise InvalidInput.of("--start", "lies outside the market's history")
    moment = Moment(position_ms=start_ms - 1, ceiling_ms=start_ms)
    await store.begin(source.fingerprint, moment)
    return Saved(
        fingerprint=source.fingerprint,
        sequence=0,
        moment=moment,
        shocks=(),
        accounts=(),
        orders=(),
    )


async def _wire(
    settings: PaperSettings, store: SqliteStore, source: MarketSource, saved: Saved
) -> _Program:
    engine = _engine(source, saved)
    gate = Gate(settings.lockstep) if settings.lockstep else None
    clock = _venue_clock(settings, source, saved)
    rates = Rates(maker=_rate(settings.maker_fee), taker=_rate(settings.taker_fee))
    parts = VenueParts(
        engine=engine,
        store=store,
        source=source,
        clock=clock,
        keys=await store.api_keys(),
        rates=rates,
        weight_limit=settings.weight_limit,
    )
    venue = Venue(parts, saved.moment.position_ms)
    hub, faults = MarketHub(), FaultBoard()
    frames = MarketFrames(venue)
    limit_ms = partial(wall_ms, _CLOCK) if gate is None else clock.now_ms
    weights, orders = WeightCounter(limit_ms, settings.weight_limit), OrderCounter(limit_ms)
    ws_api = WsApi(venue=venue, weights=weights, orders=orders, gate=gate, connections=set())
    rest = RestApi(venue=venue, weights=weights, orders=orders, faults=faults, gate=gate)
    broken = asyncio.Event()
    public = web.Application(middlewares=[_guard(broken)])
    streams = MarketStreams(hub=hub, gate=gate)
    public.add_routes([web.get("/ws-api/v3", ws_api.handle), web.get("/stream", streams.handle)])
    public.add_routes([web.get("/ws", streams.handle), web.get("/ws/{tail:.*}", streams.handle)])
    market: Callable[[], Coroutine[Any, Any, None]]
    if gate is not None and isinstance(clock, LockstepClock):
        public.add_routes(lockstep_routes(gate, venue))
        market = LockstepDriver(venue, hub, frames, gate, clock).run
    else:
        feed = MarketFeed(venue, hub, frames, _CLOCK)
        venue.skip_quiet_time()
        await feed.catch_up()
        market = feed.run
    public.add_routes([web.route("*", "/{tail:.*}", rest.handle)])
    admin = web.Application(middlewares=[_guard(broken)])
    admin.add_routes(AdminApi(venue=venue, faults=faults, ws_api=ws_api).routes())
    return _Program(public=public, admin=admin, market=market, venue=venue, broken=broken)


def _engine(source: MarketSource, saved: Saved) -> Engine:
    engine = Engine(source.instruments, sequence=saved.sequence)
    engine.restore(saved.accounts, saved.orders)
    for symbol, market in engine.markets.items():
        market.tick(source.last(symbol, saved.moment.position_ms))
    return engine


def _venue_clock(settings: PaperSettings, source: MarketSource, saved: Saved) -> VenueClock:
    """Go on where the clock was seen last; a market in real time goes on at the present."""
    if settings.lockstep:
        return LockstepClock(saved.moment.position_ms + 1)
    start_ms = saved.moment.ceiling_ms
    if settings.speed == 1 and settings.start is None and source.end_ms is None:
        start_ms = max(start_ms, wall_ms(_CLOCK))
    return RunningClock(_CLOCK, start_ms, settings.speed)


def _rate(fee: Decimal) -> int:
    return to_units(format(fee, "f"))


def _guard(broken: asyncio.Event) -> Middleware:
    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        """Stop the process when an invariant breaks: the next start recovers."""
        try:
            return await handler(request)
        except InvariantBroken:
            _log.exception("invariant_broken", path=request.path)
            broken.set()
            raise

    return guard


async def _serve(settings: PaperSettings, program: _Program) -> int:
    """Serve until a signal, a broken invariant or the end of the market's task."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    listeners = [
        await _listen(program.public, settings.host, settings.port, "--port"),
        await _listen(program.admin, settings.admin_host, settings.admin_port, "--admin-port"),
    ]
    ports = [listener.addresses[0][1] for listener in listeners]
    _log.info("exchange_ready", port=ports[0], admin_port=ports[1], source=settings.source)
    tasks = {
        "stop": asyncio.create_task(stop.wait()),
        "broken": asyncio.create_task(program.broken.wait()),
        "market": asyncio.create_task(program.market()),
    }
    done, _ = await asyncio.wait(tasks.values(), return_when=asyncio.FIRST_COMPLETED)
    for task in tasks.values():
        task.cancel()
    results = await asyncio.gather(*tasks.values(), return_exceptions=True)
    await asyncio.gather(*(listener.cleanup() for listener in listeners))
    if tasks["stop"] in done:
        _log.info("exchange_stopped")
        return 0
    _log.error("exchange_failed", cause=repr(results[-1]))
    return 1


async def _listen(application: web.Application, host: str, port: int, option: str) -> web.AppRunner:
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=STOP_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise InvalidInput.of(option, f"can't listen on {host}:{port}: {error.strerror}") from None
    return runner
