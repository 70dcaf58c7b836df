from datetime import UTC, datetime
from decimal import Decimal

import pytest

from botcore.domain.errors import InvalidInput
from botcore.resources.strategy_params import EmaCrossParams
from botcore.resources.trading_bot import BotMode, DesiredState, TradingBot
from botcore.resources.validation import parse_trading_bot
from tests.unit.botcore.resources.samples import a_bot


def test_refusal_reads_like_the_api_servers():
    strategy = {**a_bot()["spec"]["strategies"][0], "params": {"fast": 48, "slow": 12}}

    with pytest.raises(InvalidInput) as caught:
        parse_trading_bot(a_bot({"spec.strategies": [strategy]}))

    assert str(caught.value) == (
        'TradingBot.kbots.dev "alice" is invalid: spec.strategies[0].params: '
        'Invalid value: "object": fast must be smaller than slow'
    )
    assert [problem.field for problem in caught.value.problems] == ["spec.strategies[0].params"]


def test_bot_without_metadata_is_refused():
    with pytest.raises(InvalidInput, match=r'"" is invalid: metadata: Required value'):
        parse_trading_bot(a_bot(without=("metadata",)))


def test_other_kind_is_refused():
    with pytest.raises(InvalidInput, match=r'kind: Unsupported value: "Pod"'):
        parse_trading_bot(a_bot({"kind": "Pod"}))


def test_too_many_strategies_are_refused():
    strategies = [{**a_bot()["spec"]["strategies"][0], "name": f"s{n}"} for n in range(21)]

    with pytest.raises(InvalidInput, match=r"spec.strategies: Too many: 21: must have at most 20"):
        parse_trading_bot(a_bot({"spec.strategies": strategies}))


def test_unlike_field_gets_no_guess():
    with pytest.raises(InvalidInput) as caught:
        parse_trading_bot(a_bot({"spec.zzz": 1}))

    assert str(caught.value.problems[0]) == "spec.zzz: unknown field"


def test_parsed_bot_has_defaults_and_decimals():
    bot = parse_trading_bot(a_bot())

    assert bot.spec.desired_state is DesiredState.RUNNING
    assert bot.spec.mode is BotMode.PAPER
    assert bot.spec.on_stop.timeout_seconds == 120
    assert bot.spec.paper is not None
    assert bot.spec.paper.balances == {"USDT": Decimal(10000)}
    assert type(bot.spec.strategies[0].capital) is Decimal
    params = bot.spec.strategies[0].typed_params
    assert params == EmaCrossParams(fast=12, slow=48, stop_loss_percent=Decimal(2))


def test_bot_from_the_api_server_is_parsed_with_its_metadata_and_newer_status():
    stored = a_bot(
        {
            "metadata.uid": "u-1",
            "metadata.generation": 4,
            "metadata.resourceVersion": "77",
            "metadata.creationTimestamp": "2026-01-02T03:04:05Z",
            "metadata.managedFields": [{"manager": "kubectl"}],
            "status": {"phase": "Running", "fieldOfANewerOperator": 1},
        }
    )

    bot = parse_trading_bot(stored)

    assert bot.metadata.generation == 4
    assert bot.metadata.creation_timestamp == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert bot.status is not None
    assert bot.status.to_manifest() == {"phase": "Running"}


def test_manifest_of_a_parsed_bot_parses_to_the_same_bot():
    bot = parse_trading_bot(a_bot({"spec.risk": {"maxDailyLoss": "10.50"}}))

    manifest = bot.to_manifest()

    assert manifest["spec"]["risk"] == {"maxDailyLoss": "10.50"}
    assert parse_trading_bot(manifest) == bot


def test_models_are_frozen():
    bot = parse_trading_bot(a_bot())

    with pytest.raises(ValueError, match="frozen"):
        bot.spec.owner = "bob"  # type: ignore[misc]  # what the test is about


def test_old_manifest_without_an_owner_sets_no_rule():
    assert isinstance(parse_trading_bot(a_bot(), a_bot(without=("spec.owner",))), TradingBot)
