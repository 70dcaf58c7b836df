"""The operator as a real process beside a real Postgres and a real paper exchange, in a folder of its own."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botoperator.adapters.processes import find_processes
from botoperator.cli.apply import apply
from botoperator.cli.session import open_session
from tests.support.lone_runner import LoneExchange
from tests.support.postgres import Database, run_async
from tests.support.waiting import wait_until

__all__ = ["Platform", "a_bot"]

STAND_IN = Path(__file__).with_name("stand_in_runner.py")


def a_bot(name: str = "alice", *, owner: str = "alice", **spec: Any) -> dict[str, Any]:
    """Write a paper bot's manifest; `spec` replaces whole fields."""
    return {
        "apiVersion": "kbots.dev/v1alpha1",
        "kind": "TradingBot",
        "metadata": {"name": name, "namespace": "kbots-bots"},
        "spec": {
            "owner": owner,
            "paper": {"balances": {"USDT": "10000"}},
            "strategies": [
                {
                    "name": "dca",
                    "type": "dca",
                    "symbols": ["BTCUSDT"],
                    "interval": "1m",
                    "capital": "500",
                    "params": {"amount": "10"},
                }
            ],
            "onStop": {"timeoutSeconds": 5},
            **spec,
        },
    }


@dataclass(kw_only=True)
class Platform:
    """One platform in one folder."""

    data: Path
    database: Database
    exchange: LoneExchange
    runner_command: str = f"{sys.executable} {STAND_IN}"
    program: tuple[str, ...] = ("-m", "botoperator.main", "standalone")
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        self.data.mkdir(exist_ok=True)
        for role in ("kbots_operator", "kbots_admin"):
            path = self.data / role
            path.write_text(self.database.passwords[role])
            path.chmod(0o600)
        connection = {
            "database": {
                "host": self.database.host,
                "port": self.database.port,
                "dbname": self.database.dbname,
            },
            "adminPasswordFile": str(self.data / "kbots_admin"),
        }
        (self.data / "kbots.json").write_text(json.dumps(connection))

    def start(self, *options: str) -> None:
        rest = f"http://127.0.0.1:{self.exchange.port}"
        streams = rest.replace("http", "ws")
        values = {
            "DATABASE_HOST": self.database.host,
            "DATABASE_PORT": str(self.database.port),
            "DATABASE_NAME": self.database.dbname,
            "PASSWORD_FILE": str(self.data / "kbots_operator"),
            "PAPER_REST_URL": rest,
            "PAPER_WS_API_URL": f"{streams}/ws-api/v3",
            "PAPER_STREAM_URL": streams,
            "PAPER_ADMIN_URL": f"http://127.0.0.1:{self.exchange.admin_port}",
            "RUNNER_COMMAND": self.runner_command,
            "RESTART_BACKOFF_SECONDS": "0.1",
            "RESYNC_SECONDS": "5",
            **self.settings,
        }
        with (self.data / "operator.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, *self.program),
                    *("--data", str(self.data), *options),
                ],
                env={"PATH": os.environ["PATH"]}  # noqa: TID251 a bare environment
                | {f"KBOTS_OPERATOR_{name}": value for name, value in values.items()},
                stdout=log,
                stderr=log,
            )

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(20)
        self.process = None
        return code

    def clear(self) -> None:
        """End everything that is left of this folder."""
        if self.process is not None:
            self.stop(signal.SIGKILL)
        for pid in self.runners():
            os.kill(pid, signal.SIGKILL)

    def kbots(self, *words: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "botoperator.cli.main", "--data", str(self.data), *words],
            input=text,
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )

    def apply(self, manifest: dict[str, Any]) -> str:
        """Do what `kbots apply` does, without a process of its own."""

        async def work() -> str:
            async with open_session(self.data) as session:
                return await apply(session, manifest, None)

        return run_async(work())

    def bot(self, name: str = "alice") -> dict[str, Any]:
        rows = self.database.rows(
            "select uid, generation, resource_version, annotations, status from kbots.trading_bots"
            " where name = %s",
            (name,),
        )
        names = ("uid", "generation", "resource_version", "annotations", "status")
        return dict(zip(names, rows[0], strict=True)) if rows else {}

    def condition(self, kind: str, name: str = "alice") -> tuple[str, str]:
        for one in self.bot(name).get("status", {}).get("conditions", ()):
            if one["type"] == kind:
                return one["status"], one["reason"]
        return "", ""

    def wait_for(
        self, kind: str, status: str, reason: str, name: str = "alice", seconds: float = 40.0
    ) -> None:
        try:
            wait_until(
                lambda: self.condition(kind, name) == (status, reason),
                kind,
                seconds=seconds,
                every=0.03,
            )
        except AssertionError:
            log = (self.data / "operator.log").read_text()[-3000:]
            raise AssertionError(f"{kind} is {self.condition(kind, name)}\n{log}") from None

    def runners(self, name: str | None = None) -> list[int]:
        """The processes of this folder's pods, or of one bot's."""
        found = find_processes(("KBOTS_RUNNER_STATE_DIR", "KBOTS_RUNNER_POD_UID"))
        pods = self.data / "pods"
        return [
            process.pid
            for process, values in found
            if Path(values["KBOTS_RUNNER_STATE_DIR"]).is_relative_to(pods)
            and (name is None or f"/tb-{name}/" in values["KBOTS_RUNNER_STATE_DIR"])
        ]

    def pod_state(self, name: str = "alice") -> dict[str, Any]:
        path = self.data / "pods" / "kbots-bots" / f"tb-{name}" / "status.json"
        try:
            return dict(json.loads(path.read_text()))
        except FileNotFoundError:
            return {}

    def config(self, name: str = "alice") -> dict[str, Any]:
        """What the pod that is there now mounts; empty while there is none."""
        path = self.data / "pods" / "kbots-bots" / f"tb-{name}" / "config" / "bot.json"
        try:
            return dict(json.loads(path.read_text()))
        except FileNotFoundError:
            return {}

    def wait_running(self, name: str = "alice") -> int:
        """Wait until the bot runs and answer its process; what an earlier one wrote does not count."""
        self.wait_for("Ready", "True", "Running", name)
        (pid,) = wait_until(lambda: self.runners(name), "its process", every=0.03)
        wait_until(lambda: self._heartbeat(name) == (pid, "Running"), "its heartbeat", every=0.03)
        self.wait_for("Ready", "True", "Running", name)
        return pid

    def _heartbeat(self, name: str) -> tuple[int, str]:
        (row,) = self.database.rows(
            "select h.pid, h.state from kbots.heartbeats h join kbots.trading_bots b on b.uid = h.bot_uid"
            " where b.name = %s",
            (name,),
        ) or [(0, "")]
        return row[0], row[1]

    def wait_gone(self, name: str = "alice", seconds: float = 15.0) -> None:
        """Wait until the bot's pod is gone with everything mounted into it."""
        pods = self.data / "pods" / "kbots-bots"
        wait_until(lambda: not (pods / f"tb-{name}").exists(), "the pod goes", seconds=seconds)
        wait_until(lambda: not list(pods.glob(f"objects/*/tb-{name}-*")), "the children go")
        assert not self.runners(name)
