"""Which stored keys a bot may use."""

from dataclasses import replace

import pytest

from botcore.resources.trading_bot import BotMode
from botoperator.plan.credentials import (
    KeyRefused,
    KeyUnavailable,
    LiveRefused,
    StoredKey,
    judge_key,
    key_version,
    retain,
)
from botoperator.plan.inputs import ExchangeKey
from botoperator.plan.key_secret import KeySecret, judge_secret
from tests.unit.botoperator.builders import a_bot, a_key

SPEC = a_bot(mode="testnet", credentials={"secretName": "x"}, paper=None).spec
KEY = StoredKey(
    id="k", owner="alice", exchange="binance", environment="testnet", revision=3, status="Verified",
    account_uid="7",
)  # fmt: skip


def test_verified_key_of_the_owner_may_be_opened() -> None:
    assert judge_key(KEY, SPEC) == KEY
    assert key_version(KEY) == "k@3"


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (None, "KeyNotFound"),
        (replace(KEY, owner="bob"), "OwnerMismatch"),
        (replace(KEY, environment="live"), "EnvironmentMismatch"),
        (replace(KEY, status="Revoked"), "KeyRevoked"),
        (replace(KEY, status="Rejected"), "KeyRejected"),
        (replace(KEY, status="Pending"), "Verifying"),
        (replace(KEY, account_uid=None), "Verifying"),
    ],
)
def test_any_other_key_is_refused_with_its_reason(key: StoredKey | None, reason: str) -> None:
    judged = judge_key(key, SPEC)

    assert not isinstance(judged, StoredKey)
    assert judged.reason == reason


SECRET = KeySecret(
    uid="u",
    namespace="kbots-bots",
    name="mine",
    labels={"kbots.dev/owner": "alice", "kbots.dev/exchange-key": "testnet"},
    data={"api-key": "a", "api-secret": "b"},
)


@pytest.mark.parametrize(
    ("name", "secret", "reason"),
    [
        ("mine", SECRET, None),
        ("tb-bob-creds", SECRET, "SecretForbidden"),
        ("mine", None, "SecretMissing"),
        ("mine", replace(SECRET, labels={"kbots.dev/owner": "alice"}), "SecretNotLabelled"),
        ("mine", replace(SECRET, labels={"kbots.dev/exchange-key": "testnet"}), "OwnerMismatch"),
        (
            "mine",
            replace(SECRET, labels={**SECRET.labels, "kbots.dev/owner": "bob"}),
            "OwnerMismatch",
        ),
        (
            "mine",
            replace(SECRET, labels={**SECRET.labels, "kbots.dev/exchange-key": "live"}),
            "EnvironmentMismatch",
        ),
        ("mine", replace(SECRET, data={"api-key": "a"}), "SecretIncomplete"),
    ],
)
def test_secret_is_taken_only_with_its_labels_and_both_parts(
    name: str, secret: KeySecret | None, reason: str | None
) -> None:
    refused = judge_secret(secret, name, SPEC)

    assert (refused and refused.reason) == reason
    if refused:
        assert refused.message.startswith("spec.credentials.secretName: ")


def test_fingerprint_follows_the_content_alone_and_tells_the_parts_apart() -> None:
    moved = replace(SECRET, data={"api-key": "ab", "api-secret": ""})

    assert replace(SECRET, labels={}, uid="v").fingerprint == SECRET.fingerprint
    assert moved.fingerprint != SECRET.fingerprint
    assert len(SECRET.fingerprint) == 16


HELD = a_key(mode=BotMode.TESTNET, version="k@2")


@pytest.mark.parametrize(
    ("stored", "judged", "held", "reason"),
    [
        (KEY, KeyUnavailable(reason="Verifying", message=""), HELD, "Verifying"),
        (KEY, KeyRefused(reason="KeyRejected", message=""), HELD, "KeyRejected"),
        (KEY, KeyRefused(reason="SecretMissing", message=""), HELD, "SecretMissing"),
        # One of another Secret, and one that was taken back.
        (KEY, KeyRefused(reason="SecretMissing", message=""), replace(HELD, version="j@1"), None),
        (KEY, KeyRefused(reason="OwnerMismatch", message=""), HELD, None),
        (KEY, KeyRefused(reason="KeyRevoked", message=""), HELD, None),
        (None, KeyRefused(reason="SecretMissing", message=""), HELD, None),
        (KEY, KeyUnavailable(reason="Verifying", message=""), None, None),
        (KEY, KEY, HELD, None),
    ],
)
def test_running_bot_goes_on_with_an_earlier_revision_of_the_same_key_alone(
    stored: StoredKey | None,
    judged: StoredKey | KeyRefused | KeyUnavailable,
    held: ExchangeKey | None,
    reason: str | None,
) -> None:
    kept = retain(stored, judged, held)

    assert not isinstance(kept, LiveRefused)
    assert (kept and (kept.reason, kept.is_current)) == (reason and (reason, False))


def test_running_bot_whose_own_key_is_refused_on_asking_again_opens_nothing_new() -> None:
    """Its exits go on (SEC-68, TR-69)."""
    refused = KeyRefused(reason="KeyRejected", message="withdrawals are on")

    kept = retain(KEY, refused, replace(HELD, version="k@3"))

    assert kept == LiveRefused(
        reason="KeyRejected",
        message="withdrawals are on; the bot opens nothing new and goes on with its exits",
    )
