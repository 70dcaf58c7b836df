"""A lockstep replay with the real exchange: repeatable, and never stuck."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from botcore.domain.market import Interval
from botrunner.trading.events import CandleClosed, Event, OrderReported
from tests.exchange.server import Server
from tests.runner.venues import Trader, running, trading, wait_until

pytestmark = pytest.mark.e2e

CANDLES = 200
START = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def candles(tmp_path: Path) -> Path:
    """A file of hourly candles that go up and down."""
    rows = ["time,open,high,low,close,volume"]
    for number in range(CANDLES):
        price = 40_000 + 100 * (number % 20)
        at = (START + timedelta(hours=number)).isoformat()
        rows.append(f"{at},{price},{price + 90},{price - 90},{price + 50},10")
    path = tmp_path / "BTCUSDT-1h.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


async def replay(trader: Trader, *, drop_at: int = 0) -> list[str]:
    """Trade at every tenth candle and report idle as the engine does; tell what happened in order."""
    inbox: asyncio.Queue[Event] = asyncio.Queue()
    venue, told = trader.venue, []
    venue.market.want([("BTCUSDT", Interval.H1)])
    work = (
        venue.market.run(inbox.put_nowait),
        venue.user.run(inbox.put_nowait),
        trade(trader, inbox, told, drop_at),
    )
    async with running(*work):
        await wait_until(lambda: is_finished(trader.server), 30)
    return told


async def trade(trader: Trader, inbox: asyncio.Queue[Event], told: list[str], drop_at: int) -> None:
    venue, seen = trader.venue, 0
    while True:
        event = await inbox.get()
        if isinstance(event, OrderReported):
            told.append(f"{event.report.status} {event.report.venue_time} {event.fills}")
        if isinstance(event, CandleClosed):
            seen += 1
            told.append(f"{event.candle.close_at} {event.candle.close}")
            if seen % 10 == 0:
                number = seen // 10
                order = trader.order(client_order_id=f"kb-{number}")
                told.append(str(await venue.exchange.place(order)))
            if seen == drop_at:
                trader.server.admin("POST", "faults", {"kind": "dropWsApi"})
        if inbox.empty():
            await venue.exchange.report_idle()


def is_finished(server: Server) -> bool:
    _, _, status = server.public("/lockstep/v1")
    return status["state"] == "finished"


async def run(folder: Path, candles: Path, *, drop_at: int = 0) -> list[str]:
    options = ["--source=replay", f"--csv={candles}", "--lockstep=1", f"--start={START:%FT%TZ}"]
    server = Server(folder, *options)
    try:
        async with trading(server, participant="p1") as trader:
            return await replay(trader, drop_at=drop_at)
    finally:
        server.kill()


async def test_replay_ends_and_a_second_one_is_the_same(tmp_path: Path, candles: Path) -> None:
    first = await run(tmp_path / "first", candles)
    second = await run(tmp_path / "second", candles)

    assert first == second
    assert len([one for one in first if one.startswith("Placed")]) > 10


async def test_replay_goes_on_after_a_lost_connection(tmp_path: Path, candles: Path) -> None:
    whole = await run(tmp_path / "whole", candles)
    broken = await run(tmp_path / "broken", candles, drop_at=55)

    def closes(told: list[str]) -> list[str]:
        return [one for one in told if one.startswith("2024")]

    assert closes(broken) == closes(whole)
