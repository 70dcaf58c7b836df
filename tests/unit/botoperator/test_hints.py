"""Which states of a bot somebody waits for, and which ones the operator wrote itself."""

from typing import Any

import pytest

from botoperator.plan.hints import hint_of
from botoperator.services.echoes import Echoes


def body(generation: int = 2, seen: int | None = 2, **metadata: Any) -> dict[str, Any]:
    status = {} if seen is None else {"status": {"observedGeneration": seen}}
    return {
        "metadata": {"uid": "1", "resourceVersion": "7", "generation": generation} | metadata,
        **status,
    }


@pytest.mark.parametrize(
    ("event", "told", "wanted"),
    [
        ("MODIFIED", body(generation=3), True),
        ("MODIFIED", body(deletionTimestamp="2026-05-04T11:00:00Z"), True),
        ("MODIFIED", body(annotations={"kbots.dev/halt": ""}), True),
        ("MODIFIED", body(), False),
        ("MODIFIED", body(generation=1, seen=None), False),
        ("ADDED", body(generation=3), False),
        ("DELETED", body(generation=3), False),
        (None, body(generation=3), False),
    ],
)
def test_somebody_waits_for_what_was_changed_in_a_bot_that_was_looked_at(
    event: str | None, told: dict[str, Any], wanted: object
) -> None:
    hint = hint_of(event, told)

    assert (hint.uid, hint.version) == ("1", "7")
    assert (hint.is_wanted, hint.is_listed) == (wanted, event is None)


def test_own_write_is_known_by_its_version_for_some_time() -> None:
    echoes = Echoes(most=2)
    written = [
        {"kind": "Pod", "metadata": {"uid": "1", "resourceVersion": str(n)}} for n in (5, 6, 7)
    ]

    for answer in written:
        echoes.wrote(answer)
    echoes.wrote({"kind": "Event", "metadata": {"uid": "2", "resourceVersion": "8"}})
    echoes.wrote({"kind": "Status", "metadata": {}})

    assert [echoes.is_own("1", version) for version in "5678"] == [False, True, True, False]
    assert not echoes.is_own("2", "8")
    assert not echoes.is_own("3", "7")
