"""A pod as the API server describes it, in the words of the plan."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from botoperator.plan.manifests import Kind, Manifest
from botoperator.plan.observed import CRASH_LOOP, ObservedPod, PodPhase, Termination

__all__ = ["observe_pod"]

PULL_FAILED = frozenset({"ErrImagePull", "ImagePullBackOff"})
# What the kubelet calls an end that the container's own report explains better.
PLAIN_ENDS = frozenset({"Completed", "Error"})


def observe_pod(body: Mapping[str, Any]) -> ObservedPod:
    """Read a pod and the state of its one container."""
    status = body.get("status") or {}
    container: Mapping[str, Any] = next(iter(status.get("containerStatuses") or ()), {})
    state, last = container.get("state") or {}, container.get("lastState") or {}
    phase = _phase(status)
    ended = state.get("terminated") or last.get("terminated")
    started = state.get("running") or state.get("terminated") or {}
    reason, message = _waiting(status, container)
    if phase is PodPhase.RUNNING and _is_between_restarts(container):
        reason = CRASH_LOOP
    return ObservedPod(
        manifest=Manifest(body={**body, "kind": Kind.POD.value}),
        uid=str(body["metadata"]["uid"]),
        phase=phase,
        is_deleting=body["metadata"].get("deletionTimestamp") is not None,
        # The API server adds the grace period to the moment it was asked.
        ends_by=_instant(body["metadata"].get("deletionTimestamp")),
        created_at=_instant(body["metadata"].get("creationTimestamp")),
        started_at=_instant(started.get("startedAt")),
        restarts=int(container.get("restartCount", 0)),
        waiting_reason=reason,
        waiting_message=message,
        termination=_termination(ended) if ended else None,
    )


def _phase(status: Mapping[str, Any]) -> PodPhase:
    phase = status.get("phase") or PodPhase.PENDING.value
    # Of a pod whose node is silent nobody knows that it has ended.
    return PodPhase.RUNNING if phase == "Unknown" else PodPhase(phase)


def _is_between_restarts(container: Mapping[str, Any]) -> bool:
    # The kubelet says so only a moment later; a first crash is restarted at once.
    ended = (container.get("state") or {}).get("terminated") or {}
    return bool(ended.get("exitCode")) and int(container.get("restartCount", 0)) > 0


def _waiting(status: Mapping[str, Any], container: Mapping[str, Any]) -> tuple[str, str]:
    waiting = (container.get("state") or {}).get("waiting")
    if waiting and waiting.get("reason") in PULL_FAILED:
        # Both words come in turns with changing texts; a status is written when something changes.
        return "ImagePullBackOff", f"the image {container.get('image')} can't be pulled"
    if waiting:
        return str(waiting.get("reason") or ""), str(waiting.get("message") or "")
    for condition in status.get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return str(condition.get("reason") or ""), str(condition.get("message") or "")
    return "", ""


def _termination(ended: Mapping[str, Any]) -> Termination:
    report = _report(ended.get("message"))
    kubelet = str(ended.get("reason") or "")
    cause = "" if kubelet in PLAIN_ENDS else kubelet
    return Termination(
        exit_code=int(ended.get("exitCode", 0)),
        reason=str(report.get("reason", "")),
        message=str(report.get("message", "")) or cause,
        report=report,
    )


def _report(text: str | None) -> dict[str, Any]:
    try:
        report = json.loads(text or "")
    except ValueError:
        return {}
    return report if isinstance(report, dict) else {}


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
