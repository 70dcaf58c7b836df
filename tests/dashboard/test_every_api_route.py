"""Every route of the REST API, as nobody, and by tokens of each scope of a viewer, a trader and an admin (SEC-40)."""

import httpx
import pytest

from tests.dashboard.test_every_route import ALICES, routes_in_the_sources
from tests.support.live_grants import a_live_key

pytestmark = pytest.mark.postgres
BOT = "/bots/{namespace}/{name}"
NEEDS = {  # the scope each route takes
    ("get", "/bots"): "read", ("get", BOT): "read", ("get", "/trades"): "read",
    ("get", f"{BOT}/trades"): "read", ("get", f"{BOT}/orders"): "read", ("get", f"{BOT}/equity"): "read",
    ("get", "/keys"): "read", ("get", "/me"): "read", ("get", "/me/audit"): "read",
    ("post", "/bots"): "trade", ("put", BOT): "trade", ("patch", BOT): "trade", ("delete", BOT): "trade",
    ("post", f"{BOT}/actions/{{action}}"): "trade",
    ("post", "/keys"): "keys", ("delete", "/keys/{key_id}"): "keys",
}  # fmt: skip
OF_VIEWERS = {route for route, scope in NEEDS.items() if scope == "read"} | {
    ("delete", "/keys/{key_id}")
}
WITH_IDS = {route for route in NEEDS if "{" in route[1]}
SCOPES = ("read", "trade", "keys")
BODY = {"spec": {"owner": "alice", "risk": {"maxOpenOrders": 1}}}


@pytest.fixture(scope="module")
def ids(dashboard, alice, alices_bot):
    """Give what alice's things are called."""
    key = a_live_key(dashboard.database)
    return {
        "namespace": "kbots-bots", "name": alices_bot.name, "action": "stop", "key_id": str(key),
        "uid": str(alices_bot.login.bot_uid),
    }  # fmt: skip


@pytest.fixture(scope="module")
def programs(dashboard, bob, admin):
    victor = dashboard.accept(dashboard.invite("viewer"), "victor")
    return {
        (name, scope): dashboard.api(client, scope)
        for name, client in {"bob": bob, "victor": victor, "admin": admin}.items()
        for scope in SCOPES
    }


def ask(client, route, ids):
    method, path = route
    body = {"json": BODY} if method in {"post", "put", "patch"} else {}
    if route == ("post", "/bots"):
        body = {"json": BODY | {"name": "x"}}
    return client.request(method, path.format(**ids), headers={"If-Match": '"1"'}, **body)


def alices(dashboard):
    return [dashboard.database.rows(query) for query in ALICES]


def test_table_names_every_route_there_is():
    assert routes_in_the_sources("api/v1/*.py") == NEEDS.keys()


@pytest.mark.parametrize("route", sorted(NEEDS), ids=" ".join)
def test_nobody_is_let_in_and_a_cookie_is_nobody(dashboard, alice, ids, route):
    cookies = {"kbots": alice.cookies["kbots"]}
    before = alices(dashboard)
    for more in ({}, {"cookies": cookies, "headers": {"Origin": dashboard.url}}):
        with httpx.Client(base_url=f"{dashboard.url}/api/v1", **more) as client:
            answer = ask(client, route, ids)

        assert answer.status_code == 401
        assert ids["name"] not in answer.text
    assert alices(dashboard) == before


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("name", ["bob", "victor", "admin"])
@pytest.mark.parametrize("route", sorted(NEEDS), ids=" ".join)
def test_others_see_and_change_nothing_of_alices(dashboard, ids, programs, route, name, scope):
    before = alices(dashboard)

    answer = ask(programs[name, scope], route, ids)

    is_allowed = NEEDS[route] == scope and (name != "victor" or route in OF_VIEWERS)
    if not is_allowed:
        assert answer.status_code == 403
    elif route in WITH_IDS:
        assert answer.status_code == 404
    else:
        assert answer.status_code in {200, 422, 503}
    assert ids["uid"] not in answer.text
    assert "risk" not in answer.text
    if route not in WITH_IDS | {("get", "/me/audit")}:  # these repeat what their person asked for
        assert ids["name"] not in answer.text
    assert alices(dashboard) == before
