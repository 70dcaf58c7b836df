"""A person changes a password, and an admin gives out links that renew an account."""

import re

import pytest

from tests.dashboard.process import PASSWORD, hidden_field
from tests.dashboard.sockets import LivePage

pytestmark = pytest.mark.postgres
NEW = "seven quiet lighthouses answer"


@pytest.fixture
def carol(dashboard, admin):
    """Give the browser of someone nobody else's test knows."""
    number = dashboard.database.rows("select count(*) from kbots.users")[0][0]
    client = dashboard.accept(dashboard.invite(), f"carol-{number}")
    client.headers["X-Name"] = f"carol-{number}"
    return client


def name_of(client):
    return client.headers["X-Name"]


def change(client, **fields):
    form = {"current": PASSWORD, "password": NEW, "repeated": NEW}
    csrf = hidden_field(client.get("/security").text)
    return client.post("/security/password", data={"csrf": csrf} | form | fields)


def people(admin):
    return admin.get("/admin").text


def press(admin, dashboard, name, what):
    (user_id,) = dashboard.database.rows("select id from kbots.users where name = %s", (name,))[0]
    csrf = hidden_field(people(admin))
    return admin.post(f"/admin/people/{user_id}/{what}", data={"csrf": csrf, "name": name})


# SEC-8, SEC-19
def test_changed_password_ends_every_other_session_and_renews_this_one(dashboard, carol):
    other = dashboard.sign_in(name_of(carol))
    old = carol.cookies["kbots"]
    with LivePage(other, "/") as page:
        answer = change(carol)
        page.wait_for('"open",{"path":"/login"', seconds=5)

    assert answer.headers["location"] == "/security"
    assert carol.cookies["kbots"] != old
    assert carol.get("/").status_code == 200
    assert other.get("/").status_code == 303
    stale = dashboard.client()
    stale.cookies.set("kbots", old, domain="127.0.0.1")
    assert stale.get("/").headers["location"] == "/login"
    refused = dashboard.client().post("/login", data={"name": name_of(carol), "password": PASSWORD})
    assert refused.status_code == 401
    dashboard.sign_in(name_of(carol), NEW)


# SEC-8
@pytest.mark.parametrize(
    ("fields", "at", "words"),
    [
        ({"current": "not this one, sorry"}, "current", "Is wrong"),
        ({"password": "short", "repeated": "short"}, "password", "at least 15 characters"),
        ({"repeated": "another"}, "repeated", "the same password again"),
        ({"password": "passwordpassword1", "repeated": "passwordpassword1"}, "password", "guessed"),
    ],
)
def test_refused_change_says_why_beside_the_field_and_changes_nothing(
    dashboard, carol, fields, at, words
):
    answer = change(carol, **fields)

    assert answer.status_code == 422
    (text,) = re.findall(rf'data-testid="problem-{at}">([^<]+)<', answer.text)
    assert words in text
    assert f'aria-describedby="{at}-problem"' in answer.text
    assert not any(value in answer.text for value in (PASSWORD, NEW, *fields.values()))
    dashboard.sign_in(name_of(carol))


def test_guesses_at_the_current_password_have_to_wait(dashboard, carol):
    for _ in range(6):
        change(carol, current="not this one, sorry")
    dashboard.database.rows(
        "update kbots.sign_in_failures set last_failure_at = now() + interval '1 minute' returning 1"
    )

    answer = change(carol)

    assert answer.status_code == 422
    assert "wrong too often: wait" in answer.text
    dashboard.sign_in(name_of(carol))  # a count of its own: signing in goes on


def test_change_needs_the_sessions_own_form(carol, admin):
    assert change(carol, csrf=hidden_field(people(admin))).status_code == 403


# SEC-34
def test_lost_password_is_renewed_by_an_admins_link_once(dashboard, admin, carol):
    name = name_of(carol)
    shown = press(admin, dashboard, name, "renewal-link")
    (link,) = re.findall(r'data-testid="invite-link">([^<]+)<', shown.text)
    path = link.removeprefix(dashboard.url)
    client = dashboard.client()

    form = client.get(path).text
    assert f'value="{name}"' in form
    assert "readonly" in form
    weak = client.post(path, data={"name": name, "password": "short", "repeated": "short"})
    assert weak.status_code == 422
    assert carol.get("/").status_code == 200, "nothing has changed yet"
    done = client.post(path, data={"name": "admin", "password": NEW, "repeated": NEW})

    assert done.status_code == 303
    assert name in client.get("/security").text, "the name in the form does not count"
    assert carol.get("/").status_code == 303
    assert dashboard.client().get(path).status_code == 404
    assert dashboard.client().post(path, data={"password": NEW, "repeated": NEW}).status_code == 404
    dashboard.sign_in(name, NEW)
    lines = dashboard.database.rows("select actor, action, object from kbots.audit_log")
    assert ("admin", "account.renewal-link", name) in lines
    assert (name, "account.renew", name) in lines
    assert path.rsplit("/", 1)[1] not in str(lines)


def test_admin_disables_and_enables_without_a_script(dashboard, admin, carol):
    name = name_of(carol)

    assert press(admin, dashboard, name, "disable").headers["location"] == "/admin"
    assert carol.get("/").status_code == 303
    refused = dashboard.client().post("/login", data={"name": name, "password": PASSWORD})
    assert refused.status_code == 401
    assert press(admin, dashboard, name, "renewal-link").status_code == 422
    press(admin, dashboard, name, "enable")

    dashboard.sign_in(name)


# SEC-41
def test_last_admin_is_told_why_he_stays(dashboard, admin):
    answer = press(admin, dashboard, "admin", "disable")

    assert answer.status_code == 422
    assert "The last admin" in answer.text


# SEC-37
def test_invitation_is_shown_once_and_of_the_role_that_was_chosen(dashboard, admin):
    csrf = hidden_field(people(admin))
    shown = admin.post("/admin/invite", data={"csrf": csrf, "role": "viewer"})
    (link,) = re.findall(r'data-testid="invite-link">([^<]+)<', shown.text)
    viewer = dashboard.accept(link, "victor")

    assert link not in people(admin)
    assert dashboard.database.rows("select role from kbots.users where name = 'victor'") == [
        ("viewer",)
    ]
    assert viewer.get("/").status_code == 200
    assert admin.post("/admin/invite", data={"csrf": csrf, "role": "owner"}).status_code == 422


def test_page_of_people_is_not_there_for_others(dashboard, alice):
    csrf = hidden_field(alice.get("/security").text)
    (user_id,) = dashboard.database.rows("select id from kbots.users where name = 'admin'")[0]

    for path in ("invite", f"people/{user_id}/disable", f"people/{user_id}/renewal-link"):
        answer = alice.post(f"/admin/{path}", data={"csrf": csrf, "role": "admin"})
        assert answer.status_code == 404, path
        assert "/invite/" not in answer.text
    assert not dashboard.database.rows(
        "select 1 from kbots.users where name = 'admin' and disabled"
    )
