"""The next step of a bot's life: run it, hold it, drain it or clean up after it.

A bot that may trade no longer, but has not to leave, is restrained: it opens nothing new and manages what it has.
A bot leaves an account in order: its configuration says Stopped, the runner carries out onStop and exits 0; past
`onStop.timeoutSeconds` its pod is ended by SIGTERM. Only when the pod is gone do its children go and does its
login retire. Nothing is ever removed by force (I1).
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from botcore.resources.trading_bot import BotMode, DesiredState, TradingBot
from botoperator.plan.admission import LiveCaps
from botoperator.plan.children import config_of
from botoperator.plan.credentials import (
    CredentialsFound,
    KeyReady,
    KeyRefused,
    KeyUnavailable,
    LiveRefused,
    LiveTerms,
)
from botoperator.plan.manifests import ACCOUNT, CREDENTIALS, STOPPING_SINCE
from botoperator.plan.observed import Children, LedgerView, ObservedPod, PodPhase

__all__ = [
    "LOOK_AGAIN_SECONDS",
    "CleanUp",
    "Drain",
    "EndPod",
    "Hold",
    "Restrain",
    "Serve",
    "Situation",
    "Step",
    "is_at_rest",
    "live_terms",
    "needs_no_key",
    "next_step",
]

# The runner may need the venue's answers after its own deadline.
DRAIN_MARGIN = timedelta(seconds=5)
# A pod that ended like this is replaced at once; any other end needs a change of the bot first.
REPLACED_AT_ONCE = frozenset({"Stopped", "Terminated"})
LOOK_AGAIN_SECONDS = 2.0
# What a condition takes as a reason; the container chooses its own words.
REASON = re.compile(r"[A-Z][A-Za-z0-9]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Serve:
    """The children shall be there and current."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Write nothing; look again after a while, or when something reports."""

    reason: str
    message: str = ""
    after_seconds: float | None = LOOK_AGAIN_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Restrain:
    """Tell the runner to open nothing new; no key is needed for it, and none is written."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drain:
    """Tell the runner to stop in order, and note since when."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndPod:
    """Remove the pod gracefully; the next look goes on from there."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanUp:
    """No pod is left: remove the other children and retire the login."""

    reason: str


Step = Serve | Hold | Restrain | Drain | EndPod | CleanUp


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Everything the next step depends on; `credentials` is None until they are needed, `modes` can run here.

    `live_caps` is None where nothing could keep keys from each other (I4). `namespace_owner` is the only account whose
    bots its namespace may hold; None where the spec alone says whose a bot is.
    """

    bot: TradingBot
    children: Children
    ledger: LedgerView
    now: datetime
    credentials: CredentialsFound | None = None
    modes: frozenset[BotMode] = frozenset({BotMode.PAPER, BotMode.TESTNET})
    live_caps: LiveCaps | None = None
    namespace_owner: str | None = None


def needs_no_key(situation: Situation) -> bool:
    """Tell whether the next step is settled before anything is known of the bot's key."""
    return bool(_leaving_reason(situation)) or _foreign_or_unknown(situation) is not None


def live_terms(situation: Situation) -> LiveTerms:
    """Gather what decides about real money now, besides the spec and its key."""
    ledger = situation.ledger
    return LiveTerms(
        caps=situation.live_caps or LiveCaps(),
        grant=ledger.grant,
        owner_is_active=ledger.owner_is_known and not ledger.owner_is_disabled,
        now=situation.now,
    )


def is_at_rest(step: Step, situation: Situation) -> bool:
    """Tell whether the step asks for nothing more by itself, and no report is waited for."""
    pod, beat = situation.children.pod, situation.ledger.heartbeat
    if pod is not None and pod.started_at is not None and not pod.is_finished:
        # What a pod before it said is not known from what this one says by its words.
        return isinstance(step, Serve | Restrain) and beat is not None and beat.at >= pod.started_at
    match step:
        case Serve() | Restrain() | Hold(after_seconds=None):
            return True
        case CleanUp(reason=reason):
            return reason != "Deleted"
        case _:
            return False


def _leaving_reason(situation: Situation) -> str:
    """Say why the bot must not run on the account its pod is on, or is to get; empty if it may."""
    return (
        _resource_reason(situation)
        or _pod_reason(situation)
        or _credentials_reason(situation.credentials, situation.children.pod)
    )


def next_step(situation: Situation) -> Step:
    """Choose the one step that may be taken now."""
    reason = _leaving_reason(situation)
    pod = situation.children.pod
    if reason:
        return CleanUp(reason=reason) if pod is None else _leave(situation, pod, reason)
    refused = _restraint(situation)
    if refused is not None:
        return _restrain(situation, refused)
    if isinstance(situation.credentials, KeyUnavailable):
        found = situation.credentials
        return Hold(reason=found.reason, message=found.message)
    return _start(situation) if pod is None else _run(situation, pod)


