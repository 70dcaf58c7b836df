"""The real surroundings of a chaos run: Postgres that restarts, a relay that is lost, an exchange that misbehaves."""

import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from botcore.ledger.roles import LOGIN_ROLES
from hack.standalone.embedded_postgres import EmbeddedPostgres
from tests.chaos.pods import ForkServer, Pod, fork_server
from tests.support.exchange_admin import ExchangeAdmin
from tests.support.logins import BotLogin, a_bot_login
from tests.support.lone_relay import LoneRelay, lone_relay
from tests.support.lone_runner import LoneExchange, LoneRunner, lone_exchange
from tests.support.manifests import a_bot, a_dca, an_ema_cross
from tests.support.platform import ExchangeTruth
from tests.support.postgres import ADMIN, Database, Server, free_port
from tests.support.run_folders import run_folder

__all__ = ["Bot", "Yard", "open_yard"]

_SPEED = 60
_EXCHANGE = (
    "--source=synthetic", f"--speed={_SPEED}", "--weight-limit=10000000", "--order-limit=100000",
    "--connection-limit=1000000",
)  # fmt: skip
# Every epoch that was ever given, to whom: what orders are judged by.
_AUDIT = """
    create table kbots.chaos_epochs (account_id bigint, epoch bigint, holder uuid, primary key (account_id, epoch));
    create function kbots.note_epoch() returns trigger language plpgsql security definer as $$
    begin
        insert into kbots.chaos_epochs values (new.account_id, new.epoch, new.holder) on conflict do nothing;
        return new;
    end $$;
    create trigger note_epoch after insert or update of epoch on kbots.leases
        for each row execute function kbots.note_epoch();
"""


@dataclass(slots=True, kw_only=True)
class Bot:
    """One account with its book and its pods."""

    name: str
    login: BotLogin
    account: dict[str, Any]
    pods: list[Pod] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Yard:
    """What tests/e2e/agreement.py asks of a platform, and the switches of everything below it."""

    folder: Path
    embedded: EmbeddedPostgres
    process: subprocess.Popen[bytes]
    database: Database
    exchange: LoneExchange
    relay: LoneRelay
    server: ForkServer
    bots: dict[str, Bot] = field(default_factory=dict)

    @property
    def admin(self) -> ExchangeAdmin:
        return ExchangeAdmin(port=self.exchange.admin_port)

    def add_bot(self, name: str, pods: int = 1) -> Bot:
        """Open an account and a book and lay out the folders of its pods; nothing is started."""
        account = self.admin.open_account(f"chaos/{name}")
        login = a_bot_login(self.database, owner=name, name=name, account_uid=str(account["uid"]))
        strategies = [
            an_ema_cross(stopLossPercent="0.5", takeProfitPercent="0.7"),
            a_dca(stopLossPercent="1", trailingStopPercent="1"),
            self._a_grid(),
        ]
        bot = Bot(name=name, login=login, account=account)
        for number in range(pods):
            runner = LoneRunner(
                folder=self.folder / "pods" / f"{name}-{number}", login=login, exchange=self.exchange,
                relay_port=self.relay.port, account=account,
                spec=a_bot(name, owner=name, strategies=strategies)["spec"],
            )  # fmt: skip
            bot.pods.append(Pod(runner=runner, server=self.server))
        self.bots[name] = bot
        return bot

    def _a_grid(self) -> dict[str, Any]:
        """Quote around the price of now."""
        told = self.exchange.get("/api/v3/ticker/price?symbol=SOLUSDT", admin=False)
        lower, upper = (Decimal(told["price"]) * Decimal(part) for part in ("0.98", "1.02"))
        params = {"lowerPrice": f"{lower:.2f}", "upperPrice": f"{upper:.2f}", "grids": 6}
        return {
            "name": "lines", "type": "grid", "symbols": ["SOLUSDT"], "interval": "1m", "capital": "600",
            "params": params,
        }  # fmt: skip

    def restart_postgres(self, *, is_crash: bool) -> None:
        """Stop the server, at once or in order, and start it again: what did not wait for the disk may be gone."""
        self.process.send_signal(signal.SIGQUIT if is_crash else signal.SIGINT)
        self.process.wait(30)
        self.process = self.embedded.start(self.folder / "postgres.log")

    def clear_faults(self) -> None:
        self.admin.ask("DELETE", "/admin/v1/faults")
        self.admin.ask("DELETE", "/admin/v1/limits")

    def holders(self, bot: Bot) -> dict[int, str]:
        """Return who was given which epoch."""
        rows = self.query(
            "select epoch, holder::text from kbots.chaos_epochs where account_id = %s",
            (bot.login.account_id,),
        )
        return dict(rows)

    # What the agreement of books asks.

    def query(self, text: str, values: tuple[object, ...] = ()) -> list[Any]:
        return self.database.rows(text, values)

    def get(self, name: str) -> dict[str, Any]:
        bot = self.bots[name]
        generation = bot.pods[0].runner.generation
        return {"metadata": {"uid": str(bot.login.bot_uid), "generation": generation}}

    def exchange_truth(self, name: str) -> ExchangeTruth:
        return self.admin.truth(f"chaos/{name}")


@contextmanager
def open_yard(seed: int) -> Iterator[Yard]:
    """Start everything in a folder of its own for the block, and stop it by what was started."""
    with run_folder("kbots-chaos-") as folder:
        embedded = EmbeddedPostgres(folder=folder, port=free_port(), durable=False)
        passwords = {role: secrets.token_hex(16) for role in (ADMIN, *LOGIN_ROLES)}
        yard = None
        try:
            embedded.initialise(passwords[ADMIN])
            process = embedded.start(folder / "postgres.log")
            server = Server(host="127.0.0.1", port=embedded.port, passwords=passwords)
            server.prepare()
            database = server.create()
            with database.connect() as connection:
                connection.execute(_AUDIT)
            with (
                fork_server(folder) as forks,
                lone_exchange(folder, *_EXCHANGE, f"--seed={seed % 2**31}") as exchange,
                lone_relay(folder, exchange) as relay,
            ):
                yard = Yard(
                    folder=folder, embedded=embedded, process=process, database=database, exchange=exchange,
                    relay=relay, server=forks,
                )  # fmt: skip
                yield yard
        finally:
            embedded.stop(yard.process if yard else process)
            embedded.remove()
        shutil.rmtree(folder)
