"""What nobody thought of: schemathesis asks every operation of the API's own map, as one person with another's names.

It finds nothing: no failure of the server, no answer that the map does not tell of, and nothing of the other person.
"""

import hypothesis
import pytest
import schemathesis
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.manifests import a_bot

pytestmark = pytest.mark.postgres
CHECKS = [
    not_a_server_error, content_type_conformance, response_headers_conformance, response_schema_conformance,
    status_code_conformance,
]  # fmt: skip
EXAMPLES = 25  # of every operation
OPERATIONS = 16


@pytest.fixture(scope="module")
def program(dashboard, alice):
    """Give a program of alice with every scope; her bot is made by it."""
    made = dashboard.api(alice, "read", "trade", "keys")
    answer = made.post(
        "/bots", json={"name": "alices-own", "spec": a_bot("x", owner="alice")["spec"]}
    )
    assert answer.status_code == 201
    return made


@pytest.fixture(scope="module")
def bobs(dashboard, bob, bobs_bot):
    """Give what nobody but bob may learn or change."""
    dashboard.database.rows(
        "insert into kbots.sealing_public_keys (kid, public_key) values ('k', %s) returning 1",
        (bytes(range(32)),),
    )
    key = dashboard.database.rows(
        "insert into kbots.sealed_keys (id, owner, label, exchange, environment, api_key_last4, envelope, kid)"
        " values (gen_random_uuid(), 'bob', 'bobs-key-label', 'binance', 'testnet', 'last', '{}', 'k') returning id"
    )[0][0]
    return {
        "name": bobs_bot.name, "uid": str(bobs_bot.login.bot_uid), "key": str(key), "label": "bobs-key-label",
    }  # fmt: skip


@pytest.fixture(scope="module")
def api_map(dashboard, program, bobs):
    """Give the map as the program reads it."""
    address = f"{dashboard.url}/api/v1/openapi.json"
    return schemathesis.openapi.from_url(address, headers=dict(program.headers))


def everything_of(dashboard, owner):
    return [
        dashboard.database.rows(query, (owner,))
        for query in (
            "select b.spec::text, b.deletion_timestamp::text from kbots.trading_bots b where owner = %s",
            "select k::text from kbots.sealed_keys k where owner = %s",
            "select h::text from kbots.halts h where owner = %s",
            "select t.id, t.revoked_at from kbots.api_tokens t join kbots.users u on u.id = user_id where name = %s",
        )
    ]


def judge(dashboard, program, bobs, case):
    """Ask once with what was made up, and once with what is called as something of bob's is."""
    headers = {"Authorization": program.headers["authorization"]}
    theirs = {"namespace": "kbots-bots", "name": bobs["name"], "key_id": bobs["key"]}
    known = dict(case.path_parameters or {})
    answer = case.call(headers=headers)
    case.validate_response(answer, checks=CHECKS)
    # What alice has asked for herself stands in her own lines of the audit log.
    asked_for = {"name", "key"} if case.operation.path == "/v1/me/audit" else set()
    assert not [one for name, one in bobs.items() if name not in asked_for and one in answer.text]
    if known.keys() & {"name", "key_id"}:
        case.path_parameters = known | {one: theirs[one] for one in known if one in theirs}
        answer = case.call(headers=headers)
        case.validate_response(answer, checks=CHECKS)
        assert answer.status_code in {400, 401, 404, 422, 429}, (case.path, answer.text)
        assert bobs["uid"] not in answer.text
        assert bobs["label"] not in answer.text


# SEC-40, SEC-46
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_no_operation_fails_or_tells_of_another_person(dashboard, program, bobs, api_map, mode):
    before = everything_of(dashboard, "bob")
    asked = set()
    for found in api_map.get_all_operations():
        operation = found.ok()

        @hypothesis.settings(
            max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )  # fmt: skip
        @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
        def ask(case):
            judge(dashboard, program, bobs, case)
            asked.add(case.operation.label)

        ask()
    assert everything_of(dashboard, "bob") == before
    paths = program.get("/openapi.json").json()["paths"]
    whole = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert len(whole) == OPERATIONS
    # What takes nothing can't be asked wrongly.
    assert asked == whole if mode is GenerationMode.POSITIVE else asked
