"""One seeded world in virtual time: a venue, a ledger, and pods whose runners die again and again."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from botcore.domain.market import Candle
from botrunner.engine.lifetime import tick
from botrunner.engine.loop import Engine
from botrunner.engine.parts import Parts
from botrunner.trading import lease as arithmetic
from botrunner.trading.events import CandleClosed, StreamRestored
from tests.chaos.injector import Port
from tests.chaos.judge import Judge
from tests.chaos.model_process import ModelProcess, Plan
from tests.chaos.surroundings import (
    ModelPostgres,
    PodJournal,
    PodLease,
    ToPostgres,
    ToVenue,
    seconds_now,
)
from tests.support.engine_bench import Configured, configured
from tests.support.engine_ports import ACCOUNT, ModelCandles, ModelExchange, Troubles
from tests.support.trading import BOT, START, a_candle
from tests.support.venue_model import VenueModel
from tests.support.virtual_time import VirtualClock, run_virtual

__all__ = ["POINTS_PER_WORLD", "SYMBOLS", "World", "run_world"]

POINTS_PER_WORLD = 25
SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
_STRATEGIES = (
    {"type": "dca", "params": {"amount": "100", "stopLossPercent": "2", "takeProfitPercent": "3"}},
    {"type": "ema-cross", "params": {"fast": 2, "slow": 3, "trailingStopPercent": "4"}},
    {"type": "grid", "params": {"lowerPrice": "70", "upperPrice": "150", "grids": 8}},
)
"""Market entries under a pair of orders, entries that are sold by a signal, and resting entries."""
_CANDLE_EVERY = 3
"""Seconds between candles, which each stand for a minute of the venue's time."""
_HOT = (
    "exchange.place", "exchange.place_list", "journal.write_intents", "journal.save", "journal.record_decision",
    "exchange.cancel", "exchange.find_order", "exchange.trades", "journal.load", "exchange.candles",
    "exchange.account", "exchange.instruments", "journal.save_balances", "journal.save_equity",
    "lease.acquire", "lease.renew", "lease.beat",
)  # fmt: skip
_SETTLE_SECONDS = 90


