"""The audit log as people read it: who, what, before, after, from where; and what its person is told of."""

import re

import pytest

from tests.dashboard.factors import with_second_factor
from tests.dashboard.process import PASSWORD, hidden_field
from tests.dashboard.sockets import LivePage
from tests.dashboard.traders import Trader

pytestmark = pytest.mark.postgres


def lines(client, **query):
    """Read the page: every line's words, in one text each."""
    text = client.get("/security/audit", params=query).text
    found = re.findall(
        r'<li class="kb-card" data-testid="audit-line">(.*?)\n</li>', text, re.DOTALL
    )
    return [" ".join(re.sub(r"<[^>]*>", " ", one).split()) for one in found]


def notices(client):
    found = re.findall(r'data-testid="notice">(.*?)</li>', client.get("/security").text)
    return [" ".join(re.sub(r"<[^>]*>", " ", one).split()) for one in found]


def csrf(client):
    return {"csrf": hidden_field(client.get("/security").text)}


# SEC-65
def test_person_reads_own_lines_and_those_about_him_and_nobody_elses(
    dashboard, admin, alice, bob, alices_bot, bobs_bot
):
    bob.get(alices_bot.path)
    (user_id,) = dashboard.database.rows("select id from kbots.users where name = 'alice'")[0]
    admin.post(f"/admin/people/{user_id}/renewal-link", data=csrf(admin) | {"name": "alice"})

    own = lines(alice)

    assert any(one.startswith("Account made") and "by alice" in one for one in own)
    assert any(one.startswith("Link to renew an account made") and "by admin" in one for one in own)
    assert not any("by bob" in one for one in own)
    assert any("kbots-bots/alices-trend" in one and "not found" in one for one in lines(bob))


def test_only_an_admin_reads_everybodys(dashboard, admin, alice, bob):
    assert not [one for one in lines(bob, whose="") if "by alice" in one]
    assert not [one for one in lines(bob, whose="alice") if "by alice" in one]
    whole = lines(admin, whose="")
    assert any("by alice" in one for one in whole)
    assert any("by bob" in one for one in whole)
    assert all("by alice" in one or "alice" in one for one in lines(admin, whose="alice"))
    assert "kbots_pat_" not in str(whole)


# SEC-65
def test_sign_in_of_a_new_device_stands_out(dashboard, alice):
    dashboard.sign_in("alice")

    newest = lines(alice, kind="sign-ins")[0]

    assert newest.startswith("Sign-in New device")
    assert "by alice from 127.0.0.1" in newest
    assert "browser: python-httpx" in newest


def test_change_of_a_bot_says_what_it_was_before_and_is(dashboard, alice, alices_bot):
    with LivePage(alice, alices_bot.path) as page:
        page.press("state-Paused")
        page.wait_for("Paused")

    newest = lines(alice, object="kbots-bots/alices-trend")[0]

    assert newest.startswith("Bot told what to do")
    assert newest.endswith("desiredState : Running → Paused")
    assert "from 127.0.0.1" in newest


# Where there is no API server; on a cluster it is known by the managed fields, see test_outside_edits.
def test_edit_past_the_dashboard_is_in_its_owners_log(dashboard, alice, alices_bot):
    with dashboard.database.connect("kbots_admin") as connection:
        connection.execute(
            "update kbots.trading_bots set spec = jsonb_set(spec, '{risk,maxOpenOrders}', '9')"
            " where name = 'alices-trend'"
        )
        connection.execute(
            "update kbots.trading_bots set annotations = '{\"a\": \"b\"}' where name = 'alices-trend'"
        )

    newest = lines(alice, kind="bots")[0]

    assert newest.startswith("Bot changed")
    assert "by kbots_admin" in newest
    assert newest.endswith("risk.maxOpenOrders : 50 → 9")


def test_lines_are_filtered_and_come_page_by_page(dashboard, alice):
    for _ in range(60):
        alice.get("/bots/kbots-bots/ghost")
    first = alice.get("/security/audit", params={"result": "refused"})
    older = re.search(r'href="([^"]*)" data-testid="older"', first.text)[1].replace("&amp;", "&")
    second = alice.get(f"/security/audit{older}")

    assert first.text.count('data-testid="audit-line"') == 50
    assert "result=refused" in older
    assert 'data-testid="newest"' in second.text
    assert second.text.count('data-testid="audit-line"') >= 10
    assert all("not found" in one or "refused" in one for one in lines(alice, result="refused"))
    assert all(one.startswith(("Sign", "Session")) for one in lines(alice, kind="sign-ins"))
    assert lines(alice, object="nothing") == []
    assert alice.get("/security/audit", params={"before": "x"}).status_code == 422


