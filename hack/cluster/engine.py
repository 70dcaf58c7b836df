"""A docker engine that answers: the one that runs, or one that is installed and started here."""

import json
import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from hack.cluster.context import Context
from hack.cluster.host_packages import ENGINE, install_missing
from hack.report import StepFailed

__all__ = ["ensure_engine", "is_without_sys_resource", "stop_engine", "with_runtime"]

WRAPPER = Path(__file__).parent / "node" / "runc-without-sys-resource"
INSTALLED_WRAPPER = Path("/usr/local/lib/kbots/runc-without-sys-resource")
RUNTIME = "kbots-runc"
_CONFIG = Path("/etc/docker/daemon.json")
_PID_FILES = (Path("/run/docker.pid"), Path("/var/run/docker.pid"))
_START_SECONDS = 60.0
_STOP_SECONDS = 40.0


def ensure_engine(context: Context) -> None:
    """Make sure that a docker engine answers and can run privileged containers.

    Raises:
        StepFailed: it does not, and this user may not change that.
    """
    with context.report.step("docker engine"):
        answer = context.commands.ask("docker", "info", "--format", "{{.DefaultRuntime}}")
        if answer.code == 0:
            _check_runtime(context, answer.text)
            return
        _refuse_foreign(context, answer.error)
        install_missing(
            context, ENGINE, why="no docker engine answers, and kind runs the cluster in one"
        )
        if is_without_sys_resource(_status("self")):
            _register_runtime(context)
        _start(context)


def is_without_sys_resource(status: str) -> bool:
    """Tell from a process' /proc/…/status whether its children can never have CAP_SYS_RESOURCE."""
    bounds = [line.split()[1] for line in status.splitlines() if line.startswith("CapBnd:")]
    return bool(bounds) and not int(bounds[0], 16) >> 24 & 1


def with_runtime(config: dict[str, Any]) -> dict[str, Any]:
    """Return the engine's configuration with our runtime as default and everything else as it was."""
    runtimes = {**config.get("runtimes", {}), RUNTIME: {"path": str(INSTALLED_WRAPPER)}}
    return {**config, "runtimes": runtimes, "default-runtime": RUNTIME}


def stop_engine(context: Context) -> None:
    """Stop the engine if this tool started it and nothing else runs on it."""
    pid, _, started = (context.state.engine or "").partition(" ")
    if not pid or _started_at(pid) != started:
        context.keep(engine=None)
        return
    if context.docker.ask("ps", "--quiet"):
        context.report.say("  the docker engine stays, because other containers run on it")
        return
    with context.report.step("docker engine stopped"):
        os.kill(int(pid), signal.SIGTERM)
        end = time.monotonic() + _STOP_SECONDS
        while _started_at(pid) == started:
            if time.monotonic() > end:
                raise StepFailed(
                    f"dockerd {pid} does not end", fix=f"kill -9 {pid}", log=_log(context)
                )
            time.sleep(0.1)
        context.keep(engine=None)


def _refuse_foreign(context: Context, error: str) -> None:
    host = context.settings.environment.get("DOCKER_HOST")
    if host:
        raise StepFailed(
            f"the docker engine of DOCKER_HOST={host} does not answer: {error[-300:]}",
            fix="start that engine, or unset DOCKER_HOST",
        )
    if "permission denied" in error.lower():
        raise StepFailed(
            "this user may not use the docker engine",
            fix='sudo usermod -aG docker "$USER", then log in again',
        )


def _check_runtime(context: Context, runtime: str) -> None:
    """Give a running engine our runtime where it needs it; one whose process is not here needs nothing from us."""
    pid = next((file.read_text().strip() for file in _PID_FILES if file.exists()), "")
    if runtime != "runc" or not pid or not is_without_sys_resource(_status(pid)):
        return
    _register_runtime(context)
    os.kill(int(pid), signal.SIGHUP)  # the engine reads its runtimes anew
    end = time.monotonic() + 10
    while context.docker.ask("info", "--format", "{{.DefaultRuntime}}") != RUNTIME:
        if time.monotonic() > end:
            raise StepFailed(f"the engine does not take {_CONFIG}", fix="restart the docker engine")
        time.sleep(0.2)


def _register_runtime(context: Context) -> None:
    if os.geteuid() != 0:
        raise StepFailed(
            "this host lacks CAP_SYS_RESOURCE, so docker needs another default runtime",
            fix="run `make up` once as root, which registers it",
        )
    context.report.say(
        f"    this host lacks CAP_SYS_RESOURCE: {_CONFIG} gets the runtime {RUNTIME}"
    )
    INSTALLED_WRAPPER.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(WRAPPER, INSTALLED_WRAPPER)
    INSTALLED_WRAPPER.chmod(0o755)
    _CONFIG.parent.mkdir(parents=True, exist_ok=True)
    try:
        config = json.loads(_CONFIG.read_text(encoding="utf-8")) if _CONFIG.exists() else {}
    except ValueError as error:
        raise StepFailed(f"{_CONFIG} is no JSON: {error}", fix="correct that file") from error
    partial = _CONFIG.with_suffix(".partial")
    partial.write_text(json.dumps(with_runtime(config), indent=2) + "\n", encoding="utf-8")
    partial.replace(_CONFIG)


def _start(context: Context) -> None:
    if os.geteuid() != 0:
        raise StepFailed(
            "no docker engine answers", fix="start it: sudo systemctl start docker, or sudo dockerd"
        )
    if Path("/run/systemd/system").is_dir():
        context.commands.need("systemctl", "start", "docker", fix="journalctl -u docker")
        return
    with _log(context).open("wb") as log:
        # A session of its own: the engine outlives this command and its terminal.
        process = subprocess.Popen(
            ["dockerd"], env=context.settings.environment, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    context.keep(engine=f"{process.pid} {_started_at(str(process.pid))}")
    end = time.monotonic() + _START_SECONDS
    while context.docker.ask("info", "--format", "{{.ServerVersion}}") is None:
        if process.poll() is not None or time.monotonic() > end:
            raise StepFailed("dockerd did not start", fix="see its log", log=_log(context))
        time.sleep(0.3)


def _log(context: Context) -> Path:
    return context.commands.log("dockerd")


def _status(pid: str) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return ""


def _started_at(pid: str) -> str:
    """Return when a process was started in the kernel's ticks: with its id it names one process for good."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        return fields[19] if fields[0] not in {"Z", "X"} else ""
    return ""
