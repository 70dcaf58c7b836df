"""When a runner in a lockstep replay says that it is idle."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from botcore.domain.errors import Transient
from botcore.domain.market import Candle, Interval
from botrunner.adapters import lockstep
from botrunner.adapters.lockstep import FrameCounter, IdleReporter
from botrunner.adapters.stream_supervisor import Receiver
from botrunner.adapters.venue_clock import VenueClock
from botrunner.trading.events import CandleClosed, Event, StreamRestored
from tests.unit.botrunner.adapters.clocks import ManualClock

AT = datetime(2024, 1, 1, tzinfo=UTC)
ONE = Decimal(1)
EVENT = CandleClosed(
    candle=Candle(
        symbol="BTCUSDT", interval=Interval.H1, open_at=AT, close_at=AT,
        open=ONE, high=ONE, low=ONE, close=ONE, volume=ONE,
    )
)  # fmt: skip


class Exchange:
    """Counts what it has sent, as the gate of the exchange does."""

    def __init__(self, sent: int = 0) -> None:
        self.sent = sent
        self.posts: list[tuple[int, bool]] = []
        self.is_away = False

    async def post(self, frames: int, anew: bool) -> int:  # noqa: FBT001 the port's order
        if self.is_away:
            raise Transient("away")
        self.posts.append((frames, anew))
        if anew:
            self.sent = 0
        return self.sent


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lockstep, "_IN_FLIGHT_SECONDS", 0.0)


def a_receiver(exchange: Exchange) -> tuple[Receiver, IdleReporter, list[Event]]:
    idle = IdleReporter(FrameCounter(), exchange.post)
    clock = VenueClock(ManualClock(), in_lockstep=True)
    return Receiver(venue_clock=clock, idle=idle), idle, []


async def test_frame_that_brings_an_event_is_reported_when_the_engine_is_done() -> None:
    exchange = Exchange()
    receiver, idle, inbox = a_receiver(exchange)
    await idle.report()

    exchange.sent = 1
    await receiver.take(1_000, EVENT, inbox.append)
    assert exchange.posts == [(0, False)]
    await idle.report()

    assert exchange.posts == [(0, False), (1, False)]
    assert inbox == [EVENT]


async def test_frame_that_brings_nothing_is_reported_by_itself_when_the_engine_sleeps() -> None:
    exchange = Exchange()
    receiver, idle, inbox = a_receiver(exchange)
    await idle.report()

    exchange.sent = 1
    await receiver.take(1_000, None, inbox.append)

    assert exchange.posts[-1] == (1, False)


async def test_frame_that_brings_nothing_is_left_to_the_engine_while_it_works() -> None:
    exchange = Exchange()
    receiver, idle, inbox = a_receiver(exchange)
    await idle.report()
    exchange.sent = 2
    await receiver.take(1_000, EVENT, inbox.append)

    await receiver.take(1_000, None, inbox.append)
    assert exchange.posts == [(0, False)]
    await idle.report()

    assert exchange.posts[-1] == (2, False)


async def test_new_process_under_a_known_name_counts_anew() -> None:
    exchange = Exchange(sent=57)
    _, idle, _ = a_receiver(exchange)

    await idle.report()

    assert exchange.posts == [(0, False), (0, True)]
    assert exchange.sent == 0


async def test_frames_lost_with_a_connection_are_written_off_after_the_next_one() -> None:
    exchange = Exchange()
    receiver, idle, inbox = a_receiver(exchange)
    await idle.report()
    exchange.sent = 3  # pushed into a connection that broke

    receiver.restored("user", inbox.append)
    await idle.report()

    assert exchange.posts[-2:] == [(0, False), (0, True)]
    assert inbox == [StreamRestored(stream="user")]


async def test_frames_still_on_their_way_are_not_written_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exchange = Exchange(sent=1)
    receiver, idle, inbox = a_receiver(exchange)

    async def arrives(_seconds: float) -> None:
        await receiver.take(1_000, EVENT, inbox.append)

    monkeypatch.setattr(lockstep.asyncio, "sleep", arrives)
    await idle.report()
    await idle.report()

    assert exchange.posts == [(0, False), (1, False)]


async def test_report_to_an_exchange_that_is_away_does_not_fail_the_engine() -> None:
    exchange = Exchange()
    _, idle, _ = a_receiver(exchange)
    exchange.is_away = True

    await idle.report()

    assert not idle.frames.was_idle


async def test_without_lockstep_events_pass_straight_through() -> None:
    inbox: list[Event] = []
    receiver = Receiver(venue_clock=VenueClock(ManualClock()))

    await receiver.take(1_000, EVENT, inbox.append)
    await receiver.take(1_000, None, inbox.append)

    assert inbox == [EVENT]
