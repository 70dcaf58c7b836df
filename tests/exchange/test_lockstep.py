"""A replay that waits for its participants, and gives every run the same trades."""

import asyncio
import json
import os
import random
import urllib.request
from decimal import Decimal
from pathlib import Path

import pytest

from tests.exchange.participant import Participant

pytestmark = pytest.mark.e2e
BEGIN = 1_704_067_200_000
HOUR = 3_600_000


@pytest.fixture(scope="module")
def csv(tmp_path_factory):
    """Write 600 hourly candles of a random walk that is always the same."""
    walk, price = random.Random(7), Decimal(40_000)
    path = tmp_path_factory.mktemp("candles") / "BTCUSDT-1h.csv"
    lines = ["time,open,high,low,close,volume"]
    for number in range(600):
        close = price * (1 + Decimal(walk.randint(-150, 150)) / 10_000)
        high = max(price, close) * Decimal("1.004")
        low = min(price, close) * Decimal("0.996")
        cells = (price, high, low, close)
        prices = ",".join(str(cell.quantize(Decimal("0.01"))) for cell in cells)
        lines.append(f"{BEGIN + number * HOUR},{prices},50")
        price = close.quantize(Decimal("0.01"))
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def run_replay(run_exchange, csv):
    def run(participants, data="data"):
        return run_exchange(
            "--source=replay", f"--csv={csv}", f"--lockstep={participants}", data=data
        )

    return run


@pytest.fixture
async def join():
    """Give a function that makes participants; all are closed after the test."""
    made = []

    def make(*arguments):
        made.append(Participant(*arguments))
        return made[-1]

    yield make
    for participant in made:
        await participant.close()


