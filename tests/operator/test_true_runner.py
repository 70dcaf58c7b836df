"""The operator with the true botrunner against the paper exchange."""

import sys
from decimal import Decimal
from pathlib import Path

import pytest

from tests.operator.platform import Platform, a_bot
from tests.support.metrics import Probes
from tests.support.waiting import wait_until

pytestmark = pytest.mark.postgres


@pytest.fixture
def running(platform: Platform) -> Platform:
    platform.runner_command = str(Path(sys.executable).with_name("botrunner"))
    platform.start()
    return platform


def test_true_runner_starts_pauses_and_is_deleted(running: Platform) -> None:
    running.apply(a_bot())
    pid = running.wait_running()
    probes = Probes(state=running.data / "pods" / "kbots-bots" / "tb-alice" / "state")
    wait_until(probes.is_ready, "its probes on the loopback", seconds=20)

    trading = wait_until(lambda: running.bot()["status"].get("trading"), "figures", seconds=20)
    assert Decimal(trading["equity"]) > 0

    running.apply(a_bot(desiredState="Paused"))
    running.wait_for("Ready", "True", "Paused")
    running.wait_for("UpToDate", "True", "Current")
    assert running.runners() == [pid]

    done = running.kbots("delete", "tb", "alice", "--wait", "--timeout", "20")
    assert done.returncode == 0, done.stderr
    running.wait_gone()


def test_true_runner_goes_on_under_a_new_operator(running: Platform) -> None:
    running.apply(a_bot())
    pid = running.wait_running()

    running.stop()
    running.start()
    running.apply(a_bot(desiredState="Paused"))

    running.wait_for("Ready", "True", "Paused")
    assert running.runners() == [pid]
