"""One dashboard for the tests of a module, its first admin signed in once, and a bot with trades."""

import json
from collections.abc import Iterator

import httpx
import pytest

from botcore.sealing.keyring import KeyRing, kid_of, new_private_key
from tests.dashboard.process import Dashboard
from tests.dashboard.traders import Trader
from tests.support.postgres import Server


@pytest.fixture(scope="module")
def dashboard(postgres_server: Server, tmp_path_factory) -> Iterator[Dashboard]:
    """Give a running dashboard over a fresh database; its log is checked at the end."""
    database = postgres_server.create()
    running = Dashboard(
        database,
        tmp_path_factory.mktemp("dashboard"),
        KBOTS_DASHBOARD_EGRESS_ADDRESSES="192.0.2.7, 2001:db8::1",
    )
    running.start()
    yield running
    code = running.stop()
    log = running.log.read_text(encoding="utf-8")
    postgres_server.drop(database)
    assert code == 0, log
    assert "client_id=" not in log
    assert [line for line in log.splitlines() if json.loads(line)["level"] == "error"] == []


@pytest.fixture(scope="module")
def admin(dashboard: Dashboard) -> httpx.Client:
    """Give the browser of the first admin, `admin`."""
    return dashboard.accept(dashboard.setup_link(), "admin")


@pytest.fixture(scope="module")
def alice(dashboard: Dashboard, admin: httpx.Client) -> httpx.Client:
    """Give the browser of a trader, `alice`."""
    return dashboard.accept(dashboard.invite(), "alice")


@pytest.fixture(scope="module")
def bob(dashboard: Dashboard, admin: httpx.Client) -> httpx.Client:
    """Give the browser of another trader, `bob`."""
    return dashboard.accept(dashboard.invite(), "bob")


@pytest.fixture(scope="module")
def alices_bot(dashboard: Dashboard, alice: httpx.Client) -> Trader:
    """Give a bot of alice that has traded."""
    return Trader.make(dashboard.database, "alice", "alices-trend")


@pytest.fixture(scope="module")
def bobs_bot(dashboard: Dashboard, bob: httpx.Client) -> Trader:
    """Give a bot of bob that has traded."""
    return Trader.make(dashboard.database, "bob", "bobs-trend")


@pytest.fixture(scope="module")
def ring(dashboard: Dashboard) -> KeyRing:
    """Give what opens the keys that are sealed on the dashboard."""
    key = new_private_key()
    with dashboard.database.connect() as connection:
        connection.execute(
            "insert into kbots.sealing_public_keys (kid, public_key) values (%s, %s)",
            (kid_of(key.public_key()), key.public_key().public_bytes_raw()),
        )
    return KeyRing([key])
