"""The API server itself refuses a bad TradingBot, and says which field is wrong and what would be right."""

import json
from collections.abc import Callable

import pytest

from tests.support.cluster.commands import CommandFailed
from tests.support.cluster.platform import ClusterPlatform
from tests.unit.botcore.resources.samples import (
    ACCEPTED,
    BROKEN_RULES,
    MALFORMED,
    UNKNOWN_FIELDS,
    Sample,
)

Kubectl = Callable[..., str]
pytestmark = pytest.mark.usefixtures("platform")  # the CRD is the release's


def created(kubectl: Kubectl, sample: Sample, validate: str = "strict") -> str:
    return kubectl(
        "create", "--dry-run=server", f"--validate={validate}", "-f", "-",
        input=json.dumps(sample.manifest),
    )  # fmt: skip


def news(samples: tuple[Sample, ...]) -> list[Sample]:
    """Leave out what replaces another."""
    return [sample for sample in samples if sample.old is None]


@pytest.mark.parametrize("sample", news(BROKEN_RULES + MALFORMED), ids=str)
def test_bad_bot_is_refused_with_the_field_and_the_fix(kubectl: Kubectl, sample: Sample) -> None:
    with pytest.raises(CommandFailed) as refused:
        # Else a map in the place of a list is refused for its unknown fields alone.
        created(kubectl, sample, "warn")

    assert [words for words in sample.says if words not in refused.value.stderr] == []


@pytest.mark.parametrize("sample", UNKNOWN_FIELDS, ids=str)
def test_field_that_does_not_exist_is_refused_by_name(kubectl: Kubectl, sample: Sample) -> None:
    with pytest.raises(CommandFailed) as refused:
        created(kubectl, sample)

    for words in sample.says:
        assert f'unknown field "{words.partition(":")[0]}"' in refused.value.stderr


@pytest.mark.parametrize("sample", news(ACCEPTED), ids=str)
def test_good_bot_is_taken(kubectl: Kubectl, sample: Sample) -> None:
    assert "created" in created(kubectl, sample)


def test_owner_stays_who_it_was(
    platform: ClusterPlatform, running_bot: str, kubectl: Kubectl
) -> None:
    with pytest.raises(CommandFailed) as refused:
        kubectl(
            "-n", "kbots-bots", "patch", "tb", running_bot, "--type=merge",
            "-p", '{"spec":{"owner":"mallory"}}',
        )  # fmt: skip

    assert "spec.owner" in refused.value.stderr
    assert "immutable" in refused.value.stderr
