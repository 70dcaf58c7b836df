"""The form of a bot, and the spec made from it."""

import pytest

from botcore.domain.errors import InvalidInput
from botcore.resources.defaults import apply_defaults
from botcore.resources.strategy_params import StrategyType, describe_parameters
from botcore.resources.validation import parse_trading_bot
from botdashboard.views.forms import Kind, bot_form, problems_by_field, spec_with, value_at
from botdashboard.views.templates import TEMPLATES, new_strategy, paper_spec
from tests.support.manifests import a_bot

PARAMS = "spec.strategies[0].params"
FAST = f"{PARAMS}.fast"


def a_spec():
    return apply_defaults(a_bot("trend", owner="alice"))["spec"]


def fields_of(spec):
    return [field for section in bot_form(spec, {}) for field in section.fields]


def refused(spec):
    manifest = a_bot("trend") | {"spec": spec}
    with pytest.raises(InvalidInput) as found:
        parse_trading_bot(manifest)
    return found.value.problems


def test_form_is_made_of_the_strategies_own_parameters():
    fields = {field.path: field for field in fields_of(a_spec())}

    assert fields[FAST].kind is Kind.INTEGER
    assert fields[FAST].unit == "candles"
    assert "2 to 200" in fields[FAST].help
    assert fields["spec.strategies[1].params.amount"].value == "25"
    assert "spec.strategies[1].params.fast" not in fields


def test_untouched_form_gives_the_same_spec():
    spec = a_spec()

    assert spec_with(spec, fields_of(spec), {f.path: f.value for f in fields_of(spec)}) == spec


def test_typed_values_become_what_the_resource_wants():
    spec = a_spec()
    typed = {
        FAST: " 5 ",
        "spec.strategies[0].symbols": "btcusdt, ETHUSDT",
        "spec.risk.maxDailyLoss": "50",
    }

    changed = spec_with(spec, fields_of(spec), typed)

    assert changed["strategies"][0]["params"]["fast"] == 5
    assert changed["strategies"][0]["symbols"] == ["BTCUSDT", "ETHUSDT"]
    assert changed["risk"]["maxDailyLoss"] == "50"
    assert spec["strategies"][0]["params"]["fast"] == 2


def test_emptied_fields_are_left_out_with_what_they_empty():
    spec = a_spec() | {"risk": {"maxOpenOrders": 5}}

    changed = spec_with(spec, fields_of(spec), {"spec.risk.maxOpenOrders": ""})

    assert "risk" not in changed


def test_what_is_no_number_is_refused_in_the_api_servers_words_at_its_field():
    spec = a_spec()

    problems = refused(spec_with(spec, fields_of(spec), {FAST: "many"}))
    at_fields, others = problems_by_field(problems, [f.path for f in fields_of(spec)])

    assert at_fields == {
        FAST: f'Invalid value: "string": {FAST} in body must be of type integer: "string"'
    }
    assert others == ()


def test_broken_rule_is_shown_apart_in_the_crds_words():
    spec = a_spec()

    problems = refused(spec_with(spec, fields_of(spec), {FAST: "9"}))
    at_fields, others = problems_by_field(problems, [f.path for f in fields_of(spec)])

    assert at_fields == {}
    assert others == (
        'spec.strategies[0].params: Invalid value: "object": fast must be smaller than slow',
    )


def test_bad_symbol_is_shown_at_the_list_of_symbols():
    spec = a_spec()
    path = "spec.strategies[0].symbols"

    problems = refused(spec_with(spec, fields_of(spec), {path: "BTC-USDT"}))

    assert path in problems_by_field(problems, [path])[0]


def test_paper_mode_keeps_no_key():
    spec = a_spec()
    key = "spec.credentials.sealedKey"

    changed = spec_with(spec, fields_of(spec), {key: "00000000-0000-0000-0000-000000000000"})

    assert "credentials" not in changed


