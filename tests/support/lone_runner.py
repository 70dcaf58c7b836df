"""Exchange, runner and ledger alone: what a bot needs to trade, without an operator."""

import json
import os
import subprocess
import sys
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.logins import BotLogin
from tests.support.postgres import free_port
from tests.support.waiting import wait_until

__all__ = ["LoneExchange", "LoneRunner", "lone_exchange"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoneExchange:
    """A running paper exchange."""

    port: int
    admin_port: int
    process: subprocess.Popen[bytes]

    def get(self, path: str, *, admin: bool = True) -> Any:
        port = self.admin_port if admin else self.port
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return json.load(answer)

    def account(self, name: str, balances: dict[str, str]) -> dict[str, Any]:
        return self.post("/admin/v1/accounts", {"name": name, "balances": balances})

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._call("POST", path, json.dumps(body).encode())

    def delete(self, path: str) -> None:
        self._call("DELETE", path)

    def _call(self, method: str, path: str, body: bytes | None = None) -> dict[str, Any]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.admin_port}{path}",
            data=body,
            headers={"Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return dict(json.load(answer))


@contextmanager
def lone_exchange(folder: Path, *options: str) -> Iterator[LoneExchange]:
    """Run `kbots-exchange paper` for the block."""
    port, admin_port = free_port(), free_port()
    command = [
        str(Path(sys.executable).with_name("kbots-exchange")), "paper", *options, "--host", "127.0.0.1",
        "--port", str(port), "--admin-port", str(admin_port), "--data", str(folder / "exchange"),
    ]  # fmt: skip
    with (folder / "exchange.log").open("ab") as log:
        process = subprocess.Popen(command, stderr=log, stdout=log)
    exchange = LoneExchange(port=port, admin_port=admin_port, process=process)
    try:
        wait_until(lambda: _answers(exchange), "the exchange answers", seconds=60)
        yield exchange
    finally:
        process.terminate()
        process.wait(10)


def _answers(exchange: LoneExchange) -> bool:
    with suppress(OSError):
        exchange.get("/healthz")
        return True
    return False


@dataclass(slots=True, kw_only=True)
class LoneRunner:
    """One bot's runner in a folder laid out like its pod."""

    folder: Path
    login: BotLogin
    spec: dict[str, Any]
    exchange: LoneExchange
    account: dict[str, Any]
    lockstep: str | None = None
    relay_port: int | None = None
    pod_uid: uuid.UUID = field(default_factory=uuid.uuid4)
    generation: int = 1
    process: subprocess.Popen[bytes] | None = None

    def write(self) -> None:
        """Write configuration and credentials as the operator does: whoever reads sees a whole file."""
        for name in ("config", "credentials", "state"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        base = f"127.0.0.1:{self.exchange.port}"
        body: dict[str, Any] = {
            "bot": {
                "uid": str(self.login.bot_uid), "namespace": "kbots-bots", "name": "alice", "owner": "alice",
            },
            "generation": self.generation,
            "spec": self.spec,
            "venue": {
                "name": "binance", "environment": "paper", "restUrl": f"http://{base}",
                "wsApiUrl": f"ws://{base}/ws-api/v3", "streamUrl": f"ws://{base}", "lockstep": self.lockstep,
            },
            "database": {
                "host": self.login.address.host, "port": self.login.address.port,
                "dbname": self.login.address.dbname, "user": self.login.address.user,
            },
            "accountUid": str(self.account["uid"]),
        }  # fmt: skip
        if self.relay_port is not None:
            relay = f"127.0.0.1:{self.relay_port}"
            body["venue"] |= {"relay": {"restUrl": f"http://{relay}", "streamUrl": f"ws://{relay}"}}
        secret = self.folder / "credentials"
        files = {
            secret / "api-key": self.account["apiKey"],
            secret / "api-secret": self.account["apiSecret"],
            secret / "database-password": self.login.address.password,
            self.folder / "config" / "bot.json": json.dumps(body),
        }
        for path, text in files.items():
            partial = path.with_suffix(".partial")
            partial.write_text(text)
            partial.rename(path)

    def start(self) -> subprocess.Popen[bytes]:
        """Start `botrunner run`."""
        self.write()
        environment = {
            "PATH": os.environ["PATH"],  # noqa: TID251 the test's own
            "KBOTS_RUNNER_CONFIG_DIR": str(self.folder / "config"),
            "KBOTS_RUNNER_CREDENTIALS_DIR": str(self.folder / "credentials"),
            "KBOTS_RUNNER_STATE_DIR": str(self.folder / "state"),
            "KBOTS_RUNNER_TERMINATION_LOG": str(self.folder / "termination-log"),
            "KBOTS_RUNNER_POD_UID": str(self.pod_uid),
        }
        command = [str(Path(sys.executable).with_name("botrunner")), "run"]
        with (self.folder / "runner.log").open("ab") as log:
            self.process = subprocess.Popen(command, env=environment, stderr=log, stdout=log)
        return self.process

    def stop(self) -> None:
        """End it in order and wait."""
        assert self.process is not None
        self.process.terminate()
        self.process.wait(15)

    def log(self) -> str:
        return (self.folder / "runner.log").read_text()
