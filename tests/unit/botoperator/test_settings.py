"""Settings of the operator's commands."""

from decimal import Decimal
from pathlib import Path

import pytest

from botcore.domain.errors import InvalidInput
from botcore.resources.trading_bot import BotMode
from botoperator.plan.inputs import Relay
from botoperator.settings import PREFIX, ClusterSettings, StandaloneSettings
from botoperator.wiring.kubernetes import platform_of
from botoperator.wiring.parts import venues_of

NEEDED = {"PASSWORD_FILE": "/p", "POD_NAME": "operator-0", "RUNNER_IMAGE": "kbots/botrunner:1"}


def cluster(**values: str) -> ClusterSettings:
    given = {PREFIX + name: value for name, value in {**NEEDED, **values}.items()}
    return ClusterSettings.load(PREFIX, given)


def test_namespaces_are_separated_by_commas() -> None:
    assert cluster(NAMESPACES="kbots-bots, alice ,").namespaces == ("kbots-bots", "alice")
    assert cluster().namespaces == ("kbots-bots",)


def test_tenants_are_namespaces_with_their_owners() -> None:
    settings = cluster(TENANTS="kbots-alice=alice, kbots-bob=bob,")

    assert platform_of(settings).tenants == {"kbots-alice": "alice", "kbots-bob": "bob"}
    assert platform_of(cluster()).tenants == {}
    # Without an owner every bot there would be refused, and nobody told why.
    with pytest.raises(InvalidInput, match=PREFIX + "TENANTS"):
        cluster(TENANTS="kbots-alice")


def test_nodes_of_the_bots_are_named_as_kubernetes_names_them() -> None:
    tolerations = '[{"key":"pool","value":"bots","effect":"NoSchedule"},{"operator":"Exists"}]'
    settings = cluster(
        RUNNER_NODE_SELECTOR="example.org/pool=bots,spot=", RUNNER_TOLERATIONS=tolerations
    )

    pod = platform_of(settings).pod
    assert pod.node_selector == {"example.org/pool": "bots", "spot": ""}
    assert pod.tolerations == (
        {"key": "pool", "operator": "Equal", "value": "bots", "effect": "NoSchedule"},
        {"operator": "Exists"},
    )
    anywhere = platform_of(cluster()).pod
    assert (anywhere.node_selector, anywhere.tolerations) == ({}, ())


@pytest.mark.parametrize(
    "text",
    [
        "pool=bots:NoSchedule",
        '{"key": "pool"}',
        '[{"value": "bots"}]',
        '[{"key": "pool", "operator": "Exists", "value": "bots"}]',
        '[{"key": "pool", "effect": "NoSleep"}]',
        '[{"key": "pool", "tolerationSeconds": 60}]',
        '[{"key": "pool", "seconds": 60}]',
    ],
)
def test_toleration_that_no_pod_could_have_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match=PREFIX + "RUNNER_TOLERATIONS"):
        cluster(RUNNER_TOLERATIONS=text)


@pytest.mark.parametrize("name", ["NAMESPACES", "POD_NAME", "RUNNER_IMAGE"])
def test_refusal_names_the_variable(name: str) -> None:
    values = {**NEEDED, name: " , " if name == "NAMESPACES" else ""}

    with pytest.raises(InvalidInput, match=PREFIX + name):
        ClusterSettings.load(PREFIX, {PREFIX + key: value for key, value in values.items()})


def test_test_network_is_there_on_a_cluster_only_where_it_is_named() -> None:
    named = cluster(TESTNET_REST_URL="https://t", TESTNET_WS_API_URL="w", TESTNET_STREAM_URL="s")
    on_one_host = StandaloneSettings(password_file=Path("/p"))

    assert set(venues_of(cluster())) == {BotMode.PAPER}
    assert set(venues_of(named)) == set(venues_of(on_one_host)) == {BotMode.PAPER, BotMode.TESTNET}


@pytest.mark.parametrize(
    ("environment", "has_relay"), [("testnet", True), ("live", False), ("data", False)]
)
def test_bots_take_the_relay_of_their_own_market_alone(
    environment: str, *, has_relay: bool
) -> None:
    settings = cluster(
        TESTNET_REST_URL="https://t",
        RELAY_REST_URL="http://r",
        RELAY_STREAM_URL="ws://r",
        RELAY_ENVIRONMENT=environment,
    )

    venues = venues_of(settings)

    relay = Relay(rest_url="http://r", stream_url="ws://r")
    assert venues[BotMode.TESTNET].relay == (relay if has_relay else None)
    assert venues[BotMode.PAPER].relay is None


def test_no_real_money_unless_the_platform_says_so_and_within_its_caps() -> None:
    off = platform_of(cluster(LIVE_SYMBOLS="BTCUSDT"))
    on = platform_of(
        cluster(
            LIVE_ENABLED="true",
            LIVE_SYMBOLS="BTCUSDT, ETHUSDT",
            LIVE_MOST_NOTIONAL="USDT=1000.5,BTC=0.1",
            LIVE_REQUIRE_IP_RESTRICT="true",
            RELAY_REST_URL="http://r",
            RELAY_STREAM_URL="ws://r",
        )
    )

    assert BotMode.LIVE not in off.modes
    assert off.live_caps is not None
    assert not off.live_caps.is_enabled
    assert on.venues[BotMode.LIVE].relay == Relay(rest_url="http://r", stream_url="ws://r")
    assert on.venues[BotMode.LIVE].rest_url == "https://api.binance.com"
    assert on.live_caps is not None
    assert on.live_caps.is_enabled
    assert (on.live_caps.requires_ip_restrict, off.live_caps.requires_ip_restrict) == (True, False)
    assert on.live_caps.symbols == {"BTCUSDT", "ETHUSDT"}
    assert on.live_caps.most_notional == {"USDT": Decimal("1000.5"), "BTC": Decimal("0.1")}


@pytest.mark.parametrize("amounts", ["USDT", "USDT=much", "USDT=-1", "USDT=NaN"])
def test_cap_that_is_no_amount_is_refused(amounts: str) -> None:
    with pytest.raises(InvalidInput, match=PREFIX + "LIVE_MOST_NOTIONAL"):
        cluster(LIVE_MOST_NOTIONAL=amounts)


def test_real_money_needs_all_addresses() -> None:
    settings = cluster(LIVE_ENABLED="true").model_copy(update={"live_stream_url": ""})

    with pytest.raises(InvalidInput, match="all three addresses"):
        platform_of(settings)
