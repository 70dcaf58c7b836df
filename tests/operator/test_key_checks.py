"""Keys asked again every day, and replaced under a running bot (SEC-68, TR-69)."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from botcore.sealing.envelope import SealingContext, seal
from botcore.sealing.keyring import load_keyring
from tests.operator.platform import Platform
from tests.operator.test_sealed_keys import CANARY, a_key, a_testnet_bot, key_row
from tests.support.logins import a_user
from tests.support.waiting import wait_until

pytestmark = pytest.mark.postgres


@pytest.fixture
def running(platform: Platform) -> Platform:
    a_user(platform.database, "alice")
    platform.settings["RESYNC_SECONDS"] = "0.5"  # what is due hints at nothing
    platform.start()
    return platform


def a_running_bot(platform: Platform, **key: Any) -> tuple[str, int]:
    """Run a bot with a key of its own; answers the key and the process."""
    key_id = a_key(platform, **key)
    platform.apply(a_testnet_bot(key_id))
    return key_id, platform.wait_running()


def make_due(platform: Platform, key_id: str, when: str = "now()") -> None:
    platform.database.rows(
        f"update kbots.sealed_keys set check_due_at = {when}, checked_at = now() - interval '1 day'"  # noqa: S608 a test's own
        " where id = %s returning 1",
        (key_id,),
    )


def checked_again(platform: Platform, key_id: str) -> bool:
    rows = platform.database.rows(
        "select checked_at > now() - interval '1 hour' from kbots.sealed_keys where id = %s",
        (key_id,),
    )
    return bool(rows[0][0])


def events(platform: Platform, key_id: str) -> list[tuple[str, int]]:
    return platform.database.rows(
        "select kind, revision from kbots.key_events where key_id = %s order by id", (key_id,)
    )


def exchange_says(platform: Platform, what: str) -> Path:
    """Have the exchange answer otherwise from now on."""
    mark = platform.data / "pods" / "kbots-bots" / what
    mark.touch()
    return mark


def checks_under_way(platform: Platform) -> list[Path]:
    return list((platform.data / "pods" / "kbots-bots").glob("tb-verify-*"))


def replace(platform: Platform, key_id: str, api_key: str) -> int:
    """Store a newer secret as the dashboard does; answers its revision."""
    ring = load_keyring(platform.data / "sealing")
    ((revision,),) = platform.database.rows(
        "select greatest(max(r.revision), 1) + 1 from kbots.key_replacements r where key_id = %s",
        (key_id,),
    )
    context = SealingContext(
        installation=str(platform.database.rows("select id from kbots.installation")[0][0]),
        owner="alice",
        key_id=key_id,
        exchange="binance",
        environment="testnet",
        revision=revision,
    )
    plain = json.dumps({"apiKey": api_key, "apiSecret": CANARY}).encode()
    envelope = seal(ring.find(ring.kids[0]).public_key(), plain, context)
    ((user,),) = platform.database.rows("select id from kbots.users where name = 'alice'")
    with platform.database.connect("kbots_dashboard") as connection:
        connection.execute("select set_config('kbots.user_id', %s, false)", (str(user),))
        connection.execute(
            "select kbots.replace_key(%s, %s, 'next', %s, %s)",
            (key_id, revision, Jsonb(envelope.to_document()), envelope.kid),
        )
    return int(revision)


def test_key_in_use_is_asked_again_when_it_is_due_and_what_changed_is_noted(
    running: Platform,
) -> None:
    key_id, pid = a_running_bot(running)
    exchange_says(running, "unrestricted")

    make_due(running, key_id)

    wait_until(lambda: checked_again(running, key_id), "the check", seconds=40)
    assert key_row(running, key_id)[2]["ipRestrict"] is False
    assert events(running, key_id) == [("Added", 1), ("Verified", 1), ("PermissionsChanged", 1)]
    ((until_next,),) = running.database.rows(
        "select check_due_at - checked_at from kbots.sealed_keys"
    )
    assert timedelta(hours=22) <= until_next <= timedelta(hours=26)
    wait_until(lambda: not checks_under_way(running), "its pod goes", seconds=40)
    assert running.runners("alice") == [pid]


def test_key_that_gained_withdrawals_opens_nothing_new_and_the_bot_stays(running: Platform) -> None:
    key_id, pid = a_running_bot(running)
    bad = exchange_says(running, "withdrawals")

    make_due(running, key_id)

    running.wait_for("CredentialsReady", "False", "KeyRejected")
    running.wait_for("Ready", "False", "KeyRejected")
    wait_until(lambda: running.config()["spec"]["desiredState"] == "Paused", "no new entries")
    assert running.runners("alice") == [pid]
    assert key_row(running, key_id)[:2] == ("Rejected", "uid-1")

    # Its owner switches the right off, and has it asked again.
    bad.unlink()
    make_due(running, key_id, "'-infinity'")

    running.wait_for("CredentialsReady", "True", "KeyVerified")
    wait_until(lambda: running.config()["spec"]["desiredState"] == "Running", "entries again")
    assert running.runners("alice") == [pid]
    assert [kind for kind, _ in events(running, key_id)] == [
        "Added", "Verified", "Rejected", "Verified",
    ]  # fmt: skip


def test_key_no_bot_uses_is_left_alone_until_its_owner_asks(running: Platform) -> None:
    key_id = a_key(running)
    wait_until(lambda: key_row(running, key_id)[0] == "Verified", "the first check", seconds=40)
    other, _ = a_running_bot(running, api_key="2")
    make_due(running, key_id)
    make_due(running, other)

    wait_until(lambda: checked_again(running, other), "the one in use", seconds=40)
    assert not checked_again(running, key_id)

    make_due(running, key_id, "'-infinity'")
    wait_until(lambda: checked_again(running, key_id), "the one asked for", seconds=40)


def test_many_due_keys_are_asked_two_at_a_time(running: Platform) -> None:
    keys = [a_key(running) for _ in range(4)]
    for key_id in keys:
        wait_until(lambda key_id=key_id: key_row(running, key_id)[0] == "Verified", "a", seconds=60)
    wait_until(lambda: not checks_under_way(running), "the first checks are over", seconds=40)
    slow = exchange_says(running, "slow")

    for key_id in keys:
        make_due(running, key_id, "'-infinity'")

    wait_until(lambda: len(checks_under_way(running)) == 2, "two checks", seconds=40)
    a_key(running)  # a new key waits for none of them, and comes after them
    wait_until(lambda: len(checks_under_way(running)) == 3, "its check", seconds=40)
    log = (running.data / "operator.log").read_text()
    assert log.count('"is_first": false') == 2
    slow.unlink()
    wait_until(
        lambda: sum(checked_again(running, key_id) for key_id in keys) >= 2, "both", seconds=40
    )


def test_bot_goes_on_with_its_key_until_the_newer_one_is_verified_and_then_takes_it(
    running: Platform,
) -> None:
    key_id, pid = a_running_bot(running)
    secret = running.data / "pods/kbots-bots/tb-alice/credentials/api-key"
    slow = exchange_says(running, "slow")

    assert replace(running, key_id, "1-new") == 2

    wait_until(lambda: checks_under_way(running), "its check", seconds=40)
    assert running.condition("CredentialsReady") == ("True", "KeyVerified")
    assert secret.read_text() == "1"
    slow.unlink()
    wait_until(lambda: secret.read_text() == "1-new", "the bot has it", seconds=40)
    wait_until(
        lambda: (running.bot()["status"]["credentials"] or {}).get("revision") == 2, "status"
    )
    assert running.runners("alice") == [pid]
    assert key_row(running, key_id)[:2] == ("Verified", "uid-1")
    assert running.database.rows(
        "select status, envelope from kbots.key_replacements"
    ) == [("Taken", None)]  # fmt: skip
    assert events(running, key_id)[2:] == [("ReplacementPending", 2), ("Replaced", 2)]


@pytest.mark.parametrize(
    ("api_key", "reason"),
    [("bad", "withdrawals are enabled"), ("2", "it belongs to another exchange account")],
)
def test_newer_key_that_is_refused_leaves_the_bot_with_the_one_it_has(
    running: Platform, api_key: str, reason: str
) -> None:
    key_id, pid = a_running_bot(running)

    replace(running, key_id, api_key)

    refused = (
        "select reason from kbots.key_replacements where status = 'Rejected' and envelope is null"
    )
    ((told,),) = wait_until(lambda: running.database.rows(refused), "a verdict", seconds=40)
    assert told.startswith(reason)
    assert key_row(running, key_id)[0] == "Verified"
    assert running.condition("CredentialsReady") == ("True", "KeyVerified")
    assert running.runners("alice") == [pid]
    assert replace(running, key_id, "1-other") == 3


def test_revoked_key_takes_the_newer_one_along(running: Platform) -> None:
    key_id, _ = a_running_bot(running)
    exchange_says(running, "slow")
    replace(running, key_id, "1-new")

    running.database.rows(
        "update kbots.sealed_keys set status = 'Revoked' where id = %s returning 1", (key_id,)
    )

    running.wait_gone()
    assert running.database.rows("select status, envelope from kbots.key_replacements") == [
        ("Withdrawn", None)
    ]
    wait_until(lambda: not checks_under_way(running), "its check goes", seconds=40)
