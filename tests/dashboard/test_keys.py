"""Exchange keys: sealed at once, and never to be seen again (I4, SEC-46, SEC-66)."""

import re

import pytest

from botcore.sealing.envelope import Envelope, SealingContext, unseal
from tests.dashboard.process import PASSWORD, hidden_field
from tests.dashboard.sockets import LivePage

pytestmark = pytest.mark.postgres
API_KEY = "CanaryKeyCanaryKeyCanaryKey7788"
API_SECRET = "CanarySecretCanarySecretCanarySecret"


def add(client, **fields):
    form = {"label": "main", "environment": "testnet", "api_key": API_KEY, "api_secret": API_SECRET,
            "current": PASSWORD}  # fmt: skip
    token = hidden_field(client.get("/keys/new").text)
    return client.post("/keys/new", data={"csrf": token} | form | fields)


def everything_in(database):
    tables = database.rows(
        "select table_schema || '.' || table_name from information_schema.tables"
        " where table_schema in ('kbots', 'public') and table_type = 'BASE TABLE'"
    )
    return "".join(str(database.rows(f"select t::text from {table} t")) for (table,) in tables)  # noqa: S608 the catalogue's own names


def test_form_waits_for_the_operators_key(alice):
    assert alice.get("/keys/new").status_code == 503


def test_key_is_sealed_for_the_operator_and_bound_to_its_owner(dashboard, ring, alice):
    assert add(alice).headers["location"] == "/keys"

    key_id, owner, envelope, kid, last4, status = dashboard.database.rows(
        "select id::text, owner, envelope, kid, api_key_last4, status from kbots.sealed_keys"
    )[0]
    installation = dashboard.database.rows("select id::text from kbots.installation")[0][0]
    context = SealingContext(
        installation=installation,
        owner="alice",
        key_id=key_id,
        exchange="binance",
        environment="testnet",
        revision=1,
    )
    opened = unseal(ring, Envelope.from_document(envelope), context)
    assert opened.decode() == f'{{"apiKey": "{API_KEY}", "apiSecret": "{API_SECRET}"}}'
    assert (owner, kid, last4, status) == ("alice", ring.kids[0], "7788", "Pending")


def test_form_tells_the_addresses_a_key_is_to_be_restricted_to(ring, alice):
    """A key without them loses its right to trade (TR-70)."""
    text = alice.get("/keys/new").text

    assert re.findall(r'data-testid="egress-address">([^<]+)<', text) == [
        "192.0.2.7",
        "2001:db8::1",
    ]


def test_canary_is_nowhere_after_it_was_sent(dashboard, ring, alice, alices_bot):
    add(alice, label="second")
    refused = add(alice, label="second")
    pages = [
        alice.get(path).text for path in ("/", "/keys", "/keys/new", alices_bot.path, "/trades")
    ]
    with LivePage(alice, "/keys") as page:
        page.press("revoke-second")
        page.wait_for("Revoked")

    seen = "".join(
        [
            *pages,
            refused.text,
            *page.frames,
            dashboard.log.read_text(),
            everything_in(dashboard.database),
        ]
    )

    assert refused.status_code == 422
    assert API_KEY not in seen
    assert API_SECRET not in seen
    assert "…7788" in pages[1] or "\\u20267788" in pages[1]


def test_key_is_revoked_though_something_else_of_it_changed_meanwhile(dashboard, ring, alice):
    add(alice, label="moved")
    with LivePage(alice, "/keys") as page:
        dashboard.database.rows(
            "update kbots.sealed_keys set checked_at = now() where label = 'moved' returning 1"
        )
        page.wait_for("key-verified")  # what is told is built anew, the buttons stay
        page.press("revoke-moved")
        page.wait_for("Key revoked.")

    ((status,),) = dashboard.database.rows(
        "select status from kbots.sealed_keys where label = 'moved'"
    )
    assert status == "Revoked"


@pytest.mark.parametrize(
    "fields",
    [
        {"label": ""},
        {"label": "x" * 61},
        {"environment": "paper"},
        {"api_key": "short"},
        {"api_key": "has spaces and <b>tags</b> in it"},
        {"api_secret": "short"},
        {"api_secret": "x" * 5000},
    ],
)
def test_refused_form_gives_no_secret_back(dashboard, ring, alice, fields):
    answer = add(alice, **({"label": "third"} | fields))

    assert answer.status_code == 422
    for value in (
        API_KEY,
        API_SECRET,
        *(v for k, v in fields.items() if k.startswith("api_") and v),
    ):
        assert value not in answer.text


def test_form_of_another_session_is_refused(dashboard, ring, alice, bob):
    token = hidden_field(bob.get("/keys/new").text)

    answer = add(alice, label="fourth", csrf=token)

    assert answer.status_code == 403
    assert not dashboard.database.rows("select 1 from kbots.sealed_keys where label = 'fourth'")


def test_key_of_another_is_neither_listed_nor_revoked(dashboard, ring, alice, bob):
    add(bob, label="bobs-own")
    with LivePage(bob, "/keys") as page:
        event = page.click_on("revoke-bobs-own")
    with LivePage(alice, "/keys") as attacker:
        attacker.send_event(event)
        attacker.send_event(event | {"client_id": attacker.client_id})
        assert "bobs-own" not in attacker.html

    rows = dashboard.database.rows("select status from kbots.sealed_keys where label = 'bobs-own'")
    assert rows == [("Pending",)]
    assert add(alice, label="bobs-own").status_code == 303, "labels are each owner's own"
