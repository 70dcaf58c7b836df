"""Files, objects and processes of one host."""

import asyncio
import os
import signal
import stat
import sys
from pathlib import Path

import pytest

from botcore.domain.errors import Conflict, NotFound
from botoperator.adapters.local_objects import LocalObjects
from botoperator.adapters.pod_folder import PodFolder
from botoperator.adapters.private_files import write_private
from botoperator.adapters.processes import (
    Process,
    end_process,
    find_processes,
    read_process,
    send_signal,
    spawn,
    wait_for_end,
)
from botoperator.plan.manifests import Kind, encode_data
from tests.support.waiting import wait_until
from tests.unit.botoperator.builders import a_bot, children_of

SECRET, CONFIG_MAP, POD = children_of(a_bot())


def test_private_file_is_replaced_whole_and_only_ours(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_private(path, "one")

    write_private(path, "two", 0o400)

    assert path.read_text() == "two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_objects_come_back_as_they_were_written(tmp_path: Path) -> None:
    objects = LocalObjects(tmp_path)
    for one in (SECRET, CONFIG_MAP):
        objects.create(one)

    assert objects.get(Kind.SECRET, "kbots-bots", "tb-alice-creds") == SECRET
    assert objects.list() == (SECRET, CONFIG_MAP)
    with pytest.raises(Conflict):
        objects.create(SECRET)


def test_patched_secret_swaps_all_its_files_at_once(tmp_path: Path) -> None:
    objects = LocalObjects(tmp_path)
    objects.create(SECRET)
    folder = objects.path(Kind.SECRET, "kbots-bots", "tb-alice-creds")
    before = folder.resolve()

    objects.patch(SECRET.with_data(encode_data({"api-key": "n", "api-secret": "m"})))

    assert folder.resolve() != before
    assert not before.exists()
    assert {path.name: path.read_text() for path in folder.glob("api-*")} == {
        "api-key": "n",
        "api-secret": "m",
    }
    assert not (folder / "database-password").exists()


def test_deleted_object_leaves_no_file_behind(tmp_path: Path) -> None:
    objects = LocalObjects(tmp_path)
    objects.create(SECRET)

    objects.delete(Kind.SECRET, "kbots-bots", "tb-alice-creds")

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    with pytest.raises(NotFound):
        objects.patch(SECRET)


def test_pod_mounts_its_objects_and_rewrites_its_paths(tmp_path: Path) -> None:
    objects = LocalObjects(tmp_path)
    (tmp_path / "kbots-bots").mkdir()
    folder = PodFolder.create(tmp_path / "kbots-bots" / "tb-alice", POD, objects)

    assert folder.missing_volume(POD) == "config"
    for one in (SECRET, CONFIG_MAP):
        objects.create(one)

    assert folder.missing_volume(POD) == ""
    assert (folder.path / "credentials" / "api-key").read_text() == "the-api-key"
    environment = folder.environment(POD, "the-uid")
    assert environment == {
        "KBOTS_RUNNER_CONFIG_DIR": str(folder.path / "config"),
        "KBOTS_RUNNER_CREDENTIALS_DIR": str(folder.path / "credentials"),
        "KBOTS_RUNNER_STATE_DIR": str(folder.path / "state"),
        "KBOTS_RUNNER_TERMINATION_LOG": str(folder.path / "termination-log"),
        "KBOTS_RUNNER_POD_UID": "the-uid",
        "KBOTS_RUNNER_PROBE_HOST": "127.0.0.1",
        "KBOTS_RUNNER_PROBE_PORT": "0",
    }
    with pytest.raises(Conflict):
        PodFolder.create(folder.path, POD, objects)


@pytest.mark.parametrize(
    ("text", "report"),
    [('{"reason": "Stopped"}', {"reason": "Stopped"}), ("[1]", {}), ("{", {}), ("", {})],
)
def test_only_a_json_object_is_a_report(tmp_path: Path, text: str, report: dict[str, str]) -> None:
    folder = PodFolder(tmp_path, LocalObjects(tmp_path))
    (tmp_path / "termination-log").write_text(text)

    assert folder.read_report() == report


def python(code: str, log: Path, **environment: str) -> Process:
    return spawn([sys.executable, "-c", code], environment, log)


async def test_spawned_process_has_its_own_session_and_just_its_environment(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "out.log"
    process = python(
        "import os, sys; print(sorted(os.environ), os.getsid(0) == os.getpid(), flush=True); sys.exit(3)",
        log,
        KBOTS_A="1",
        LC_CTYPE="C.UTF-8",
    )

    assert await wait_for_end(process) == 3
    assert log.read_text() == "['KBOTS_A', 'LC_CTYPE'] True\n"
    assert read_process(process.pid) is None


async def test_command_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        spawn(["/nowhere/botrunner"], {}, tmp_path / "log")


async def test_process_is_found_by_its_environment(tmp_path: Path) -> None:
    process = python("import time; time.sleep(60)", tmp_path / "log", KBOTS_MARK=str(tmp_path))
    try:
        # A new process carries our own environment until it has replaced our image.
        found = await asyncio.to_thread(wait_until, lambda: _marked(tmp_path), "it is found")
        assert found == [process]
    finally:
        await end_process(process, 5)
    assert _marked(tmp_path) == []


def _marked(mark: Path) -> list[Process]:
    return [
        one for one, values in find_processes(("KBOTS_MARK",)) if values["KBOTS_MARK"] == str(mark)
    ]


async def test_signal_never_reaches_a_later_process_of_the_same_pid(tmp_path: Path) -> None:
    process = python("import time; time.sleep(60)", tmp_path / "log")
    earlier = Process(pid=process.pid, start_ticks=process.start_ticks - 1)

    assert not send_signal(earlier, signal.SIGKILL)
    assert read_process(process.pid) == process

    assert await end_process(process, 5) == -signal.SIGTERM
    assert not send_signal(process, signal.SIGTERM)


async def test_process_that_ignores_sigterm_is_killed_after_its_grace(tmp_path: Path) -> None:
    log = tmp_path / "log"
    process = python(
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        " print('deaf', flush=True); time.sleep(60)",
        log,
    )
    await asyncio.to_thread(wait_until, lambda: "deaf" in log.read_text(), "it is deaf")

    assert await end_process(process, 0.1) == -signal.SIGKILL


def test_our_own_process_is_read_and_a_free_pid_is_not() -> None:
    own = read_process(os.getpid())

    assert own is not None
    assert own.pid == os.getpid()
    assert read_process(2**22 + 1) is None
