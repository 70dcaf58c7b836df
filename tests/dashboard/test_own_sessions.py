"""A person sees and ends sessions; pages of ended ones close at once."""

import re

import pyotp
import pytest

from tests.dashboard.process import PASSWORD, hidden_field
from tests.dashboard.sockets import LivePage

pytestmark = pytest.mark.postgres


def shown(client):
    return client.get("/security").text


def ids(client):
    return re.findall(r"/security/sessions/([0-9a-f-]{36})/end", shown(client))


def post(client, path, **fields):
    return client.post(path, data={"csrf": hidden_field(shown(client))} | fields)


@pytest.fixture
def erin(dashboard, admin):
    number = dashboard.database.rows("select count(*) from kbots.users")[0][0]
    client = dashboard.accept(dashboard.invite(), f"erin-{number}")
    client.headers["X-Name"] = f"erin-{number}"
    return client


# SEC-24
def test_sessions_are_listed_with_browser_and_address_and_one_is_ended(dashboard, erin):
    other = dashboard.sign_in(erin.headers["X-Name"])
    other.get("/trades", headers={"User-Agent": "not looked at after the sign-in"})
    (session_id,) = ids(erin)

    text = shown(erin)
    assert text.count('data-testid="session"') == 2
    assert text.count("This one") == 1
    assert "from 127.0.0.1" in text
    assert "python-httpx" in text
    with LivePage(other, "/") as page:
        assert post(erin, f"/security/sessions/{session_id}/end").status_code == 303
        page.wait_for('"open",{"path":"/login"', seconds=1)

    assert other.get("/").status_code == 303
    assert erin.get("/").status_code == 200
    assert ids(erin) == []


# SEC-24
def test_all_others_end_and_this_one_stays(dashboard, erin):
    others = [dashboard.sign_in(erin.headers["X-Name"]) for _ in range(3)]

    assert post(erin, "/security/end-other-sessions").status_code == 303

    assert [one.get("/").status_code for one in others] == [303] * 3
    assert erin.get("/").status_code == 200
    assert (erin.headers["X-Name"], "session.end-others") in dashboard.database.rows(
        "select actor, action from kbots.audit_log"
    )


def test_session_of_another_is_not_there(dashboard, erin, alice):
    dashboard.sign_in(erin.headers["X-Name"])
    (session_id,) = ids(erin)

    assert post(alice, f"/security/sessions/{session_id}/end").status_code == 404
    assert session_id in ids(erin)
    assert session_id not in shown(alice)


def test_idle_and_old_sessions_are_not_listed(dashboard, erin):
    dashboard.sign_in(erin.headers["X-Name"])
    (session_id,) = ids(erin)
    dashboard.database.rows(
        "update kbots.sessions set last_action_at = now() - interval '31 minutes' where id = %s returning 1",
        (session_id,),
    )

    assert ids(erin) == []


# SEC-18
def test_name_of_a_session_opens_nothing(dashboard, erin):
    dashboard.sign_in(erin.headers["X-Name"])
    (session_id,) = ids(erin)
    stranger = dashboard.client()
    for value in (session_id, dashboard.session_of(erin).hex()):
        stranger.cookies.set("kbots", value, domain="127.0.0.1")
        assert stranger.get("/").status_code == 303


# SEC-19, SEC-21
def test_renewed_session_ends_when_the_first_would_have(dashboard, erin):
    before = dashboard.database.rows(
        "select id, expires_at from kbots.sessions where token_hash = %s",
        (dashboard.session_of(erin),),
    )
    text = erin.get("/security/second-factor").text
    (secret,) = re.findall(r'data-testid="secret">([A-Z2-7]+)<', text)
    app = pyotp.TOTP(secret)
    form = {"csrf": hidden_field(text), "current": PASSWORD, "code": app.now()}
    erin.post("/security/second-factor/on", data=form)

    after = dashboard.database.rows(
        "select id, expires_at from kbots.sessions where token_hash = %s",
        (dashboard.session_of(erin),),
    )
    assert after == before


def test_sign_in_page_of_someone_who_is_signed_in_leads_on(erin):
    assert erin.get("/login?next=/trades").headers["location"] == "/trades"
