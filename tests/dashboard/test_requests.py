"""What comes from elsewhere is refused before anything else sees it."""

import pytest

from tests.dashboard.process import PASSWORD, hidden_field

pytestmark = pytest.mark.postgres
LOGIN = {"name": "alice", "password": PASSWORD}


# SEC-47
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": ""},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_change_from_another_origin_is_refused(dashboard, alice, headers):
    assert dashboard.client().post("/login", data=LOGIN, headers=headers).status_code == 403


def test_browser_that_hides_its_origin_is_known_by_fetch_metadata(dashboard, alice):
    headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}

    assert dashboard.client().post("/login", data=LOGIN, headers=headers).status_code == 303


def test_both_spellings_of_loopback_are_ours(dashboard, alice):
    headers = {"Origin": f"http://localhost:{dashboard.port}"}

    assert dashboard.client().post("/login", data=LOGIN, headers=headers).status_code == 303


def test_refusals_are_written_down(dashboard):
    dashboard.client().post("/login", data=LOGIN, headers={"Origin": "https://evil.example"})

    lines = dashboard.database.rows("select action, object, result from kbots.audit_log")
    assert ("request.origin", "/login", "refused") in lines


def test_too_long_request_is_refused(dashboard):
    answer = dashboard.client().post("/login", data={"name": "a", "password": "x" * 70_000})

    assert answer.status_code == 413


# SEC-4
def test_too_long_password_is_refused_without_being_hashed(dashboard):
    answer = dashboard.client().post("/login", data={"name": "a", "password": "x" * 2000})

    assert answer.status_code == 401
    assert answer.elapsed.total_seconds() < 0.15


# SEC-54
@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "javascript:alert(1)"]
)
def test_sign_in_leads_nowhere_else(dashboard, alice, target):
    shown = dashboard.client().get("/login", params={"next": target})
    answer = dashboard.client().post("/login", data=LOGIN | {"next": target})

    assert hidden_field(shown.text, "next") == "/"
    assert answer.headers["location"] == "/"


def test_sign_in_leads_to_the_page_that_was_asked_for(dashboard, alice):
    assert dashboard.client().get("/trades").headers["location"] == "/login?next=/trades"
    answer = dashboard.client().post("/login", data=LOGIN | {"next": "/trades"})
    assert answer.headers["location"] == "/trades"


# SEC-62
@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/metrics"])
def test_there_is_no_map_of_the_program(alice, path):
    assert alice.get(path).status_code == 404


# SEC-57
def test_forwarded_prefix_is_not_reflected(alice):
    answer = alice.get("/trades", headers={"X-Forwarded-Prefix": "/evil"})

    assert "/evil" not in answer.text


# SEC-60, SEC-61
@pytest.mark.parametrize(
    "path", ["/login", "/setup/x", "/", "/trades", "/nothing-here", "/keys/new"]
)
def test_every_page_has_a_policy_and_is_not_kept(dashboard, alice, path):
    answer = alice.get(path)

    policy = answer.headers["content-security-policy"]
    assert "object-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "'unsafe-inline'" not in policy.split("script-src")[1]
    assert answer.headers["cache-control"] == "no-store"
    assert "server" not in answer.headers


# SEC-60
def test_plain_pages_run_no_script(dashboard):
    assert (
        "script-src 'none'" in dashboard.client().get("/login").headers["content-security-policy"]
    )


# SEC-48
def test_polling_in_place_of_a_socket_is_refused(dashboard, alice):
    path = "/_nicegui_ws/socket.io/?EIO=4&transport=polling&client_id=x"

    assert dashboard.client().get(path).status_code == 403
    assert alice.get(path, headers={"Origin": "https://evil.example"}).status_code == 403


# SEC-5
def test_password_managers_find_the_fields_they_fill(dashboard, alice):
    sign_in, account = (
        dashboard.client().get(path).text for path in ("/login", dashboard.invite())
    )
    security = alice.get("/security").text

    assert 'autocomplete="username"' in sign_in
    assert sign_in.count('autocomplete="current-password"') == 1
    assert 'autocomplete="username"' in account
    assert account.count('autocomplete="new-password"') == 2
    assert security.count('autocomplete="current-password"') == 1
    assert not any("onpaste" in page for page in (sign_in, account, security))
