"""A key is replaced by a newer secret, asked again, and its history told."""

import json

import pytest

from botcore.ledger import sealed_keys
from botcore.ledger.connect import connect
from botcore.sealing.envelope import Envelope, SealingContext, unseal
from tests.dashboard.process import PASSWORD, hidden_field
from tests.dashboard.sockets import LivePage
from tests.support.live_grants import a_live_key
from tests.support.postgres import run_async

pytestmark = pytest.mark.postgres
OLD, NEW = "CanaryKeyCanaryKeyCanaryKey1111", "CanaryKeyCanaryKeyCanaryKey2222"
SECRET = "CanarySecretCanarySecretCanarySecret"


@pytest.fixture(autouse=True)
def _forgotten_failures(dashboard):
    with dashboard.database.connect() as connection:
        connection.execute("delete from kbots.sign_in_failures")


def add(dashboard, client, label):
    """Add a key and answer its id."""
    form = {"csrf": hidden_field(client.get("/keys/new").text), "label": label, "environment": "testnet",
            "api_key": OLD, "api_secret": SECRET, "current": PASSWORD}  # fmt: skip
    answer = client.post("/keys/new", data=form)
    assert answer.status_code == 303, answer.text
    return str(
        dashboard.database.rows("select id from kbots.sealed_keys where label = %s", (label,))[0][0]
    )


def replace(client, key_id, **fields):
    shown = client.get(f"/keys/{key_id}/replace").text
    form = {"csrf": hidden_field(shown), "api_key": NEW, "api_secret": SECRET, "current": PASSWORD}
    return client.post(f"/keys/{key_id}/replace", data=form | fields)


def judge(dashboard, key_id, revision, status, reason="checked", permissions=None):
    """Record what a check found, as the operator does."""
    verdict = sealed_keys.Verdict(
        status=status,
        reason=reason,
        account_uid="7" if status == "Verified" else None,
        permissions=permissions or {},
    )

    async def work():
        async with await connect(dashboard.database.address("kbots_operator")) as connection:
            await sealed_keys.record_verdict(connection, key_id, revision, verdict)

    run_async(work())


def state(dashboard, key_id):
    return dashboard.database.rows(
        "select status, revision, api_key_last4, account_uid from kbots.sealed_keys where id = %s",
        (key_id,),
    )[0]


# SEC-42, SEC-43
def test_newer_secret_waits_sealed_beside_the_key_and_takes_its_place_once_verified(
    dashboard, ring, alice
):
    key_id = add(dashboard, alice, "replaced")
    judge(dashboard, key_id, 1, "Verified")
    session = dashboard.session_of(alice)

    answer = replace(alice, key_id)

    assert answer.headers["location"] == f"/keys/{key_id}"
    assert dashboard.session_of(alice) != session, "a step-up renews the token"
    assert state(dashboard, key_id) == ("Verified", 1, "1111", "7")
    assert "A newer key, …2222, is being checked" in alice.get(f"/keys/{key_id}").text
    ((revision, envelope),) = dashboard.database.rows(
        "select revision, envelope from kbots.key_replacements where key_id = %s", (key_id,)
    )
    context = SealingContext(
        installation=str(dashboard.database.rows("select id from kbots.installation")[0][0]),
        owner="alice",
        key_id=key_id,
        exchange="binance",
        environment="testnet",
        revision=revision,
    )
    opened = json.loads(unseal(ring, Envelope.from_document(envelope), context))
    assert opened == {"apiKey": NEW, "apiSecret": SECRET}

    judge(dashboard, key_id, revision, "Verified")

    assert state(dashboard, key_id) == ("Verified", 2, "2222", "7")
    ((kept,),) = dashboard.database.rows(
        "select envelope from kbots.sealed_keys where id = %s", (key_id,)
    )
    assert kept == envelope
    page = alice.get(f"/keys/{key_id}").text
    assert "is being checked" not in page
    for line in ("Added", "A newer key came and is checked", "Replaced: bots take this one now"):
        assert line in page
    assert SECRET not in page
    assert NEW not in page


