"""An admin's measures against accounts, below HTTP."""

import pytest

from botcore.domain.errors import InvalidInput, NotAllowed, NotFound
from botcore.ledger.connect import open_pool
from botcore.runtime.clock import SystemClock
from botdashboard.access.keyed_hashes import KeyedHashes
from botdashboard.access.passwords import Passwords
from botdashboard.adapters.gate import LedgerGate
from botdashboard.services.accounts import Accounts
from botdashboard.services.audit import Audit
from botdashboard.services.links import Links, NewAccount
from botdashboard.services.second_factor import SecondFactor
from botdashboard.services.sessions import Caller, Sessions
from botdashboard.services.sign_in import Attempt, SignedIn, SignIn
from tests.dashboard.people import an_actor
from tests.dashboard.traders import Trader
from tests.support.logins import a_user

pytestmark = pytest.mark.postgres


@pytest.fixture
async def gate(database):
    async with open_pool(database.address("kbots_dashboard")) as pool:
        yield LedgerGate(pool)


@pytest.fixture
def closed():
    return []


@pytest.fixture
def accounts(gate, closed):
    sessions = Sessions(gate)
    sessions.when_one_ends(closed.append)
    return Accounts(gate, Audit(gate), sessions)


@pytest.fixture
def links(gate):
    return Links(gate, Passwords(b"pepper", cost=4), Sessions(gate))


@pytest.fixture
def admin(database):
    return an_actor(database, a_user(database, "admin", role="admin"), "admin", "admin")


@pytest.fixture
def alice(database):
    return an_actor(database, a_user(database, "alice"), "alice")


async def test_disabling_halts_revokes_and_signs_out(database, accounts, admin, alice, closed):
    bot = Trader.make(database, "alice", "trend")
    database.rows(
        "insert into kbots.sealed_keys (id, owner, label, exchange, environment, api_key_last4, envelope, kid)"
        " values (gen_random_uuid(), 'alice', 'main', 'binance', 'testnet', '7788', '{}', 'k') returning 1"
    )

    await accounts.disable(admin, alice.user_id)

    assert closed == [alice.session]
    assert database.rows("select 1 from kbots.sessions where user_id = %s", (alice.user_id,)) == []
    assert database.rows("select status from kbots.sealed_keys") == [("Revoked",)]
    assert database.rows(
        "select scope, subject, set_by from kbots.halts where cleared_at is null"
    ) == [("owner", "alice", "admin")]
    with bot.login.connect() as connection:
        assert connection.execute("select scope from kbots.my_halt()").fetchall() == [("owner",)]
    assert ("admin", "account.disable", "alice") in database.rows(
        "select actor, action, object from kbots.audit_log"
    )


async def test_enabling_leaves_the_halt_to_its_owner(database, accounts, admin, alice):
    await accounts.disable(admin, alice.user_id)

    await accounts.enable(admin, alice.user_id)

    assert database.rows("select disabled from kbots.users where name = 'alice'") == [(False,)]
    assert database.rows("select count(*) from kbots.halts where cleared_at is null") == [(1,)]


# SEC-41
async def test_last_admin_cannot_be_disabled(database, accounts, admin):
    with pytest.raises(NotAllowed, match="last admin"):
        await accounts.disable(admin, admin.user_id)

    second = a_user(database, "second", role="admin")
    await accounts.disable(admin, second)
    with pytest.raises(NotAllowed, match="last admin"):
        await accounts.disable(admin, admin.user_id)


async def test_traders_manage_nobody(accounts, alice, admin):
    for attempt in (
        accounts.list_people(alice),
        accounts.invite(alice, "admin"),
        accounts.renewal_link(alice, admin.user_id),
        accounts.disable(alice, admin.user_id),
        accounts.enable(alice, admin.user_id),
    ):
        with pytest.raises(NotAllowed):
            await attempt


async def test_unknown_account_is_not_found(accounts, admin):
    with pytest.raises(NotFound):
        await accounts.disable(admin, admin.user_id.__class__(int=5))


# SEC-37
async def test_invitation_is_stored_as_a_hash_only(database, accounts, links, admin):
    token = await accounts.invite(admin, "trader")

    assert token not in str(
        database.rows("select t::text, encode(token_hash, 'escape') from kbots.invites t")
    )
    assert await links.find(token)
    assert not await links.find(token + "x")


async def test_link_to_renew_an_account_voids_earlier_ones_and_is_not_made_for_a_disabled_one(
    accounts, links, admin, alice
):
    first = await accounts.renewal_link(admin, alice.user_id)
    second = await accounts.renewal_link(admin, alice.user_id)

    assert await links.find(first) is None
    assert (await links.find(second)).name == "alice"
    await accounts.disable(admin, alice.user_id)
    assert await links.find(second) is None
    with pytest.raises(InvalidInput, match="is disabled"):
        await accounts.renewal_link(admin, alice.user_id)


async def test_role_that_is_none_is_refused(accounts, admin):
    with pytest.raises(InvalidInput, match="trader, viewer, admin"):
        await accounts.invite(admin, "owner")


# SEC-9
async def test_hash_of_a_smaller_cost_is_renewed_at_the_next_sign_in(
    database, gate, links, admin, accounts
):
    password = "correct horse battery staple"
    token = await accounts.invite(admin, "trader")
    caller = Caller(ip="192.0.2.1", device="")
    await links.accept(
        token, NewAccount(name="carol", password=password, repeated=password), caller
    )
    hashes = KeyedHashes(b"pepper")
    factor = SecondFactor(gate, hashes, SystemClock())
    stronger = SignIn(gate, Passwords(b"pepper", cost=5), Sessions(gate), hashes, factor)

    for _ in range(2):
        outcome = await stronger.start(Attempt(name="carol", password=password, caller=caller))
        assert isinstance(outcome, SignedIn)
        ((stored,),) = database.rows("select password_hash from kbots.users where name = 'carol'")
        assert "$2b$05$" in stored
