"""The platform on this host, for end-to-end tests: real programs in a folder of their own."""

import json
import os
import signal
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from hack.report import Report, StepFailed, tail
from hack.standalone.embedded_postgres import EmbeddedPostgres
from hack.standalone.installation import open_installation
from hack.standalone.ledger_setup import query
from hack.standalone.platform import Standalone
from hack.standalone.programs import Tuning
from tests.support.exchange_admin import ExchangeAdmin
from tests.support.metrics import Probes
from tests.support.platform import ExchangeTruth, Refused, condition_in_force, table_texts
from tests.support.waiting import wait_until

__all__ = ["NAMESPACE", "StandalonePlatform", "running_platform"]

NAMESPACE = "kbots-bots"


@dataclass(slots=True, kw_only=True)
class StandalonePlatform:
    """Everything `make run` starts, without its example."""

    inner: Standalone
    frozen: dict[str, int] = field(default_factory=dict)

    @property
    def dashboard_url(self) -> str:
        return self.inner.installation.url("dashboard")

    @property
    def folder(self) -> Path:
        return self.inner.installation.folder

    def apply(self, manifest: dict[str, Any]) -> str:
        return self._kbots("apply", "-f", "-", stdin=yaml.safe_dump(manifest))

    def command(self, *arguments: str) -> str:
        return self._kbots(*arguments)

    def get(self, name: str) -> dict[str, Any] | None:
        rows = self.query(
            "select uid::text, generation, resource_version, annotations, finalizers, spec, status,"
            " deletion_timestamp from kbots.trading_bots where namespace = %s and name = %s",
            (NAMESPACE, name),
        )
        if not rows:
            return None
        uid, generation, version, annotations, finalizers, spec, status, deletion = rows[0]
        metadata = {
            "name": name, "uid": uid, "generation": generation, "resourceVersion": version,
            "annotations": annotations, "finalizers": finalizers, "deletionTimestamp": deletion,
        }  # fmt: skip
        return {"metadata": metadata, "spec": spec, "status": status}

    def delete(self, name: str) -> None:
        self._kbots("delete", "tb", name)

    def wait_condition(
        self, name: str, kind: str, status: str = "True", *, reason: str = "", seconds: float = 60
    ) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            return condition_in_force(name, self.get(name), kind, status, reason)

        return wait_until(look, f"{name}: {kind}={status} {reason}", seconds=seconds)

    def query(self, text: str, values: tuple[object, ...] = ()) -> list[Any]:
        return query(self.inner.installation, text, values)

    def exchange_truth(self, name: str) -> ExchangeTruth:
        return self._exchange().truth(f"{NAMESPACE}/{name}")

    def open_exchange_account(self, name: str) -> dict[str, Any]:
        return self._exchange().open_account(name)

    def new_exchange_key(self, account: str) -> dict[str, Any]:
        return self._exchange().new_key(account)

    def revoke_exchange_key(self, api_key: str) -> None:
        self._exchange().revoke_key(api_key)

    def shock(self, symbol: str, percent: str) -> None:
        self._exchange().shock(symbol, percent)

    def fault(self, **fault: object) -> None:
        self._exchange().fault(**fault)

    def runner_pid(self, name: str) -> int:
        state = self.folder / "pods" / NAMESPACE / f"tb-{name}" / "status.json"
        try:
            pid = int(json.loads(state.read_text(encoding="utf-8"))["pid"])
            alive = (
                Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
            )
        except (OSError, ValueError):
            return 0
        return 0 if alive == "Z" else pid

    def kill_runner(self, name: str) -> None:
        pid = self.runner_pid(name)
        if pid > 0:  # 0 and below would be whole groups of processes
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def freeze_runner(self, name: str) -> None:
        self.frozen[name] = self.runner_pid(name)
        assert self.frozen[name] > 0
        os.kill(self.frozen[name], signal.SIGSTOP)

    def thaw_runner(self, name: str) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.frozen.pop(name), signal.SIGCONT)

    def second_runner(self, name: str) -> "SecondProcess":
        """Start the same command with the same configuration, as another pod: its own uid and state folder."""
        proc = Path(f"/proc/{self.runner_pid(name)}")
        command = proc.joinpath("cmdline").read_bytes().decode().split("\0")[:-1]
        pairs = proc.joinpath("environ").read_bytes().decode().split("\0")[:-1]
        environment = dict(pair.split("=", 1) for pair in pairs)
        state = self.folder / f"second-{name}"
        state.mkdir(mode=0o700)
        environment |= {
            "KBOTS_RUNNER_POD_UID": str(uuid.uuid4()),
            "KBOTS_RUNNER_STATE_DIR": str(state),
            "KBOTS_RUNNER_TERMINATION_LOG": str(state / "termination-log"),
        }
        with (self.inner.installation.logs / f"second-{name}.log").open("ab") as log:
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        return SecondProcess(process=process)

    def children_gone(self, name: str) -> bool:
        return not self.runner_pid(name) and not list(self.folder.glob(f"pods/**/tb-{name}*"))

    def restart_postgres(self) -> None:
        postgres, exchange, *_ = self.inner.services
        supervisor, name = self.inner.supervisor, exchange.program.name
        before = supervisor.state(name)[1]
        supervisor.stop(postgres.program.name)
        supervisor.start(postgres.program, postgres.is_ready)
        # Without its database the exchange ends, and comes back with it.
        wait_until(
            lambda: supervisor.state(name)[1] not in {0, before} and exchange.is_ready(),
            "the exchange came back",
        )

    def kill_operator(self) -> None:
        pid = self.inner.supervisor.state("operator")[1]
        assert pid > 0
        os.kill(pid, signal.SIGKILL)

    def first_admin_link(self) -> str:
        return self.inner.first_admin_link()

    def everything_written(self) -> dict[str, bytes]:
        found = {str(path): path.read_bytes() for path in self.inner.installation.logs.iterdir()}
        for folder in ("dashboard", "kbots.json", "supervisord.conf"):
            for path in [self.folder / folder, *self.folder.glob(f"{folder}/**/*")]:
                if path.is_file():
                    found[str(path)] = path.read_bytes()
        found |= table_texts(self.query)
        for port in self.folder.glob("pods/**/probe-port"):
            found[f"metrics by {port}"] = Probes(state=port.parent).get("/metrics")[1].encode()
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                with suppress(OSError):
                    found[f"environment of {entry.name}"] = (entry / "environ").read_bytes()
                    found[f"arguments of {entry.name}"] = (entry / "cmdline").read_bytes()
        return found

    def _kbots(self, *arguments: str, stdin: str | None = None) -> str:
        done = self.inner.kbots(*arguments, stdin=stdin)
        if done.returncode != 0:
            raise Refused(done.stderr.strip() or done.stdout.strip())
        return done.stdout

    def _exchange(self) -> ExchangeAdmin:
        return ExchangeAdmin(port=self.inner.installation.ports["exchangeAdmin"])


