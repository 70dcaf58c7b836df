"""Real money in the chart: off until its values say what is allowed, and then known to the operator alone."""

from collections.abc import Callable

import pytest

from tests.cluster.chart import Manifest, pods, render
from tests.support.cluster.commands import CommandFailed

Command = Callable[..., str]

SYMBOLS = "live.enabled=true,live.symbols={BTCUSDT,ETHUSDT}"


def live_variables(manifests: list[Manifest], program: str) -> dict[str, str]:
    """Return what a program is told of live trading."""
    environment = dict(pods(manifests))[program]["spec"]["containers"][0]["env"]
    return {one["name"]: one.get("value", "") for one in environment if "LIVE" in one["name"]}


def test_real_money_is_off_until_the_chart_says_what_is_allowed(helm: Command) -> None:
    on = render(helm, "--set", SYMBOLS, "--set-string", "live.mostNotional.USDT=1000")

    assert live_variables(render(helm), "kbots-operator") == {}
    told = live_variables(on, "kbots-operator")
    assert told["KBOTS_OPERATOR_LIVE_SYMBOLS"] == "BTCUSDT,ETHUSDT"
    assert told["KBOTS_OPERATOR_LIVE_MOST_NOTIONAL"] == "USDT=1000"
    assert told["KBOTS_OPERATOR_LIVE_REQUIRE_IP_RESTRICT"] == "true"
    # No web role has a say.
    assert live_variables(on, "kbots-dashboard") == {}


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("live.enabled=true", "live.symbols"),
        (f"{SYMBOLS},live.mostNotional.USDT=5", "/live/mostNotional"),
    ],
)
def test_cap_that_is_missing_or_no_amount_is_refused_by_its_name(
    helm: Command, setting: str, words: str
) -> None:
    with pytest.raises(CommandFailed) as refusal:
        render(helm, "--set", setting)

    assert words in refusal.value.stderr
