"""Sealed keys: checked once, opened only for their owner's bot, and nowhere in plain but in its Secret."""

import json
import uuid
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from botcore.sealing.envelope import SealingContext, seal
from botcore.sealing.keyring import load_keyring
from tests.operator.platform import Platform, a_bot
from tests.support.logins import a_user
from tests.support.waiting import wait_until

pytestmark = pytest.mark.postgres

CANARY = "canary-secret-7f3a"
PERMISSIONS = {"enableReading": True, "enableWithdrawals": False}


def a_key(
    platform: Platform,
    *,
    owner: str = "alice",
    api_key: str = "1",
    sealed_for: str | None = None,
    environment: str = "testnet",
    status: str = "Pending",
) -> str:
    """Store a key as the dashboard does."""
    wait_until(
        lambda: platform.database.rows("select 1 from kbots.sealing_public_keys"), "sealing key"
    )
    ring = load_keyring(platform.data / "sealing")
    public = ring.find(ring.kids[0]).public_key()
    key_id = str(uuid.uuid4())
    context = SealingContext(
        installation=str(platform.database.rows("select id from kbots.installation")[0][0]),
        owner=sealed_for or owner,
        key_id=key_id,
        exchange="binance",
        environment=environment,
        revision=1,
    )
    plain = json.dumps({"apiKey": api_key, "apiSecret": CANARY}).encode()
    envelope = seal(public, plain, context)
    platform.database.rows(
        "insert into kbots.sealed_keys (id, owner, label, exchange, environment, api_key_last4, envelope,"
        " kid, status) values (%s, %s, %s, 'binance', %s, 'last', %s, %s, %s) returning 1",
        (key_id, owner, key_id, environment, Jsonb(envelope.to_document()), envelope.kid, status),
    )
    return key_id


def a_testnet_bot(key_id: str, name: str = "alice", **more: Any) -> dict[str, Any]:
    return a_bot(name, mode="testnet", credentials={"sealedKey": key_id}, **more)


@pytest.fixture
def running(platform: Platform) -> Platform:
    a_user(platform.database, "alice")
    a_user(platform.database, "bob")
    platform.start()
    return platform


def key_row(platform: Platform, key_id: str) -> tuple[Any, ...]:
    return platform.database.rows(
        "select status, account_uid, permissions, reason from kbots.sealed_keys where id = %s",
        (key_id,),
    )[0]


def test_good_key_is_checked_by_a_pod_and_then_trades(running: Platform) -> None:
    key_id = a_key(running)

    running.apply(a_testnet_bot(key_id))

    running.wait_running()
    assert key_row(running, key_id) == ("Verified", "uid-1", PERMISSIONS, "checked")
    assert running.condition("CredentialsReady") == ("True", "KeyVerified")
    assert running.bot()["status"]["credentials"] == {
        "sealedKey": key_id,
        "revision": 1,
        "accountUid": "uid-1",
    }
    assert running.config()["venue"]["environment"] == "testnet"
    assert not list((running.data / "pods" / "kbots-bots").glob("**/tb-verify-*"))


def test_plaintext_of_a_key_is_in_its_secret_alone(running: Platform) -> None:
    key_id = a_key(running)
    running.apply(a_testnet_bot(key_id))
    running.wait_running()

    holders = {
        path.name
        for path in running.data.rglob("*")
        if path.is_file() and CANARY in path.read_text(errors="replace")
    }

    assert holders == {"api-secret"}
    tables = running.database.rows(
        "select tablename from pg_tables where schemaname = 'kbots' and tablename not like 'equity%'"
    )
    for (table,) in tables:
        rows = running.database.rows(f"select t::text from kbots.{table} t")  # noqa: S608 catalogue
        assert not [row for row in rows if CANARY in row[0]], table


def test_key_that_may_withdraw_is_rejected_and_no_bot_runs(running: Platform) -> None:
    key_id = a_key(running, api_key="bad")

    running.apply(a_testnet_bot(key_id))

    running.wait_for("CredentialsReady", "False", "KeyRejected")
    assert key_row(running, key_id)[0] == "Rejected"
    assert running.runners() == []


def test_key_sealed_for_somebody_else_does_not_open(running: Platform) -> None:
    key_id = a_key(running, owner="alice", sealed_for="bob")

    running.apply(a_testnet_bot(key_id))

    running.wait_for("CredentialsReady", "False", "KeyRejected")
    assert key_row(running, key_id)[3].startswith("the key can't be opened")


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ({"owner": "bob"}, "OwnerMismatch"),
        ({"environment": "live"}, "EnvironmentMismatch"),
        ({"status": "Revoked"}, "KeyRevoked"),
    ],
)
def test_key_of_another_owner_environment_or_state_is_refused(
    running: Platform, key: dict[str, str], reason: str
) -> None:
    key_id = a_key(running, **key)

    running.apply(a_testnet_bot(key_id))

    running.wait_for("CredentialsReady", "False", reason)
    assert running.condition("Ready") == ("False", reason)
    assert running.runners("alice") == []


