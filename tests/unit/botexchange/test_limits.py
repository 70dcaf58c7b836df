"""Weight and order windows."""

import pytest

from botexchange.limits import LimitError, OrderCounter, WeightCounter
from botexchange.quotas import Quotas

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
