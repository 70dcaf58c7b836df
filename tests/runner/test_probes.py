"""A real runner answers its kubelet and its scrapers; its figures are those of ledger and exchange."""

import signal

import pytest

from tests.support.steering import Steered
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e


def test_trading_runner_lives_is_ready_and_tells_its_figures(bot: Steered) -> None:
    wait_until(lambda: len(bot.orders(type="MARKET")) >= 3, "three purchases")
    bot.configure(desiredState="Paused")
    wait_until(lambda: bot.beat.state == "Paused", "paused")

    wait_until(lambda: bot.probes.value("order_seconds_count", call="place") == len(bot.truth.orders),
               "every order of the exchange is counted")  # fmt: skip
    intents = bot.database.rows("select count(*) from kbots.orders")[0][0]
    assert bot.probes.value("journal_commit_seconds_count", call="intent") == intents
    decisions = bot.database.rows("select count(*) from kbots.decisions where action = 'Enter'")
    assert bot.probes.value("decisions_total", action="Enter") == decisions[0][0]
    assert bot.probes.value("event_to_decision_seconds_count", event="CandleClosed") >= 3
    assert bot.probes.value("positions") == 1
    assert bot.probes.value("open_orders") == len(bot.orders(status="NEW"))
    # In a minute that has just begun nothing is used yet; the clock is asked within one.
    most = bot.probes.value("request_weight_limit")
    wait_until(
        lambda: 0 < bot.probes.value("request_weight_used") < most, "weight is told", seconds=90
    )
    assert bot.probes.value("configuration_generation") == 2
    assert (bot.probes.get("/healthz"), bot.probes.get("/readyz")) == ((200, "ok\n"),) * 2


def test_nothing_secret_is_told(bot: Steered) -> None:
    account = bot.runner.account
    told = " ".join(bot.probes.get(page)[1] for page in ("/metrics", "/healthz", "/readyz", "/x"))

    secret = [account["apiKey"], account["apiSecret"], bot.runner.login.address.password]
    assert not [one for one in (*secret, f'"{account["uid"]}"') if one in told]
    assert 'bot="alice",bot_namespace="kbots-bots"' in told


def test_runner_without_its_venue_lives_and_is_not_ready(bot: Steered) -> None:
    """A lost venue is no reason for a restart (I10)."""
    bot.runner.exchange.process.send_signal(signal.SIGSTOP)
    try:
        wait_until(lambda: not bot.probes.is_ready(), "not ready", seconds=60, every=0.5)
        assert bot.probes.is_alive()
        assert bot.probes.value("ready") == 0
    finally:
        bot.runner.exchange.process.send_signal(signal.SIGCONT)
    wait_until(bot.probes.is_ready, "ready again", seconds=60)
