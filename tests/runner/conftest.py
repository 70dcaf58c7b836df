"""The runner's adapters against the real ledger and the real paper exchange."""

import secrets
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from botcore.runtime.clock import SystemClock
from botrunner.adapters.binance_client import ExchangeKey
from botrunner.adapters.binance_rest import BinanceExchange
from botrunner.adapters.binance_venue import binance_venue
from botrunner.adapters.ledger_journal import LedgerJournal
from botrunner.adapters.ledger_lease import LedgerLease
from tests.exchange.server import Server
from tests.runner.scripted_venue import ScriptedVenue, scripted_venue
from tests.support.logins import BotLogin, a_bot_login
from tests.support.lone_runner import LoneExchange, lone_exchange
from tests.support.manifests import a_bot, a_dca
from tests.support.postgres import Database
from tests.support.steering import Steered, steered


@pytest.fixture
def login(database: Database) -> BotLogin:
    """One bot's way into the database."""
    return a_bot_login(database)


@pytest.fixture
async def lease(login: BotLogin) -> AsyncIterator[LedgerLease]:
    """The bot's lease, not yet acquired."""
    made = LedgerLease(login.address, uuid.uuid4())
    yield made
    await made.close()


@pytest.fixture
async def journal(login: BotLogin, lease: LedgerLease) -> AsyncIterator[LedgerJournal]:
    """The bot's journal, held at epoch 1."""
    assert await lease.acquire() == 1
    made = LedgerJournal(login.address)
    made.hold(1)
    yield made
    await made.close()


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A paper exchange at 60 times real time, shared by a module."""
    server = Server(tmp_path_factory.mktemp("exchange"), "--seed=7", "--speed=60")
    yield server
    if server.process.poll() is None:
        server.kill()


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoneExchange]:
    """A paper exchange at sixty times real time."""
    with lone_exchange(tmp_path_factory.mktemp("market"), "--seed=7", "--speed=60") as running:
        yield running


@pytest.fixture
def bot(database: Database, market: LoneExchange, tmp_path: Path) -> Iterator[Steered]:
    """A bot that buys at every candle."""
    spec = a_bot("alice", owner="alice", strategies=[a_dca(stopLossPercent="3")])["spec"]
    name = f"kbots-bots/{secrets.token_hex(4)}"
    with steered(database, market, tmp_path, spec, name=name) as running:
        yield running


@pytest.fixture
async def scripted() -> AsyncIterator[ScriptedVenue]:
    """Give a venue that answers by a script."""
    async with scripted_venue() as venue:
        yield venue


@pytest.fixture
async def venue(scripted: ScriptedVenue) -> AsyncIterator[BinanceExchange]:
    """Give the adapter's REST side, connected to the scripted venue."""
    key = ExchangeKey(api_key="k", secret="s")
    made = binance_venue(scripted.endpoints, key, SystemClock(), may_send=lambda: True).exchange
    await made.open()
    yield made
    await made.close()
