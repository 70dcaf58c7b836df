"""Which stored keys a bot may use."""

from dataclasses import replace

import pytest

from botoperator.plan.credentials import SealedKey, judge_key, key_version
from tests.unit.botoperator.builders import a_bot

SPEC = a_bot(mode="testnet", credentials={"secretName": "x"}, paper=None).spec
KEY = SealedKey(
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
def test_any_other_key_is_refused_with_its_reason(key: SealedKey | None, reason: str) -> None:
    judged = judge_key(key, SPEC)

    assert not isinstance(judged, SealedKey)
    assert judged.reason == reason