def test_refused_newer_key_is_told_with_its_reason_and_the_next_one_is_another_revision(
    dashboard, ring, alice
):
    key_id = add(dashboard, alice, "kept")
    judge(dashboard, key_id, 1, "Verified")
    replace(alice, key_id)
    judge(dashboard, key_id, 2, "Rejected", "switch off enableWithdrawals")

    page = alice.get(f"/keys/{key_id}").text

    assert "was refused: switch off enableWithdrawals" in page
    assert state(dashboard, key_id) == ("Verified", 1, "1111", "7")
    assert replace(alice, key_id).status_code == 303
    assert replace(alice, key_id).status_code == 303, "the one that waits gives way"
    assert dashboard.database.rows(
        "select revision, status, envelope is null from kbots.key_replacements where key_id = %s order by 1",
        (key_id,),
    ) == [(2, "Rejected", True), (3, "Withdrawn", True), (4, "Pending", False)]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"current": "not this one, sorry"}, "current"),
        ({"api_key": "short"}, "api_key"),
        ({"api_secret": ""}, "api_secret"),
    ],
)
def test_refused_replacing_says_why_beside_the_field_and_stores_nothing(
    dashboard, ring, alice, fields, field
):
    key_id = add(dashboard, alice, f"refused for {field}")

    answer = replace(alice, key_id, **fields)

    assert answer.status_code == 422
    assert f'data-testid="problem-{field}"' in answer.text
    for value in (NEW, SECRET, PASSWORD):
        assert value not in answer.text
    assert (
        dashboard.database.rows("select 1 from kbots.key_replacements where key_id = %s", (key_id,))
        == []
    )


# SEC-35
def test_live_key_is_replaced_with_a_second_factor_alone(dashboard, ring, alice):
    key_id = str(a_live_key(dashboard.database))

    answer = replace(alice, key_id)

    assert answer.status_code == 422
    assert 'data-testid="problem-code"' in answer.text


def test_revoked_key_is_not_replaced_and_what_waited_is_taken_back(dashboard, ring, alice):
    key_id = add(dashboard, alice, "revoked")
    replace(alice, key_id)
    with LivePage(alice, f"/keys/{key_id}") as page:
        page.press("revoke")
        page.wait_for("Key revoked.")

    assert alice.get(f"/keys/{key_id}/replace").status_code == 404
    assert dashboard.database.rows(
        "select status, envelope is null from kbots.key_replacements where key_id = %s", (key_id,)
    ) == [("Withdrawn", True)]


# SEC-68
def test_refused_key_is_asked_again_when_its_owner_wants_it_and_not_at_every_click(
    dashboard, ring, alice
):
    key_id = add(dashboard, alice, "asked")
    judge(
        dashboard,
        key_id,
        1,
        "Rejected",
        "switch off enableWithdrawals",
        {"enableWithdrawals": True},
    )
    due = "select check_due_at::text from kbots.sealed_keys where id = %s"
    with LivePage(alice, f"/keys/{key_id}") as page:
        assert "Put it right at the exchange" in page.html
        page.press("check-again")
        page.wait_for("was checked a moment ago")
        assert dashboard.database.rows(due, (key_id,)) == [(None,)]
        dashboard.database.rows(
            "update kbots.sealed_keys set checked_at = now() - interval '2 minutes' where id = %s returning 1",
            (key_id,),
        )
        page.wait_for("key-checked")  # what is told is built anew, the buttons stay
        page.press("check-again")
        page.wait_for("It is asked again soon.")

    assert dashboard.database.rows(due, (key_id,)) == [("-infinity",)]
    assert ("key.check", "ok") in dashboard.database.rows(
        "select action, result from kbots.audit_log where object = %s", (key_id,)
    )


def test_permissions_are_told_in_words(dashboard, ring, alice):
    key_id = add(dashboard, alice, "allowed")
    told = {"enableReading": True, "enableWithdrawals": False, "ipRestrict": False}
    judge(dashboard, key_id, 1, "Verified", permissions=told)

    page = LivePage(alice, "/keys")

    with page:
        for words in ("Read the account", "Withdraw", "Restricted to named addresses"):
            assert words in page.html
