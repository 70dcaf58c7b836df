"""What browsers report of the content security policy: little is taken, and nothing secret is kept (SEC-60)."""

import json

import pytest

from tests.support.waiting import wait_until

pytestmark = pytest.mark.postgres
REPORT = {
    "document-uri": "http://127.0.0.1/invite/CanaryTokenCanaryToken?next=CanaryQuery",
    "effective-directive": "img-src",
    "blocked-uri": "https://evil.example/CanaryPath?key=CanaryValue",
    "original-policy": "CanaryPolicy",
    "script-sample": "CanarySample",
}


def send(client, body, **headers):
    content = body if isinstance(body, bytes) else json.dumps({"csp-report": body}).encode()
    return client.post(
        "/csp-reports",
        content=content,
        headers={"Content-Type": "application/csp-report"} | headers,
    )


def reports(dashboard):
    lines = map(json.loads, dashboard.log.read_text().splitlines())
    return [
        (line["directive"], line["blocked"], line["page"])
        for line in lines
        if line["event"] == "csp_violation"
    ]


def test_report_is_logged_without_what_could_be_secret(dashboard):
    answer = send(dashboard.client(), REPORT)

    assert answer.status_code == 204
    wait_until(lambda: reports(dashboard), "it is logged")
    assert reports(dashboard)[-1] == ("img-src", "https://evil.example", "/invite")
    assert "Canary" not in dashboard.log.read_text()


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b'{"csp-report": 1}', b"\xff", b"[" * 5000],
    ids=["empty", "list", "null", "number", "no text", "deep"],
)
def test_what_is_no_report_is_refused(dashboard, body):
    before = len(reports(dashboard))

    assert send(dashboard.client(), body).status_code == 400
    assert len(reports(dashboard)) == before


def test_words_of_a_stranger_reach_the_log_only_as_other(dashboard):
    made_up = {"effective-directive": "x y\n", "blocked-uri": "Canary", "document-uri": "http://[/"}

    assert send(dashboard.client(), made_up).status_code == 204
    assert reports(dashboard)[-1] == ("other", "other", "other")


def test_report_of_elsewhere_and_a_long_one_are_refused(dashboard):
    client = dashboard.client()

    assert send(client, REPORT, Origin="https://evil.example").status_code == 403
    assert send(client, REPORT | {"script-sample": "x" * 9000}).status_code == 413


def test_every_policy_names_where_to_report(dashboard, alice):
    for client, path in ((dashboard.client(), "/login"), (alice, "/"), (alice, "/security")):
        assert "report-uri /csp-reports;" in client.get(path).headers["content-security-policy"], (
            path
        )


def test_many_reports_are_dropped_and_that_is_said(dashboard):
    client, before = dashboard.client(), len(reports(dashboard))

    answers = [send(client, REPORT).status_code for _ in range(60)]

    assert answers.count(204) <= 40, "20 a minute, of at most two minutes"
    assert 429 in answers
    assert len(reports(dashboard)) - before == answers.count(204)
    assert "csp_reports_dropped" in dashboard.log.read_text()
