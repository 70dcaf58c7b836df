"""The whole platform on this host: started step by step, stopped in reverse order."""

import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from botcore.domain.errors import PlatformError
from hack.report import Report, StepFailed
from hack.standalone.embedded_postgres import EmbeddedPostgres
from hack.standalone.installation import ADMIN, Installation, is_free
from hack.standalone.ledger_setup import prepare_database
from hack.standalone.leftovers import stop_leftovers
from hack.standalone.programs import (
    Service,
    Tuning,
    base_environment,
    dashboard_environment,
    services,
    tool,
)
from hack.standalone.supervision import Supervisor

__all__ = ["Standalone"]


@dataclass(slots=True, kw_only=True)
class Standalone:
    """One installation, running or not."""

    installation: Installation
    report: Report
    tuning: Tuning = field(default_factory=Tuning)
    services: tuple[Service, ...] = ()
    supervisor: Supervisor = field(init=False)

    def __post_init__(self) -> None:
        """Lay out the programs; nothing is started yet."""
        self.services = services(self.installation, self.tuning)
        self.supervisor = Supervisor(
            folder=self.installation.folder,
            programs=tuple(service.program for service in self.services),
        )

    def start(self) -> None:
        """Start everything in order, each program when the one before is ready.

        Raises:
            StepFailed: names the step's log and fix; what was started still runs, `stop` ends it.
        """
        if stop_leftovers(self.installation.folder):
            self.report.say("  an earlier run had been killed; what it left was stopped")
        self._check_ports()
        postgres, *others = self.services
        with self.report.step(self._title(postgres)):
            self._initialise()
            self.supervisor.launch(base_environment() | {"HOME": str(self.installation.folder)})
            self.supervisor.start(postgres.program, postgres.is_ready)
        with self.report.step("database roles and schema"):
            self._prepare_database()
        for service in others:
            with self.report.step(self._title(service)):
                self.supervisor.start(service.program, service.is_ready)

    def stop(self) -> None:
        """Stop what runs in reverse order and say so; safe to call after a failed or partial start."""
        if not self.supervisor.is_alive():
            return
        titles = {service.program.name: service.title for service in self.services}
        order = [service.program.name for service in self.services]
        running = set(self.supervisor.running())
        for name in reversed([name for name in order if name in running]):
            started = time.monotonic()
            self.supervisor.stop(name)
            self.report.done(f"{titles[name]} stopped", time.monotonic() - started)
        self.supervisor.shut_down()

    def kbots(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run the `kbots` command line against this installation."""
        return self._run("kbots", arguments, {"KBOTS_DATA": str(self.installation.folder)}, stdin)

    def apply(self, manifest: str) -> str:
        """Apply a TradingBot given as text.

        Raises:
            StepFailed: it was refused; the reason is the API server's.
        """
        done = self.kbots("apply", "-f", "-", stdin=manifest)
        if done.returncode != 0:
            raise StepFailed(done.stderr.strip() or done.stdout.strip(), fix="correct the manifest")
        return done.stdout.strip()

    def first_admin_link(self) -> str:
        """Return the one-time link of the first admin, or why there is none."""
        done = self._run(
            "kbots-dashboard", ("setup-link",), dashboard_environment(self.installation), None
        )
        if done.returncode != 0:
            raise StepFailed(
                f"no first-admin link: {done.stderr.strip()[-400:]}",
                fix="read the dashboard's log", log=self.log_of("dashboard"),
            )  # fmt: skip
        return done.stdout.strip()

    def log_of(self, program: str) -> Path:
        """Return the log of a program or of a bot's pod."""
        return self.installation.logs / f"{program}.log"

    def failed_programs(self) -> list[str]:
        """Return the programs that the process manager gave up."""
        names = (service.program.name for service in self.services)
        return [name for name in names if self.supervisor.state(name)[0] == "FATAL"]

    def _run(
        self,
        command: str,
        arguments: tuple[str, ...],
        environment: dict[str, str],
        stdin: str | None,
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [tool(command), *arguments], env=base_environment() | environment, input=stdin,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    def _title(self, service: Service) -> str:
        ports = ", ".join(str(self.installation.ports[port]) for port in service.ports)
        return f"{service.title} on 127.0.0.1:{ports}" if ports else service.title

    def _check_ports(self) -> None:
        for service in self.services:
            for name in service.ports:
                port = self.installation.ports[name]
                if not is_free(port):
                    with self.report.step(self._title(service)):
                        raise StepFailed(
                            f"port {port} ({name}) is in use by another process",
                            fix="end that process, or choose others: make run PORT_BASE=9100",
                        )

    def _initialise(self) -> None:
        server = EmbeddedPostgres(
            folder=self.installation.folder / "postgres",
            port=self.installation.ports["postgres"],
            durable=self.tuning.durable,
        )
        try:
            server.initialise(self.installation.passwords()[ADMIN])
        except (RuntimeError, OSError) as error:
            raise StepFailed(
                str(error), fix="free disk space, or run `make clean setup`"
            ) from error

    def _prepare_database(self) -> None:
        try:
            prepare_database(self.installation)
        except PlatformError as error:
            raise StepFailed(
                str(error),
                fix=f"if these trades may go: remove {self.installation.folder} and run again",
                log=self.log_of("postgres"),
            ) from error
