"""Keys that people keep in Secrets themselves: labelled, checked, rotated under a running bot, and never touched."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.operator.platform import Platform, a_bot
from tests.operator.test_sealed_keys import a_key, a_testnet_bot
from tests.support.logins import a_user
from tests.support.waiting import wait_until

pytestmark = pytest.mark.postgres

FILES = {"api-key": "1", "api-secret": "secret-of-1", "owner": "alice", "environment": "testnet"}


def write_secret(platform: Platform, name: str = "mine", **changes: str | None) -> Path:
    """Put a key where its owner keeps it; None leaves a file out."""
    folder = platform.data / "keys" / "kbots-bots" / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    given = {key.replace("_", "-"): value for key, value in changes.items()}
    for file, text in {**FILES, **given}.items():
        path = folder / file
        if text is None:
            path.unlink(missing_ok=True)
        elif not path.exists() or path.read_text() != text + "\n":
            # In one step, as a person should: the operator may look at any moment.
            draft = folder / f".{file}"
            draft.touch(mode=0o600)
            draft.write_text(text + "\n")
            draft.replace(path)
    return folder


def a_named_bot(name: str = "mine", **more: Any) -> dict[str, Any]:
    return a_bot(mode="testnet", credentials={"secretName": name}, **more)


def mounted(platform: Platform) -> str:
    return (platform.data / "pods/kbots-bots/tb-alice/credentials/api-key").read_text()


def verdict(platform: Platform) -> tuple[Any, ...]:
    return platform.database.rows(
        "select status, revision, account_uid from kbots.referenced_keys"
    )[0]


@pytest.fixture
def running(platform: Platform) -> Platform:
    a_user(platform.database, "alice")
    platform.settings["RESYNC_SECONDS"] = "0.5"  # nothing hints at a file
    platform.start()
    return platform


def test_key_in_a_secret_is_checked_by_a_pod_and_then_trades(running: Platform) -> None:
    folder = write_secret(running)

    running.apply(a_named_bot())

    running.wait_running()
    assert running.condition("CredentialsReady") == ("True", "KeyVerified")
    assert verdict(running) == ("Verified", 1, "uid-1")
    assert running.bot()["status"]["credentials"] == {"revision": 1, "accountUid": "uid-1"}
    assert mounted(running) == "1"
    rows = running.database.rows("select k::text from kbots.referenced_keys k")
    assert FILES["api-secret"] not in rows[0][0]
    running.kbots("delete", "tb", "alice", "--wait")
    assert {path.name for path in folder.iterdir()} == set(FILES)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"owner": "bob"}, "OwnerMismatch"),
        ({"owner": None}, "OwnerMismatch"),
        ({"environment": "live"}, "EnvironmentMismatch"),
        ({"environment": None}, "SecretNotLabelled"),
        ({"api_secret": None}, "SecretIncomplete"),
        ({"api_key": "bad"}, "KeyRejected"),
    ],
)
def test_secret_that_is_not_for_this_bot_is_refused_with_its_reason(
    running: Platform, changes: dict[str, str | None], reason: str
) -> None:
    write_secret(running, **changes)

    running.apply(a_named_bot())

    running.wait_for("CredentialsReady", "False", reason)
    running.wait_for("Ready", "False", reason)
    assert running.runners("alice") == []
    # What is wrong is put right where it is wrong, and nothing has to be applied again.
    write_secret(running)
    running.wait_running()


def test_secret_others_can_read_and_none_at_all_are_refused(running: Platform) -> None:
    running.apply(a_named_bot())
    running.wait_for("CredentialsReady", "False", "SecretMissing")

    (write_secret(running) / "api-secret").chmod(0o640)

    running.wait_for("CredentialsReady", "False", "SecretForbidden")


def test_new_key_is_checked_and_swapped_under_the_running_bot(running: Platform) -> None:
    write_secret(running)
    running.apply(a_named_bot())
    pid = running.wait_running()

    write_secret(running, api_key="1-new")

    wait_until(lambda: mounted(running) == "1-new", "the new key")
    assert verdict(running) == ("Verified", 2, "uid-1")
    running.wait_for("CredentialsReady", "True", "KeyVerified")
    assert running.bot()["status"]["credentials"] == {"revision": 2, "accountUid": "uid-1"}
    assert running.runners("alice") == [pid]


def test_key_of_another_account_waits_until_the_old_one_is_left(running: Platform) -> None:
    write_secret(running)
    running.apply(a_named_bot())
    first = running.wait_running()

    write_secret(running, api_key="2")

    wait_until(lambda: running.config().get("accountUid") == "uid-2", "the new pod's order")
    assert running.wait_running() != first
    left = running.database.rows(
        "select l.holder is null from kbots.leases l join kbots.exchange_accounts a"
        " on a.id = l.account_id where a.account_uid = 'uid-1'"
    )
    assert left == [(True,)]
    log = (running.data / "operator.log").read_text()
    assert "AccountChanged" in log
    assert '"reason": "Stopped"' in log


def test_bad_new_key_leaves_the_running_bot_its_old_one(running: Platform) -> None:
    write_secret(running)
    running.apply(a_named_bot())
    pid = running.wait_running()

    write_secret(running, api_key="bad")

    running.wait_for("CredentialsReady", "False", "KeyRejected")
    running.apply(a_named_bot(desiredState="Paused"))
    running.wait_for("Ready", "True", "Paused")
    assert running.runners("alice") == [pid]
    assert mounted(running) == "1"
    write_secret(running)
    running.wait_for("CredentialsReady", "True", "KeyVerified")
    assert running.runners("alice") == [pid]


def test_secret_that_goes_away_is_told_and_the_bot_runs_on(running: Platform) -> None:
    folder = write_secret(running)
    running.apply(a_named_bot())
    pid = running.wait_running()

    # In one step: a folder that lacks a file is another case, and the operator may look at any moment.
    shutil.rmtree(folder.rename(running.data / "gone"))

    running.wait_for("CredentialsReady", "False", "SecretMissing")
    running.wait_for("Ready", "True", "Running")
    assert running.runners("alice") == [pid]
    running.apply(a_named_bot(desiredState="Stopped"))
    running.wait_gone()
    running.apply(a_named_bot())
    running.wait_for("Ready", "False", "SecretMissing")


def test_owner_that_is_taken_from_a_secret_ends_the_bot_in_order(running: Platform) -> None:
    write_secret(running)
    running.apply(a_named_bot())
    running.wait_running()

    write_secret(running, owner="bob")

    running.wait_for("Ready", "False", "OwnerMismatch")
    running.wait_gone()
    assert '"reason": "Stopped"' in (running.data / "operator.log").read_text()


def test_sealed_key_and_secret_of_one_account_do_not_run_together(running: Platform) -> None:
    write_secret(running)
    running.apply(a_named_bot())
    running.wait_running()

    running.apply(a_testnet_bot(a_key(running), "later"))

    running.wait_for("Ready", "False", "AccountInUse", "later")
    assert running.runners("later") == []


def test_secret_is_not_reached_by_its_uid_as_a_sealed_key(running: Platform) -> None:
    write_secret(running)
    running.apply(a_named_bot())
    running.wait_running()
    ((uid,),) = running.database.rows("select id::text from kbots.referenced_keys")

    running.apply(a_testnet_bot(uid, "by-uid"))

    running.wait_for("CredentialsReady", "False", "KeyNotFound", "by-uid")
