"""A key in a Secret of its owner's: whether a bot may use it, before anything is made of it."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from botcore.resources.meta import EXCHANGE_KEY_LABEL, OWNER_LABEL
from botcore.resources.trading_bot import TradingBotSpec
from botoperator.plan.credentials import KeyRefused

__all__ = ["API_KEY", "API_SECRET", "KeySecret", "judge_secret"]

API_KEY, API_SECRET = "api-key", "api-secret"
OPERATORS = "tb-"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySecret:
    """A Secret, its data decoded; its labels tell whose key it is and for which environment."""

    uid: str
    namespace: str
    name: str
    labels: Mapping[str, str]
    data: Mapping[str, str] = field(repr=False)

    @property
    def owner(self) -> str:
        """The account the key belongs to."""
        return self.labels.get(OWNER_LABEL, "")

    @property
    def environment(self) -> str:
        """What the key is for: testnet or live."""
        return self.labels.get(EXCHANGE_KEY_LABEL, "")

    @property
    def fingerprint(self) -> str:
        """Tell a change of the content by a part of its hash; the exchange made the secret, so it can't be guessed."""
        parts = (self.data.get(API_KEY, ""), self.data.get(API_SECRET, ""))
        framed = "".join(f"{len(part)}:{part}" for part in parts)
        return hashlib.sha256(b"kbots/referenced-key/v1\0" + framed.encode()).hexdigest()[:16]


def judge_secret(secret: KeySecret | None, name: str, spec: TradingBotSpec) -> KeyRefused | None:
    """Find why the bot may not use the Secret of this name; None if its key may be checked."""
    for reason, problem in _problems(secret, name, spec):
        return KeyRefused(reason=reason, message=f"spec.credentials.secretName: {problem}")
    return None


def _problems(
    secret: KeySecret | None, name: str, spec: TradingBotSpec
) -> Iterator[tuple[str, str]]:
    mode = spec.mode.value
    if name.startswith(OPERATORS):
        yield "SecretForbidden", f"names that start with {OPERATORS} belong to the operator"
    if secret is None:
        yield (
            "SecretMissing",
            f"there is no Secret {name} in the bot's namespace; make it, or name another",
        )
        return
    if EXCHANGE_KEY_LABEL not in secret.labels:
        yield (
            "SecretNotLabelled",
            f"Secret {name} is no exchange key; label it {EXCHANGE_KEY_LABEL}={mode}",
        )
    if secret.owner != spec.owner:
        yield (
            "OwnerMismatch",
            f"Secret {name} is not of the bot's owner; its label {OWNER_LABEL} must be {spec.owner}",
        )
    if secret.environment != mode:
        yield (
            "EnvironmentMismatch",
            f"Secret {name} is not for the bot's mode; its label {EXCHANGE_KEY_LABEL} must be {mode}",
        )
    missing = [key for key in (API_KEY, API_SECRET) if not secret.data.get(key)]
    if missing:
        yield "SecretIncomplete", f"Secret {name} lacks {' and '.join(missing)}"
