"""Commands are real processes here: logs, failures, time limits and the end on Ctrl-C."""

import threading
import time
from pathlib import Path

import pytest

from hack.cluster.commands import Commands, Job, Stopped
from hack.report import Report, StepFailed
from tests.support.waiting import wait_until


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    return Commands(
        logs=tmp_path, environment={"PATH": "/usr/bin:/bin", "A": "1"}, report=Report(quiet=True)
    )


def is_running(process: Path) -> bool:
    try:
        return ") Z" not in (process / "stat").read_text()
    except OSError:
        return False


def shell(text: str, **more: object) -> Job:
    return Job(command=("sh", "-c", text), log="step", fix="mend it", **more)  # type: ignore[arg-type]


def test_log_holds_every_command_of_this_run_and_none_of_the_last(
    commands: Commands, tmp_path: Path
) -> None:
    commands.log("step").write_text("from an earlier run\n")

    commands.run(shell("echo one $A"))
    commands.run(shell("echo two $B >&2", environment={"B": "2"}))

    written = commands.log("step").read_text()
    assert "one 1\n" in written
    assert "two 2\n" in written
    assert "earlier" not in written


def test_failure_names_command_log_and_fix(commands: Commands) -> None:
    with pytest.raises(StepFailed) as caught:
        commands.run(shell("exit 3"))

    assert "ended with 3" in caught.value.why
    assert caught.value.log == commands.log("step")
    assert caught.value.fix == "mend it"


def test_program_that_is_missing_is_named(commands: Commands) -> None:
    with pytest.raises(StepFailed, match="no-such-program is not installed"):
        commands.run(Job(command=("no-such-program",), log="step", fix="install it"))
    assert commands.ask("no-such-program").code == 127
    with pytest.raises(StepFailed, match="not installed"):
        commands.need("no-such-program", fix="install it")


def test_command_over_its_time_is_ended(commands: Commands) -> None:
    started = time.monotonic()

    with pytest.raises(StepFailed, match="longer than"):
        commands.run(shell("sleep 60", seconds=0.2))

    assert time.monotonic() - started < 10
    assert commands.ask("sleep", "60", seconds=0.1).code == 124


def test_stop_ends_a_command_with_its_children_and_later_ones(
    commands: Commands, tmp_path: Path
) -> None:
    caught: list[BaseException] = []
    pid_file = tmp_path / "pid"

    def run() -> None:
        try:
            commands.run(shell(f"sleep 60 & echo $! >{pid_file}; wait"))
        except Stopped as error:
            caught.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    wait_until(lambda: pid_file.exists() and pid_file.read_text().strip(), "a child")
    child = Path("/proc") / pid_file.read_text().strip()
    assert is_running(child)

    commands.stop()
    thread.join(10)

    assert caught
    wait_until(lambda: not is_running(child), "the child's end")
    with pytest.raises(Stopped):
        commands.run(shell("true"))


def test_interrupt_leaves_no_process(commands: Commands, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"

    def interrupt(_log: Path) -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        commands.run(shell(f"echo $$ >{pid_file}; exec sleep 60", progress=interrupt))
    process = Path("/proc") / pid_file.read_text().strip()
    assert is_running(process)

    commands.stop()

    assert not is_running(process)


def test_progress_is_asked_while_a_command_lasts(commands: Commands) -> None:
    asked: list[Path] = []

    def progress(log: Path) -> str:
        asked.append(log)
        return "half"

    commands.run(shell("sleep 1.2", progress=progress))

    assert asked
    assert set(asked) == {commands.log("step")}


def test_told_failure_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report()
    failure = StepFailed("it broke", fix="mend it")

    with pytest.raises(StepFailed), report.step("the step"):
        raise failure
    report.failed(failure)

    assert capsys.readouterr().out.count("it broke") == 1