# SEC-45
def test_person_is_told_of_every_change_of_the_accounts_security_until_it_was_seen(
    dashboard, admin
):
    hugo = dashboard.accept(dashboard.invite(), "hugo")
    assert notices(hugo) == []
    dashboard.sign_in("hugo")
    app = with_second_factor(dashboard, hugo, "hugo")
    proof = {"current": PASSWORD, "code": app.code()}
    hugo.post("/security/second-factor/codes", data=csrf(hugo) | proof)
    new = {"label": "l", "scopes": ["read"], "days": "7", "current": PASSWORD, "code": app.code()}
    hugo.post("/security/tokens", data=csrf(hugo) | new)

    told = notices(hugo)

    assert [re.split(r" \d{4}-| l ", one)[0] for one in told] == [
        "Token made",
        "Recovery codes made anew",
        "Second factor turned on",
        "Sign-in on a new device",
    ]
    assert all(re.search(r"\d\d:\d\d:\d\d UTC from 127\.0\.0\.1", one) for one in told)
    assert "4 new" in hugo.get("/").text
    assert "4 new" in hugo.get("/security/audit").text
    page = hugo.get("/security").text
    hugo.post(
        "/security/notices/seen",
        data={"csrf": hidden_field(page), "last": hidden_field(page, "last")},
    )
    assert notices(hugo) == []
    hugo.post("/security/notices/seen", data=csrf(hugo) | {"last": "999999999999999999"})
    hugo.post("/security/second-factor/off", data=csrf(hugo) | proof | {"code": app.code()})
    assert [one.split(" 2")[0] for one in notices(hugo)] == ["Second factor turned off"]


def prove(client, app):
    """Answer what a form needs that asks for a step-up."""
    return csrf(client) | {"current": PASSWORD, "code": app.code()}


def judged_by_the_operator(dashboard, key_id):
    """Have a key verified, sealed anew, rejected, verified again, and looked at once more without a change."""
    with dashboard.database.connect("kbots_operator") as connection:
        for change in (
            "status = 'Verified', account_uid = '7', permissions = '{\"enableWithdrawals\": false}'",
            "kid = 'k2'",
            "status = 'Rejected', reason = 'no'",
            "status = 'Verified'",
            "verified_at = now()",
        ):
            connection.execute(f"update kbots.sealed_keys set {change} where id = %s", (key_id,))  # noqa: S608 constants


def trade_live(dashboard, client, app, bot):
    """Add a key, have it judged, grant live trading with it and take that back."""
    dashboard.database.rows(
        "insert into kbots.sealing_public_keys (kid, public_key) values ('k', %s) returning 1",
        (bytes(range(32)),),
    )
    key = {"label": "main", "environment": "live", "api_key": "k" * 64, "api_secret": "canary" * 8}
    client.post("/keys/new", data=prove(client, app) | key)
    client.post("/keys/new", data=prove(client, app) | key | {"current": "wrong password here"})
    ((key_id,),) = dashboard.database.rows("select id from kbots.sealed_keys where owner = 'iris'")
    judged_by_the_operator(dashboard, key_id)
    grant = {"key_id": str(key_id), "symbols": "BTCUSDT", "most_notional": "100", "days": "3"}
    client.post(f"{bot.path}/live", data=prove(client, app) | grant)
    ((grant_id,),) = dashboard.database.rows(
        "select id from kbots.live_grants where owner = 'iris'"
    )
    client.post(f"{bot.path}/live/revoke", data=csrf(client) | {"grant": str(grant_id)})


EVERYTHING = [
    ("iris", "account.create", "ok"), ("iris", "second-factor.on", "ok"), ("iris", "key.add", "ok"),
    ("iris", "step-up", "refused"), ("kbots_operator", "key.verify", "ok"), ("kbots_operator", "key.rewrap", "ok"),
    ("kbots_operator", "key.reject", "ok"), ("kbots_operator", "key.verify", "ok"), ("iris", "live.grant", "ok"),
    ("iris", "live.revoke", "ok"), ("iris", "session.end-others", "ok"), ("iris", "request.csrf", "refused"),
    ("iris", "password.change", "ok"), ("iris", "sign-out", "ok"), ("admin", "account.disable", "ok"),
    ("admin", "account.enable", "ok"),
]  # fmt: skip


# SEC-64
def test_what_changes_who_gets_in_or_what_a_key_does_is_in_it_and_no_secret(dashboard, admin):
    iris = dashboard.accept(dashboard.invite(), "iris")
    bot = Trader.make(dashboard.database, "iris", "iris-trend")
    app = with_second_factor(dashboard, iris, "iris")
    trade_live(dashboard, iris, app, bot)
    iris.post("/security/end-other-sessions", data=csrf(iris))
    iris.post("/security/password", data={"csrf": "another's"})
    changed = {"password": "another battery of horses", "repeated": "another battery of horses"}
    iris.post("/security/password", data=prove(iris, app) | changed)
    ((user_id,),) = dashboard.database.rows("select id from kbots.users where name = 'iris'")
    iris.post("/logout", data=csrf(iris))
    for path in ("disable", "enable"):
        admin.post(f"/admin/people/{user_id}/{path}", data=csrf(admin))
    admin.post("/admin/invite", data=csrf(admin) | {"role": "trader"})

    found = dashboard.database.rows(
        "select actor, action, result, ip from kbots.audit_log"
        " where person = 'iris' and action <> 'bot.create' order by id"
    )
    assert [one[:3] for one in found] == EVERYTHING
    assert {ip for actor, _, _, ip in found if actor != "kbots_operator"} == {"127.0.0.1"}
    actions = dashboard.database.rows("select actor, action from kbots.audit_log")
    assert ("admin", "invite") in actions
    whole = str(dashboard.database.rows("select a::text from kbots.audit_log a"))
    for secret in (PASSWORD, "another battery", "canary", "k" * 64, *app.recovery_codes):
        assert secret not in whole
