"""The status of a TradingBot, derived from what was seen; equal to the last one if nothing changed (I6)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from botcore.domain.errors import InvalidInput
from botcore.resources.conditions import Observation, set_condition
from botcore.resources.meta import Condition, ConditionStatus
from botcore.resources.status import (
    BotPhase,
    ConditionType,
    CredentialsStatus,
    PodStatus,
    TradingBotStatus,
    TradingFigures,
)
from botcore.resources.trading_bot import TradingBot
from botoperator.plan.conditions import Assessment, heartbeat_of, is_crashing, observations
from botoperator.plan.credentials import KeyReady
from botoperator.plan.lifecycle import CleanUp, Drain, EndPod, Situation
from botoperator.plan.manifests import CONFIG_HASH, STOPPING_SINCE
from botoperator.plan.observed import Figures

__all__ = [
    "derive_status",
    "figures_are_due",
    "figures_are_due_since",
    "invalid_status",
    "start_seconds",
    "starting_seconds",
]

FIGURES_EVERY = timedelta(seconds=30)
# Quote assets whose smallest sensible amount is far below a cent.
FINE_ASSETS = frozenset({"BTC", "ETH", "BNB"})
# A pod that waits like this costs no node anything.
HINDERED = frozenset({"Unschedulable", "ImagePullBackOff"})
PHASE_OF_STATE = {
    "Starting": BotPhase.STARTING,
    "Recovering": BotPhase.STARTING,
    "Running": BotPhase.RUNNING,
    "Paused": BotPhase.PAUSED,
    "Flat": BotPhase.FLAT,
    "Fenced": BotPhase.FENCED,
    "Halted": BotPhase.HALTED,
    "Stopping": BotPhase.STOPPING,
}


def derive_status(seen: Assessment) -> Mapping[str, Any]:
    """Derive the whole status, as the resource holds it."""
    situation = seen.situation
    before = situation.bot.status or TradingBotStatus()
    status = TradingBotStatus(
        observed_generation=situation.bot.metadata.generation,
        phase=_phase(seen),
        conditions=_conditions(before, observations(seen), situation.now),
        pod=_pod(situation, before),
        credentials=_credentials(situation, before),
        lease_epoch=situation.ledger.lease.epoch if situation.ledger.lease else before.lease_epoch,
        trading=_trading(situation, before.trading),
    )
    return status.to_manifest()


def figures_are_due(before: TradingFigures | None, now: datetime) -> bool:
    """Tell whether the trading figures may be written again."""
    return figures_are_due_since(before.as_of if before else None, now)


def figures_are_due_since(as_of: datetime | None, now: datetime) -> bool:
    """Tell whether figures of that moment may be written again."""
    return as_of is None or now - as_of >= FIGURES_EVERY


def start_seconds(situation: Situation) -> float | None:
    """Answer how long the pod took to start, once: when its start is seen and no status tells of it yet."""
    pod, status = situation.children.pod, situation.bot.status
    if pod is None or pod.started_at is None or pod.restarts:
        return None
    told = status.pod if status else None
    if told is not None and told.uid == pod.uid and told.started_at is not None:
        return None
    made = pod.manifest.body["metadata"].get("creationTimestamp")
    return (pod.started_at - datetime.fromisoformat(made)).total_seconds() if made else None


def starting_seconds(situation: Situation) -> float | None:
    """Answer for how long the pod has been starting; None if it has started, or nobody is starting it."""
    pod = situation.children.pod
    if pod is None or pod.started_at is not None or pod.is_finished or pod.is_deleting:
        return None
    made = pod.manifest.body["metadata"].get("creationTimestamp")
    if made is None or pod.waiting_reason in HINDERED:
        return None
    return (situation.now - datetime.fromisoformat(made)).total_seconds()


def invalid_status(
    before: TradingBotStatus | None, error: InvalidInput, generation: int, now: datetime
) -> Mapping[str, Any]:
    """Say that the stored spec can't be followed; whatever runs stays as it is."""
    last = before or TradingBotStatus()
    observation = Observation(
        type=ConditionType.READY,
        status=ConditionStatus.FALSE,
        reason="InvalidSpec",
        message=str(error),
        observed_generation=generation,
    )
    changes = {
        "observed_generation": generation,
        "phase": BotPhase.FAILED,
        "conditions": _conditions(last, (observation,), now),
    }
    return last.model_copy(update=changes).to_manifest()


def _conditions(
    before: TradingBotStatus, new: tuple[Observation, ...], now: datetime
) -> tuple[Condition, ...]:
    conditions = before.conditions or ()
    for observation in new:
        conditions = set_condition(conditions, observation, now)
    return conditions


def _phase(seen: Assessment) -> BotPhase:
    match seen.step:
        case CleanUp(reason="Stopped"):
            return BotPhase.STOPPED
        case CleanUp(reason="Deleted") | Drain() | EndPod():
            return BotPhase.STOPPING
        case CleanUp():
            return BotPhase.FAILED
        case _:
            return _phase_of_pod(seen.situation)


def _phase_of_pod(situation: Situation) -> BotPhase:
    pod = situation.children.pod
    if pod is None:
        return BotPhase.PENDING
    if pod.is_deleting or STOPPING_SINCE in pod.manifest.annotations:
        return BotPhase.STOPPING
    if pod.is_finished or is_crashing(pod):
        return BotPhase.FAILED
    heartbeat = heartbeat_of(situation)
    return PHASE_OF_STATE[heartbeat.state] if heartbeat else BotPhase.STARTING


def _pod(situation: Situation, before: TradingBotStatus) -> PodStatus | None:
    pod = situation.children.pod
    if pod is None:
        return None
    last = before.pod.started_at if before.pod and before.pod.uid == pod.uid else None
    started = pod.started_at.replace(microsecond=0) if pod.started_at else last
    return PodStatus(
        name=pod.manifest.name,
        uid=pod.uid,
        config_hash=pod.manifest.annotations.get(CONFIG_HASH),
        started_at=started,
        restarts=pod.restarts,
    )


def _credentials(situation: Situation, before: TradingBotStatus) -> CredentialsStatus | None:
    found = situation.credentials
    if not isinstance(found, KeyReady):
        return before.credentials
    key_id, is_stored, revision = found.key.version.partition("@")
    named = situation.bot.spec.credentials
    is_sealed = named is not None and named.sealed_key is not None
    return CredentialsStatus(
        sealed_key=key_id if is_stored and is_sealed else None,
        revision=int(revision) if is_stored else None,
        account_uid=found.key.account.uid,
    )


def _trading(situation: Situation, before: TradingFigures | None) -> TradingFigures | None:
    figures, now = situation.ledger.figures, situation.now.replace(microsecond=0)
    if figures.equity is None:
        return before
    if not figures_are_due(before, now):
        return before
    new = _shown(figures, situation.bot)
    if before is not None and before == new.model_copy(update={"as_of": before.as_of}):
        return before
    return new.model_copy(update={"as_of": now})


def _shown(figures: Figures, bot: TradingBot) -> TradingFigures:
    fine = bot.spec.quote_asset in FINE_ASSETS
    step = Decimal("0.00000001") if fine else Decimal("0.01")

    def rounded(value: Decimal | None) -> Decimal | None:
        return None if value is None else value.quantize(step, rounding=ROUND_HALF_EVEN)

    return TradingFigures(
        equity=rounded(figures.equity),
        today_pnl=rounded(figures.today_pnl),
        total_pnl=rounded(figures.total_pnl),
        open_positions=figures.open_positions,
        open_orders=figures.open_orders,
    )