@dataclass
class World:
    """Everything that happens comes from the seed."""

    seed: int
    crashes: int = POINTS_PER_WORLD
    postgres: ModelPostgres = field(default_factory=ModelPostgres)
    venue: VenueModel = field(default_factory=lambda: VenueModel(now=START))
    places: Counter[str] = field(default_factory=Counter)
    """Where processes died."""
    calm: bool = False
    has_candles: bool = True

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.rate = self.chance.choice((0.0, 0.02, 0.1))
        self.pods = self.chance.choice((1, 1, 2))
        self.configured: Configured = configured(1, strategies=self._strategies())
        self.history: dict[str, list[Candle]] = {symbol: [] for symbol in SYMBOLS}
        self.judge = Judge(self.venue, self.postgres)
        self.alive: dict[ModelProcess, Engine] = {}
        self.minute = 0

    async def live(self) -> None:
        """Let processes die as often as planned, then let one settle everything, and compare the books."""
        try:
            async with asyncio.TaskGroup() as group:
                market = group.create_task(self._market())
                await self._story(group)
                market.cancel()
        finally:
            for process in list(self.alive):
                await process.end()

    async def _story(self, group: asyncio.TaskGroup) -> None:
        slots = [group.create_task(self._slot(f"pod-{n}")) for n in range(self.pods)]
        await asyncio.wait(slots)
        self.calm = True
        await asyncio.sleep(arithmetic.TTL)  # whatever was under way has arrived, or never will
        last = group.create_task(self._life(Plan(seconds=_SETTLE_SECONDS), "pod-last"))
        await asyncio.sleep(_SETTLE_SECONDS / 2)
        self.has_candles = False
        await asyncio.sleep(_SETTLE_SECONDS / 2 - 1)
        self.judge.settled(next(iter(self.alive.values())))
        await last

    def _strategies(self) -> list[dict[str, object]]:
        """Let every symbol be traded by one of the strategies."""
        return [
            self.chance.choice(_STRATEGIES)
            | {"name": symbol.lower(), "symbols": [symbol], "interval": "1m", "capital": "1000"}
            for symbol in SYMBOLS
        ]

    # Processes.

    async def _slot(self, pod: str) -> None:
        number = 0
        while self.crashes > 0:
            self.crashes -= 1
            await self._life(self._plan(), f"{pod}-{number}")
            await asyncio.sleep(self.chance.uniform(0, 2))
            number += self.chance.random() < 0.1  # a new pod waits until the lease has run out

    def _plan(self) -> Plan:
        kind = self.chance.random()
        if kind < 0.4:
            return Plan(step=self.chance.randint(1, 150))
        if kind < 0.9:
            side = self.chance.choice(("before", "after"))
            place = f"{side} {self.chance.choice(_HOT)}"
            place = self.chance.choice((place, place, "signed", "committed save", "done place"))
            return Plan(where=place, passes=self.chance.randint(1, 3))
        if kind < 0.93:
            return Plan(seconds=self.chance.uniform(0, 30))
        # Between intent, signature and send: where standing still for as long as a lease lasts could hurt.
        return Plan(
            frozen_at=self.chance.choice(("after journal.write_intents", "signed")),
            frozen_for=self.chance.choice((5.0, 12.0, 19.0, 22.0, 29.0, 31.0, 45.0)),
            where=self.chance.choice(("", "done place", "after exchange.place")),
            seconds=3 * arithmetic.TTL,
        )

    async def _life(self, plan: Plan, holder: str) -> None:
        process = ModelProcess(holder=holder, plan=plan)
        engine = self._build(process)
        self.alive[process] = engine
        process.start(engine.run(), engine.keeper.run(), tick(engine))
        asyncio.get_running_loop().call_later(0.3, self._connected, process)
        await process.wait(plan.seconds)
        del self.alive[process]
        state = "recovering" if engine._turner.state.is_fenced else "trading"
        self.places[f"{state}: {process.died_at}"] += not self.calm

    def _build(self, process: ModelProcess) -> Engine:
        troubles = Troubles()
        exchange = ModelExchange(troubles, *SYMBOLS)
        exchange.venue, exchange.history = self.venue, self.history
        to_venue = ToVenue(exchange, self.chance, self._rate(), self.judge.look)
        to_venue.is_hostile = bool(process.plan.frozen_at)
        to_venue.skew = self.chance.uniform(0, arithmetic.CLOCK_SKEW)
        to_postgres = ToPostgres(self.postgres, self.chance, self._rate())
        journal = PodJournal(self.postgres, troubles)
        lease = PodLease(self.postgres.lease, process.holder)
        parts = Parts(
            bot_uid=BOT,
            account_uid=ACCOUNT,
            exchange=Port("exchange", exchange, to_venue, process),
            journal=Port("journal", journal, to_postgres, process),
            lease=Port("lease", lease, to_postgres, process),
            candles=ModelCandles(),
            clock=VirtualClock(),
        )
        engine = Engine(parts, self.configured)
        to_venue.may_send = engine.may_send
        return engine

    def _rate(self) -> float:
        return 0.0 if self.calm else self.rate

    def _connected(self, process: ModelProcess) -> None:
        if not process.is_dead and process in self.alive:
            for stream in ("user", "market"):
                self.alive[process].deliver(StreamRestored(stream=stream))

    # The market, the streams and the weather.

    async def _market(self) -> None:
        second = 0
        while True:
            await asyncio.sleep(1)
            second += 1
            self.venue.tick()
            self.judge.look()
            if second % _CANDLE_EVERY == 0 and self.has_candles:
                self._candle()
            self._stream()
            if not self.calm:
                self._weather()
            elif second % 5 == 0:
                self._fill_resting()
            self.judge.look()

    def _candle(self) -> None:
        self.minute += 1
        step = self.chance.choice(("-4", "-2", "-1", "0", "1", "2", "3"))
        price = min(max(self.venue.price + Decimal(step), Decimal(60)), Decimal(160))
        self.venue.move(price)
        self.venue.now = max(self.venue.now, START + timedelta(minutes=self.minute + 1))
        for symbol in SYMBOLS:
            closed = a_candle(self.minute, str(price), symbol)
            self.history[symbol] = [*self.history[symbol][-20:], closed]
            for engine in self.alive.values():
                engine.deliver(CandleClosed(candle=closed))

    def _stream(self) -> None:
        """Deliver what the user stream has, in any order, some twice; a break loses the rest."""
        events, self.venue.stream = self.venue.stream, []
        if self.rate and not self.calm and self.chance.random() < 0.05:
            for engine in self.alive.values():
                engine.deliver(StreamRestored(stream="user"))
            return
        if self.rate:
            self.chance.shuffle(events)
            events += self.chance.sample(events, len(events) // 3)
        for engine in self.alive.values():
            for event in events:
                engine.deliver(event)

    def _weather(self) -> None:
        luck = self.chance.random()
        if luck < 0.01:
            self.postgres.crash(self.chance.uniform(0.5, 8))
        elif luck < 0.02:
            self.postgres.partition(self.chance.uniform(2, 40))
        elif luck < 0.04:
            self._freeze()
        elif luck < 0.06 and self.venue.open():
            self.venue.end_outside(self.chance.choice(self.venue.open()))
        elif luck < 0.2:
            self._fill_resting()

    def _freeze(self) -> None:
        """SIGSTOP, now for a moment, now for longer than the lease lasts."""
        running = [one for one in self.alive if not one.is_frozen]
        if running:
            process = self.chance.choice(running)
            process.freeze()
            pause = self.chance.choice((2.0, 21.0, 35.0))
            asyncio.get_running_loop().call_later(pause, process.thaw)

    def _fill_resting(self) -> None:
        for one in self.venue.open():
            if one.order.stop_price is None and one.order.price is None:
                is_part = not self.calm and self.chance.random() < 0.5
                self.venue.fill(one, one.left / 2 if is_part else one.left)


def run_world(seed: int, crashes: int = POINTS_PER_WORLD) -> World:
    """Run one world to its end.

    Raises:
        AssertionError: what is wrong between venue and ledger, with the second it was seen.
    """
    world = World(seed=seed, crashes=crashes)

    async def main() -> None:
        try:
            await world.live()
        except BaseExceptionGroup as found:
            error = found.exceptions[0]
            error.add_note(
                f"seed {seed}, second {seconds_now():.3f}, after {sum(world.places.values())} crashes"
            )
            raise error from None

    run_virtual(main())
    return world
