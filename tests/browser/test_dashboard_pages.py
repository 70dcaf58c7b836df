"""What a person does on the pages, in a real browser."""

import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.dashboard.process import PASSWORD, Dashboard
from tests.dashboard.traders import Trader

pytestmark = pytest.mark.browser
PAGES = ("/", "/trades", "/keys", "/new-bot", "/admin", "/bots/kbots-bots/trend")
FAST = "spec.strategies[0].params.fast"
SLOW = "spec.strategies[0].params.slow"


async def opened(page: Page, path: str) -> None:
    """Open a page and wait until its socket works: what is pressed before that is lost."""
    await page.goto(path)
    await page.get_by_test_id("who").wait_for()
    await page.wait_for_function("window.did_handshake === true")


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

    await page.wait_for_url("**/bots/kbots-bots/alices-first")
    await expect(page.locator("h1")).to_have_text("alices-first")
    await expect(page.get_by_test_id("mode")).to_have_text("PAPER")
    rows = dashboard.database.rows(
        "select owner, spec ->> 'mode' from kbots.trading_bots where name = 'alices-first'"
    )
    assert rows == [("alice", "paper")]


async def test_refused_value_is_explained_at_its_field_and_nothing_is_saved(
    page: Page, bot: Trader
) -> None:
    before = bot.spec()
    await opened(page, bot.path)

    await page.get_by_test_id(FAST).fill("300")
    await page.get_by_test_id("save").click()
    field = page.locator(".q-field", has=page.get_by_test_id(FAST))
    await expect(field).to_contain_text(
        f"Invalid value: 300: {FAST} in body should be less than or equal to 200"
    )

    await page.get_by_test_id(FAST).fill("9")
    await page.get_by_test_id("save").click()
    await expect(page.get_by_test_id("form-problems")).to_contain_text(
        "fast must be smaller than slow"
    )
    assert bot.spec() == before


async def test_saved_change_is_in_the_resource(page: Page, bot: Trader) -> None:
    await opened(page, bot.path)

    await page.get_by_test_id(SLOW).fill("21")
    await page.get_by_test_id("save").click()

    await expect(page.get_by_text("Saved.")).to_be_visible()
    assert bot.spec()["strategies"][0]["params"]["slow"] == 21
    await expect(page.get_by_test_id("update")).to_contain_text("saved, 1 in force")


async def test_change_by_someone_else_is_shown_and_never_overwritten(
    page: Page, bot: Trader
) -> None:
    await opened(page, bot.path)
    await page.get_by_test_id(FAST).fill("4")
    change_slow(bot, 33)

    await expect(page.get_by_test_id("conflict")).to_contain_text("Changed meanwhile")
    await expect(page.get_by_test_id("conflict")).to_contain_text("saved now “33”")
    await expect(page.get_by_test_id(FAST)).to_have_value("4")
    await page.get_by_test_id("conflict-on-top").click()

    await expect(page.get_by_text("Saved.")).to_be_visible()
    params = bot.spec()["strategies"][0]["params"]
    assert (params["fast"], params["slow"]) == (4, 33)


async def test_person_may_take_what_is_saved_instead(page: Page, bot: Trader) -> None:
    await opened(page, bot.path)
    await page.get_by_test_id(FAST).fill("6")
    change_slow(bot, 44)

    await page.get_by_test_id("conflict-reload").click()

    await expect(page.get_by_test_id(SLOW)).to_have_value("44")
    await expect(page.get_by_test_id(FAST)).not_to_have_value("6")


async def test_untouched_form_follows_what_is_saved(page: Page, bot: Trader) -> None:
    await opened(page, bot.path)

    change_slow(bot, 55)

    await expect(page.get_by_test_id(SLOW)).to_have_value("55")
    await expect(page.get_by_text("Changed meanwhile")).to_have_count(0)


async def test_own_button_does_not_disturb_the_form(page: Page, bot: Trader) -> None:
    await opened(page, bot.path)
    await page.get_by_test_id(SLOW).fill("66")

    await page.get_by_test_id("state-Paused").click()
    await expect(page.get_by_test_id("wanted")).to_contain_text("wanted: Paused")

    await expect(page.get_by_test_id(SLOW)).to_have_value("66")
    await expect(page.get_by_text("Changed meanwhile")).to_have_count(0)
    await page.get_by_test_id("save").click()
    await expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
    assert bot.spec()["desiredState"] == "Paused"


