"""The relay of market data beside a lone exchange, which can be lost."""

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.lone_runner import LoneExchange
from tests.support.postgres import free_port
from tests.support.waiting import wait_until

__all__ = ["LoneRelay", "lone_relay"]


@dataclass(slots=True, kw_only=True)
class LoneRelay:
    """`kbots-exchange relay` of one exchange, always at the same port."""

    folder: Path
    exchange: LoneExchange
    port: int = field(default_factory=free_port)
    admin_port: int = field(default_factory=free_port)
    is_lost: bool = False
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and don't wait for it."""
        upstream = f"127.0.0.1:{self.exchange.port}"
        command = [
            str(Path(sys.executable).with_name("kbots-exchange")), "relay", "--host", "127.0.0.1",
            "--port", str(self.port), "--admin-port", str(self.admin_port),
            "--upstream-rest", f"http://{upstream}", "--upstream-stream", f"ws://{upstream}",
        ]  # fmt: skip
        with (self.folder / "relay.log").open("ab") as log:
            self.process = subprocess.Popen(command, stderr=log, stdout=log)

    def lose(self, *, is_frozen: bool) -> None:
        """Freeze it, so that it keeps its connections and says nothing, or kill it."""
        assert self.process is not None
        self.is_lost = True
        if is_frozen:
            self.process.send_signal(signal.SIGSTOP)
        else:
            self.process.kill()
            self.process.wait(10)

    def restore(self) -> None:
        """Thaw it, or start it again."""
        assert self.process is not None
        self.is_lost = False
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
        else:
            self.start()

    def told(self, figure: str) -> int:
        """Return a figure of its state: `streams` or `symbols`; 0 while it does not answer."""
        with suppress(OSError):
            url = f"http://127.0.0.1:{self.admin_port}/healthz"
            with urllib.request.urlopen(url, timeout=2) as answer:
                return int(json.load(answer)[figure])
        return 0


@contextmanager
def lone_relay(folder: Path, exchange: LoneExchange) -> Iterator[LoneRelay]:
    """Run the relay for the block."""
    relay = LoneRelay(folder=folder, exchange=exchange)
    relay.start()
    try:
        wait_until(lambda: relay.told("symbols"), "the relay answers", seconds=60)
        yield relay
    finally:
        assert relay.process is not None
        relay.process.kill()
        relay.process.wait(10)
