"""Personal access tokens: made once after a step-up, for what their scopes say, dead when their person is."""

import re

import httpx
import pytest

from tests.dashboard.process import PASSWORD, hidden_field

pytestmark = pytest.mark.postgres
ROUTES = {  # one route of each kind, and the scope it takes
    ("GET", "/bots"): "read",
    ("GET", "/keys"): "read",
    ("GET", "/me/audit"): "read",
    ("POST", "/bots"): "trade",
    ("POST", "/bots/kbots-bots/x/actions/stop"): "trade",
    ("DELETE", "/bots/kbots-bots/x"): "trade",
    ("POST", "/keys"): "keys",
    ("DELETE", "/keys/00000000-0000-4000-8000-000000000000"): "keys",
}


def form(client, **changes):
    fields = {"label": "l", "scopes": ["read"], "days": "7", "current": PASSWORD}
    return fields | {"csrf": hidden_field(client.get("/security").text)} | changes


def problem(answer, field):
    (found,) = re.findall(rf'data-testid="problem-{field}">([^<]*)<', answer.text)
    return found


def status(program):
    return program.get("/me").status_code


def test_token_is_shown_once_and_stored_as_a_hash_only(dashboard, alice):
    program = dashboard.api(alice, "read")
    token = program.headers["authorization"].removeprefix("Bearer ")

    assert re.fullmatch(r"kbots_pat_[A-Za-z0-9_-]{43}", token)
    assert status(program) == 200
    assert token not in alice.get("/security/tokens").text
    rows = str(
        dashboard.database.rows("select t::text, t.token_hash::text from kbots.api_tokens t")
    )
    assert token not in rows
    assert token.removeprefix("kbots_pat_") not in rows
    assert token not in str(dashboard.database.rows("select a::text from kbots.audit_log a"))
    assert token not in dashboard.log.read_text("utf-8")


# SEC-42
@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"current": "wrong"}, "current", "Is wrong"),
        ({"label": ""}, "label", "Must have 1 to 60 printable characters"),
        ({"label": "a\r\nb"}, "label", "Must have 1 to 60 printable characters"),
        ({"scopes": []}, "scopes", "Choose at least one of read, trade, keys"),
        ({"scopes": ["read", "admin"]}, "scopes", "Choose at least one of read, trade, keys"),
        ({"days": "0"}, "days", "Must be one of 7, 30, 90, 365"),
        ({"days": "4000"}, "days", "Must be one of 7, 30, 90, 365"),
    ],
)
def test_refused_field_keeps_what_was_typed_and_makes_nothing(
    dashboard, alice, changes, field, words
):
    before = dashboard.database.rows("select id from kbots.api_tokens")

    answer = alice.post("/security/tokens", data=form(alice, label="typed") | changes)

    assert answer.status_code == 422
    assert problem(answer, field) == words
    assert ('value="typed"' in answer.text) == ("label" not in changes)
    assert dashboard.database.rows("select id from kbots.api_tokens") == before


def test_making_one_renews_the_session_and_is_told(dashboard):
    carl = dashboard.accept(dashboard.invite(), "carl")
    session = dashboard.session_of(carl)

    dashboard.api(carl, "trade")

    assert dashboard.session_of(carl) != session
    assert "Token made" in carl.get("/security").text


@pytest.mark.parametrize("scope", ["read", "trade", "keys"])
def test_scope_opens_its_own_routes_and_no_other(dashboard, alice, scope):
    program = dashboard.api(alice, scope)

    for (method, path), needed in ROUTES.items():
        answer = program.request(method, path, json={})
        if needed == scope:
            assert answer.status_code in {200, 404, 422, 503}, path
        else:
            assert answer.status_code == 403, path
            assert answer.json()["detail"] == f"this token may not do this: its scopes are {scope}"


def test_viewers_token_changes_nothing(dashboard, admin):
    vera = dashboard.accept(dashboard.invite("viewer"), "vera")
    program = dashboard.api(vera, "read", "trade", "keys")

    answers = {route: program.request(*route, json={}).status_code for route in ROUTES}

    assert {route for route, code in answers.items() if code == 403} == {
        route for route, needed in ROUTES.items() if needed == "trade" or route == ("POST", "/keys")
    }


