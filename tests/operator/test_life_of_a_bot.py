"""A bot's life with a real operator: started, changed, stopped, deleted."""

import stat
import time
from pathlib import Path

import pytest

from botcore.sealing.keyring import load_keyring
from tests.operator.platform import Platform, a_bot
from tests.support.logins import a_user
from tests.support.waiting import wait_until

pytestmark = pytest.mark.postgres


def test_applied_bot_runs_as_one_process_with_all_conditions(platform: Platform) -> None:
    a_user(platform.database, "alice")
    platform.start()

    assert platform.apply(a_bot()) == "tradingbot.kbots.dev/alice created"

    platform.wait_running()
    platform.wait_for("UpToDate", "True", "Current")
    assert platform.condition("CredentialsReady") == ("True", "PaperAccount")
    assert platform.condition("LeaseHeld") == ("True", "Acquired")
    assert platform.condition("Degraded") == ("False", "AsExpected")
    assert platform.condition("Halted") == ("False", "NotHalted")
    assert platform.bot()["status"]["observedGeneration"] == 1
    assert platform.bot()["status"]["phase"] == "Running"


def test_pod_keeps_its_secrets_in_private_files_alone(platform: Platform) -> None:
    platform.start()
    platform.apply(a_bot())
    pid = platform.wait_running()
    folder = platform.data / "pods" / "kbots-bots" / "tb-alice"
    secret = (folder / "credentials" / "api-secret").read_text()

    environment = Path(f"/proc/{pid}/environ").read_bytes().decode()

    files = {
        path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder / "credentials").iterdir()
    }
    assert {files[name] for name in ("api-key", "api-secret", "database-password")} == {0o400}
    assert stat.S_IMODE((folder / "config" / "bot.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len(secret) > 10
    assert secret not in environment
    others = [
        path for path in platform.data.rglob("*") if path.is_file() and path.name != "api-secret"
    ]
    assert not [path for path in others if secret in path.read_text(errors="replace")]


def test_login_is_a_fresh_role_with_few_connections_and_few_rights(platform: Platform) -> None:
    platform.start()
    platform.apply(a_bot())
    platform.wait_running()

    role = platform.config()["database"]["user"]

    (row,) = platform.database.rows(
        "select rolconnlimit, rolsuper, rolcreaterole, pg_has_role(rolname, 'kbots_bot', 'member')"
        " from pg_roles where rolname = %s",
        (role,),
    )
    assert role.startswith("bot_")
    assert row == (4, False, False, True)
    bound = platform.database.rows(
        "select a.environment, b.owner from kbots.bot_logins l join kbots.books b on b.id = l.book_id"
        " join kbots.exchange_accounts a on a.id = b.account_id where l.db_role = %s",
        (role,),
    )
    assert bound == [("paper", "alice")]


def test_changed_spec_reaches_the_same_process_within_a_second(platform: Platform) -> None:
    platform.start()
    platform.apply(a_bot())
    pid = platform.wait_running()
    began = time.monotonic()

    assert platform.apply(a_bot(desiredState="Paused")).endswith("configured")

    applied = time.monotonic()
    wait_until(
        lambda: platform.config()["spec"]["desiredState"] == "Paused", "rendered", every=0.01
    )
    assert time.monotonic() - applied < 1.0, f"the command itself took {applied - began} s"
    platform.wait_for("Ready", "True", "Paused")
    platform.wait_for("UpToDate", "True", "Current")
    assert platform.runners("alice") == [pid]


def test_unchanged_bot_is_never_written(platform: Platform) -> None:
    platform.settings["RESYNC_SECONDS"] = "0.2"
    platform.start()
    platform.apply(a_bot())
    platform.wait_running()
    platform.wait_for("UpToDate", "True", "Current")
    before = platform.bot()["resource_version"]
    log = platform.data / "operator.log"
    written = log.read_text().count("child_written")
    seen = len(platform.database.rows("select 1 from kbots.bot_logins"))
    beats = _beat(platform)

    assert platform.apply(a_bot()).endswith("unchanged")

    wait_until(lambda: _beat(platform) > beats + 2, "some more looks", seconds=10)
    assert platform.bot()["resource_version"] == before
    assert log.read_text().count("child_written") == written
    assert len(platform.database.rows("select 1 from kbots.bot_logins")) == seen


def _beat(platform: Platform) -> float:
    (row,) = platform.database.rows("select extract(epoch from at)::float8 from kbots.heartbeats")
    return float(row[0])


def test_stopped_bot_leaves_nothing_and_starts_anew_with_the_same_login(platform: Platform) -> None:
    platform.start()
    platform.apply(a_bot())
    platform.wait_running()
    first = platform.pod_state()["uid"]
    role = platform.config()["database"]["user"]

    platform.apply(a_bot(desiredState="Stopped"))

    platform.wait_for("Ready", "True", "Stopped")
    platform.wait_gone()
    assert platform.bot()["status"]["phase"] == "Stopped"
    assert platform.database.rows(
        "select rolcanlogin from pg_roles where rolname = %s", (role,)
    ) == [(False,)]
    platform.apply(a_bot(desiredState="Running"))
    platform.wait_running()
    assert platform.pod_state()["uid"] != first
    assert platform.config()["database"]["user"] == role


def test_deleted_bot_stops_in_order_before_it_goes(platform: Platform) -> None:
    platform.start()
    platform.apply(a_bot())
    platform.wait_running()
    uid = platform.bot()["uid"]

    done = platform.kbots("delete", "tb", "alice", "--wait")

    assert done.stdout == 'tradingbot.kbots.dev "alice" deleted\n'
    assert done.returncode == 0
    assert platform.bot() == {}
    platform.wait_gone()
    retired = platform.database.rows(
        "select retired_at is not null from kbots.bot_logins where bot_uid = %s", (uid,)
    )
    assert retired == [(True,)]
    assert '"reason": "Stopped"' in (platform.data / "operator.log").read_text()


def test_bot_that_does_not_stop_is_ended_by_sigterm_after_its_time(platform: Platform) -> None:
    platform.start()
    platform.apply(a_bot())
    platform.wait_running()
    (platform.data / "pods" / "kbots-bots" / "deaf").touch()

    platform.kbots("delete", "tb/alice")

    platform.wait_for("Ready", "False", "Draining")
    wait_until(lambda: platform.bot() == {}, "the bot goes", seconds=25)
    log = (platform.data / "operator.log").read_text()
    assert "StopTimedOut" in log
    assert '"reason": "Terminated"' in log


def test_running_again_while_stopping_finishes_the_stop_first(platform: Platform) -> None:
    platform.start()
    platform.apply(a_bot())
    platform.wait_running()
    first = platform.pod_state()["uid"]
    (platform.data / "pods" / "kbots-bots" / "deaf").touch()
    platform.apply(a_bot(desiredState="Stopped"))
    platform.wait_for("Ready", "False", "Draining")

    platform.apply(a_bot(desiredState="Running"))
    wait_until(lambda: platform.bot()["status"]["observedGeneration"] == 3, "seen")

    assert platform.config()["spec"]["desiredState"] == "Stopped"
    (platform.data / "pods" / "kbots-bots" / "deaf").unlink()
    wait_until(lambda: platform.pod_state().get("uid", first) != first, "another pod")
    platform.wait_running()


def test_restart_strategy_gives_a_new_pod_and_password_on_the_same_login(
    platform: Platform,
) -> None:
    restart = {"updateStrategy": {"type": "Restart"}}
    platform.start()
    platform.apply(a_bot(**restart))
    platform.wait_running()
    first, role = platform.pod_state()["uid"], platform.config()["database"]["user"]
    password = platform.data / "pods/kbots-bots/tb-alice/credentials/database-password"
    old = password.read_text()

    platform.apply(a_bot(risk={"maxOpenOrders": 3}, **restart))

    wait_until(lambda: platform.pod_state().get("uid", first) != first, "another pod")
    platform.wait_running()
    assert platform.config()["spec"]["risk"] == {"maxOpenOrders": 3}
    assert platform.config()["database"]["user"] == role
    assert password.read_text() != old


def test_live_mode_is_refused_and_no_pod_is_made(platform: Platform) -> None:
    risk = {
        "maxDailyLoss": "5",
        "maxDrawdownPercent": "5",
        "maxPositionNotional": "5",
        "maxOpenOrders": 1,
        "maxOrdersPerMinute": 1,
    }
    platform.start()

    platform.apply(a_bot(mode="live", credentials={"secretName": "alice"}, risk=risk))

    platform.wait_for("Ready", "False", "LiveNotAvailable")
    assert platform.runners() == []


def test_unknown_owner_trades_on_paper_and_is_told(platform: Platform) -> None:
    platform.start()
    platform.apply(a_bot(owner="nobody"))

    platform.wait_running()

    assert platform.condition("Degraded") == ("True", "OwnerUnknown")


def test_disabled_owner_has_his_bots_halted(platform: Platform) -> None:
    a_user(platform.database, "alice")
    platform.database.rows(
        "update kbots.users set disabled = true where name = 'alice' returning 1"
    )
    platform.start()

    platform.apply(a_bot())

    platform.wait_for("Halted", "True", "OwnerHalted")
    assert platform.condition("Degraded") == ("True", "OwnerDisabled")


def test_halt_annotation_sets_the_latch_once_and_a_person_clears_it(platform: Platform) -> None:
    platform.start()
    manifest = a_bot()
    manifest["metadata"]["annotations"] = {"kbots.dev/halt": "too hot"}

    platform.apply(manifest)

    platform.wait_for("Halted", "True", "BotHalted")
    wait_until(lambda: platform.bot()["annotations"] == {}, "the annotation goes")
    rows = platform.database.rows("select scope, reason, set_by from kbots.halts")
    assert rows == [("bot", "too hot", "operator")]
    assert (
        platform.kbots("clear-halt", "alice").stdout == "tradingbot.kbots.dev/alice halt cleared\n"
    )
    platform.wait_for("Halted", "False", "NotHalted")


def test_first_start_makes_one_sealing_key_and_publishes_its_public_half(
    platform: Platform,
) -> None:
    platform.start()
    wait_until(
        lambda: platform.database.rows("select 1 from kbots.sealing_public_keys"), "published"
    )
    platform.stop()
    platform.start()
    log = platform.data / "operator.log"
    wait_until(lambda: log.read_text().count("operator_started") == 2, "second start")

    ring = load_keyring(platform.data / "sealing")

    rows = platform.database.rows("select kid, public_key from kbots.sealing_public_keys")
    assert [(kid, bytes(key)) for kid, key in rows] == [
        (kid, ring.find(kid).public_key().public_bytes_raw()) for kid in ring.kids
    ]
    assert len(rows) == 1
