"""Every route and every handler, as nobody, a viewer, another trader and an admin (SEC-40)."""

import ast
import re

import pytest

from botdashboard.api.headers import CSP_REPORTS
from tests.dashboard.process import hidden_field
from tests.dashboard.sockets import LivePage
from tests.dashboard.traders import Trader
from tests.support.live_grants import a_live_key
from tests.support.sources import ROOT, tree_of
from tests.support.waiting import wait_until

pytestmark = pytest.mark.postgres
SOURCES = ROOT / "dashboard" / "src" / "botdashboard"
# What each route is about, and so who is let in with alice's ids.
PUBLIC = {
    ("get", "/healthz"), ("get", "/readyz"), ("get", "/login"), ("post", "/login"),
    ("get", "/login/code"), ("post", "/login/code"), ("post", CSP_REPORTS),
    *((method, f"/{kind}/{{token}}") for kind in ("setup", "invite", "renew") for method in ("get", "post")),
}  # fmt: skip
OWN = {  # of whoever asks: there is no id to give
    ("get", "/session"), ("post", "/logout"), ("get", "/keys/new"), ("post", "/keys/new"),
    ("get", "/security"), ("post", "/security/password"), ("post", "/security/end-other-sessions"),
    ("get", "/security/second-factor"), ("post", "/security/second-factor/on"),
    ("post", "/security/second-factor/codes"), ("post", "/security/second-factor/off"),
    ("get", "/security/tokens"), ("post", "/security/tokens"), ("get", "/security/audit"),
    ("post", "/security/notices/seen"),
    ("page", "/"), ("page", "/trades"), ("page", "/keys"), ("page", "/new-bot"),
}  # fmt: skip
ADMINS = {
    ("get", "/admin"), ("post", "/admin/invite"), ("post", "/admin/people/{user_id}/renewal-link"),
    ("post", "/admin/people/{user_id}/disable"), ("post", "/admin/people/{user_id}/enable"),
}  # fmt: skip
OWNERS = {
    ("page", "/bots/{namespace}/{name}"), ("get", "/bots/{namespace}/{name}/live"),
    ("post", "/bots/{namespace}/{name}/live"), ("post", "/bots/{namespace}/{name}/live/revoke"),
    ("post", "/security/sessions/{session_id}/end"), ("post", "/security/tokens/{token_id}/revoke"),
    ("get", "/confirm/{token}"), ("post", "/confirm/{token}"),
    ("page", "/keys/{key_id}"), ("get", "/keys/{key_id}/replace"), ("post", "/keys/{key_id}/replace"),
}  # fmt: skip
STRANGERS = ("bob", "victor", "admin")
ALICES = (
    "select u::text from kbots.users u where name = 'alice'",
    "select s.id::text from kbots.sessions s join kbots.users u on u.id = s.user_id where u.name = 'alice'",
    "select b.spec::text, b.deletion_timestamp::text from kbots.trading_bots b where owner = 'alice'",
    "select k::text from kbots.sealed_keys k where owner = 'alice'",
    "select r::text from kbots.key_replacements r where owner = 'alice'",
    "select g::text from kbots.live_grants g where owner = 'alice'",
    "select h::text from kbots.halts h where owner = 'alice'",
    "select t::text from kbots.api_tokens t join kbots.users u on u.id = t.user_id where u.name = 'alice'",
    "select f::text from kbots.second_factors f join kbots.users u on u.id = f.user_id where u.name = 'alice'",
)


def path_of(argument):
    return CSP_REPORTS if ast.unparse(argument) == "CSP_REPORTS" else argument.value


def routes_in_the_sources(*patterns):
    found = set()
    for path in [one for pattern in patterns for one in SOURCES.glob(pattern)]:
        for node in ast.walk(tree_of(path)):
            for mark in getattr(node, "decorator_list", ()):
                match ast.unparse(mark.func).split(".") if isinstance(mark, ast.Call) else None:
                    case ["router", method]:
                        found.add((method, path_of(mark.args[0])))
                    case ["ui", "page"]:
                        found.add(("page", mark.args[0].value))
    return found


@pytest.fixture(scope="module")
def victor(dashboard, admin):
    """Give the browser of a viewer."""
    return dashboard.accept(dashboard.invite("viewer"), "victor")


@pytest.fixture(scope="module")
def strangers(bob, victor, admin):
    return dict(zip(STRANGERS, (bob, victor, admin), strict=True))


@pytest.fixture(scope="module")
def ids(dashboard, alice, alices_bot):
    """Give what alice's things are called."""
    key_id = a_live_key(dashboard.database)
    dashboard.api(alice, "read")
    with dashboard.database.connect() as connection:
        connection.execute(
            "insert into kbots.sealing_public_keys (kid, public_key) values ('k', %s)",
            (bytes(range(32)),),
        )
    user_id, session_id = dashboard.database.rows(
        "select u.id, s.id from kbots.users u join kbots.sessions s on s.user_id = u.id where u.name = 'alice'"
    )[0]
    return {
        "namespace": "kbots-bots",
        "token_id": str(dashboard.database.rows("select id from kbots.api_tokens")[0][0]),
        "name": alices_bot.name,
        "user_id": str(user_id),
        "session_id": str(session_id),
        "key_id": str(key_id),
        "token": "made-up",
    }


