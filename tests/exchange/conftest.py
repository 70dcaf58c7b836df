"""A real exchange over loopback, python-binance as its client."""

import asyncio
import itertools

import pytest

from tests.exchange.server import Server, options_of

_names = itertools.count(1)


@pytest.fixture
def run_exchange(tmp_path):
    """Give a function that starts an exchange; all are ended after the test."""
    servers = []

    def run(*options, data="data"):
        server = Server(data and tmp_path / data, *options)
        servers.append(server)
        return server

    yield run
    for server in servers:
        server.close()


@pytest.fixture
def database_options(postgres_server, tmp_path):
    """Give the options that name an empty database of the exchange's own."""
    database = postgres_server.create_for_exchange()
    yield options_of(database, tmp_path)
    postgres_server.drop(database)


@pytest.fixture(params=["folder", "postgres"])
def run_lasting(request, run_exchange):
    """Give a function that starts an exchange whose state outlives it, in a folder or in Postgres."""
    if request.param == "folder":
        return run_exchange
    options = request.getfixturevalue("database_options")
    return lambda *others: run_exchange(*options, *others, data=None)


@pytest.fixture(scope="module")
def exchange(tmp_path_factory):
    """Give an exchange that the tests of one module share."""
    server = Server(tmp_path_factory.mktemp("exchange"), "--seed=7")
    yield server
    server.kill()


@pytest.fixture
def account(exchange):
    """Give a new account of the shared exchange."""
    return exchange.account(f"test/{next(_names)}", USDT="10000", BTC="1")


@pytest.fixture
async def client(exchange, account):
    """Give python-binance's client for that account."""
    client = await exchange.client(account)
    yield client
    await client.close_connection()


@pytest.fixture
async def events(exchange, client):
    """Give a function that receives the next user event."""
    sockets = exchange.sockets(client)
    stream = sockets.user_socket()
    await stream.connect()

    async def receive():
        return await asyncio.wait_for(stream.recv(), 5)

    return receive
