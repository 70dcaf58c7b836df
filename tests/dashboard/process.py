"""A real dashboard process over a real database, and people who use it over HTTP."""

import hashlib
import secrets
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from tests.support.postgres import Database, free_port
from tests.support.waiting import wait_until

__all__ = ["PASSWORD", "Dashboard", "hidden_field"]

PASSWORD = "correct horse battery staple"
COMMAND = Path(sys.executable).parent / "kbots-dashboard"


class Dashboard:
    """One process; everything it needs lies in a folder of its own; `more` goes into its environment."""

    def __init__(self, database: Database, folder: Path, **more: str) -> None:
        self.database = database
        self._more = more
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "dashboard.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._clients: list[httpx.Client] = []
        (folder / "password").write_text(database.passwords["kbots_dashboard"], encoding="utf-8")

    @property
    def environment(self) -> dict[str, str]:
        """Return all of the process's environment."""
        settings = {
            "PORT": self.port,
            "DATABASE_HOST": self.database.host,
            "DATABASE_PORT": self.database.port,
            "DATABASE_NAME": self.database.dbname,
            "PASSWORD_FILE": self.folder / "password",
            "SECRETS_DIR": self.folder / "secrets",
        }
        return {
            f"KBOTS_DASHBOARD_{name}": str(value) for name, value in settings.items()
        } | self._more

    def start(self) -> None:
        """Start it and wait until it answers."""
        with self.log.open("ab") as stream:
            self.process = subprocess.Popen(
                [COMMAND, "serve"],
                env=self.environment,
                cwd=self.folder,
                stdout=stream,
                stderr=stream,
            )
        wait_until(self.answers, f"the dashboard answers; see {self.log}")

    def answers(self) -> bool:
        """Tell whether the probe answers."""
        try:
            return httpx.get(f"{self.url}/healthz", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> int:
        """Ask it to end and answer its exit code."""
        assert self.process is not None
        for client in self._clients:
            client.close()
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(15)
        finally:
            self.process.kill()

    def setup_link(self) -> str:
        """Run the command that prints the first admin's link."""
        done = subprocess.run(
            [COMMAND, "setup-link"],
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
        return done.stdout.strip()

    def client(self) -> httpx.Client:
        """Give a browser of its own that nobody is signed in with."""
        made = httpx.Client(base_url=self.url, headers={"Origin": self.url}, timeout=15)
        self._clients.append(made)
        return made

    def invite(self, role: str = "trader") -> str:
        """Put an invitation of some admin into the database and answer its path."""
        token = secrets.token_urlsafe(32)
        with self.database.connect() as connection:
            connection.execute(
                "insert into kbots.invites (token_hash, role, created_by, expires_at)"
                " select %s, %s, id, now() + interval '1 hour' from kbots.users limit 1",
                (hashlib.sha256(token.encode()).digest(), role),
            )
        return f"/invite/{token}"

    def accept(self, link: str, name: str, password: str = PASSWORD) -> httpx.Client:
        """Make an account with a link and answer its signed-in browser."""
        client = self.client()
        fields = {"name": name, "password": password, "repeated": password}
        answer = client.post(link.removeprefix(self.url), data=fields)
        assert answer.status_code == 303, answer.text
        return client

    def sign_in(self, name: str, password: str = PASSWORD) -> httpx.Client:
        """Answer a browser that is signed in."""
        client = self.client()
        answer = client.post("/login", data={"name": name, "password": password})
        assert answer.status_code == 303, answer.text
        return client

    def api(self, client: httpx.Client, *scopes: str) -> httpx.Client:
        """Have someone make a token, and answer a program that uses the REST API with it."""
        form = {"label": f"for {' and '.join(scopes)}", "scopes": scopes, "days": "7"}
        form |= {"csrf": hidden_field(client.get("/security").text), "current": PASSWORD}
        answer = client.post("/security/tokens", data=form)
        assert answer.status_code == 200, answer.text
        token = answer.text.split('data-testid="made-token">', 1)[1].split("<", 1)[0]
        made = httpx.Client(
            base_url=f"{self.url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=15
        )
        self._clients.append(made)
        return made

    def session_of(self, client: httpx.Client) -> bytes:
        """Return what the database knows a browser's session by."""
        return hashlib.sha256(client.cookies["kbots"].encode()).digest()


def hidden_field(html: str, name: str = "csrf") -> str:
    """Read a hidden field of a plain form."""
    return html.split(f'name="{name}" value="', 1)[1].split('"', 1)[0]
