"""What probes read of the streams."""

from botrunner.adapters.stream_health import MarketSource, StreamHealth
from tests.unit.botrunner.adapters.clocks import ManualClock


def a_health(source: MarketSource, *, may_pause: bool = False) -> tuple[StreamHealth, ManualClock]:
    clock = ManualClock()
    health = StreamHealth(clock, may_pause=may_pause)
    health.market_source = source
    return health, clock


def test_market_is_stale_ten_seconds_after_the_last_proof_of_the_source_in_use() -> None:
    health, clock = a_health(MarketSource.RELAY)
    health.relay.proved()

    clock.move(10)
    health.venue.proved()
    assert not health.is_stale
    clock.move(0.1)
    assert health.is_stale

    health.market_source = MarketSource.VENUE
    assert not health.is_stale


def test_relay_that_says_it_is_stale_proves_nothing_until_it_says_it_is_live() -> None:
    health, clock = a_health(MarketSource.RELAY)
    health.relay.told(is_live=False)
    clock.move(11)

    health.relay.proved()  # an answer to a ping
    assert health.is_stale
    health.relay.told(is_live=True)
    assert not health.is_stale


def test_nothing_wanted_or_a_replay_is_never_stale() -> None:
    for health, clock in (
        a_health(MarketSource.NONE),
        a_health(MarketSource.VENUE, may_pause=True),
    ):
        clock.move(1_000)
        assert not health.is_stale


def test_well_counts_without_a_break() -> None:
    health, clock = a_health(MarketSource.VENUE)
    assert health.relay.well_seconds == 0  # nothing was heard yet

    health.relay.proved()
    clock.move(4)
    health.relay.proved()
    clock.move(4)
    assert health.relay.well_seconds == 8
    health.relay.lost()
    health.relay.proved()
    assert health.relay.well_seconds == 0
    clock.move(11)  # silence is no health
    assert health.relay.well_seconds == 0


def test_age_of_the_last_frame_and_reconnects_are_told() -> None:
    health, clock = a_health(MarketSource.VENUE)
    assert health.last_frame_age is None
    assert health.reconnects == {}

    health.relay.framed()
    clock.move(2)
    health.venue.framed()
    clock.move(1)
    health.connections.update(["market", "market", "user"])

    assert health.last_frame_age == 1
    assert health.reconnects == {"market": 1, "user": 0}
