"""The paper role: matching engine, market, store, protocols."""

from collections.abc import Callable, Coroutine
from decimal import Decimal
from typing import Any

from aiohttp import web

from botcore.domain.errors import InvalidInput
from botcore.matching.engine import Engine
from botcore.matching.numbers import to_units
from botcore.runtime.clock import SystemClock
from botexchange.clock import LockstepClock, RunningClock, VenueClock
from botexchange.feed import MarketFeed
from botexchange.lockstep.app import lockstep_routes
from botexchange.lockstep.driver import LockstepDriver
from botexchange.lockstep.gate import Gate
from botexchange.market.source import MarketSource
from botexchange.ports import Moment, Saved, Store
from botexchange.quotas import Quotas
from botexchange.settings import PaperSettings, SourceKind
from botexchange.streams.frames import MarketFrames
from botexchange.streams.hub import MarketHub
from botexchange.upstream.live import LiveClock, LiveSource
from botexchange.venue import Rates, Venue, VenueParts
from botexchange.wiring.live import Live, open_live
from botexchange.wiring.market import first_ms, make_source
from botexchange.wiring.opening import open_store
from botexchange.wiring.serving import Listener, Program, guarded, serve
from botexchange.wiring.shells import wire_shells

__all__ = ["run_paper"]

_CLOCK = SystemClock()
AVERAGE_MS = 300_000  # what average prices look back


async def run_paper(settings: PaperSettings) -> int:
    """Serve until told to stop; 1 if an invariant broke.

    Raises:
        InvalidInput: the settings do not fit the market or the open orders, or the data belong to
            another market.
    """
    if settings.source is not SourceKind.BINANCE:
        return await _run(settings, None)
    live = await open_live(settings.hosts(), settings.symbols, _CLOCK)
    try:
        return await _run(settings, live)
    finally:
        await live.close()


async def _run(settings: PaperSettings, live: Live | None) -> int:
    store = await open_store(settings)
    saved = await store.load()
    source = make_source(settings, saved) if live is None else live.source
    if saved is None:
        saved = await _begin(settings, store, source)
    elif saved.fingerprint != source.fingerprint:
        place = "--database-name" if settings.data is None else "--data"
        raise InvalidInput.of(place, f"holds another market: {saved.fingerprint}")
    program, venue = await _wire(settings, store, source, saved)
    if live is not None:
        program = live.keep(program, venue.engine.markets)
    code = await serve(program, source=settings.source)
    if code == 0:
        await venue.close()
    return code


async def _begin(settings: PaperSettings, store: Store, source: MarketSource) -> Saved:
    """Choose where a new market starts."""
    now_ms = source.now_ms() if isinstance(source, LiveSource) else _CLOCK.epoch_ms()
    start_ms = first_ms(settings, source, now_ms)
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
    quotas = Quotas(
        request_weight=settings.weight_limit,
        orders_10s=settings.order_limit,
        orders_1d=settings.daily_order_limit,
        connections=settings.connection_limit,
    )
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
    limit_ms = _CLOCK.epoch_ms if gate is None else clock.now_ms
    shells = wire_shells(settings, venue, gate, limit_ms)
    public = shells.public()
    work = await _work(venue, shells.hub, gate, public)
    public.add_routes(guarded(shells.rest.routes(), shells.broken))
    return Program(
        public=Listener(public, settings.host, settings.port, "--port"),
        admin=Listener(shells.admin(), settings.admin_host, settings.admin_port, "--admin-port"),
        work=work,
        farewell=shells.farewell,
        broken=shells.broken,
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
    left_out = {order.symbol for order in saved.orders} - engine.markets.keys()
    if left_out:
        raise InvalidInput.of("--symbols", f"orders are open on {', '.join(sorted(left_out))}")
    engine.restore(saved.accounts, saved.orders)
    position_ms = saved.moment.position_ms
    begin_ms = position_ms if source.has_books else position_ms - AVERAGE_MS
    for symbol, market in engine.markets.items():
        market.tick(source.last(symbol, begin_ms))
    for tick in source.ticks(begin_ms, position_ms):  # so that averages do not start anew
        engine.markets[tick.symbol].tick(tick)
    return engine


def _venue_clock(settings: PaperSettings, source: MarketSource, saved: Saved) -> VenueClock:
    """Go on where the clock was seen last; a market in real time goes on at the present."""
    if settings.lockstep:
        return LockstepClock(saved.moment.position_ms + 1)
    if isinstance(source, LiveSource):
        return LiveClock(source, saved.moment.ceiling_ms)
    start_ms = saved.moment.ceiling_ms
    is_present = source.end_ms is None and settings.start is None and settings.script is None
    if settings.speed == 1 and is_present:
        start_ms = max(start_ms, _CLOCK.epoch_ms())
    return RunningClock(_CLOCK, start_ms, settings.speed)


def _rate(fee: Decimal) -> int:
    return to_units(format(fee, "f"))
