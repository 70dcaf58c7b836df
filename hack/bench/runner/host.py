"""The platform on this host, for a bench: everything `make run` starts, in a folder that goes afterwards."""

import asyncio
import json
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import NAMESPACE_DNS, uuid5

import yaml

from botcore.ledger.books import LoginBinding, bind_login
from botcore.ledger.connect import DatabaseAddress, connect
from hack.report import Report, StepFailed
from hack.standalone.embedded_postgres import EmbeddedPostgres
from hack.standalone.installation import DATABASE, Installation, open_installation
from hack.standalone.ledger_setup import query
from hack.standalone.platform import Standalone
from hack.standalone.programs import Tuning

__all__ = ["NAMESPACE", "Host", "a_bot", "running_host", "wait_for"]

NAMESPACE = "kbots-bots"
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A running platform."""

    platform: Standalone

    @property
    def installation(self) -> Installation:
        """Its folder, ports and passwords."""
        return self.platform.installation

    def apply(self, manifest: Mapping[str, Any]) -> None:
        """Apply a TradingBot.

        Raises:
            StepFailed: it was refused.
        """
        self.platform.apply(yaml.safe_dump(dict(manifest)))

    def query(self, text: str, *values: object) -> list[Any]:
        """Ask the ledger as its administrator."""
        return query(self.installation, text, values)

    def runner_pid(self, name: str) -> int:
        """Give the process of a bot's runner."""
        state = self.installation.folder / "pods" / NAMESPACE / f"tb-{name}" / "status.json"
        return int(json.loads(state.read_text(encoding="utf-8"))["pid"])

    def bot_login(self, account_uid: str) -> DatabaseAddress:
        """Make a login of a bot that the operator knows nothing of."""
        return asyncio.run(self._bind(account_uid))

    async def _bind(self, account_uid: str) -> DatabaseAddress:
        password = secrets.token_hex(16)
        binding = LoginBinding(
            bot_uid=str(uuid5(NAMESPACE_DNS, account_uid)),
            namespace=NAMESPACE,
            name=f"bench-{account_uid}",
            owner="bench",
            venue="binance",
            environment="paper",
            account_uid=account_uid,
        )
        operator = self.installation.address("kbots_operator")
        async with await connect(operator) as connection, connection.transaction():
            role = await bind_login(connection, binding, password)
        port = self.installation.ports["postgres"]
        return DatabaseAddress(
            host="127.0.0.1", port=port, dbname=DATABASE, user=role, password=password
        )


@contextmanager
def running_host(*, speed: int) -> Iterator[Host]:
    """Start everything for the block; the market runs at `speed` times real time.

    Raises:
        StepFailed: a program did not start.
    """
    folder = Path(tempfile.mkdtemp(prefix="kbots-bench-"))
    installation = open_installation(folder, market="synthetic")
    platform = Standalone(
        installation=installation, report=Report(quiet=True), tuning=Tuning(speed=speed)
    )
    try:
        platform.start()
        yield Host(platform=platform)
    finally:
        platform.stop()
        EmbeddedPostgres(folder=folder / "postgres", port=0).remove()
        shutil.rmtree(folder, ignore_errors=True)


def a_bot(name: str, *strategies: Mapping[str, Any], **spec: Any) -> dict[str, Any]:
    """Return a paper bot's manifest."""
    return {
        "apiVersion": "kbots.dev/v1alpha1",
        "kind": "TradingBot",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "owner": "admin",
            "paper": {"balances": {"USDT": "100000"}},
            "strategies": [dict(strategy) for strategy in strategies],
        }
        | spec,
    }


def wait_for(look: Callable[[], T], what: str, *, seconds: float, every: float = 0.1) -> T:
    """Look until something true comes back.

    Raises:
        StepFailed: it did not within these seconds.
    """
    end = time.monotonic() + seconds
    while not (seen := look()):
        if time.monotonic() > end:
            raise StepFailed(f"{what}: not within {seconds:.0f} s", fix="look at a busy machine")
        time.sleep(every)
    return seen
