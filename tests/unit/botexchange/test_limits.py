"""Weight and order windows."""

import pytest

from botexchange.limits import MOST_ADDRESSES, LimitError, OrderCounter, WeightCounter
from botexchange.quotas import Quotas
from tests.unit.botexchange.builders import UID, a_request, a_tick, an_engine

MINUTE = 28_333_333 * 60_000


class Now:
    """A clock a test sets."""

    def __init__(self, value=MINUTE):
        self.value = value

    def __call__(self):
        return self.value


def test_weight_is_counted_per_address_and_minute():
    now = Now()
    counter = WeightCounter(now, Quotas(request_weight=10))

    assert counter.add("a", 4) == 4
    assert counter.add("a", 2) == 6
    assert counter.add("b", 1) == 1
    now.value += 60_000
    assert counter.add("a", 1) == 1


def test_weight_over_the_limit_waits_for_the_next_minute():
    now = Now(MINUTE + 45_000)
    counter = WeightCounter(now, Quotas(request_weight=10))
    counter.add("a", 10)
    counter.check("a")
    counter.add("a", 1)

    with pytest.raises(LimitError) as refused:
        counter.check("a")

    assert (refused.value.code, refused.value.status) == (-1003, 429)
    assert refused.value.retry_seconds == 16
    now.value += 15_000
    counter.check("a")


def test_orders_are_limited_per_ten_seconds_and_day():
    now = Now(MINUTE - MINUTE % 86_400_000)
    counter = OrderCounter(now, Quotas())
    assert counter.add(1, 99) == (99, 99)
    counter.check(1, 1)

    with pytest.raises(LimitError, match="100 orders per 10 SECOND"):
        counter.check(1, 2)

    counter.check(2, 2)
    now.value += 10_000
    assert counter.add(1, 0) == (0, 99)
    counter.add(1, 200_000 - 99)
    now.value += 10_000
    with pytest.raises(LimitError, match="200000 orders per 1 DAY"):
        counter.check(1, 1)
    now.value += 86_400_000
    counter.check(1, 1)


def refusal(counter, address="a"):
    with pytest.raises(LimitError) as refused:
        counter.check(address)
    return refused.value


def test_who_goes_on_after_refusals_is_banned_longer_each_time():
    now = Now(MINUTE + 10_000)
    counter = WeightCounter(now, Quotas(request_weight=10, refusals=3))
    waits = []
    for _ in range(3):
        counter.add("a", 11)
        assert [refusal(counter).status for _ in range(3)] == [429, 429, 429]
        banned = refusal(counter)
        assert (banned.code, banned.status) == (-1003, 418)
        assert f"IP banned until {banned.retry_ms}." in banned.message
        waits.append(banned.retry_ms - now.value)
        now.value += 60_000
        assert refusal(counter).status == 418
        now.value = banned.retry_ms
        counter.check("a")

    assert waits == [120_000, 240_000, 480_000]
    counter.check("b")


def test_ban_never_exceeds_three_days():
    now = Now()
    counter = WeightCounter(now, Quotas(request_weight=10, refusals=0))
    for _ in range(40):
        counter.add("a", 11)
        banned = refusal(counter)
        assert banned.retry_ms - now.value <= 3 * 86_400_000
        now.value = banned.retry_ms


def test_raw_requests_and_connections_are_limited_per_five_minutes():
    """TR-52, TR-57."""
    now = Now(MINUTE - MINUTE % 300_000)
    counter = WeightCounter(now, Quotas(raw_requests=2, connections=1))
    counter.check("a")
    counter.check("a")
    assert refusal(counter).retry_seconds == 301
    counter.connect("a")
    with pytest.raises(LimitError) as refused:
        counter.connect("a")
    assert refused.value.code == -1034
    now.value += 300_000
    counter.check("a")
    counter.connect("a")


def test_quiet_addresses_are_forgotten():
    now = Now()
    counter = WeightCounter(now, Quotas())
    for number in range(MOST_ADDRESSES):
        counter.check(str(number))
    now.value += 300_000
    counter.check("new")

    assert len(counter._addresses) == 1


def test_reset_forgets_bans():
    counter = WeightCounter(Now(), Quotas(request_weight=10, refusals=0))
    counter.add("a", 11)
    refusal(counter)
    counter.reset()
    counter.check("a")


def test_first_fill_gives_orders_back():
    counter, engine = OrderCounter(Now(), Quotas()), an_engine()

    def place(*values, **named):
        counter.add(UID, 1)
        engine.place(UID, a_request(*values, **named), 1_700_000_000_000)
        counter.settle(engine.drain())

    for _ in range(8):
        place("LIMIT", "BUY", quantity="0.001", price="49000")
    assert counter.add(UID, 0) == (8, 8)
    place("MARKET", "BUY", quantity="0.001")
    assert counter.add(UID, 0) == (8, 8)

    engine.move(a_tick("48000"))
    counter.settle(engine.drain())

    assert counter.add(UID, 0) == (0, 0)
