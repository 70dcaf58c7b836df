"""Where the market stands is stored so that a kill neither repeats nor leaves out a trade."""

import asyncio

import pytest

from botcore.matching.engine import Engine
from botcore.matching.numbers import to_units
from botcore.runtime.clock import SystemClock
from botexchange.clock import LockstepClock, RunningClock
from botexchange.feed import MarketFeed
from botexchange.lockstep.driver import LockstepDriver
from botexchange.lockstep.gate import Gate
from botexchange.market.scripted import ScriptedSource
from botexchange.market.source import Push
from botexchange.market.synthetic import SyntheticSource
from botexchange.ports import Moment
from botexchange.quotas import Quotas
from botexchange.storage.sqlite import open_sqlite
from botexchange.streams.frames import MarketFrames
from botexchange.streams.hub import MarketHub
from botexchange.venue import Rates, Venue, VenueParts
from tests.unit.botexchange.builders import NOW, a_request

MINUTE_MS = 60_000
BEGIN = NOW // MINUTE_MS * MINUTE_MS


@pytest.fixture
async def open_venue(tmp_path):
    """Give a function that makes a venue with one account, and its uid."""
    stores = []

    async def make(source, clock, position_ms):
        stores.append(open_sqlite(tmp_path))
        store = stores[-1]
        await store.begin(source.fingerprint, Moment(position_ms=position_ms, ceiling_ms=BEGIN))
        engine = Engine(source.instruments)
        for symbol, market in engine.markets.items():
            market.tick(source.last(symbol, position_ms))
        parts = VenueParts(
            engine=engine,
            store=store,
            source=source,
            clock=clock,
            keys=[],
            rates=Rates(maker=0, taker=0),
            quotas=Quotas(),
        )
        venue = Venue(parts, position_ms)
        owner, _ = await venue.open_account("someone", {"USDT": to_units("1000000")})
        return venue, owner.uid

    yield make
    for store in stores:
        await store.close()


async def test_replay_that_is_killed_at_a_fill_leaves_no_trade_of_that_moment_out(open_venue):
    at = BEGIN + 1_000
    script = [
        Push(symbol=symbol, time_ms=time_ms, price=to_units(price), quantity=to_units("10"))
        for time_ms, prices in ((BEGIN, ("50000", "3000")), (at, ("49000", "2900")))
        for symbol, price in zip(("BTCUSDT", "ETHUSDT"), prices, strict=True)
    ]
    source, gate, clock = ScriptedSource(script), Gate(1), LockstepClock(BEGIN + 1)
    venue, uid = await open_venue(source, clock, BEGIN)
    for symbol, price in (("BTCUSDT", "49500"), ("ETHUSDT", "2950")):
        venue.place(uid, a_request("LIMIT", "BUY", symbol=symbol, quantity="1", price=price))
    await venue.durable()
    bot = gate.join("bot")
    bot.market_connections = bot.subscriptions = 1
    bot.processed = 0
    filled = asyncio.Event()

    def watch(changes):
        bot.pushed += len(changes.trades)
        filled.set()

    venue.watch = watch
    driver = LockstepDriver(venue, MarketHub(), MarketFrames(venue), gate, clock)

    running = asyncio.create_task(driver.run())
    await asyncio.wait_for(filled.wait(), 5)
    await asyncio.sleep(0.05)  # now it waits for the bot
    running.cancel()
    saved = await venue.store.load()
    again = Engine(source.instruments, sequence=saved.sequence)
    again.restore(saved.accounts, saved.orders)
    for tick in source.ticks(saved.moment.position_ms, BEGIN + MINUTE_MS):
        again.move(tick)

    assert saved.moment.position_ms == at
    assert again.open_orders(uid) == []


async def test_catching_up_is_stored_on_the_way(open_venue):
    begin = BEGIN - 360 * MINUTE_MS
    source = SyntheticSource(7, symbols=("BTCUSDT",))
    venue, uid = await open_venue(source, RunningClock(SystemClock(), BEGIN, 1), begin)
    venue.place(uid, a_request("LIMIT", "BUY", quantity="1", price="20000"))
    await venue.durable()
    feed = MarketFeed(venue, MarketHub(), MarketFrames(venue), SystemClock())

    catching = asyncio.create_task(feed.catch_up())
    position = begin
    while position == begin and not catching.done():
        await asyncio.sleep(0)
        position = (await venue.store.load()).moment.position_ms

    assert not catching.done()
    assert begin < position < BEGIN
    catching.cancel()