def test_testnet_mode_takes_the_chosen_key():
    spec = a_spec()
    typed = {
        "spec.mode": "testnet",
        "spec.credentials.sealedKey": "00000000-0000-0000-0000-000000000000",
    }

    changed = spec_with(spec, fields_of(spec), typed)

    parse_trading_bot(a_bot("trend") | {"spec": changed})
    assert value_at(changed, "spec.credentials.sealedKey").startswith("0000")


@pytest.mark.parametrize("template", [one.id for one in TEMPLATES])
def test_every_template_is_a_valid_bot(template):
    spec = paper_spec(template, "10000") | {"owner": "alice"}

    parse_trading_bot(a_bot("new") | {"spec": spec})


def test_added_strategies_get_free_names():
    first = new_strategy("dca", set())
    second = new_strategy("dca", {first["name"]})

    assert (first["name"], second["name"]) == ("dca-1", "dca-2")


def added(kind):
    """Return a spec whose only strategy is a new one of this type, and its fields by path."""
    strategy = new_strategy(kind, set())
    spec = apply_defaults(a_bot("new", strategies=[strategy]))["spec"]
    return spec, {field.path: field for field in fields_of(spec)}


def saved(spec, typed):
    changed = spec_with(spec, fields_of(spec), typed)
    parse_trading_bot(a_bot("new") | {"spec": changed})
    return changed["strategies"][0]["params"]


@pytest.mark.parametrize("kind", StrategyType)
def test_added_strategy_of_every_type_is_valid_and_shows_all_its_parameters(kind):
    spec, fields = added(kind)

    parse_trading_bot(a_bot("new") | {"spec": spec})

    for one in describe_parameters(kind):
        field = fields[f"{PARAMS}.{one.name}"]
        assert field.kind == one.kind
        assert one.help in field.help
    assert spec_with(spec, fields.values(), {p: f.value for p, f in fields.items()}) == spec


def test_choice_offers_its_words_and_what_holds_when_none_is_chosen():
    spec, fields = added("grid")

    field = fields[f"{PARAMS}.spacing"]

    assert field.options == {
        "": "usual: arithmetic",
        "arithmetic": "arithmetic",
        "geometric": "geometric",
    }
    chosen = saved(spec, {field.path: "geometric"})
    assert chosen["spacing"] == "geometric"


def test_weights_are_typed_as_pairs():
    spec, fields = added("rebalance")
    path = f"{PARAMS}.weights"

    params = saved(spec, {path: "btcusdt = 50, ETHUSDT=50"})

    assert fields[path].value == "BTCUSDT=60, ETHUSDT=40"
    assert "NAME=value" in fields[path].help
    assert params["weights"] == {"BTCUSDT": 50, "ETHUSDT": 50}


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ("half and half", "must be of type object"),
        ("BTCUSDT=half, ETHUSDT=50", "must be of type integer"),
        ("BTCUSDT=0, ETHUSDT=100", "should be greater than or equal to 1"),
    ],
)
def test_bad_weights_are_refused_at_their_field(typed, complaint):
    spec, _ = added("rebalance")
    path = f"{PARAMS}.weights"

    problems = refused(spec_with(spec, fields_of(spec), {path: typed}))
    at_fields, others = problems_by_field(problems, [f.path for f in fields_of(spec)])

    assert complaint in at_fields[path]
    assert others == ()


def test_settings_keep_their_texts_and_commas_within_them():
    spec, _ = added("custom")

    params = saved(spec, {f"{PARAMS}.settings": "length=5, note=first, then second; x_1 = "})

    assert params["settings"] == {"length": "5", "note": "first, then second", "x_1": ""}


def test_new_strategies_share_nothing():
    first, second = new_strategy("rebalance", set()), new_strategy("rebalance", set())

    first["params"]["weights"]["BTCUSDT"] = 1

    assert second["params"]["weights"]["BTCUSDT"] == 60