def test_key_and_secret_that_are_not_there_are_refused(running: Platform) -> None:
    running.apply(a_testnet_bot(str(uuid.uuid4())))
    running.apply(a_bot("named", mode="testnet", credentials={"secretName": "mine"}))

    running.wait_for("CredentialsReady", "False", "KeyNotFound")
    running.wait_for("CredentialsReady", "False", "SecretMissing", "named")


def test_bot_whose_owner_is_not_known_any_more_opens_nothing_new_and_stays(
    running: Platform,
) -> None:
    key_id = a_key(running)
    running.apply(a_testnet_bot(key_id))
    pid = running.wait_running()

    # As a database restored from before the account was made.
    running.database.rows(
        "with moved as (update kbots.sealed_keys set owner = 'bob' returning 1)"
        " update kbots.users set name = 'formerly-alice' where name = 'alice' returning 1"
    )

    running.wait_for("Ready", "False", "OwnerUnknown")
    running.wait_for("Degraded", "True", "OwnerUnknown")
    wait_until(lambda: running.config()["spec"]["desiredState"] == "Paused", "no new entries")
    assert running.runners("alice") == [pid]
    assert '"reason": "OwnerUnknown"' in (running.data / "operator.log").read_text()


def test_disabled_owner_has_a_running_bot_halted_and_told_and_it_stays(running: Platform) -> None:
    key_id = a_key(running)
    running.apply(a_testnet_bot(key_id))
    pid = running.wait_running()

    running.database.rows("update kbots.users set disabled = true where name = 'alice' returning 1")

    running.wait_for("Halted", "True", "OwnerHalted")
    running.wait_for("Degraded", "True", "OwnerDisabled")
    assert running.runners("alice") == [pid]


def test_revoked_key_stops_the_bot_in_order(running: Platform) -> None:
    key_id = a_key(running)
    running.apply(a_testnet_bot(key_id))
    running.wait_running()

    running.database.rows(
        "update kbots.sealed_keys set status = 'Revoked' where id = %s returning 1", (key_id,)
    )

    running.wait_for("Ready", "False", "KeyRevoked")
    running.wait_gone()
    assert '"reason": "Stopped"' in (running.data / "operator.log").read_text()


def test_two_bots_on_one_account_run_one_after_the_other(running: Platform) -> None:
    key_id = a_key(running)
    running.apply(a_testnet_bot(key_id))
    running.wait_running()

    running.apply(a_testnet_bot(key_id, "later"))

    running.wait_for("Ready", "False", "AccountInUse", "later")
    assert running.runners("later") == []
    running.apply(a_testnet_bot(key_id, desiredState="Stopped"))
    running.wait_running("later")
    assert running.runners("alice") == []


def test_changed_mode_ends_the_old_pod_before_the_new_book_opens(running: Platform) -> None:
    key_id = a_key(running)
    running.apply(a_bot())
    running.wait_running()
    paper = running.config()

    running.apply(a_testnet_bot(key_id))

    wait_until(
        lambda: running.config().get("venue", {}).get("environment") == "testnet",
        "the new pod's order",
    )
    wait_until(lambda: running.runners("alice"), "the new pod")
    running.wait_running()
    books = running.database.rows(
        "select a.environment, count(l.*) from kbots.books b join kbots.exchange_accounts a"
        " on a.id = b.account_id left join kbots.bot_logins l on l.book_id = b.id"
        " group by 1 order by 1"
    )
    assert books == [("paper", 0), ("testnet", 1)]
    assert running.config()["accountUid"] == "uid-1" != paper["accountUid"]
    free = running.database.rows(
        "select l.holder is null from kbots.leases l join kbots.exchange_accounts a"
        " on a.id = l.account_id where a.environment = 'paper'"
    )
    assert free == [(True,)]
    assert "ModeChanged" in (running.data / "operator.log").read_text()


def test_key_refused_by_the_exchange_waits_for_a_change(running: Platform) -> None:
    key_id = a_key(running, api_key="rejected")
    running.apply(a_testnet_bot(key_id))

    running.wait_for("Ready", "False", "KeyRejected")

    assert running.bot()["status"]["phase"] == "Failed"
    assert running.pod_state()["phase"] == "Succeeded"
