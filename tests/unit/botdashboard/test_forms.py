"""The form of a bot, and the spec made from it."""

import pytest

from botcore.domain.errors import InvalidInput
from botcore.resources.defaults import apply_defaults
from botcore.resources.validation import parse_trading_bot
from botdashboard.views.forms import Kind, bot_form, problems_by_field, spec_with, value_at
from botdashboard.views.templates import TEMPLATES, new_strategy, paper_spec
from tests.support.manifests import a_bot

FAST = "spec.strategies[0].params.fast"


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
