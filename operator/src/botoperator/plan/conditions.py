"""The six conditions of a TradingBot. Messages hold nothing that changes by itself, so that a look writes nothing."""

from dataclasses import dataclass

from botcore.resources.conditions import Observation
from botcore.resources.meta import ConditionStatus
from botcore.resources.status import ConditionType
from botcore.resources.trading_bot import DesiredState
from botoperator.plan.credentials import KeyReady, KeyRefused, KeyUnavailable, LiveRefused
from botoperator.plan.lifecycle import (
    CleanUp,
    Drain,
    EndPod,
    Hold,
    Restrain,
    Serve,
    Situation,
    Step,
)
from botoperator.plan.observed import CRASH_LOOP, Heartbeat, ObservedPod

__all__ = [
    "HEARTBEAT_LIFE_SECONDS",
    "Assessment",
    "heartbeat_of",
    "is_crashing",
    "observations",
    "runs_twice",
]

TRUE, FALSE, UNKNOWN = ConditionStatus.TRUE, ConditionStatus.FALSE, ConditionStatus.UNKNOWN
# The runner writes at least every 5 s.
HEARTBEAT_LIFE_SECONDS = 15.0
_LONGEST_MESSAGE = 1024

# States in which a runner may send.
ACTING = frozenset({"Running", "Paused", "Flat"})

