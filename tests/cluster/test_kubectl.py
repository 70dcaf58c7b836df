"""What a person at kubectl sees of a bot, and what happens when they edit one."""

import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.agreement import metadata_of, uid_of
from tests.support.cluster.platform import BOTS, ClusterPlatform
from tests.support.manifests import a_bot, a_name
from tests.support.waiting import wait_until

Kubectl = Callable[..., str]
RELOAD_SECONDS = 10
NOTICES = ("kbots_keys", "kbots_halts")


def test_list_of_bots_shows_that_it_is_ready_and_what_it_is_worth(
    platform: ClusterPlatform, running_bot: str, kubectl: Kubectl
) -> None:
    def row() -> dict[str, str]:
        # Columns stand under their headings, and a cell may be empty.
        head, *lines = kubectl("get", "tb", "-A").splitlines()
        starts = [match.start() for match in re.finditer(r"\S+", head)]
        for line in lines:
            cells = [line[a:b].strip() for a, b in zip(starts, [*starts[1:], None], strict=True)]
            found = dict(zip(head.split(), cells, strict=True))
            if found["NAME"] == running_bot and found["EQUITY"]:
                return found
        return {}

    found = wait_until(row, "a row with figures", seconds=60, every=1)

    assert found["NAMESPACE"] == BOTS
    assert (found["STATE"], found["MODE"], found["READY"]) == ("Running", "paper", "True")
    assert found["PHASE"] == "Running"
    assert 5_000 < float(found["EQUITY"]) < 7_000  # the capital of its strategy, and what it made
    assert int(found["POSITIONS"]) >= 0
    assert re.fullmatch(r"\d+[smh].*", found["AGE"])


def test_wait_for_ready_returns(
    platform: ClusterPlatform, running_bot: str, kubectl: Kubectl
) -> None:
    said = kubectl(
        "-n", BOTS, "wait", "--for=condition=Ready", f"tb/{running_bot}", "--timeout=60s"
    )

    assert "condition met" in said


def test_events_tell_the_start(
    platform: ClusterPlatform, running_bot: str, kubectl: Kubectl
) -> None:
    def reasons() -> set[str]:
        chosen = f"involvedObject.kind=TradingBot,involvedObject.name={running_bot}"
        events = json.loads(
            kubectl("-n", BOTS, "get", "events", f"--field-selector={chosen}", "-o", "json")
        )
        return {event["reason"] for event in events["items"]}

    wait_until(lambda: reasons() >= {"PodCreated", "Running"}, "both events", every=0.5)


def test_edited_parameters_reach_the_same_process_within_seconds(
    platform: ClusterPlatform,
    running_bot: str,
    kubectl: Kubectl,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pod, pid = platform.pod(running_bot), platform.runner_pid(running_bot)
    beat = "select generation from kbots.heartbeats where bot_uid = %s"
    uid, before = uid_of(platform, running_bot), metadata_of(platform, running_bot)["generation"]
    assert platform.query(beat, (uid,)) == [(before,)]
    change = [{"op": "replace", "path": "/spec/strategies/0/params/amount", "value": "31"}]

    kubectl("-n", BOTS, "patch", "tb", running_bot, "--type=json", "-p", json.dumps(change))
    start = time.monotonic()
    wait_until(
        lambda: platform.query(beat, (uid,)) == [(before + 1,)], "in force", seconds=30, every=0.05
    )
    seconds = time.monotonic() - start

    with capsys.disabled():
        print(f"\nrow=kubectl_edit_to_heartbeat value={seconds:.2f} unit=s")  # noqa: T201 for the record
    assert seconds < RELOAD_SECONDS
    after = platform.pod(running_bot)
    assert pod is not None
    assert after is not None
    assert (after["metadata"]["uid"], platform.runner_pid(running_bot)) == (
        pod["metadata"]["uid"],
        pid,
    )
    platform.wait_condition(running_bot, "UpToDate")


def test_unchanged_bot_is_not_written_to_by_a_new_operator_or_a_full_look(
    platform: ClusterPlatform,
) -> None:
    name, probe = a_name("still"), a_name("probe")
    platform.apply(a_bot(name, desiredState="Paused"))
    for kind in ("UpToDate", "Ready"):
        platform.wait_condition(name, kind)
    wait_until(lambda: "trading" in (platform.get(name) or {})["status"], "its figures", seconds=60)
    # The kubelet asks the pod's readiness probe in its own time, and writes the answer.
    wait_until(lambda: pod_is_ready(platform, name), "its pod ready", seconds=60)
    before = versions(platform, name)

    platform.kill_operator()
    # Whoever answers for the newcomer has looked at all the others, too.
    platform.apply(a_bot(probe, desiredState="Stopped"))
    platform.wait_condition(probe, "Ready", reason="Stopped")
    for channel in NOTICES:
        platform.query("select pg_notify(%s, '')", (channel,))
    beats = "select count(*) from kbots.heartbeats where bot_uid = %s and at > %s"
    uid, now = uid_of(platform, name), platform.query("select now()")[0][0]
    wait_until(lambda: platform.query(beats, (uid, now))[0][0], "a heartbeat later", seconds=30)

    assert versions(platform, name) == before
    platform.delete(name)
    platform.delete(probe)


def pod_is_ready(platform: ClusterPlatform, name: str) -> bool:
    """Tell whether the kubelet calls the bot's pod ready."""
    pod = platform.object("pods", f"tb-{name}") or {}
    conditions = pod.get("status", {}).get("conditions", [])
    return any((one["type"], one["status"]) == ("Ready", "True") for one in conditions)


def versions(platform: ClusterPlatform, name: str) -> dict[str, Any]:
    """Return the resource versions of a bot and its children: every write changes one."""
    found = {
        kind: platform.object(kind, child)
        for kind, child in (
            ("pods", f"tb-{name}"),
            ("secrets", f"tb-{name}-creds"),
            ("configmaps", f"tb-{name}-cfg"),
        )
    } | {"tradingbots": platform.get(name)}
    return {kind: one and one["metadata"]["resourceVersion"] for kind, one in found.items()}
