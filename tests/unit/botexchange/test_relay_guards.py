"""What keeps a relay right when upstream or a listener does not behave."""

import asyncio
import tracemalloc
from datetime import UTC, datetime
from types import SimpleNamespace

import orjson
import pytest

from botcore.domain.errors import Transient
from botexchange.relay.feed import RelayFeed
from botexchange.relay.names import parse_stream
from botexchange.upstream.channels import Tasks
from botexchange.upstream.klines import KlineChannel
from botexchange.upstream.messages import Frame, read_message
from botexchange.upstream.rest import Answer
from botexchange.upstream.series import rest_rows
from botexchange.upstream.tape import TRADES
from botexchange.upstream.tapes import TapeChannel

MINUTE = 60_000


class Sink:
    def __init__(self):
        self.frames, self.gaps = [], []

    def publish(self, frame):
        self.frames.append(frame)

    def tell_gap(self, stream):
        self.gaps.append(stream)


class Streams:
    def __init__(self):
        self.wanted, self.room, self.is_up = set(), 10_000, True

    def want(self, stream):
        if len(self.wanted) >= self.room:
            return False
        self.wanted.add(stream)
        return True

    def drop(self, stream):
        self.wanted.discard(stream)

    def flows(self, stream):
        return self.is_up and stream in self.wanted

    def is_live(self, _stream=None):
        return self.is_up

    def silent_ms(self, _stream=None):
        return 0


class Rest:
    """Candles up to now; no answer while `is_up` is false."""

    def __init__(self, clock):
        self.clock, self.is_up = clock, True

    def used_weight(self):
        return 0

    async def get(self, _path, _params=None):
        if not self.is_up:
            raise Transient("lost", after_seconds=0.01)
        minute = int(self.clock.seconds) * 1_000 // MINUTE
        value = [
            [n * MINUTE, "1", "1", "1", "1", "1", n * MINUTE + MINUTE - 1, "1", 1, "1", "1", "0"]
            for n in range(minute - 5, minute + 1)
        ]
        return Answer(orjson.dumps(value), value)


class Clock:
    def __init__(self):
        self.seconds = 6_000.0

    def boottime(self):
        return self.seconds

    def now(self):
        return datetime.fromtimestamp(self.seconds, UTC)


@pytest.fixture
async def tools():
    clock = Clock()
    failures = []
    tasks = Tasks(failures.append)
    yield SimpleNamespace(
        clock=clock,
        rest=Rest(clock),
        streams=Streams(),
        sink=Sink(),
        time=SimpleNamespace(now_ms=lambda: int(clock.seconds * 1_000)),
        tasks=tasks,
        may_spend=lambda: True,
        wall_ms=lambda: 0,
    )
    await tasks.close()
    assert not failures


def a_trade(number, time_ms):
    data = {"e": "trade", "t": number, "T": time_ms}
    return Frame("btcusdt@trade", orjson.dumps(data), data, 0)


def a_tape(tools):
    return TapeChannel("btcusdt@trade", "BTCUSDT", TRADES, tools)


async def test_server_that_lags_after_a_reconnect_repeats_no_trade(tools):
    tape = a_tape(tools)
    for number in range(100, 106):
        tape.take(a_trade(number, 1_000 + number))
    tape.resumed()

    for number in range(103, 108):
        tape.take(a_trade(number, 1_000 + number))

    assert [frame.data["t"] for frame in tools.sink.frames] == list(range(100, 108))


async def test_market_that_counts_anew_after_a_reconnect_is_followed(tools):
    tape = a_tape(tools)
    tape.take(a_trade(100, 1_000))
    tape.resumed()

    tape.take(a_trade(3, 5_000))
    tape.take(a_trade(4, 5_001))

    assert [frame.data["t"] for frame in tools.sink.frames] == [100, 3, 4]


@pytest.mark.parametrize("end", [b"\n", b" ", b"\r\n"])
def test_space_after_a_message_does_not_spoil_the_payload(end):
    message = read_message(b'{"stream":"x@trade","data":{"t":1}}' + end, 5)

    assert isinstance(message, Frame)
    assert message.payload == b'{"t":1}'


@pytest.mark.parametrize("data", [b"{}", b"{ }"])
def test_payload_without_content_is_no_frame(data):
    assert read_message(b'{"stream":"x@bookTicker","data":' + data + b"}", 5) is None


@pytest.mark.parametrize(
    "name",
    [
        "btcusdt@kline_99M@+99:99", "btcusdt@kline_2m@+08:00", "btcusdt@kline_1m@+07:00",
        "btcusdt@kline_1m@-08:00",
    ],
)  # fmt: skip
def test_time_zones_that_upstream_does_not_stream_are_not_asked_for(name):
    assert parse_stream(name, {"BTCUSDT"}) is None


def test_kept_candle_takes_no_more_memory_than_its_text():
    row = [0, "1", "1", "1", "1", "1", 59_999, "1", 1, "1", "1", "0"]
    tracemalloc.start()
    kept = [
        rest_rows([[n * MINUTE, *row[1:6], n * MINUTE + MINUTE - 1, *row[7:]]])
        for n in range(1_000)
    ]
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert size / len(kept) < 1_000


async def test_answer_of_candles_that_nothing_confirms_any_more_tells_its_true_age(tools):
    channel = KlineChannel("btcusdt@kline_1m", "BTCUSDT", "1m", tools)
    tools.streams.want("btcusdt@kline_1m")
    await channel.rows(None, None, 5)
    assert channel.age_ms() < 1_000
    tools.rest.is_up, tools.streams.is_up = False, False  # refused by REST, not streamed

    tools.clock.seconds += 40

    assert 39_000 < channel.age_ms() < 42_000
    with pytest.raises(Transient):
        await asyncio.wait_for(channel.rows(None, None, 5), 5)
    assert channel.age_ms() > 39_000


def a_feed(tools, listeners=(), symbols=("BTCUSDT",)):
    rules = SimpleNamespace(symbols=dict.fromkeys(symbols, b""))
    hub = SimpleNamespace(streams=lambda: list(listeners))
    outlet = SimpleNamespace(tell_status=lambda **_: None, publish=lambda _: None)
    return RelayFeed(tools, hub, outlet, rules), rules


async def run_for_a_moment(feed, tools):
    task = asyncio.create_task(feed.run())
    for _ in range(4):
        await asyncio.sleep(0.06)
        tools.clock.seconds += 2
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_stream_of_a_symbol_that_is_listed_later_begins_then(tools):
    feed, rules = a_feed(tools, ["newusdt@trade"])
    feed.changed("newusdt@trade", is_wanted=True)
    assert tools.streams.wanted == set()
    rules.symbols["NEWUSDT"] = b""

    await run_for_a_moment(feed, tools)

    assert tools.streams.wanted == {"newusdt@trade"}


async def test_stream_that_found_no_room_begins_when_there_is(tools):
    feed, _ = a_feed(tools, ["btcusdt@trade"])
    tools.streams.room = 0
    feed.changed("btcusdt@trade", is_wanted=True)
    tools.streams.room = 5

    await run_for_a_moment(feed, tools)

    assert tools.streams.wanted == {"btcusdt@trade"}


async def test_candles_of_many_symbols_are_kept_up_to_a_bound_only(tools):
    names = [f"S{number}USDT" for number in range(3_000)]
    feed, _ = a_feed(tools, symbols=names)

    kept = [name for name in names if feed.klines(name, "1m") is not None]

    assert 100 <= len(kept) <= 300
    assert len(tools.streams.wanted) == len(kept)
    assert feed.klines(kept[0], "1m") is not None
