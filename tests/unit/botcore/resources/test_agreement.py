"""Models and CRD give every sample the same verdict, and a broken rule the same words."""

import copy
import re

import pytest

from botcore.domain.errors import InvalidInput
from botcore.resources.defaults import apply_defaults
from botcore.resources.validation import parse_trading_bot
from tests.unit.botcore.resources import crd_judge
from tests.unit.botcore.resources.samples import (
    ACCEPTED,
    BROKEN_RULES,
    MALFORMED,
    REFUSED,
    UNKNOWN_FIELDS,
    Sample,
)


@pytest.mark.parametrize("sample", ACCEPTED, ids=str)
def test_good_bot_is_accepted_by_all(sample: Sample):
    assert crd_judge.schema_errors(sample.manifest) == []
    assert crd_judge.rule_errors(sample.manifest, sample.old) == []
    assert parse_trading_bot(sample.manifest, sample.old).spec.strategies


@pytest.mark.parametrize("sample", REFUSED, ids=str)
def test_bad_bot_is_refused_in_the_api_servers_words(sample: Sample):
    with pytest.raises(InvalidInput) as caught:
        parse_trading_bot(sample.manifest, sample.old)

    assert sorted(map(str, caught.value.problems)) == sorted(sample.says)


@pytest.mark.parametrize("sample", MALFORMED + UNKNOWN_FIELDS, ids=str)
def test_malformed_bot_is_refused_by_the_schema(sample: Sample):
    assert crd_judge.schema_errors(sample.manifest)


@pytest.mark.parametrize("sample", BROKEN_RULES, ids=str)
def test_broken_rule_is_named_by_cel(sample: Sample):
    assert crd_judge.schema_errors(sample.manifest) == []
    assert sorted(crd_judge.rule_errors(sample.manifest, sample.old)) == sorted(sample.says)


@pytest.mark.parametrize("sample", ACCEPTED + BROKEN_RULES, ids=str)
def test_defaults_are_the_crds(sample: Sample):
    before = copy.deepcopy(sample.manifest)

    defaulted = apply_defaults(sample.manifest)

    assert defaulted == crd_judge.with_defaults(sample.manifest)
    assert apply_defaults(defaulted) == defaulted
    assert sample.manifest == before


def test_every_rule_is_broken_by_some_sample():
    said = {re.sub(r"\[\d+\]", "[]", words) for sample in BROKEN_RULES for words in sample.says}
    rules = {
        f"{path}: {crd_judge.words(rule, schema)}" for path, rule, schema in crd_judge.all_rules()
    }

    assert said == rules
