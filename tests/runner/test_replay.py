"""A whole run, with a kill and a reload, decided again from its recording by `botrunner replay`."""

import json
import os
import re
import signal
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from botrunner.trading.codec import decode
from botrunner.trading.commands import PlaceOrder, RecordDecision
from botrunner.trading.events import CandleClosed, LeaseAcquired, RulesChanged
from tests.support.logins import BotLogin, a_bot_login
from tests.support.lone_runner import LoneRunner, lone_exchange
from tests.support.postgres import Database, Server
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

DCA = {
    "name": "steady", "type": "dca", "symbols": ["BTCUSDT"], "interval": "1m", "capital": "900",
    "params": {"amount": "20", "stopLossPercent": "2"},
}  # fmt: skip
TREND = {
    "name": "trend", "type": "ema-cross", "symbols": ["ETHUSDT"], "interval": "1m",
    "capital": "900", "params": {"fast": 2, "slow": 5},
}  # fmt: skip


def spec(*strategies: dict[str, Any]) -> dict[str, Any]:
    paper = {"balances": {"USDT": "10000"}}
    return {"owner": "alice", "mode": "paper", "paper": paper, "strategies": list(strategies)}


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What is left of a run: the ledger, and where its recording begins."""

    database: Database
    login: BotLogin
    folder: Path
    first: datetime

    def replay(
        self, *options: str, at: datetime | None = None, bot: str = "alice"
    ) -> subprocess.CompletedProcess[str]:
        """Run the command as an admin does: the password lies in a file."""
        address = self.database.address("kbots_admin")
        password = self.folder / "admin-password"
        password.write_text(address.password)
        environment = {
            "PATH": os.environ["PATH"],  # noqa: TID251 the test's own
            "KBOTS_REPLAY_HOST": address.host,
            "KBOTS_REPLAY_PORT": str(address.port),
            "KBOTS_REPLAY_DBNAME": address.dbname,
            "KBOTS_REPLAY_PASSWORD_FILE": str(password),
        }
        program = str(Path(sys.executable).with_name("botrunner"))
        command = [program, "replay", "--bot", bot, "--at", (at or self.first).isoformat(), *options]  # fmt: skip
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def document(self) -> tuple[int, dict[str, Any]]:
        """Replay all of it."""
        done = self.replay("--json", "--minutes", "60")
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)


@pytest.fixture(scope="module")
def recorded(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: Server
) -> Iterator[Recorded]:
    """Trade for a while, be killed, trade on, be reconfigured, trade on, end in order."""
    folder, database = tmp_path_factory.mktemp("recorded"), postgres_server.create()
    with lone_exchange(folder, "--seed", "7", "--speed", "60") as exchange:
        account = exchange.account("kbots-bots/alice", {"USDT": "10000"})
        login = a_bot_login(database, account_uid=str(account["uid"]))
        runner = LoneRunner(
            folder=folder, login=login, spec=spec(DCA), exchange=exchange, account=account
        )
        trades_on = a_waiter(runner, database)
        killed = runner.start()
        trades_on("rows of the recorder", "kbots.recorder where not is_checkpoint", 1)
        killed.send_signal(signal.SIGKILL)
        killed.wait(10)

        runner.start()
        trades_on("decisions after the kill", "kbots.decisions", 3)
        runner.spec, runner.generation = spec({**DCA, "params": {"amount": "30"}}, TREND), 2
        runner.write()
        trades_on("decisions of the new rules", "kbots.decisions where generation = 2", 8)
        runner.stop()
    first = database.rows("select min(at) from kbots.recorder")[0][0]
    yield Recorded(database=database, login=login, folder=folder, first=first)
    database.connect().close()


def a_waiter(runner: LoneRunner, database: Database) -> Callable[[str, str, int], None]:
    def wait(what: str, rows: str, more: int) -> None:
        def count() -> int:
            assert runner.process is not None
            assert runner.process.poll() is None, runner.log()[-3000:]
            return int(database.rows(f"select count(*) from {rows}")[0][0])  # noqa: S608 names of this file

        before = count()
        wait_until(lambda: count() >= before + more, what, seconds=60)

    return wait


def values(document: dict[str, Any], *kinds: type) -> list[Any]:
    """Collect the commands of some kinds, in order."""
    commands = [
        command for one in document["records"] for command in decode(one.get("commands", []))
    ]
    return [command for command in commands if isinstance(command, kinds)]


def events(document: dict[str, Any]) -> list[Any]:
    return [decode(one["event"]) for one in document["records"] if "event" in one]


def test_whole_run_is_decided_again_without_a_difference(recorded: Recorded) -> None:
    code, document = recorded.document()

    assert (code, document["differences"], document["gaps"]) == (0, 0, 0)
    assert document["eventsReplayed"] == len(events(document)) > 20
    assert all(one["agrees"] for one in document["records"])
    assert len({one["run"] for one in document["records"]}) == 2
    kinds = {type(one) for one in events(document)}
    assert {CandleClosed, LeaseAcquired, RulesChanged} <= kinds


def test_replay_shows_the_ledgers_decisions_and_orders(recorded: Recorded) -> None:
    _, document = recorded.document()
    decided = {
        (one.strategy, one.symbol, one.candle_close, one.action, one.reason)
        for one in values(document, RecordDecision)
    }
    ordered = {one.order.client_order_id for one in values(document, PlaceOrder)}

    # A killed process takes with it what it decided in its last seconds; the one after ended in order.
    second = recorded.database.rows(
        "select strategy, symbol, candle_close, action, reason from kbots.decisions"
        " where created_at > (select min(at) from kbots.recorder where is_checkpoint and run <>"
        " (select run from kbots.recorder order by at limit 1))"
    )
    assert len(second) >= 11
    assert set(second) <= decided
    sent = recorded.database.rows("select client_order_id from kbots.orders where epoch > 1")
    assert sent
    assert {one for (one,) in sent} <= ordered


def test_replay_from_the_middle_starts_at_the_checkpoint_before(recorded: Recorded) -> None:
    checkpoints = recorded.database.rows(
        "select at from kbots.recorder where is_checkpoint order by at desc"
    )
    middle = checkpoints[0][0] + timedelta(seconds=2)

    done = recorded.replay("--json", at=middle)

    document = json.loads(done.stdout)
    assert done.returncode == 0
    assert document["records"]
    assert all(datetime.fromisoformat(one["at"]) >= middle for one in document["records"])


def test_text_tells_candles_decisions_and_orders(recorded: Recorded) -> None:
    done = recorded.replay("--minutes", "60", bot="kbots-bots/alice")

    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    text = done.stdout
    assert re.search(r"CandleClosed BTCUSDT 1m closed \d{4}-\d\d-\d\d [\d:]+ at [\d.]+\n", text)
    assert re.search(r"-> RecordDecision steady BTCUSDT Enter at [\d.]+: buys 20 at every", text)
    assert re.search(r"-> RecordDecision trend ETHUSDT \w+ at [\d.]+: ", text)
    assert re.search(r"-> PlaceOrder steady Entry: BUY MARKET [\d.]+ BTCUSDT \[kb-", text)
    assert re.search(r"-> SaveBooking steady: BUY [\d.]+ BTCUSDT at [\d.]+", text)
    assert "candles of history fed to the strategies" in text
    assert re.search(r"\n\d+ events decided again, \d+ records shown, 0 differences\n$", text)


def test_changed_event_differs_and_the_command_fails(recorded: Recorded) -> None:
    with changed_candle(recorded):
        code, document = recorded.document()
        text = recorded.replay("--minutes", "60")

    assert code == text.returncode == 1
    assert document["differences"] >= 1
    wrong = next(one for one in document["records"] if not one["agrees"])
    assert decode(wrong["event"]).candle.close > 1_000_000
    assert wrong["recordedDigest"] != wrong["digest"]
    assert "DIFFERS: recorded" in text.stdout


def test_lost_batch_is_told_and_the_next_checkpoint_goes_on(recorded: Recorded) -> None:
    _, whole = recorded.document()
    rows, columns = recorded.database.rows, "at, bot_uid, run, number, is_checkpoint, records"
    lost = rows(
        f"select {columns} from kbots.recorder r where not is_checkpoint and exists"  # noqa: S608 names of this file
        " (select from kbots.recorder n where n.run = r.run and n.number > r.number) order by at limit 1"
    )[0]
    assert rows("delete from kbots.recorder where (at, number) = (%s, %s) returning 1", (lost[0], lost[3]))  # fmt: skip
    try:
        code, document = recorded.document()
    finally:
        rows(f"insert into kbots.recorder ({columns}) values (%s, %s, %s, %s, %s, %s) returning 1", lost)  # noqa: S608 names of this file  # fmt: skip

    assert (code, document["differences"], document["gaps"]) == (0, 0, 1)
    assert [one for one in document["records"] if "gap" in one]
    assert 0 < document["eventsReplayed"] < whole["eventsReplayed"]


@pytest.mark.parametrize(
    ("bot", "at", "said"),
    [
        ("nobody", None, "error: the ledger knows no bot nobody"),
        ("elsewhere/alice", None, "error: the ledger knows no bot elsewhere/alice"),
        ("alice", datetime(2020, 1, 1, tzinfo=UTC), "its recording begins at 20"),
    ],
)
def test_replay_of_what_is_not_there_says_so(
    recorded: Recorded, bot: str, at: datetime | None, said: str
) -> None:
    done = recorded.replay(bot=bot, at=at)

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("text", [b'{"is":"os:system"}', b"7", b"{"])
def test_recording_of_a_strange_hand_is_refused(recorded: Recorded, text: bytes) -> None:
    with rewritten(recorded, lambda _lines: text):
        done = recorded.replay("--minutes", "60")

    assert done.returncode == 2
    assert done.stderr.startswith("error: recording")
    assert "Traceback" not in done.stderr


def test_damaged_batch_is_refused(recorded: Recorded) -> None:
    with rewritten(recorded, lambda lines: lines, deflate=lambda text: b"\xff" + text):
        done = recorded.replay("--minutes", "60")

    assert done.returncode == 2
    assert "is damaged" in done.stderr


DECIDED_CANDLE = re.compile(
    rb'("close":\{"decimal":")([\d.]+)'
    rb'("\},"volume":\{"decimal":"[\d.]+"\}\},"is_history":false\},"digest":"[0-9a-f]{16}")'
)


@contextmanager
def rewritten(
    recorded: Recorded,
    change: Callable[[bytes], bytes],
    deflate: Callable[[bytes], bytes] = zlib.compress,
) -> Iterator[None]:
    """Rewrite the end of the last run, candles among it, as nobody but the database's owner could."""
    rows, columns = recorded.database.rows, "at, bot_uid, run, number, is_checkpoint, records"
    kept = rows(
        f"select {columns} from kbots.recorder where run = (select run from kbots.recorder"  # noqa: S608 names of this file
        " order by at desc limit 1) order by number"
    )
    last = max(index for index, row in enumerate(kept) if row[4])
    inflate = zlib.decompressobj()
    text = b"\n".join(inflate.decompress(row[5]) for row in kept[last:])
    replaced = (*kept[last][:5], deflate(change(text)))
    remove = "delete from kbots.recorder where run = %s and number >= %s returning 1"
    insert = f"insert into kbots.recorder ({columns}) values (%s, %s, %s, %s, %s, %s) returning 1"  # noqa: S608 as above
    of_the_end = (replaced[2], replaced[3])
    rows(remove, of_the_end)
    rows(insert, replaced)
    try:
        yield
    finally:
        rows(remove, of_the_end)
        for row in kept[last:]:
            rows(insert, row)


def changed_candle(recorded: Recorded) -> AbstractContextManager[None]:
    def change(text: bytes) -> bytes:
        assert DECIDED_CANDLE.search(text)
        return DECIDED_CANDLE.sub(rb"\g<1>9999999\g<3>", text, count=1)

    return rewritten(recorded, change)
