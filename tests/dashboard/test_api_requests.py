"""Requests of the REST API that are no such: each is answered with a problem, and read no further than that."""

import re

import httpx
import pytest

from tests.dashboard.process import hidden_field

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def reads(dashboard, alice):
    return dashboard.api(alice, "read")


@pytest.fixture(scope="module")
def trades(dashboard, alice):
    return dashboard.api(alice, "trade")


def test_what_is_not_there_is_a_problem_too(reads):
    for method, path, status in (
        ("GET", "/nothing", 404), ("GET", "/bots/kbots-bots/ghost", 404), ("DELETE", "/bots", 405),
        ("GET", "/bots/kbots-bots/Ghost", 422), ("POST", "/../v2/bots", 404),
    ):  # fmt: skip
        answer = reads.request(method, path)
        assert answer.status_code == status, path
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json().keys() >= {"type", "title", "status", "detail"}


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'{"name": 1, "spec": {}}', b'{"name": "a", "spec": []}', b"\xff", b'{"a": NaN}',
     b'{"name": "a\\u0000", "spec": {"owner": "\\u0000"}}', b'{"name": "a", "spec": {"\\ud800": "\\ud800"}}',
     b'{"name": "a", "spec": {"risk": {"maxDailyLoss": 1e999}}}', b"[" * 10_000],
)  # fmt: skip
def test_body_that_is_no_bot_is_refused(trades, body):
    answer = trades.post("/bots", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code in {400, 422}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_body_is_bounded_and_says_how_long_it_is(trades):
    def endless():
        yield b"{}"

    headers = {"Content-Type": "application/json"}
    assert trades.post("/bots", content=b" " * 70_000, headers=headers).status_code == 413
    assert trades.post("/bots", content=endless(), headers=headers).status_code == 411


# SEC-62
def test_map_is_for_those_with_a_token(dashboard, alice, reads):
    assert httpx.get(f"{dashboard.url}/api/v1/openapi.json").status_code == 401
    assert alice.get("/api/v1/openapi.json").status_code == 401
    found = reads.get("/openapi.json").json()
    assert found["openapi"].startswith("3.")
    assert {"/v1/bots", "/v1/me"} <= found["paths"].keys()
    assert alice.get("/api/docs").status_code == 401
    assert not re.search("HTTPValidationError", str(found))


def test_form_of_a_page_takes_no_token(dashboard, alice, trades):
    token = trades.headers["authorization"]
    answer = httpx.post(
        f"{dashboard.url}/security/end-other-sessions",
        headers={"Authorization": token, "Origin": dashboard.url},
        data={"csrf": hidden_field(alice.get("/security").text)},
    )

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login")