def ask(client, route, ids, csrf=""):
    method, path = route
    for name, value in ids.items():
        path = path.replace(f"{{{name}}}", value)
    if method == "post":
        return client.post(path, data={"csrf": csrf, "role": "admin", "grant": ids["user_id"]})
    return client.get(path)


def alices(dashboard):
    return [dashboard.database.rows(query) for query in ALICES]


def test_table_names_every_route_there_is():
    # Those of the REST API: test_every_api_route.
    assert routes_in_the_sources("api/*.py", "pages/*.py") == PUBLIC | OWN | ADMINS | OWNERS


@pytest.mark.parametrize("route", sorted(OWN | ADMINS | OWNERS), ids=" ".join)
def test_nobody_is_led_to_the_sign_in(dashboard, ids, route):
    before = alices(dashboard)

    answer = ask(dashboard.client(), route, ids)

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login")
    assert alices(dashboard) == before


@pytest.mark.parametrize("name", STRANGERS)
@pytest.mark.parametrize("route", sorted(OWNERS), ids=" ".join)
def test_what_is_alices_is_not_there_for_others(dashboard, strangers, ids, route, name):
    before = alices(dashboard)
    client = strangers[name]

    answer = ask(client, route, ids, hidden_field(client.get("/security").text))

    assert answer.status_code == 404
    assert str(dashboard.database.rows(ALICES[0])) not in answer.text
    assert alices(dashboard) == before


@pytest.mark.parametrize("name", ["bob", "victor"])
@pytest.mark.parametrize("route", sorted(ADMINS), ids=" ".join)
def test_what_is_for_admins_is_not_there_for_others(dashboard, strangers, ids, route, name):
    before = alices(dashboard), dashboard.database.rows("select i::text from kbots.invites i")
    client = strangers[name]

    answer = ask(client, route, ids, hidden_field(client.get("/security").text))

    assert answer.status_code == 404
    assert before == (
        alices(dashboard),
        dashboard.database.rows("select i::text from kbots.invites i"),
    )


@pytest.mark.parametrize("name", STRANGERS)
@pytest.mark.parametrize(
    "route", sorted(one for one in OWN if one[0] != "post" and one[1] != "/keys/new"), ids=" ".join
)
def test_own_page_shows_nothing_of_alices(strangers, alices_bot, ids, route, name):
    answer = ask(strangers[name], route, ids)

    assert answer.status_code in {200, 204}
    # One's own lines of the audit log repeat what one asked for.
    assert alices_bot.name not in answer.text or route[1] == "/security/audit"
    assert str(alices_bot.login.bot_uid) not in answer.text
    assert ids["session_id"] not in answer.text


# SEC-50
@pytest.mark.parametrize(
    "path", ["/", "/trades", "/keys", "/new-bot", "the bot's", "/keys/{key_id}"]
)
def test_no_handler_of_alices_pages_is_driven_by_others(
    dashboard, alice, alices_bot, ids, strangers, path
):
    path = alices_bot.path if path == "the bot's" else path.format(**ids)
    with LivePage(alice, path) as page:
        events = [
            {"id": int(number), "listener_id": listener["listener_id"], "args": ["{}"]}
            for number, element in page.elements.items()
            for listener in element.get("events", ())
        ]
        before = alices(dashboard)
        for client in strangers.values():
            for some in range(0, len(events), 20):  # so few that no socket is cut off for its pace
                with LivePage(client, "/") as attacker:
                    for event in events[some : some + 20]:
                        attacker.send_event(event | {"client_id": page.client_id})
                        attacker.send_event(event | {"client_id": attacker.client_id})
                    # Its own last word is answered after all of them.
                    attacker.press("halt-all")
                    attacker.wait_for("Halted")
        assert alices(dashboard) == before

    assert events or path == "/trades"


def test_refusals_are_written_down(dashboard, strangers, ids, alices_bot):
    for name, client in strangers.items():
        client.get(alices_bot.path)
        lines = dashboard.database.rows(
            "select action, result from kbots.audit_log where actor = %s", (name,)
        )
        assert ("bot.view", "not found") in lines
    assert ("users.manage", "refused") in dashboard.database.rows(
        "select action, result from kbots.audit_log where actor = 'bob'"
    )


def test_viewer_looks_at_a_bot_and_halts_it_and_changes_nothing(dashboard, victor, ids):
    bot = Trader.make(dashboard.database, "victor", "watched")
    before = bot.spec()
    with LivePage(victor, bot.path) as page:
        assert "watched" in page.html
        for button in ("state-Paused", "state-Flat", "state-Stopped", "delete"):
            page.press(button)
            page.wait_for("your role may not do this")
        page.press("halt")
        wait_until(bot.halts, "the bot is halted")
    with LivePage(victor, bot.path) as page:
        page.press("clear-halt-bot")
        page.wait_for("your role may not do this")

    assert bot.halts()
    assert bot.spec() == before
    assert victor.get("/keys/new").status_code == 403
    csrf = hidden_field(victor.get("/security").text)
    form = {"csrf": csrf, "key_id": ids["user_id"], "symbols": "BTCUSDT", "most_notional": "1"}
    assert victor.post(f"{bot.path}/live", data=form | {"days": "1"}).status_code == 403
    assert not re.search("your role", victor.get("/").text)
