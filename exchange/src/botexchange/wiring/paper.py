"""The paper role: matching engine, market, store, protocols."""

import asyncio
from collections.abc import Callable, Coroutine
from decimal import Decimal
from functools import partial
from typing import Any

from aiohttp import web

from botcore.domain.errors import InvalidInput
from botcore.runtime.clock import SystemClock
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
from botexchange.ports import Moment, Saved, Store
from botexchange.quotas import Quotas
from botexchange.rest.app import RestApi
from botexchange.settings import PaperSettings, SourceKind
from botexchange.storage.sqlite import SqliteStore
from botexchange.streams.frames import MarketFrames
from botexchange.streams.hub import MarketHub
from botexchange.streams.server import MarketStreams
from botexchange.venue import Rates, Venue, VenueParts
from botexchange.wiring.serving import Listener, Program, guard, serve
from botexchange.wsapi.server import WsApi

__all__ = ["run_paper"]

_CLOCK = SystemClock()


async def run_paper(settings: PaperSettings) -> int:
    """Serve until told to stop; 1 if an invariant broke.

    Raises:
        InvalidInput: the settings do not fit the market, or the data belong to another one.
    """
    store = SqliteStore(settings.data)
    saved = await store.load()
    source = _source(settings, saved)
    if saved is None:
        saved = await _begin(settings, store, source)
    elif saved.fingerprint != source.fingerprint:
        raise InvalidInput.of("--data", f"holds another market: {saved.fingerprint}")
    program, venue = await _wire(settings, store, source, saved)
    code = await serve(program, source=settings.source)
    if code == 0:
        await venue.close()
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


async def _begin(settings: PaperSettings, store: Store, source: MarketSource) -> Saved:
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
    settings: PaperSettings, store: Store, source: MarketSource, saved: Saved
) -> tuple[Program, Venue]:
    gate = Gate(settings.lockstep) if settings.lockstep else None
    clock = _venue_clock(settings, source, saved)
    quotas = Quotas(request_weight=settings.weight_limit)
    parts = VenueParts(
        engine=_engine(source, saved),
        store=store,
        source=source,
        clock=clock,
        keys=await store.api_keys(),
        rates=Rates(maker=_rate(settings.maker_fee), taker=_rate(settings.taker_fee)),
        quotas=quotas,
    )
    venue = Venue(parts, saved.moment.position_ms)
    hub, faults, broken = MarketHub(), FaultBoard(), asyncio.Event()
    limit_ms = partial(wall_ms, _CLOCK) if gate is None else clock.now_ms
    weights, orders = WeightCounter(limit_ms, quotas), OrderCounter(limit_ms, quotas)
    ws_api = WsApi(venue=venue, weights=weights, orders=orders, gate=gate, connections=set())
    rest = RestApi(venue=venue, weights=weights, orders=orders, faults=faults, gate=gate)
    public = web.Application(middlewares=[guard(broken)])
    streams = MarketStreams(hub=hub, gate=gate)
    public.add_routes([web.get("/ws-api/v3", ws_api.handle), web.get("/stream", streams.handle)])
    public.add_routes([web.get("/ws", streams.handle), web.get("/ws/{tail:.*}", streams.handle)])
    work = await _work(venue, hub, gate, public)
    public.add_routes([web.route("*", "/{tail:.*}", rest.handle)])
    admin = web.Application(middlewares=[guard(broken)])
    admin.add_routes(AdminApi(venue=venue, faults=faults, ws_api=ws_api).routes())
    return Program(
        public=Listener(public, settings.host, settings.port, "--port"),
        admin=Listener(admin, settings.admin_host, settings.admin_port, "--admin-port"),
        work=work,
        broken=broken,
    ), venue


async def _work(
    venue: Venue, hub: MarketHub, gate: Gate | None, public: web.Application
) -> Callable[[], Coroutine[Any, Any, None]]:
    """Give what moves the market: its clock, or the participants of a lockstep replay."""
    frames = MarketFrames(venue)
    if gate is not None and isinstance(venue.clock, LockstepClock):
        public.add_routes(lockstep_routes(gate, venue))
        return LockstepDriver(venue, hub, frames, gate, venue.clock).run
    feed = MarketFeed(venue, hub, frames, _CLOCK)
    venue.skip_quiet_time()
    await feed.catch_up()
    return feed.run


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