def _restraint(situation: Situation) -> Restrain | None:
    found = situation.credentials
    refused = _foreign_or_unknown(situation)
    if refused is not None:
        return refused
    if isinstance(found, LiveRefused):
        return Restrain(reason=found.reason, message=found.message)
    # Real money never goes on under terms that are not known, while its new key is being checked.
    is_live = situation.bot.spec.mode is BotMode.LIVE and situation.children.pod is not None
    if isinstance(found, KeyUnavailable) and is_live:
        return Restrain(reason=found.reason, message=found.message)
    return None


def _restrain(situation: Situation, wanted: Restrain) -> Step:
    pod = situation.children.pod
    if pod is None:
        return CleanUp(reason=wanted.reason)
    if pod.is_deleting:
        return Hold(reason="Terminating", message="the pod is ending")
    if pod.is_finished or pod.manifest.owner_uid != situation.bot.metadata.uid:
        return EndPod(reason=wanted.reason)
    if config_of(situation.children.config_map) is None:
        return EndPod(reason=wanted.reason)  # it can't be told
    return wanted


def _leave(situation: Situation, pod: ObservedPod, reason: str) -> Step:
    if pod.is_deleting:
        return Hold(reason="Terminating", message="the pod is ending")
    if pod.is_finished:
        return EndPod(reason=reason)
    since = pod.manifest.annotations.get(STOPPING_SINCE)
    if config_of(situation.children.config_map) is None or situation.children.secret is None:
        return EndPod(reason=reason)  # it can't be told to stop in order
    if since is None:
        return Drain(reason=reason)
    seconds = situation.bot.spec.on_stop.timeout_seconds
    end = datetime.fromisoformat(since) + timedelta(seconds=seconds) + DRAIN_MARGIN
    if situation.now >= end:
        return EndPod(reason="StopTimedOut")
    left = (end - situation.now).total_seconds()
    return Hold(reason="Draining", message="the bot carries out onStop", after_seconds=left)


def _start(situation: Situation) -> Step:
    lease = situation.ledger.lease
    if lease is not None:
        return Hold(
            reason="LeaseHeldElsewhere",
            message="an earlier pod may still hold the account; its lease ends within 30 s",
        )
    return Serve()


def _run(situation: Situation, pod: ObservedPod) -> Step:
    if pod.is_deleting:
        return Hold(reason="Terminating", message="the pod is ending")
    if pod.manifest.owner_uid != situation.bot.metadata.uid:
        return EndPod(reason="OfAnotherBot")
    if not pod.is_finished:
        return Serve()
    ending = pod.termination
    if ending is None or ending.reason in REPLACED_AT_ONCE or pod.phase is PodPhase.FAILED:
        return EndPod(reason="Replacing")
    if _input_changed(situation, pod):
        return EndPod(reason="InputChanged")
    reason = ending.reason if REASON.fullmatch(ending.reason) else "Completed"
    return Hold(reason=reason, message=ending.message, after_seconds=None)


def _input_changed(situation: Situation, pod: ObservedPod) -> bool:
    found, config = situation.credentials, config_of(situation.children.config_map)
    version = pod.manifest.annotations.get(CREDENTIALS)
    if isinstance(found, KeyReady) and found.key.version != version:
        return True
    return config is None or config["generation"] != situation.bot.metadata.generation


def _resource_reason(situation: Situation) -> str:
    bot, mode = situation.bot, situation.bot.spec.mode
    if bot.metadata.deletion_timestamp is not None:
        return "Deleted"
    if bot.spec.desired_state is DesiredState.STOPPED:
        return "Stopped"
    # Where caps are kept, a bot with real money is refused by them, and a running one does not leave its positions.
    is_judged = mode is BotMode.LIVE and situation.live_caps is not None
    if mode not in situation.modes and not is_judged:
        return f"{mode.value.title()}NotAvailable"
    return ""


def _foreign_or_unknown(situation: Situation) -> Restrain | None:
    spec = situation.bot.spec
    # Whoever may write bots in a tenant's namespace is not to trade with another's key, or under another's name.
    if situation.namespace_owner not in {None, spec.owner}:
        message = "spec.owner is not whom this namespace is for; make the bot anew with that owner"
        return Restrain(reason="OwnerForbidden", message=message)
    if spec.mode is not BotMode.PAPER and not situation.ledger.owner_is_known:
        message = "spec.owner has no account here: make one of this name in the dashboard"
        return Restrain(reason="OwnerUnknown", message=message)
    return None


def _pod_reason(situation: Situation) -> str:
    pod = situation.children.pod
    if pod is None:
        return ""
    if _environment(pod) != situation.bot.spec.mode:
        return "ModeChanged"
    # What has begun to stop, stops: a half-stopped runner is no state to go on from.
    return "Restarting" if STOPPING_SINCE in pod.manifest.annotations else ""


def _environment(pod: ObservedPod) -> str:
    return pod.manifest.annotations.get(ACCOUNT, "").partition("/")[0]


def _credentials_reason(found: CredentialsFound | None, pod: ObservedPod | None) -> str:
    match found:
        case KeyRefused():
            return found.reason
        case KeyReady() if pod is not None:
            same = pod.manifest.annotations.get(ACCOUNT) == str(found.key.account)
            return "" if same else "AccountChanged"
        case _:
            return ""
