"""When a running bot takes a changed configuration (updateStrategy)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botcore.resources.trading_bot import DesiredState, TradingBotSpec, UpdateType
from botoperator.plan.inputs import RenderedSpec
from botoperator.plan.manifests import POD_HASH, Kind, Manifest

__all__ = [
    "Running",
    "Update",
    "choose_update",
    "for_runner",
    "restrain_update",
    "tolerate_drift",
]

# What the owner wants right now is never held back, only how the bot trades is.
AT_ONCE = ("desiredState", "onStop", "updateStrategy")
# What the operator alone follows. A runner of an earlier version would refuse what it does not know.
NOT_FOR_RUNNERS = ("failover",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The configuration a pod runs under."""

    spec: Mapping[str, Any]
    generation: int
    is_flat: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """The spec to render, whether it needs a new pod, and why a part of it has to wait."""

    rendered: RenderedSpec
    needs_new_pod: bool = False
    pending: str = ""


def for_runner(spec: TradingBotSpec) -> dict[str, Any]:
    """Write the part of a spec that a runner follows."""
    return {key: value for key, value in spec.to_manifest().items() if key not in NOT_FOR_RUNNERS}


def choose_update(spec: TradingBotSpec, generation: int, running: Running | None) -> Update:
    """Choose what the runner is to follow now; without a pod it is the whole spec."""
    wanted = for_runner(spec)
    now = RenderedSpec(spec=wanted, generation=generation)
    if running is None or _trades_alike(wanted, running.spec):
        return Update(rendered=now)
    match spec.update_strategy.type:
        case UpdateType.LIVE:
            return Update(rendered=now)
        case UpdateType.RESTART:
            return Update(rendered=now, needs_new_pod=True)
        case UpdateType.WHEN_FLAT if running.is_flat:
            return Update(rendered=now)
        case UpdateType.WHEN_FLAT:
            return Update(rendered=_held(wanted, running), pending="WaitingUntilFlat")
        case UpdateType.MANUAL:
            return Update(rendered=_held(wanted, running), pending="ManualRestartNeeded")


def restrain_update(spec: TradingBotSpec, generation: int, running: Running, reason: str) -> Update:
    """Choose what the runner is to follow while it may open nothing new; how it trades stays as it was."""
    wanted = for_runner(spec)
    if _trades_alike(wanted, running.spec):
        chosen, pending = RenderedSpec(spec=wanted, generation=generation), ""
    else:
        chosen, pending = _held(wanted, running), reason
    if spec.desired_state is not DesiredState.FLAT:
        paused = {**chosen.spec, "desiredState": DesiredState.PAUSED.value}
        chosen = RenderedSpec(spec=paused, generation=chosen.generation)
    return Update(rendered=chosen, pending=pending)


def tolerate_drift(
    desired: tuple[Manifest, ...], pod: Manifest | None, *, strategy: UpdateType, is_flat: bool
) -> tuple[tuple[Manifest, ...], str]:
    """Let a pod of an older template run on until its update strategy lets it be replaced.

    A new version of the platform must not restart every bot at once (design §7).
    """
    if pod is None or strategy is UpdateType.RESTART:
        return desired, ""
    if is_flat and strategy is not UpdateType.MANUAL:
        return desired, ""
    template = pod.annotations.get(POD_HASH, "")
    if all(one.kind is not Kind.POD or one.annotations[POD_HASH] == template for one in desired):
        return desired, ""
    pending = "ManualRestartNeeded" if strategy is UpdateType.MANUAL else "WaitingUntilFlat"
    kept = tuple(
        one.with_annotations({POD_HASH: template}) if one.kind is Kind.POD else one
        for one in desired
    )
    return kept, pending


def _trades_alike(wanted: Mapping[str, Any], running: Mapping[str, Any]) -> bool:
    return _without(wanted) == _without(running)


def _without(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in spec.items() if key not in AT_ONCE}


def _held(wanted: Mapping[str, Any], running: Running) -> RenderedSpec:
    urgent = {key: wanted[key] for key in AT_ONCE if key in wanted}
    return RenderedSpec(spec={**running.spec, **urgent}, generation=running.generation)