LEAVING = {
    "Deleted": "the bot is being deleted",
    "LiveNotAvailable": "this platform runs no bots with real money; choose mode paper or testnet",
    "TestnetNotAvailable": "this platform has no access to the test network; choose mode paper",
    "OwnerForbidden": "spec.owner is not whom this namespace is for; make the bot anew with that owner",
    "OwnerUnknown": "the bot's owner has no account here",
}
ROTATING = "the bot still signs with an earlier key: leave that one at the exchange until it has taken the new one"
HALTS = {"bot": "BotHalted", "owner": "OwnerHalted", "all": "PlatformHalted"}
# A state of the runner in which the bot does what is wanted.
FULFILS = {
    DesiredState.RUNNING: {"Running"},
    DesiredState.PAUSED: {"Paused"},
    DesiredState.FLAT: {"Flat", "Paused"},
    DesiredState.STOPPED: set[str](),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """A situation, the step chosen for it and what an update strategy holds back."""

    situation: Situation
    step: Step
    pending_update: str = ""


def observations(seen: Assessment) -> tuple[Observation, ...]:
    """Observe all six conditions."""
    return (
        _ready(seen),
        _credentials_ready(seen),
        _lease_held(seen),
        _up_to_date(seen),
        _degraded(seen),
        _halted(seen),
    )


def heartbeat_of(situation: Situation) -> Heartbeat | None:
    """Find the heartbeat of the pod that is there, not of an earlier one."""
    pod, heartbeat = situation.children.pod, situation.ledger.heartbeat
    if pod is None or heartbeat is None or pod.started_at is None or pod.waiting_reason:
        return None
    return heartbeat if heartbeat.at >= pod.started_at else None


def runs_twice(situation: Situation) -> bool:
    """Tell whether the bot's pod acts for the account while another holds the lease on it (I1): never, by design."""
    heartbeat, lease, pod = heartbeat_of(situation), situation.ledger.lease, situation.children.pod
    if heartbeat is None or lease is None or pod is None:
        return False
    acts = heartbeat.state in ACTING and heartbeat.age_seconds <= HEARTBEAT_LIFE_SECONDS
    return acts and lease.holder != pod.uid


def is_crashing(pod: ObservedPod | None) -> bool:
    """Tell whether the container waits to be started again after a crash."""
    return pod is not None and pod.waiting_reason == CRASH_LOOP


def _observe(
    seen: Assessment, kind: ConditionType, status: ConditionStatus, reason: str, message: str = ""
) -> Observation:
    return Observation(
        type=kind,
        status=status,
        reason=reason,
        message=message,
        observed_generation=seen.situation.bot.metadata.generation,
    )


def _ready(seen: Assessment) -> Observation:
    kind, situation = ConditionType.READY, seen.situation
    match seen.step:
        case CleanUp(reason="Stopped"):
            return _observe(seen, kind, TRUE, "Stopped", "the bot is stopped, as wanted")
        case CleanUp(reason=reason) | Drain(reason=reason) | EndPod(reason=reason):
            return _observe(seen, kind, FALSE, reason, _leaving_message(situation, reason))
        case Hold(reason=reason, message=message) | Restrain(reason=reason, message=message):
            return _observe(seen, kind, FALSE, reason, message)
        case Serve():
            return _serving(seen)


def _leaving_message(situation: Situation, reason: str) -> str:
    found = situation.credentials
    if isinstance(found, KeyRefused | LiveRefused) and found.reason == reason:
        return found.message
    return LEAVING.get(reason, "the pod is being ended")


def _serving(seen: Assessment) -> Observation:
    kind, pod = ConditionType.READY, seen.situation.children.pod
    if pod is None or pod.started_at is None:
        message = pod.waiting_message if pod else ""
        return _observe(seen, kind, FALSE, "PodPending", message)
    if is_crashing(pod):
        ending = pod.termination
        return _observe(seen, kind, FALSE, "CrashLooping", ending.message if ending else "")
    heartbeat = heartbeat_of(seen.situation)
    if heartbeat is None:
        message = pod.waiting_message or "the bot has not reported yet"
        return _observe(seen, kind, FALSE, "Starting", message)
    if heartbeat.age_seconds > HEARTBEAT_LIFE_SECONDS:
        return _observe(seen, kind, UNKNOWN, "HeartbeatStale", "the bot has stopped reporting")
    fulfilled = heartbeat.state in FULFILS[seen.situation.bot.spec.desired_state]
    return _observe(seen, kind, TRUE if fulfilled else FALSE, heartbeat.state, heartbeat.reason)


def _credentials_ready(seen: Assessment) -> Observation:
    kind = ConditionType.CREDENTIALS_READY
    match seen.situation.credentials:
        case KeyReady(is_current=True) as found:
            used = heartbeat_of(seen.situation)
            if used and used.key_version not in {"", found.key.version}:
                return _observe(seen, kind, FALSE, "Rotating", ROTATING)
            return _observe(seen, kind, TRUE, found.reason, found.message)
        case KeyReady() | KeyRefused() | KeyUnavailable() | LiveRefused() as found:
            return _observe(seen, kind, FALSE, found.reason, found.message)
        case None:
            return _observe(seen, kind, UNKNOWN, "NotNeeded", "the bot does not run")


def _lease_held(seen: Assessment) -> Observation:
    kind, pod, lease = (
        ConditionType.LEASE_HELD,
        seen.situation.children.pod,
        seen.situation.ledger.lease,
    )
    if lease is None:
        return _observe(seen, kind, FALSE, "NotHeld", "no pod holds the lease on the account")
    if pod is not None and lease.holder == pod.uid:
        return _observe(seen, kind, TRUE, "Acquired", f"epoch {lease.epoch}")
    return _observe(
        seen, kind, FALSE, "HeldElsewhere", "another pod holds the lease on the account"
    )


def _up_to_date(seen: Assessment) -> Observation:
    kind = ConditionType.UP_TO_DATE
    if seen.pending_update:
        return _observe(seen, kind, FALSE, seen.pending_update, "the bot runs an earlier spec")
    if isinstance(seen.step, CleanUp):
        return _observe(seen, kind, TRUE, "NotRunning", "the next start takes the whole spec")
    heartbeat = heartbeat_of(seen.situation)
    if heartbeat is None:
        return _observe(seen, kind, UNKNOWN, "NotReported", "the bot has not reported yet")
    if heartbeat.generation != seen.situation.bot.metadata.generation:
        return _observe(seen, kind, FALSE, "Updating", "the bot has not taken the spec yet")
    return _observe(seen, kind, TRUE, "Current", "the bot runs this spec")


def _degraded(seen: Assessment) -> Observation:
    kind, situation = ConditionType.DEGRADED, seen.situation
    heartbeat, pod = heartbeat_of(situation), situation.children.pod
    if is_crashing(pod):
        return _observe(seen, kind, TRUE, "CrashLooping", "the bot keeps crashing")
    if heartbeat and heartbeat.age_seconds > HEARTBEAT_LIFE_SECONDS:
        return _observe(seen, kind, TRUE, "HeartbeatStale", "the bot has stopped reporting")
    if heartbeat and heartbeat.state == "Fenced":
        return _observe(seen, kind, TRUE, "Fenced", heartbeat.reason)
    if not situation.ledger.owner_is_known:
        return _observe(seen, kind, TRUE, "OwnerUnknown", LEAVING["OwnerUnknown"])
    if situation.ledger.owner_is_disabled:
        return _observe(seen, kind, TRUE, "OwnerDisabled", "the bot's owner is disabled")
    return _troubled(seen, heartbeat)


def _troubled(seen: Assessment, heartbeat: Heartbeat | None) -> Observation:
    """Repeat the runner's own problems: the gravest names the condition, the message has them all."""
    problems = heartbeat.problems if heartbeat else ()
    if not problems:
        return _observe(seen, ConditionType.DEGRADED, FALSE, "AsExpected")
    first = problems[0][0]
    texts = [text if reason == first else f"{reason}: {text}" for reason, text in problems]
    message = "; ".join(dict.fromkeys(texts))
    return _observe(seen, ConditionType.DEGRADED, TRUE, first, message[:_LONGEST_MESSAGE])


def _halted(seen: Assessment) -> Observation:
    kind, heartbeat = ConditionType.HALTED, heartbeat_of(seen.situation)
    for halt in seen.situation.ledger.halts:
        return _observe(seen, kind, TRUE, HALTS[halt.scope], halt.reason)
    found = seen.situation.credentials
    if heartbeat and heartbeat.state == "Halted" and isinstance(found, LiveRefused):
        return _observe(seen, kind, TRUE, found.reason, found.message)
    if heartbeat and heartbeat.state == "Halted":
        return _observe(seen, kind, TRUE, "RiskHalted", heartbeat.reason)
    return _observe(seen, kind, FALSE, "NotHalted")
