"""The second factor over HTTP: turned on, asked for, used up, turned off."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.dashboard.factors import with_second_factor
from tests.dashboard.process import PASSWORD, hidden_field
from tests.dashboard.test_keys import everything_in

pytestmark = pytest.mark.postgres


@pytest.fixture(autouse=True)
def _forgotten_failures(dashboard):
    with dashboard.database.connect() as connection:
        connection.execute("delete from kbots.sign_in_failures")


@pytest.fixture
def name(dashboard, admin):
    number = dashboard.database.rows("select count(*) from kbots.users")[0][0]
    return f"dora-{number}"


@pytest.fixture
def dora(dashboard, name):
    return dashboard.accept(dashboard.invite(), name)


@pytest.fixture
def app(dashboard, dora, name):
    return with_second_factor(dashboard, dora, name)


def waiting(dashboard, name, password=PASSWORD):
    """Give a browser whose password was right."""
    client = dashboard.client()
    answer = client.post("/login", data={"name": name, "password": password, "next": "/trades"})
    assert answer.headers["location"] == "/login/code?next=/trades"
    return client


def send(client, code):
    return client.post("/login/code", data={"code": code, "next": "/trades"})


def press(client, what, **fields):
    csrf = hidden_field(client.get("/security/second-factor").text)
    return client.post(f"/security/second-factor/{what}", data={"csrf": csrf} | fields)


# SEC-27
def test_secret_is_shown_as_a_picture_made_here_and_in_letters(dora):
    shown = dora.get("/security/second-factor")

    (picture,) = re.findall(r"<svg.*?</svg>", shown.text, re.DOTALL)
    assert picture.count("<path") == 1
    assert "script" not in picture
    assert "http" not in picture.replace("http://www.w3.org/2000/svg", "")
    assert "'unsafe-inline'" not in shown.headers["content-security-policy"]
    assert re.search(r'data-testid="secret">[A-Z2-7]{32}<', shown.text)
    assert shown.text == dora.get("/security/second-factor").text, "the same until it is on"


# SEC-28
def test_it_is_on_after_a_right_code_and_the_password_only(dashboard, dora, name):
    shown = dora.get("/security/second-factor").text

    assert press(dora, "on", current=PASSWORD, code="000000").status_code == 422
    assert press(dora, "on", current="not this one, sorry", code="000000").status_code == 422
    assert 'data-testid="factor-state">Off<' in dora.get("/security").text
    dashboard.sign_in(name)  # no code is asked for
    assert re.findall('data-testid="secret">([^<]+)<', shown) == re.findall(
        'data-testid="secret">([^<]+)<', dora.get("/security/second-factor").text
    )


# SEC-19, SEC-28
def test_sign_in_asks_for_a_code_and_opens_nothing_before_it(dashboard, dora, app, name):
    client = waiting(dashboard, name)

    assert "kbots" not in client.cookies
    assert client.get("/trades").headers["location"] == "/login?next=/trades"
    assert client.get("/login/code").status_code == 200
    pending = client.cookies["kbots-pending"]
    answer = send(client, app.code())

    assert answer.headers["location"] == "/trades"
    assert client.get("/trades").status_code == 200
    assert client.cookies["kbots"] != pending
    stale = dashboard.client()
    stale.cookies.set("kbots", pending, domain="127.0.0.1")
    assert stale.get("/").status_code == 303
    stale.cookies.set("kbots-pending", pending, domain="127.0.0.1")
    assert stale.get("/login/code").headers["location"] == "/login"


# SEC-29
def test_old_code_is_refused(dashboard, dora, app, name):
    app.code()
    refused = send(waiting(dashboard, name), app.same_code(-3))

    assert refused.status_code == 401
    assert "Is wrong or was used already" in refused.text
    assert 'id="code-problem"' in refused.text


# SEC-30
def test_code_counts_once_and_no_older_one_after_it(dashboard, dora, app, name):
    code = app.code()
    assert send(waiting(dashboard, name), code).status_code == 303

    assert send(waiting(dashboard, name), code).status_code == 401
    assert send(waiting(dashboard, name), app.same_code(-1)).status_code == 401


# SEC-30
def test_code_that_comes_many_times_at_once_counts_once(dashboard, dora, app, name):
    clients = [waiting(dashboard, name) for _ in range(4)]
    dashboard.database.rows("delete from kbots.sign_in_failures returning 1")
    code = app.code()

    with ThreadPoolExecutor(4) as pool:
        codes = [answer.status_code for answer in pool.map(lambda one: send(one, code), clients)]

    assert sorted(codes) == [303, 401, 401, 401]


# SEC-31
def test_five_wrong_codes_end_the_sign_in_and_count_as_failures(dashboard, dora, app, name):
    client = waiting(dashboard, name)
    answers = []
    for _ in range(5):
        dashboard.database.rows(
            "update kbots.sign_in_failures set last_failure_at = now() - interval '20 minutes' returning 1"
        )
        answers.append(send(client, "000000"))

    assert [one.status_code for one in answers] == [401] * 5
    assert "sign in again" in answers[-1].text
    assert client.get("/login/code").headers["location"] == "/login"
    assert send(client, app.code()).status_code == 401, "also a right one comes too late"
    (most,) = dashboard.database.rows("select max(failures) from kbots.sign_in_failures")[0]
    assert most >= 5


# SEC-33
def test_recovery_code_works_once_and_what_is_left_is_said(dashboard, dora, app, name):
    first = app.recovery_codes[0]
    client = waiting(dashboard, name)

    assert send(client, first.lower().replace("-", " ")).status_code == 303
    assert "Recovery codes left: 9" in client.get("/security").text
    assert send(waiting(dashboard, name), first).status_code == 401
    assert (name, "new", "recovery code") in dashboard.database.rows(
        "select actor, detail ->> 'device', detail ->> 'factor' from kbots.audit_log"
        " where action = 'sign-in' and result = 'ok'"
    )


# SEC-33
def test_new_recovery_codes_void_the_earlier_ones(dashboard, dora, app, name):
    answer = press(dora, "codes", current=PASSWORD, code=app.code())
    renewed = re.findall(r"<li>([A-Z2-7-]{19})</li>", answer.text)

    assert len(renewed) == 10
    assert send(waiting(dashboard, name), app.recovery_codes[0]).status_code == 401
    assert send(waiting(dashboard, name), renewed[0]).status_code == 303


# SEC-33, SEC-36
def test_database_holds_neither_secret_nor_recovery_codes(dashboard, dora, app, name):
    dump = everything_in(dashboard.database)

    assert app._totp.secret not in dump
    assert not any(code in dump or code.replace("-", "") in dump for code in app.recovery_codes)
    assert not any(code in dora.get("/security").text for code in app.recovery_codes)


# SEC-36
def test_secret_that_is_copied_to_another_account_opens_nothing(dashboard, dora, app, alice):
    theirs = with_second_factor(dashboard, alice, "alice")
    dashboard.database.rows(
        "update kbots.second_factors f set sealed_secret = (select sealed_secret from kbots.second_factors g"
        " join kbots.users u on u.id = g.user_id where u.name <> 'alice' limit 1)"
        " from kbots.users u where u.id = f.user_id and u.name = 'alice' returning 1"
    )

    for one in (app, theirs):
        assert send(waiting(dashboard, "alice"), one.code()).status_code == 403


# SEC-28
@pytest.mark.parametrize("what", ["off", "codes"])
def test_change_needs_password_and_code(dora, app, what):
    wrong = {"current": "not this one, sorry", "code": app.code()}
    for fields in (wrong, {"current": PASSWORD, "code": "000000"}, {"current": PASSWORD}):
        assert press(dora, what, **fields).status_code == 422

    assert 'data-testid="factor-state">On<' in dora.get("/security").text
    done = press(dora, what, current=PASSWORD, code=app.code())
    assert done.status_code in {200, 303}


# SEC-34
def test_link_that_renews_an_account_takes_a_lost_factor_away(dashboard, admin, dora, app, name):
    (user_id,) = dashboard.database.rows("select id from kbots.users where name = %s", (name,))[0]
    csrf = hidden_field(admin.get("/admin").text)
    shown = admin.post(f"/admin/people/{user_id}/renewal-link", data={"csrf": csrf, "name": name})
    (link,) = re.findall(r'data-testid="invite-link">([^<]+)<', shown.text)

    renewed = dashboard.accept(link, name)

    assert 'data-testid="factor-state">Off<' in renewed.get("/security").text
    assert dora.get("/").status_code == 303


# SEC-43
def test_proof_counts_once_and_renews_the_token(dashboard, dora, app):
    old, code = dora.cookies["kbots"], app.code()

    assert press(dora, "codes", current=PASSWORD, code=code).status_code == 200

    assert dora.cookies["kbots"] != old
    stale = dashboard.client()
    stale.cookies.set("kbots", old, domain="127.0.0.1")
    assert stale.get("/").status_code == 303
    again = press(dora, "codes", current=PASSWORD, code=code)
    assert again.status_code == 422
    assert "was used already" in again.text


# SEC-1
def test_shorter_password_is_taken_with_a_second_factor(dashboard, dora, app):
    csrf = hidden_field(dora.get("/security").text)
    new = "zrM7 qkd vho0"
    form = {"csrf": csrf, "current": PASSWORD, "password": new, "repeated": new, "code": app.code()}

    assert dora.post("/security/password", data=form).status_code == 303
