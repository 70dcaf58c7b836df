"""Options of the relay and of live prices."""

import pytest

from botcore.domain.errors import InvalidInput
from botexchange.settings import RelaySettings, parse_settings
from botexchange.upstream.hosts import Environment

UPSTREAM = "--upstream-rest http://127.0.0.1:1 --upstream-stream ws://127.0.0.1:1"


def test_relay_follows_an_environment():
    settings = parse_settings(["relay", "--environment=testnet", "--host=0.0.0.0", "--port=1"])

    assert isinstance(settings, RelaySettings)
    assert settings.environment is Environment.TESTNET
    assert settings.hosts().rest == "https://testnet.binance.vision"
    assert (settings.host, settings.port, settings.admin_port) == ("0.0.0.0", 1, 9091)


def test_relay_reads_its_own_variables(monkeypatch):
    monkeypatch.setenv("KBOTS_EXCHANGE_RELAY_PORT", "7")
    monkeypatch.setenv("KBOTS_EXCHANGE_PORT", "8")

    monkeypatch.setenv("KBOTS_EXCHANGE_RELAY_ENVIRONMENT", "data")

    assert parse_settings(["relay"]).port == 7
    assert parse_settings(["relay"]).environment is Environment.DATA
    assert parse_settings(["relay", "--environment=live"]).environment is Environment.LIVE
    assert parse_settings(["paper"]).port == 8


def test_addresses_outrank_the_environment():
    settings = parse_settings(f"relay {UPSTREAM}".split())

    assert settings.hosts().stream == "ws://127.0.0.1:1"


def test_live_paper_names_its_symbols():
    settings = parse_settings(["paper", "--source=binance", "--symbols=BTCUSDT,ETHUSDT"])

    assert settings.symbols == ("BTCUSDT", "ETHUSDT")
    assert settings.hosts().stream == "wss://data-stream.binance.vision"


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ("relay --environment moon", "--environment"),
        ("relay --upstream-rest http://x", "--upstream-stream"),
        ("relay --upstream-rest ftp://x --upstream-stream ws://x", "--upstream-rest"),
        ("relay --stale-seconds 1", "--stale-seconds"),
        ("relay --renew-seconds 86400", "--renew-seconds"),
        ("paper --source binance", "--symbols"),
        ("paper --source binance --symbols 5", "--symbols"),
        ("paper --source binance --symbols BTCUSDT --speed 2", "--speed"),
        (f"paper {UPSTREAM}", "--upstream-rest"),
    ],
)
def test_contradiction_is_refused_by_name(options, named):
    with pytest.raises(InvalidInput, match=named):
        parse_settings(options.split())
