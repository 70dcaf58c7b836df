"""Whatever is killed: at most one process for a bot, and it goes on."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from botoperator.adapters.processes import read_process
from tests.operator.platform import Platform, a_bot
from tests.support.waiting import wait_until

pytestmark = pytest.mark.postgres


def test_killed_runner_starts_again_in_the_same_pod(platform: Platform) -> None:
    platform.start()
    platform.apply(a_bot())
    pid = platform.wait_running()
    uid = platform.pod_state()["uid"]

    os.kill(pid, signal.SIGKILL)

    wait_until(lambda: platform.runners() not in ([], [pid]), "another process")
    platform.wait_running()
    wait_until(lambda: platform.bot()["status"]["pod"]["restarts"] == 1, "the restart is told")
    assert platform.pod_state()["uid"] == uid


def test_runner_that_keeps_crashing_is_told_and_recovers(platform: Platform) -> None:
    platform.start()
    platform.apply(a_bot())
    pid = platform.wait_running()
    broken = platform.data / "pods" / "kbots-bots" / "broken"
    broken.touch()

    os.kill(pid, signal.SIGKILL)

    platform.wait_for("Ready", "False", "CrashLooping")
    assert platform.condition("Degraded") == ("True", "CrashLooping")
    broken.unlink()
    platform.wait_running()


def test_killed_operator_finds_its_bot_trading_and_keeps_it(platform: Platform) -> None:
    platform.start()
    platform.apply(a_bot())
    pid = platform.wait_running()
    state = platform.pod_state()

    platform.stop(signal.SIGKILL)
    assert read_process(pid) is not None
    platform.start()
    platform.apply(a_bot(desiredState="Paused"))

    platform.wait_for("Ready", "True", "Paused")
    assert platform.runners() == [pid]
    assert platform.pod_state() == state
    platform.kbots("delete", "tb", "alice", "--wait")
    assert platform.runners() == []


def test_stopped_bot_stays_stopped_under_a_new_operator(platform: Platform) -> None:
    """TR-49."""
    platform.start()
    platform.apply(a_bot())
    platform.wait_running()
    platform.apply(a_bot(desiredState="Stopped"))
    platform.wait_for("Ready", "True", "Stopped")
    platform.wait_gone()

    platform.stop(signal.SIGKILL)
    platform.start()
    platform.apply(a_bot("bob", owner="bob"))

    platform.wait_running("bob")  # the new operator has been through every bot by now
    assert platform.runners("alice") == []
    assert platform.bot()["status"]["phase"] == "Stopped"


def test_adopted_runner_that_crashes_is_restarted(platform: Platform) -> None:
    platform.start()
    platform.apply(a_bot())
    pid = platform.wait_running()
    platform.stop(signal.SIGKILL)
    platform.start()
    platform.wait_running()
    wait_until(lambda: "pod_adopted" in (platform.data / "operator.log").read_text(), "adopted")

    os.kill(pid, signal.SIGKILL)

    wait_until(lambda: platform.runners() not in ([], [pid]), "another process")
    platform.wait_running()


def test_bot_that_died_with_its_operator_starts_again(platform: Platform) -> None:
    platform.start()
    platform.apply(a_bot())
    pid = platform.wait_running()
    uid = platform.pod_state()["uid"]
    platform.stop(signal.SIGKILL)
    os.kill(pid, signal.SIGKILL)

    platform.start()

    wait_until(lambda: platform.runners() not in ([], [pid]), "another process")
    platform.wait_running()
    assert platform.pod_state()["uid"] == uid


def test_process_of_another_pod_is_ended_before_one_starts(platform: Platform) -> None:
    platform.start()
    platform.apply(a_bot())
    pid = platform.wait_running()
    platform.stop(signal.SIGKILL)
    path = platform.data / "pods" / "kbots-bots" / "tb-alice" / "status.json"
    state = json.loads(path.read_text()) | {
        "uid": "0" * 8 + "-0000-4000-8000-" + "0" * 12,
        "pid": 0,
    }
    path.write_text(json.dumps(state))

    platform.start()

    wait_until(lambda: platform.runners() not in ([], [pid]), "another process")
    assert read_process(pid) is None
    assert len(platform.runners()) == 1


def test_runner_started_just_before_the_operator_died_is_adopted(platform: Platform) -> None:
    platform.start()
    platform.apply(a_bot())
    pid = platform.wait_running()
    platform.stop(signal.SIGKILL)
    path = platform.data / "pods" / "kbots-bots" / "tb-alice" / "status.json"
    forgotten = {"pid": 0, "start_ticks": 0, "phase": "Pending", "started_at": ""}
    path.write_text(json.dumps(json.loads(path.read_text()) | forgotten))

    platform.start()

    wait_until(lambda: platform.pod_state().get("pid") == pid, "it is known again")
    assert platform.runners() == [pid]


def test_held_lock_keeps_a_second_process_from_starting(platform: Platform) -> None:
    platform.start()
    platform.apply(a_bot())
    pid = platform.wait_running()
    lock = platform.data / "pods" / "kbots-bots" / "tb-alice" / "state" / "lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", _WAIT_FOR_LOCK, str(lock)], stdout=subprocess.PIPE
    )
    try:
        os.kill(pid, signal.SIGKILL)
        assert holder.stdout is not None
        holder.stdout.readline()

        wait_until(
            lambda: "lock" in platform.pod_state().get("waiting_message", ""), "the lock is seen"
        )

        assert platform.runners() == []
    finally:
        holder.kill()
        holder.communicate()
    platform.wait_running()


# Takes the lock the moment the runner lets go of it, ahead of the operator's restart.
_WAIT_FOR_LOCK = (
    "import fcntl, sys, time; file = open(sys.argv[1]); fcntl.flock(file, fcntl.LOCK_EX);"
    " print('held', flush=True); time.sleep(60)"
)


def test_operator_told_to_stop_leaves_its_bots_trading(platform: Platform) -> None:
    platform.start()
    platform.apply(a_bot())
    pid = platform.wait_running()

    assert platform.stop() == 0

    assert platform.runners() == [pid]


def test_operator_told_to_stop_its_bots_too_ends_them_in_order(platform: Platform) -> None:
    platform.start("--stop-bots-on-exit")
    platform.apply(a_bot())
    platform.wait_running()
    began = time.monotonic()

    assert platform.stop() == 0

    assert platform.runners() == []
    assert time.monotonic() - began < 15
    assert platform.pod_state()["report"]["reason"] == "Terminated"
    platform.start()
    platform.wait_running()


def test_second_operator_in_the_same_folder_is_refused(platform: Platform) -> None:
    platform.start()
    log = platform.data / "operator.log"
    wait_until(lambda: log.exists() and "operator_started" in log.read_text(), "the first one")
    first = platform.process

    platform.start()
    second, platform.process = platform.process, first

    assert second is not None
    assert second.wait(15) == 1
    assert "another operator works in" in log.read_text()


def test_operator_goes_on_after_the_database_dropped_it(platform: Platform) -> None:
    platform.start()
    platform.apply(a_bot())
    platform.wait_running()

    platform.database.rows(
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'kbots_operator'"
        " and datname = current_database()"
    )
    platform.apply(a_bot(desiredState="Paused"))

    platform.wait_for("Ready", "True", "Paused")


def test_missing_paper_exchange_holds_the_bot_until_it_answers(platform: Platform) -> None:
    platform.settings["PAPER_ADMIN_URL"] = "http://127.0.0.1:9"
    platform.start()
    platform.apply(a_bot())

    platform.wait_for("CredentialsReady", "False", "PaperExchangeUnavailable")

    assert platform.bot()["status"]["phase"] == "Pending"
    platform.stop()
    del platform.settings["PAPER_ADMIN_URL"]
    platform.start()
    platform.wait_running()


def test_resource_removed_behind_the_operators_back_takes_its_pod_along(platform: Platform) -> None:
    platform.start()
    platform.apply(a_bot())
    platform.wait_running()

    platform.database.rows("delete from kbots.trading_bots returning 1")

    platform.wait_gone()
    assert platform.database.rows(
        "select count(*) from kbots.bot_logins where retired_at is null"
    ) == [(0,)]