def test_token_is_dead_when_revoked_over_or_its_account_disabled(dashboard, admin):
    dave = dashboard.accept(dashboard.invite(), "dave")
    revoked, over, disabled = (dashboard.api(dave, scope) for scope in ("read", "trade", "keys"))
    listed = dave.get("/security/tokens").text
    names = dict(
        zip(
            re.findall(r'class="kb-device">([^<]*)<', listed),
            re.findall(r"/security/tokens/([-0-9a-f]{36})/revoke", listed),
            strict=True,
        )
    )
    csrf = {"csrf": hidden_field(listed)}

    dave.post(f"/security/tokens/{names['for read']}/revoke", data=csrf)
    dashboard.database.rows(
        "update kbots.api_tokens set expires_at = now() where label = 'for trade' and id = %s returning 1",
        (names["for trade"],),
    )
    assert status(revoked) == status(over) == 401
    assert status(disabled) == 403  # it lives, and is for something else
    (user_id,) = dashboard.database.rows("select id from kbots.users where name = 'dave'")[0]
    csrf = {"csrf": hidden_field(admin.get("/admin").text)}
    admin.post(f"/admin/people/{user_id}/disable", data=csrf)
    assert status(disabled) == 401
    admin.post(f"/admin/people/{user_id}/enable", data=csrf)
    assert status(disabled) == 401
    assert disabled.get("/me").headers["www-authenticate"].startswith("Bearer")


def test_role_that_ended_ends_what_the_token_may(dashboard):
    erin = dashboard.accept(dashboard.invite(), "erin")
    program = dashboard.api(erin, "trade")
    assert program.post("/bots", json={}).status_code == 422

    dashboard.database.rows(
        "update kbots.users set role = 'viewer' where name = 'erin' returning 1"
    )

    assert program.post("/bots", json={}).status_code == 403


def test_link_that_renews_an_account_revokes_its_tokens(dashboard, admin):
    fred = dashboard.accept(dashboard.invite(), "fred")
    program = dashboard.api(fred, "read")
    (user_id,) = dashboard.database.rows("select id from kbots.users where name = 'fred'")[0]
    csrf = {"csrf": hidden_field(admin.get("/admin").text), "name": "fred"}
    shown = admin.post(f"/admin/people/{user_id}/renewal-link", data=csrf).text
    link = shown.split('data-testid="invite-link">')[1].split("<")[0]

    dashboard.accept(link, "fred", "another correct horse battery")

    assert status(program) == 401


def test_another_persons_token_is_not_there(dashboard, alice, bob):
    program = dashboard.api(alice, "read")
    (token_id,) = dashboard.database.rows(
        "select id from kbots.api_tokens order by created_at desc limit 1"
    )[0]

    csrf = {"csrf": hidden_field(bob.get("/security").text)}
    answer = bob.post(f"/security/tokens/{token_id}/revoke", data=csrf)

    assert answer.status_code == 404
    assert status(program) == 200
    assert "for read" not in bob.get("/security/tokens").text


def test_use_is_shown_and_the_number_is_bounded(dashboard):
    gina = dashboard.accept(dashboard.invite(), "gina")
    program = dashboard.api(gina, "read")
    assert "never used" in gina.get("/security/tokens").text
    program.get("/me")
    assert "from 127.0.0.1" in gina.get("/security/tokens").text
    with dashboard.database.connect() as connection:
        connection.execute(
            "insert into kbots.api_tokens (token_hash, user_id, label, scopes, expires_at)"
            " select sha256(n::text::bytea), u.id, 'l', '{read}', now() + interval '1 day'"
            " from kbots.users u, generate_series(1, 19) n where u.name = 'gina'"
        )

    answer = gina.post("/security/tokens", data=form(gina))

    assert problem(answer, "label") == "You have 20 tokens: revoke one first"


# SEC-14
def test_wrong_tokens_of_a_network_wait_and_right_ones_do_not(dashboard, alice):
    program = dashboard.api(alice, "read")
    made_up = {"Authorization": "Bearer kbots_pat_" + "x" * 43}

    answers = [
        httpx.get(f"{dashboard.url}/api/v1/me", headers=made_up | {"X": str(number)})
        for number in range(30)
    ]

    assert {one.status_code for one in answers[:15]} == {401}
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0
    assert status(program) == 200
    assert dashboard.client().get("/login").status_code == 200
    (count,) = dashboard.database.rows(
        "select count(*) from kbots.audit_log where action = 'token.use' and ip = '127.0.0.1'"
    )[0]
    assert 15 <= count <= 30


@pytest.mark.parametrize(
    "header", ["", "Basic YWxpY2U6eA==", "Bearer", "kbots_pat_x", "Bearer a b"]
)
def test_what_is_no_token_opens_nothing(dashboard, alice, header):
    # A browser's cookie is none either: so no other site can use it (SEC-47).
    cookies = {"kbots": alice.cookies["kbots"]}

    answer = httpx.get(
        f"{dashboard.url}/api/v1/me", headers={"Authorization": header}, cookies=cookies
    )

    assert answer.status_code in {401, 429}
    assert answer.headers["content-type"] == "application/problem+json"
