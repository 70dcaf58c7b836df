"""Whether a bot may use the key it names, before anything is opened, and whether it runs on with the one it has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from botcore.resources.trading_bot import BotMode, TradingBotSpec
from botoperator.plan.admission import LiveCaps, LiveGrant, LiveRequest, judge_live
from botoperator.plan.inputs import Account, ExchangeKey

__all__ = [
    "CredentialsFound",
    "KeyJudged",
    "KeyReady",
    "KeyRefused",
    "KeyUnavailable",
    "LiveRefused",
    "LiveTerms",
    "Referred",
    "SecretRef",
    "StoredKey",
    "admit",
    "judge_key",
    "key_version",
    "opened",
    "retain",
]


# A running bot goes on with the key it was given when the same Secret has no better one to offer (rotation).
RETAINED = frozenset({"Verifying", "KeyRejected", "SecretMissing", "SecretIncomplete"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretRef:
    """The Secret a key lies in, and the fingerprint of the content that was noted."""

    namespace: str
    name: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """A key that is sealed, or lies in a Secret of its owner's: everything but its plaintext."""

    id: str
    owner: str
    exchange: str
    environment: str
    revision: int
    status: str
    reason: str = ""
    account_uid: str | None = None
    permissions: Mapping[str, object] = field(default_factory=dict)
    envelope: Mapping[str, object] = field(default_factory=dict, repr=False)
    secret: SecretRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyReady:
    """The bot has its key; while it is not the one it is to have, it runs on with the one it has."""

    key: ExchangeKey
    reason: str
    message: str = ""
    is_current: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRefused:
    """The bot may not run with what it names; a running one stops in order."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyUnavailable:
    """Nothing can be said now; a running bot runs on, no new one starts."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRefused:
    """The bot may open nothing: none starts, a running one goes on with its exits.

    Because it may not trade real money, or its key was refused when it was asked again.
    """

    reason: str
    message: str


CredentialsFound = KeyReady | KeyRefused | KeyUnavailable | LiveRefused
KeyJudged = StoredKey | KeyRefused | KeyUnavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Referred:
    """What is known of the Secret a bot names, and why the bot may not use it now."""

    key: StoredKey | None = None
    refused: KeyRefused | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveTerms:
    """What decides about real money besides the spec and its key."""

    caps: LiveCaps
    grant: LiveGrant | None
    owner_is_active: bool
    now: datetime


def admit(judged: KeyJudged, spec: TradingBotSpec, terms: LiveTerms) -> KeyJudged | LiveRefused:
    """Let a judged key through to a bot that may have it opened; for real money only on every one of the terms (I8)."""
    if spec.mode is not BotMode.LIVE:
        return judged
    if terms.caps.is_enabled and not isinstance(judged, StoredKey):
        return judged
    request = LiveRequest(
        spec=spec,
        key_id=judged.id if isinstance(judged, StoredKey) else "",
        permissions=judged.permissions if isinstance(judged, StoredKey) else {},
        owner_is_active=terms.owner_is_active,
    )
    refusal = judge_live(request, terms.caps, terms.grant, terms.now)
    return (
        judged if refusal is None else LiveRefused(reason=refusal.reason, message=refusal.message)
    )


def retain(
    stored: StoredKey | None, judged: KeyJudged, held: ExchangeKey | None
) -> KeyReady | LiveRefused | None:
    """Let a running bot go on with an earlier revision of its key while the newest can't be used.

    One whose own key is refused on asking again opens nothing new; it is not ended, so that its exits go on (I9).
    """
    if held is None or stored is None or isinstance(judged, StoredKey):
        return None
    key_id = held.version.partition("@")[0]
    is_newest = held.version == key_version(stored)
    if judged.reason not in RETAINED or key_id != stored.id:
        return None
    if judged.reason == "KeyRejected" and is_newest:
        message = f"{judged.message}; the bot opens nothing new and goes on with its exits"
        return LiveRefused(reason=judged.reason, message=message)
    message = f"{judged.message}; the bot runs on with the key it has"
    return KeyReady(key=held, reason=judged.reason, message=message, is_current=False)


def judge_key(key: StoredKey | None, spec: TradingBotSpec) -> KeyJudged:
    """Judge what is stored about the key; answers the key if it may be opened for this bot."""
    if key is None:
        return KeyRefused(reason="KeyNotFound", message="there is no key with this id")
    if key.owner != spec.owner:
        return KeyRefused(
            reason="OwnerMismatch", message="the key does not belong to the bot's owner"
        )
    if key.environment != spec.mode.value:
        return KeyRefused(
            reason="EnvironmentMismatch",
            message=f"the key is for {key.environment}, the bot's mode is {spec.mode.value}",
        )
    return _judge_status(key)


def key_version(key: StoredKey) -> str:
    """Name a key and its revision."""
    return f"{key.id}@{key.revision}"


def opened(key: StoredKey, *, api_key: str, api_secret: str) -> ExchangeKey:
    """Return a stored key with its plaintext; its account's uid is empty until it was verified."""
    return ExchangeKey(
        account=Account(environment=BotMode(key.environment), uid=key.account_uid or ""),
        version=key_version(key),
        api_key=api_key,
        api_secret=api_secret,
    )


def _judge_status(key: StoredKey) -> StoredKey | KeyRefused | KeyUnavailable:
    match key.status:
        case "Verified" if key.account_uid:
            return key
        case "Revoked":
            return KeyRefused(reason="KeyRevoked", message="the key was revoked")
        case "Rejected":
            return KeyRefused(
                reason="KeyRejected", message=key.reason or "the exchange refused the key"
            )
        case _:
            return KeyUnavailable(reason="Verifying", message="the key is being checked")
