"""One real runner that is told what to do, and looked at from all sides."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.support.exchange_admin import ExchangeAdmin
from tests.support.logins import BotLogin, a_bot_login
from tests.support.lone_runner import LoneExchange, LoneRunner
from tests.support.metrics import Probes
from tests.support.platform import ExchangeTruth
from tests.support.postgres import Database
from tests.support.waiting import wait_until

__all__ = ["Beat", "Steered", "steered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """The bot's own words."""

    state: str = ""
    reason: str = ""
    generation: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Steered:
    """A bot named alice on an account of its own."""

    runner: LoneRunner
    probes: Probes
    database: Database
    name: str

    @property
    def beat(self) -> Beat:
        found = self.database.rows(
            "select state, reason, generation from kbots.heartbeats where bot_uid = %s",
            (self.runner.login.bot_uid,),
        )
        return Beat(**dict(zip(Beat.__slots__, found[0], strict=True))) if found else Beat()

    @property
    def truth(self) -> ExchangeTruth:
        return ExchangeAdmin(port=self.runner.exchange.admin_port).truth(self.name)

    def orders(self, **wanted: str) -> list[dict[str, Any]]:
        """Return the exchange's orders of this account with these fields."""
        return [one for one in self.truth.orders if wanted.items() <= one.items()]

    def held(self, asset: str) -> Decimal:
        return self.truth.balances.get(asset, Decimal(0))

    def configure(self, *, nudge: bool = False, **changes: Any) -> float:
        """Write a new generation as the operator does, without what is None; returns when, by the monotonic clock."""
        spec = self.runner.spec | changes
        self.runner.spec = {field: value for field, value in spec.items() if value is not None}
        self.runner.generation += 1
        self.runner.write()
        if nudge:
            self.signal(signal.SIGHUP)
        return time.monotonic()

    def signal(self, number: signal.Signals) -> float:
        assert self.runner.process is not None
        self.runner.process.send_signal(number)
        return time.monotonic()

    @staticmethod
    def now() -> float:
        return time.monotonic()

    def ended(self) -> int | None:
        assert self.runner.process is not None
        return self.runner.process.poll()

    def report(self) -> str:
        return (self.runner.folder / "termination-log").read_text()

    def since(self, began: float, look: Callable[[], object], what: str) -> float:
        """Wait for something and return how long it took, in seconds."""
        wait_until(look, what, seconds=30, every=0.02)
        return time.monotonic() - began

    def start(self) -> None:
        """Start it and wait until it is ready."""
        self.runner.start()
        wait_until(lambda: self.ended() is not None or self.probes.is_ready(), "ready", seconds=60)


@contextmanager
def steered(
    database: Database, exchange: LoneExchange, folder: Path, spec: dict[str, Any], *, name: str
) -> Iterator[Steered]:
    """Run a bot for the block."""
    account = exchange.account(name, {"USDT": "10000"})
    login: BotLogin = a_bot_login(database, account_uid=str(account["uid"]))
    runner = LoneRunner(
        folder=folder / "pod", login=login, spec=spec, exchange=exchange, account=account
    )
    bot = Steered(
        runner=runner,
        probes=Probes(state=folder / "pod" / "state"),
        database=database,
        name=name,
    )
    try:
        bot.start()
        yield bot
    finally:
        if bot.ended() is None:
            runner.stop()
        print(runner.log()[-8000:])  # noqa: T201 for whoever reads a failure