@dataclass(slots=True, kw_only=True)
class SecondProcess:
    """A runner the operator knows nothing of."""

    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def running_platform(folder: Path, tuning: Tuning) -> Iterator[StandalonePlatform]:
    """Start everything in this folder for the block, and stop it in order."""
    installation = open_installation(folder, market="synthetic")
    # The paper exchange stands in for Binance's test network too.
    testnet = {
        "KBOTS_OPERATOR_TESTNET_REST_URL": installation.url("exchange"),
        "KBOTS_OPERATOR_TESTNET_WS_API_URL": f"{installation.url('exchange', 'ws')}/ws-api/v3",
        "KBOTS_OPERATOR_TESTNET_STREAM_URL": installation.url("exchange", "ws"),
    }
    tuning = replace(tuning, operator={**(tuning.operator or {}), **testnet})
    inner = Standalone(installation=installation, report=Report(quiet=True), tuning=tuning)
    try:
        try:
            inner.start()
        except StepFailed as failure:
            log = "\n".join(tail(failure.log)) if failure.log else ""
            raise AssertionError(f"the platform did not start: {failure.why}\n{log}") from failure
        running = StandalonePlatform(inner=inner)
        try:
            yield running
        finally:
            for name in list(running.frozen):
                running.thaw_runner(name)
    finally:
        inner.stop()
        EmbeddedPostgres(folder=folder / "postgres", port=0).remove()
