"""Questions asked once for all, names that may be asked for, messages told apart."""

import asyncio

import pytest

from botcore.domain.errors import Transient
from botcore.matching.refusals import VenueError
from botexchange.relay.names import StreamKind, parse_stream
from botexchange.relay.shared import SharedAnswers
from botexchange.upstream.messages import Frame, Reply, Shutdown, read_message
from botexchange.upstream.rest import Answer


class Clock:
    def __init__(self):
        self.seconds = 100.0

    def boottime(self):
        return self.seconds


class Upstream:
    def __init__(self):
        self.asked = 0
        self.error = None

    async def __call__(self):
        self.asked += 1
        number = self.asked
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        return Answer(b"%d" % number, None)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def shared(clock):
    return SharedAnswers(clock, 60)


async def test_identical_questions_at_a_time_are_asked_once(shared):
    upstream = Upstream()

    found = await asyncio.gather(*(shared.get("q", 1, upstream) for _ in range(50)))

    assert {said.body for said in found} == {b"1"}
    assert upstream.asked == 1


async def test_answer_is_kept_while_it_is_fresh(shared, clock):
    upstream = Upstream()
    await shared.get("q", 2, upstream)
    clock.seconds += 1.5

    kept = await shared.get("q", 2, upstream)
    clock.seconds += 1
    renewed = await shared.get("q", 2, upstream)

    assert (kept.body, kept.age_ms) == (b"1", 1_500)
    assert renewed.body == b"2"


async def test_lost_upstream_is_bridged_for_a_while_only(shared, clock):
    upstream = Upstream()
    await shared.get("q", 1, upstream)
    upstream.error = Transient("lost")
    clock.seconds += 60

    bridged = await shared.get("q", 1, upstream)
    clock.seconds += 0.1

    assert (bridged.body, bridged.age_ms) == (b"1", 60_000)
    with pytest.raises(Transient):
        await shared.get("q", 1, upstream)


async def test_refusal_is_kept_too(shared):
    upstream = Upstream()
    upstream.error = VenueError(-1121, "Invalid symbol.")

    for _ in range(3):
        with pytest.raises(VenueError):
            await shared.get("q", 2, upstream)

    assert upstream.asked == 1


async def test_client_that_leaves_takes_the_answer_from_nobody(shared):
    upstream = Upstream()
    leaving = asyncio.create_task(shared.get("q", 1, upstream))
    staying = asyncio.create_task(shared.get("q", 1, upstream))
    await asyncio.sleep(0)
    leaving.cancel()

    assert (await staying).body == b"1"
    assert upstream.asked == 1


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("btcusdt@kline_1m", StreamKind.KLINE), ("btcusdt@kline_1M", StreamKind.KLINE),
        ("btcusdt@trade", StreamKind.TRADE), ("btcusdt@aggTrade", StreamKind.AGGREGATE),
        ("btcusdt@depth", StreamKind.DEPTH), ("btcusdt@depth@100ms", StreamKind.DEPTH),
        ("btcusdt@depth5", StreamKind.STATE), ("btcusdt@depth20@100ms", StreamKind.STATE),
        ("btcusdt@bookTicker", StreamKind.STATE), ("btcusdt@ticker_4h", StreamKind.STATE),
        ("btcusdt@kline_1d@+08:00", StreamKind.STATE), ("!miniTicker@arr", StreamKind.STATE),
        ("nope@trade", None), ("BTCUSDT@trade", None), ("btcusdt@kline_2m", None),
        ("btcusdt@depth7", None), ("!ticker@arr", None), ("!userData", None), ("", None), ("@", None),
        ("btcusdt@trade@", None), ('btc"@trade', None),
    ],
)  # fmt: skip
def test_only_streams_that_exist_are_known(name, kind):
    found = parse_stream(name, {"BTCUSDT"})

    assert (found and found.kind) == kind


@pytest.mark.parametrize("payload", [b'{"p":"0.10000000","q":1.10}', b"[]", b'{"a":"\\u00e9}"}'])
def test_payload_keeps_its_bytes(payload):
    message = read_message(b'{"stream":"btcusdt@trade","data":' + payload + b"}", 5)

    assert isinstance(message, Frame)
    assert (message.stream, message.payload, message.received_ms) == ("btcusdt@trade", payload, 5)


def test_other_order_of_members_is_read_as_well():
    message = read_message(b'{"data": {"t": 1}, "stream": "x@trade"}', 5)

    assert isinstance(message, Frame)
    assert (message.stream, message.payload) == ("x@trade", b'{"t":1}')


def test_replies_and_notices_are_told_apart():
    assert read_message(b'{"result":null,"id":3}', 0) == Reply(3, is_refused=False)
    assert read_message(b'{"error":{"code":2},"id":3}', 0) == Reply(3, is_refused=True)
    assert read_message(b'{"e":"serverShutdown","E":1}', 0) == Shutdown()
    assert read_message(b'{"stream":"!serverShutdown","data":{"e":"serverShutdown"}}', 0) == (
        Shutdown()
    )
    for raw in (b"", b"5", b"{", b"[]", b"{}", b'{"stream":1,"data":{}}', b"\xff"):
        assert read_message(raw, 0) is None
