"""Losing the database or the operator costs time, never an order (I10)."""

import pytest

from tests.e2e.agreement import assert_books_agree, assert_settles, uid_of, wait_for_rest
from tests.support.manifests import a_bot, a_dca, a_name
from tests.support.platform import Platform
from tests.support.waiting import wait_until

STRATEGIES = [a_dca("SOLUSDT", amount="15")]


def orders_of(platform: Platform, name: str) -> int:
    return len(platform.exchange_truth(name).orders)


@pytest.fixture
def trading(platform: Platform, request: pytest.FixtureRequest) -> str:
    name = a_name(request.node.name.removeprefix("test_").replace("_", "-"))
    platform.apply(a_bot(name, strategies=STRATEGIES))
    wait_until(lambda: orders_of(platform, name) >= 2, "first orders", seconds=60)
    return name


def settle_and_remove(platform: Platform, name: str) -> None:
    assert_settles(platform, a_bot(name, strategies=STRATEGIES, desiredState="Paused"))
    platform.delete(name)


def test_bot_recovers_after_postgres_restarted(platform: Platform, trading: str) -> None:
    pid = platform.runner_pid(trading)
    platform.restart_postgres()
    before = orders_of(platform, trading)

    wait_until(lambda: orders_of(platform, trading) >= before + 2, "trades again", seconds=60)

    assert platform.runner_pid(trading) == pid
    settle_and_remove(platform, trading)


def test_bot_trades_on_while_the_operator_is_killed_and_is_adopted(
    platform: Platform, trading: str
) -> None:
    pid = platform.runner_pid(trading)
    platform.kill_operator()
    before = orders_of(platform, trading)
    wait_until(lambda: orders_of(platform, trading) >= before + 2, "trades on", seconds=30)

    platform.apply(a_bot(trading, strategies=STRATEGIES, desiredState="Paused"))
    platform.wait_condition(trading, "UpToDate")

    assert platform.runner_pid(trading) == pid
    settle_and_remove(platform, trading)


def test_market_crash_is_met_by_the_resting_stop(platform: Platform) -> None:
    name, strategies = a_name("stopped-out"), [a_dca("BNBUSDT", stopLossPercent="3")]
    platform.apply(a_bot(name, strategies=strategies))
    uid = uid_of(platform, name)
    stops = "select count(*) from kbots.orders where bot_uid = %s and purpose = 'StopLoss' and status = %s"
    wait_until(lambda: platform.query(stops, (uid, "NEW"))[0][0], "a stop rests", seconds=90)

    # Through the trigger, 3 % below cost, and not beyond the limit, about 1 % lower.
    platform.shock("BNBUSDT", "-3.4")

    wait_until(
        lambda: platform.query(stops, (uid, "FILLED"))[0][0], "the stop is filled", seconds=30
    )
    platform.apply(a_bot(name, strategies=strategies, desiredState="Flat"))
    wait_for_rest(platform, name)
    assert_books_agree(platform, name)
    platform.delete(name)
