"""Sign-in, sessions and sign-out over HTTP."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.dashboard.process import PASSWORD, hidden_field
from tests.dashboard.sockets import LivePage
from tests.support.waiting import wait_until

pytestmark = pytest.mark.postgres


def csrf_of(client):
    return hidden_field(client.get("/keys/new").text)


@pytest.fixture(scope="module", autouse=True)
def sealing_key(dashboard):
    with dashboard.database.connect() as connection:
        connection.execute(
            "insert into kbots.sealing_public_keys (kid, public_key) values ('k', %s)",
            (bytes(range(32)),),
        )


@pytest.fixture(autouse=True)
def _forgotten_failures(dashboard):
    with dashboard.database.connect() as connection:
        connection.execute("delete from kbots.sign_in_failures")


def test_nobody_sees_a_page_without_signing_in(dashboard):
    for path in ("/", "/trades", "/keys", "/keys/new", "/admin", "/bots/a/b", "/nothing-here"):
        answer = dashboard.client().get(path)
        assert answer.status_code == 303, path
        assert answer.headers["location"].startswith("/login")


# SEC-11, SEC-17
def test_unknown_name_wrong_password_and_disabled_account_are_answered_alike(dashboard, alice):
    dashboard.accept(dashboard.invite(), "gone")
    with dashboard.database.connect() as connection:
        connection.execute("update kbots.users set disabled = true where name = 'gone'")
    tries = [("nobody", PASSWORD), ("alice", "wrong password entirely"), ("gone", PASSWORD)]

    answers = [
        dashboard.client().post("/login", data={"name": name, "password": password})
        for name, password in tries
    ]

    assert {answer.status_code for answer in answers} == {401}
    texts = {a.text.replace(name, "") for a, (name, _) in zip(answers, tries, strict=True)}
    assert len(texts) == 1, "but for the name that was typed"
    assert len({tuple(k for k in answer.headers if k != "date") for answer in answers}) == 1


def test_cookie_is_closed_to_scripts_and_other_sites(dashboard, alice):
    client = dashboard.client()
    answer = client.post("/login", data={"name": "alice", "password": PASSWORD})

    (cookie,) = [
        one.lower() for one in answer.headers.get_list("set-cookie") if one.startswith("kbots=")
    ]

    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "max-age" not in cookie
    assert "domain" not in cookie


# SEC-20
def test_planted_token_is_never_accepted_after_sign_in(dashboard, alice):
    client = dashboard.client()
    client.cookies.set("kbots", "planted-by-someone-else", domain="127.0.0.1")

    client.post("/login", data={"name": "alice", "password": PASSWORD})

    planted = dashboard.client()
    planted.cookies.set("kbots", "planted-by-someone-else", domain="127.0.0.1")
    assert planted.get("/").status_code == 303


def test_every_sign_in_has_a_token_of_its_own_and_only_its_hash_is_stored(dashboard, alice):
    first, second = dashboard.sign_in("alice"), dashboard.sign_in("alice")

    tokens = {first.cookies["kbots"], second.cookies["kbots"]}

    assert len(tokens) == 2
    stored = dashboard.database.rows(
        "select encode(token_hash, 'escape'), csrf_token, device from kbots.sessions"
    )
    assert not any(token in str(stored) for token in tokens)


# SEC-23
def test_sign_out_ends_the_session_and_moves_its_open_pages(dashboard, alice):
    client = dashboard.sign_in("alice")
    token = client.cookies["kbots"]
    with LivePage(client, "/") as first, LivePage(client, "/trades") as second:
        answer = client.post("/logout", data={"csrf": csrf_of(client)})

        assert answer.status_code == 303
        assert answer.headers["clear-site-data"] == '"cache", "storage"'
        for page in (first, second):
            page.wait_for('"open",{"path":"/login"', seconds=1)
    again = dashboard.client()
    again.cookies.set("kbots", token, domain="127.0.0.1")
    assert again.get("/").status_code == 303


# SEC-47
def test_sign_out_needs_the_sessions_own_form_token(dashboard, alice, bob):
    client = dashboard.sign_in("alice")

    assert client.post("/logout", data={}).status_code == 403
    assert client.post("/logout", data={"csrf": csrf_of(bob)}).status_code == 403
    assert client.get("/logout").status_code in {404, 405}
    assert client.get("/").status_code == 200


# SEC-21
@pytest.mark.parametrize(
    "column", ["last_action_at = now() - interval '31 minutes'", "expires_at = now()"]
)
def test_idle_and_old_sessions_are_over(dashboard, alice, column):
    client = dashboard.sign_in("alice")
    with LivePage(client, "/") as page:
        with dashboard.database.connect() as connection:
            # The process writes down what was done every few seconds: the row is moved after that.
            wait_until(
                lambda: connection.execute(
                    f"update kbots.sessions set {column} where token_hash = %s returning 1",  # noqa: S608 the test's own text
                    (dashboard.session_of(client),),
                ).fetchone(),
                "the session is there",
            )
        page.wait_for('"open",{"path":"/login"', seconds=15)
    assert client.get("/").status_code == 303


# SEC-13
def test_after_five_failures_even_the_right_password_has_to_wait(dashboard):
    dashboard.accept(dashboard.invite(), "forgetful")
    for _ in range(6):
        dashboard.client().post(
            "/login", data={"name": "forgetful", "password": "not this one, sorry"}
        )

    refused = dashboard.client().post("/login", data={"name": "forgetful", "password": PASSWORD})
    assert refused.status_code == 401

    with dashboard.database.connect() as connection:
        connection.execute(
            "update kbots.sign_in_failures set last_failure_at = last_failure_at - interval '20 minutes'"
        )
    dashboard.sign_in("forgetful")


def test_many_tries_at_once_slip_through_no_more_than_one_by_one(dashboard):
    dashboard.accept(dashboard.invite(), "target")
    clients = [dashboard.client() for _ in range(16)]

    with ThreadPoolExecutor(16) as pool:
        list(
            pool.map(
                lambda one: one.post("/login", data={"name": "target", "password": "guess"}),
                clients,
            )
        )

    refused = dashboard.database.rows(
        "select result, count(*) from kbots.audit_log where action = 'sign-in' and at > now() - interval '1 minute'"
        " and (actor = 'target' or result = 'throttled') group by result"
    )
    assert dict(refused)["refused"] <= 6


# SEC-25
def test_at_most_ten_sessions_of_one_person(dashboard):
    first = dashboard.accept(dashboard.invite(), "busy")
    for _ in range(10):
        last = dashboard.sign_in("busy")

    assert first.get("/").status_code == 303
    assert last.get("/").status_code == 200
    assert ("busy", "session.oldest-ended") in dashboard.database.rows(
        "select actor, action from kbots.audit_log"
    )


# SEC-10
def test_many_sign_ins_at_once_do_not_hold_up_the_probe(dashboard):
    clients = [dashboard.client() for _ in range(20)]
    with ThreadPoolExecutor(20) as pool:
        tries = [
            pool.submit(one.post, "/login", data={"name": f"many-{number}", "password": "guess"})
            for number, one in enumerate(clients)
        ]
        taken = []
        while not all(one.done() for one in tries):
            taken.append(httpx.get(f"{dashboard.url}/healthz", timeout=30).elapsed.total_seconds())

    taken.sort()
    assert len(taken) >= 10
    assert taken[-1] < 1, f"0.1 s on a quiet machine: {taken[-5:]}"


def test_every_sign_in_and_refusal_is_in_the_audit_log_without_secrets(dashboard, alice):
    lines = dashboard.database.rows("select actor, action, result, detail from kbots.audit_log")

    device = {"device": "new", "browser": alice.headers["user-agent"]}
    assert ("alice", "sign-in", "ok", device) in lines
    assert any(line[1:3] == ("sign-in", "throttled") for line in lines)
    assert PASSWORD not in str(lines)
