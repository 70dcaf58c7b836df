"""The gateway over the real table: the API server's refusals, and never a silent overwrite."""

import pytest

from botcore.domain.errors import Conflict, InvalidInput, NotFound
from botcore.ledger.connect import open_pool
from botcore.resources.trading_bot import DesiredState
from botdashboard.adapters.gate import LedgerGate
from botdashboard.adapters.table_bots import TableBots
from botdashboard.views.records import BotKey
from tests.dashboard.people import an_actor
from tests.support.logins import a_user
from tests.support.manifests import a_bot

pytestmark = pytest.mark.postgres
KEY = BotKey(namespace="kbots-bots", name="trend")


@pytest.fixture
async def bots(database):
    address = database.address("kbots_dashboard")
    async with open_pool(address) as pool:
        yield TableBots(LedgerGate(pool), address)


@pytest.fixture
def alice(database):
    return an_actor(database, a_user(database, "alice"), "alice")


@pytest.fixture
def bob(database):
    return an_actor(database, a_user(database, "bob"), "bob")


def a_spec(owner="alice", **changes):
    return a_bot("trend", owner=owner, **changes)["spec"]


async def test_made_bot_has_the_defaults(bots, alice):
    made = await bots.create(alice, KEY, a_spec())

    assert made.generation == 1
    assert made.spec["desiredState"] == "Running"
    assert made.spec["onStop"] == {"orders": "Cancel", "positions": "Keep", "timeoutSeconds": 120}
    assert await bots.list(alice) == (made,)
    assert await bots.get(alice, KEY) == made


async def test_refusal_is_the_api_servers_word_for_word(bots, alice):
    spec = a_spec()
    spec["strategies"][0]["params"]["fast"] = 300

    with pytest.raises(InvalidInput) as refused:
        await bots.create(alice, KEY, spec)

    path = "spec.strategies[0].params.fast"
    assert str(refused.value) == (
        f'TradingBot.kbots.dev "trend" is invalid: {path}: Invalid value: 300: {path} in body should be'
        " less than or equal to 200"
    )


@pytest.mark.parametrize("name", ["Trend", "a b", "../etc", "x" * 51, ""])
async def test_bad_name_is_refused(bots, alice, name):
    with pytest.raises(InvalidInput):
        await bots.create(alice, BotKey(namespace="kbots-bots", name=name), a_spec())


async def test_taken_name_is_a_conflict_even_if_it_is_anothers(bots, alice, bob):
    await bots.create(alice, KEY, a_spec())

    for actor in (alice, bob):
        with pytest.raises(Conflict, match=r'tradingbots\.kbots\.dev "trend" already exists'):
            await bots.create(actor, KEY, a_spec(owner=actor.name))


async def test_change_of_what_was_read_is_taken(bots, alice):
    made = await bots.create(alice, KEY, a_spec())

    changed = await bots.apply(alice, KEY, dict(made.spec) | {"desiredState": "Paused"}, 1)

    assert (changed.generation, changed.spec["desiredState"]) == (2, "Paused")


async def test_equal_spec_writes_nothing(bots, alice, database):
    made = await bots.create(alice, KEY, a_spec())
    before = database.rows("select resource_version from kbots.trading_bots")

    assert (await bots.apply(alice, KEY, made.spec, 1)).generation == 1
    assert database.rows("select resource_version from kbots.trading_bots") == before


async def test_change_of_what_has_changed_meanwhile_is_a_conflict(bots, alice):
    made = await bots.create(alice, KEY, a_spec())
    await bots.apply(alice, KEY, dict(made.spec) | {"desiredState": "Paused"}, 1)

    with pytest.raises(Conflict, match="generation 2"):
        await bots.apply(alice, KEY, dict(made.spec) | {"quoteAsset": "USDT"}, 1)

    assert (await bots.get(alice, KEY)).spec["desiredState"] == "Paused"


async def test_owner_stays(bots, alice):
    made = await bots.create(alice, KEY, a_spec())

    with pytest.raises(InvalidInput, match="owner is immutable"):
        await bots.apply(alice, KEY, dict(made.spec) | {"owner": "bob"}, 1)


async def test_state_is_set_whatever_has_changed_meanwhile(bots, alice):
    made = await bots.create(alice, KEY, a_spec())
    await bots.apply(
        alice, KEY, dict(made.spec) | {"quoteAsset": "USDT", "risk": {"maxOpenOrders": 3}}, 1
    )

    await bots.set_desired_state(alice, KEY, DesiredState.STOPPED)

    found = await bots.get(alice, KEY)
    assert found.spec["desiredState"] == "Stopped"
    assert found.spec["risk"] == {"maxOpenOrders": 3}


async def test_deletion_is_asked_for_and_left_to_the_operator(bots, alice):
    await bots.create(alice, KEY, a_spec())

    await bots.delete(alice, KEY)

    assert (await bots.get(alice, KEY)).is_deleting


async def test_anothers_bot_is_not_found(bots, alice, bob):
    made = await bots.create(alice, KEY, a_spec())

    assert await bots.list(bob) == ()
    for attempt in (
        bots.get(bob, KEY),
        bots.apply(bob, KEY, dict(made.spec) | {"owner": "bob"}, 1),
        bots.set_desired_state(bob, KEY, DesiredState.STOPPED),
        bots.delete(bob, KEY),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert await bots.get(alice, KEY) == made


async def test_bot_of_someone_else_cannot_be_made(bots, alice, bob):
    with pytest.raises(Exception, match="row-level security"):
        await bots.create(alice, KEY, a_spec(owner="bob"))
