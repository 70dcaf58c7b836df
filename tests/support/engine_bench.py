"""A whole engine among ports in memory, in virtual time."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal

from botcore.resources.trading_bot import TradingBotSpec
from botrunner.adapters.flight_recorder import FlightRecorder
from botrunner.engine.account_watch import AccountBooks
from botrunner.engine.loop import Engine
from botrunner.engine.parts import Parts
from botrunner.engine.reloading import Configured
from botrunner.trading.commands import Exit
from botrunner.trading.decide import decide
from botrunner.trading.events import CandleClosed, Event
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState, Step
from tests.support.engine_ports import (
    ACCOUNT,
    ModelCandles,
    ModelExchange,
    ModelJournal,
    ModelLease,
    Troubles,
)
from tests.support.trading import BOT, START, a_candle
from tests.support.virtual_time import VirtualClock, run_virtual


def a_spec(*symbols: str, stop: str | None = None, **changes: object) -> TradingBotSpec:
    params = {"amount": "100"} | ({"stopLossPercent": stop} if stop else {})
    strategy = {
        "name": "trend",
        "type": "dca",
        "symbols": list(symbols or ("BTCUSDT",)),
        "interval": "1m",
        "capital": "1000",
        "params": params,
    }
    whole = {"owner": "alice", "paper": {"balances": {"USDT": "1000"}}, "strategies": [strategy]}
    return TradingBotSpec.model_validate_json(json.dumps(whole | changes))


def configured(generation: int, *symbols: str, **changes: object) -> Configured:
    return Configured(spec=a_spec(*symbols, **changes), generation=generation)  # type: ignore[arg-type]


class NoLeak:
    """A witness that makes every decision again: nothing but state, event and rules may have led to it."""

    def __init__(self) -> None:
        self.candles: list[CandleClosed] = []

    def began(self, state: BotState, rules: Rules) -> None:
        self.state, self.rules = state, rules

    def decided(self, event: Event, step: Step) -> None:
        if isinstance(event, CandleClosed):
            self.candles.append(event)
        assert decide(self.state, event, self.rules) == step
        self.state = step.state


class EngineBench:
    """The engine, its surroundings, and short ways to move them."""

    def __init__(
        self, first: Configured | None = None, *, books: AccountBooks | None = None
    ) -> None:
        self.troubles = Troubles()
        self.exchange = ModelExchange(self.troubles)
        self.journal = ModelJournal(self.troubles)
        self.lease = ModelLease(self.journal)
        self.candles = ModelCandles()
        self.clock = VirtualClock()
        self.recorder = FlightRecorder(self.clock)
        self.witness = NoLeak()
        self.engine = Engine(
            Parts(
                bot_uid=BOT,
                account_uid=ACCOUNT,
                exchange=self.exchange,
                journal=self.journal,
                lease=self.lease,
                candles=self.candles,
                clock=self.clock,
                witnesses=(self.recorder, self.witness),
                books=books,
            ),
            first or configured(1),
        )
        self.ended: asyncio.Task[Exit]

    def close_candle(self, minute: int, price: str, symbol: str = "BTCUSDT") -> None:
        self.exchange.venue.move(Decimal(price))
        self.exchange.venue.now = START + timedelta(minutes=minute + 1)
        self.engine.deliver(CandleClosed(candle=a_candle(minute, price, symbol)))

    def decided(self) -> list[str]:
        return [made.action for made, _ in self.troubles.named("record_decision")]  # type: ignore[misc]

    @property
    def sent(self) -> list[str]:
        return list(self.exchange.venue.sent)

    @property
    def beat(self) -> tuple[str, str]:
        _, last = self.lease.beats[-1]
        return last.state, last.reason

    @asynccontextmanager
    async def _running(self) -> AsyncIterator[None]:
        keeping = asyncio.create_task(self.engine.keeper.run())
        self.ended = asyncio.create_task(self.engine.run())
        await quiet()
        try:
            yield
        finally:
            for task in (keeping, self.ended):
                task.cancel()

    def run(self, story: Callable[[], Awaitable[None]]) -> None:
        """Tell a story while the engine runs; its failure fails the test."""

        async def main() -> None:
            async with self._running():
                await story()
                if self.ended.done():
                    self.ended.result()

        run_virtual(main())


async def quiet() -> None:
    """Let everything that can happen now happen; virtual time moves only when nothing else can."""
    await asyncio.sleep(0.01)
