"""Waits after failed sign-ins: they survive a restart and never keep the owner out."""

import pytest

from tests.dashboard.process import PASSWORD, Dashboard

pytestmark = pytest.mark.postgres
WRONG = "not this one, sorry"


@pytest.fixture(autouse=True)
def _forgotten_failures(dashboard):
    yield
    with dashboard.database.connect() as connection:
        connection.execute("delete from kbots.sign_in_failures")


def fail(client, name, times):
    return [client.post("/login", data={"name": name, "password": WRONG}) for _ in range(times)]


def waiting(database):
    return database.rows(
        "update kbots.sign_in_failures set last_failure_at = now() + interval '1 minute' returning 1"
    )


# SEC-15
def test_stranger_who_fails_does_not_keep_out_a_browser_that_was_there_before(dashboard, alice):
    owner = dashboard.sign_in("alice")
    fail(dashboard.client(), "alice", 6)
    waiting(dashboard.database)
    stranger = dashboard.client()

    again = owner.post("/login", data={"name": "alice", "password": PASSWORD})

    refused = stranger.post("/login", data={"name": "alice", "password": PASSWORD})
    assert refused.status_code == 401, "a browser nobody knows has to wait"
    assert again.status_code == 303
    marks = [one for one in owner.cookies.jar if one.name == "kbots-device"]
    assert [one.expires is not None for one in marks] == [True]


# SEC-15
def test_known_browser_has_a_count_of_its_own_and_of_one_account(dashboard, alice, bob):
    owner = dashboard.sign_in("alice")
    fail(owner, "alice", 6)
    waiting(dashboard.database)

    assert owner.post("/login", data={"name": "alice", "password": PASSWORD}).status_code == 401
    dashboard.sign_in("alice")  # from a browser nobody knows: its own count is not touched
    fail(owner, "bob", 6)
    waiting(dashboard.database)
    assert owner.post("/login", data={"name": "bob", "password": PASSWORD}).status_code == 401


# SEC-14
def test_network_with_many_failures_waits_and_is_told_how_long(dashboard, alice):
    client = dashboard.client()
    for number in range(21):
        fail(client, f"nobody-{number}", 1)

    refused = client.post("/login", data={"name": "alice", "password": PASSWORD})

    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 2
    assert "from your network" in refused.text
    assert 'value="alice"' in refused.text, "what was typed is still there"
    assert PASSWORD not in refused.text


# SEC-16
def test_address_is_believed_of_the_proxy_alone(database, tmp_path):
    strict = Dashboard(database, tmp_path, KBOTS_DASHBOARD_FORWARDED_ALLOW_IPS="192.0.2.1")
    strict.start()
    try:
        fail_from(strict, "198.51.100.7")
        assert addresses(database) == ["127.0.0.1"]
    finally:
        strict.stop()


# SEC-16
def test_proxy_that_is_named_tells_the_address(dashboard):
    fail_from(dashboard, "198.51.100.7")

    assert "198.51.100.7" in addresses(dashboard.database)


def fail_from(dashboard, address):
    dashboard.client().post(
        "/login",
        data={"name": "nobody", "password": WRONG},
        headers={"X-Forwarded-For": address},
    )


def addresses(database):
    return [
        ip
        for (ip,) in database.rows(
            "select distinct ip from kbots.audit_log where action = 'sign-in'"
        )
    ]


# SEC-13, SEC-14
def test_wait_outlives_a_restart(database, tmp_path):
    first = Dashboard(database, tmp_path)
    first.start()
    first.accept(first.setup_link(), "admin")
    fail(first.client(), "admin", 6)
    waiting(database)
    first.stop()

    second = Dashboard(database, tmp_path)
    second.start()
    try:
        refused = second.client().post("/login", data={"name": "admin", "password": PASSWORD})
        assert refused.status_code == 401
    finally:
        second.stop()
