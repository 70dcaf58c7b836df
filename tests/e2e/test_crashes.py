"""kill -9 at any moment yields at most one exchange order per intent, and books that agree (I2, I3)."""

import random
import time

import pytest

from tests.e2e.agreement import assert_settles
from tests.support.manifests import a_bot, a_dca, a_name, an_ema_cross
from tests.support.platform import Platform
from tests.support.waiting import wait_until

KILLS = 50


def orders_of(platform: Platform, name: str) -> int:
    return len(platform.exchange_truth(name).orders)


@pytest.mark.timeout(420)
def test_runner_killed_fifty_times_at_random_leaves_no_doubled_order(platform: Platform) -> None:
    name, chance = a_name("crash"), random.Random(20260101)
    strategies = [an_ema_cross(), a_dca(), a_dca("SOLUSDT", name="more", amount="15")]
    platform.apply(a_bot(name, strategies=strategies))
    wait_until(lambda: orders_of(platform, name), "first order", seconds=60)

    last = 0
    for kill in range(KILLS):
        pid = wait_until(
            lambda last=last: (found := platform.runner_pid(name)) not in {0, last} and found,
            f"runner restarted after kill {kill}",
            every=0.02,
        )
        # From the first instant of start-up to well into trading: the moment is the test's input.
        time.sleep(chance.uniform(0.0, 3.5))
        platform.kill_runner(name)
        if kill % 5 == 4:
            # Both at once; and a new operator begins its restart backoff anew.
            platform.kill_operator()
        last = pid

    before = orders_of(platform, name)
    wait_until(lambda: orders_of(platform, name) > before, "trades again after the kills")
    assert_settles(platform, a_bot(name, strategies=strategies, desiredState="Flat"))
    assert before > KILLS / 5  # it did trade between the kills
    platform.delete(name)


@pytest.mark.parametrize("kind", ["answerLost", "timeout1007", "error5xx"])
def test_order_whose_answer_is_lost_is_settled_and_never_sent_again(
    platform: Platform, kind: str
) -> None:
    name = a_name(f"lost-{kind.lower()}")
    platform.apply(a_bot(name, strategies=[a_dca("SOLUSDT")]))
    wait_until(lambda: orders_of(platform, name) >= 2, "first orders", seconds=60)

    before = orders_of(platform, name)
    platform.fault(kind=kind, path="/api/v3/order", count=1)
    wait_until(lambda: orders_of(platform, name) >= before + 3, "orders go on", seconds=60)
    resting = a_bot(name, strategies=[a_dca("SOLUSDT")], desiredState="Paused")
    assert_settles(platform, resting)
    platform.delete(name)