async def test_strategy_is_added_and_removed(page: Page, bot: Trader) -> None:
    await opened(page, bot.path)

    await page.get_by_test_id("add-dca").click()
    await page.get_by_test_id("spec.strategies[2].symbols").fill("BNBUSDT")
    await page.get_by_test_id("save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    assert [one["name"] for one in bot.spec()["strategies"]] == ["trend", "savings", "dca-1"]

    await page.get_by_test_id("remove-spec.strategies[2]").click()
    await page.get_by_test_id("save").click()
    await expect(page.get_by_test_id("remove-spec.strategies[2]")).to_have_count(0)


async def test_bot_is_halted_and_cleared(page: Page, bot: Trader) -> None:
    with bot.login.connect() as connection:
        connection.execute("update kbots.heartbeats set at = now()")
    await opened(page, bot.path)

    await page.get_by_test_id("halt-reason").fill("looking into it")
    await page.get_by_test_id("halt").click()
    await expect(page.get_by_test_id("halts")).to_contain_text(
        "This bot is halted: looking into it"
    )
    await expect(page.get_by_test_id("actual")).to_have_text("Halted")
    assert bot.halts() == [("looking into it", "admin")]

    await page.get_by_test_id("clear-halt-bot").click()
    await expect(page.get_by_text("Halt cleared.")).to_be_visible()
    assert bot.halts() == []


async def test_fill_appears_without_a_reload(page: Page, bot: Trader) -> None:
    await opened(page, "/trades")
    first_row = page.locator("[data-testid=trades] tbody tr").first

    bot.fill(price="43210.5")

    await expect(first_row).to_contain_text("43,210.5", timeout=1000)


async def test_filter_and_page_are_in_the_address(page: Page, bot: Trader) -> None:
    for _ in range(60):
        bot.fill()
    await opened(page, "/trades")

    await page.get_by_test_id("older").click()
    await expect(page).to_have_url(re.compile("before="))
    await page.get_by_test_id("newest").click()
    await expect(page).to_have_url(re.compile("/trades$"))


async def test_key_is_added_and_revoked(page: Page, dashboard: Dashboard) -> None:
    await opened(page, "/keys")
    await page.get_by_test_id("add-key").click()
    await page.get_by_label("Label").fill("main")
    await page.locator("#api_key").fill("CanaryKeyCanaryKey4321")
    await page.locator("#api_secret").fill("CanarySecretCanarySecret")
    await page.get_by_test_id("seal-key").click()
    await expect(page.get_by_test_id("key-last4")).to_have_text("…4321")
    await page.wait_for_function("window.did_handshake === true")

    await page.get_by_test_id("revoke-main").click()

    await expect(page.get_by_test_id("key-status")).to_have_text("Revoked")
    assert dashboard.database.rows("select status from kbots.sealed_keys") == [("Revoked",)]


async def test_admin_invites_and_disables(
    page: Page, browser: Browser, dashboard: Dashboard
) -> None:
    await opened(page, "/admin")
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

    await opened(page, "/admin")
    await page.get_by_test_id("disable-temporary").click()

    await other.wait_for_url("**/login", timeout=5000)
    await expect(page.get_by_test_id("person-temporary")).to_contain_text("Disabled")


async def test_sign_out_leaves_no_other_tab_behind(page: Page, bot: Trader) -> None:
    other = await page.context.new_page()
    await opened(other, bot.path)

    await page.get_by_test_id("sign-out").click()

    await page.wait_for_url("**/login")
    await other.wait_for_url("**/login", timeout=2000)
    await other.goto(bot.path)
    await expect(other.locator("h1")).to_have_text("Sign in")


async def test_bot_is_deleted_only_after_its_name_was_typed(
    page: Page, dashboard: Dashboard
) -> None:
    doomed = Trader.make(dashboard.database, "admin", "doomed")
    await opened(page, doomed.path)
    await page.get_by_text("Delete this bot").click()

    await page.get_by_test_id("delete").click()
    await expect(page.get_by_text("name: type doomed to delete it")).to_be_visible()
    await page.get_by_test_id("delete-name").fill("doomed")
    await page.get_by_test_id("delete").click()

    await page.wait_for_url(re.compile("/$"))
    await expect(page.get_by_test_id("bot-doomed")).to_contain_text("wanted: Deleted")


@pytest.mark.parametrize("path", PAGES)
async def test_page_keeps_its_own_policy_and_has_its_landmarks(
    page: Page, bot: Trader, path: str
) -> None:
    said: list[str] = []
    page.on(
        "console", lambda message: said.append(message.text) if message.type == "error" else None
    )
    page.on("pageerror", lambda error: said.append(str(error)))

    await opened(page, path)

    assert said == []
    assert await page.locator("h1").count() == 1
    assert await page.locator("html").get_attribute("lang") == "en-US"
    for landmark in ("main", "header", "nav"):
        assert await page.locator(landmark).count() == 1, landmark
    unnamed = await page.evaluate(
        "[...document.querySelectorAll('input:not([type=hidden]), button, select')]"
        ".filter(e => !(e.labels?.length || e.getAttribute('aria-label') || e.innerText?.trim()"
        " || e.closest('label') || e.closest('[aria-label]')))"
        ".map(e => e.outerHTML.slice(0, 120))"
    )
    assert unnamed == []


@pytest.mark.parametrize("path", PAGES)
async def test_page_fits_a_narrow_screen(page: Page, bot: Trader, path: str) -> None:
    await page.set_viewport_size({"width": 320, "height": 800})

    await opened(page, path)

    assert await page.evaluate("document.documentElement.scrollWidth") <= 320


def change_slow(bot: Trader, slow: int) -> None:
    """Change the bot as an admin would with the command line."""
    with bot.login.database.connect() as connection:
        connection.execute(
            "update kbots.trading_bots set spec = jsonb_set(spec, '{strategies,0,params,slow}', to_jsonb(%s::int))"
            " where name = %s",
            (slow, bot.name),
        )