async def trade(participant, candle):
    """Buy every tenth candle, with a resting exit above and a stop below."""
    number = (candle["t"] - BEGIN) // HOUR
    close = Decimal(candle["c"])
    if number % 10 == 3:
        await participant.order(symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.02")
        exits = {"symbol": "BTCUSDT", "side": "SELL", "quantity": "0.00990"}
        above, below = (str((close * rate).quantize(Decimal("0.01"))) for rate in RATES)
        await participant.order(
            **exits, type="STOP_LOSS_LIMIT", timeInForce="GTC", stopPrice=below, price=below
        )
        await participant.order(**exits, type="LIMIT", timeInForce="GTC", price=above)
    if number % 100 == 99:
        status, _ = await participant.call(
            "DELETE", "/api/v3/openOrders", participant._sign({"symbol": "BTCUSDT"})
        )
        assert status in {200, 400}


RATES = (Decimal("1.01"), Decimal("0.99"))


async def whole_run(server, join, *streams):
    account = server.account("alice", USDT="100000")
    participant = join(server, "p1", account, *streams)
    await participant.connect()
    await participant.run(trade, until=300)
    return participant, server.admin("GET", "orders?name=alice")


async def test_two_runs_are_the_same(run_replay, join):
    runs = [await whole_run(run_replay(1, data=name), join) for name in ("one", "two")]

    (first, truth), (second, again) = runs
    truth.pop("uid"), again.pop("uid")
    assert truth == again
    assert first.events == second.events
    assert len(truth["trades"]) > 60
    fills = [event for event in first.events if event["e"] == "executionReport"]
    assert [fill["t"] for fill in fills if fill["x"] == "TRADE"] == [
        trade["id"] for trade in truth["trades"]
    ]
    intrabar = [trade for trade in truth["trades"] if trade["isMaker"]]
    assert intrabar
    assert all(trade["time"] % HOUR for trade in intrabar)


def orders_of_alice(server):
    url = f"http://127.0.0.1:{server.admin_port}/admin/v1/orders?name=alice"
    with urllib.request.urlopen(url) as answer:
        return answer.read()


async def test_two_runs_are_the_same_byte_for_byte(run_replay, join):
    names = ("kline_1h", "trade", "depth", "bookTicker", "ticker", "miniTicker", "avgPrice")
    streams = "/".join(f"btcusdt@{name}" for name in names)
    texts = []
    for data in ("one", "two"):
        server = run_replay(1, data=data)
        participant, _ = await whole_run(server, join, streams)
        texts.append((participant.raw[0], participant.raw[1], orders_of_alice(server)))

    (market, user, orders), (market_again, user_again, orders_again) = texts
    assert len(user) > 200
    assert user == user_again
    assert market == market_again
    assert orders == orders_again
    assert {json.loads(text)["stream"].partition("@")[2] for text in market} == set(names)


async def test_only_closed_candles_come_one_by_one(run_replay, join):
    server = run_replay(1)
    account = server.account("alice", USDT="100000")
    participant = join(server, "p1", account, "btcusdt@kline_1h/btcusdt@kline_4h")
    await participant.connect()
    seen = []

    async def look(participant, candle):
        status = server.public("/lockstep/v1")[2]
        seen.append((candle["T"] + 1, status["time"], server.public("/api/v3/time")[2]))
        rows = server.public("/api/v3/klines?symbol=BTCUSDT&interval=1h&limit=1")[2]
        assert rows[0][6] + 1 == status["time"], "nothing of the next candle is known"

    await participant.run(look, until=25)

    assert all(candle["x"] for candle in participant.candles)
    hours = [candle["t"] for candle in participant.candles if candle["i"] == "1h"]
    assert hours == [BEGIN + HOUR * number for number in range(20)]
    assert sum(candle["i"] == "4h" for candle in participant.candles) == 5
    assert all(end == now == clock["serverTime"] for end, now, clock in seen)


async def test_replay_waits_for_all_and_for_those_who_left(run_replay, join):
    server = run_replay(2)
    one, two = (join(server, name, server.account(name, USDT="100000")) for name in ("p1", "p2"))
    await one.connect()
    assert server.public("/lockstep/v1")[2]["state"] == "waiting"
    await two.connect()
    assert server.public("/lockstep/v1")[2]["state"] == "running"
    await asyncio.gather(one.run(trade, until=20), two.run(trade, until=20))

    await two.close()
    await one.run(trade, until=21)
    status = server.public("/lockstep/v1")[2]
    assert (status["state"], status["released"]) == ("waiting", 21)
    assert not status["participants"]["p2"]["connected"]

    await two.connect(is_again=True)
    await asyncio.gather(one.run(trade, until=40), two.run(trade, until=39))

    assert [candle["t"] for candle in one.candles] == [BEGIN + HOUR * n for n in range(40)]
    # The one that was pushed while it was leaving is left to REST, whether or not its frame arrived.
    kept = [*range(20), *range(21, 40)]
    assert [candle["t"] for candle in two.candles] == [BEGIN + HOUR * n for n in kept]


async def test_replay_ends_and_says_so(run_replay, join):
    server = run_replay(1)
    participant = join(server, "p1", server.account("alice", USDT="1"))

    async def nothing(participant, candle):
        pass

    participant.is_last = lambda _frame: len(participant.candles) == 600
    await participant.connect()
    before = cpu_seconds(server)
    await participant.run(nothing)
    spent = cpu_seconds(server) - before

    status = server.public("/lockstep/v1")[2]
    assert (status["state"], status["released"]) == ("finished", 600)
    assert status["time"] == BEGIN + 600 * HOUR
    assert spent < 600 / 500, "the exchange must keep up with 500 candles per second"


def cpu_seconds(server):
    """Give the processor time the exchange has used, whatever else the machine does."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text(encoding="utf-8").split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


async def test_killed_replay_goes_on_with_the_next_candle(run_replay, join):
    server = run_replay(1)
    account = server.account("alice", USDT="100000")
    first = join(server, "p1", account)
    await first.connect()
    await first.run(trade, until=30)
    before = server.admin("GET", "orders?name=alice")
    await first.close()
    server.kill()
    server.start()

    second = join(server, "p1", account)
    await second.connect()
    await second.run(trade, until=5)

    after = server.admin("GET", "orders?name=alice")
    assert after["trades"][: len(before["trades"])] == before["trades"]
    released = server.public("/lockstep/v1")[2]["released"]
    assert released in {5, 6}
    begin = second.candles[0]["t"]
    assert BEGIN + 30 * HOUR <= begin <= BEGIN + 31 * HOUR


async def test_malformed_report_is_refused(run_replay, join):
    server = run_replay(1)
    participant = join(server, "p1", server.account("alice", USDT="1"))
    await participant.connect()
    url = f"http://127.0.0.1:{server.port}/lockstep/v1/idle"

    for body in (b"", b"[]", b'{"participant":"p1"}', b'{"participant":"p1","frames":"x"}'):
        async with participant._session.post(url, data=body) as answer:
            assert answer.status == 400
    async with participant._session.post(url, json={"participant": "x", "frames": 0}) as answer:
        assert answer.status == 404
