"""What a person does on the pages, in a real browser."""

import asyncio
import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.windows import opened
from tests.dashboard.process import Dashboard
from tests.dashboard.traders import Trader
from tests.support.waiting import wait_until

pytestmark = pytest.mark.browser
PAGES = ("/", "/trades", "/keys", "/new-bot", "/admin", "/security", "/bots/kbots-bots/trend",
         "/security/second-factor", "/bots/kbots-bots/trend/live")  # fmt: skip
FAST = "spec.strategies[0].params.fast"
SLOW = "spec.strategies[0].params.slow"


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

    await expect(page.get_by_test_id("conflict")).to_be_visible()
    await expect(page.get_by_test_id("conflict")).to_contain_text("Changed meanwhile")
    await expect(page.get_by_test_id("conflict")).to_contain_text("saved now “33”")
    await expect(page.get_by_test_id(FAST)).to_have_value("4")
    await page.get_by_test_id("conflict-on-top").click()

    await expect(page.get_by_text("Saved.")).to_be_visible()
    params = bot.spec()["strategies"][0]["params"]
    assert (params["fast"], params["slow"]) == (4, 33)


async def test_press_right_after_a_refused_save_is_not_lost(page: Page, bot: Trader) -> None:
    await opened(page, bot.path)
    await page.get_by_test_id(FAST).fill("7")
    change_slow(bot, 34)
    await expect(page.get_by_test_id("conflict")).to_be_visible()

    # Both presses are on their way before the first one is answered.
    await page.evaluate(
        "names => names.forEach(name => document.querySelector(`[data-testid=${name}]`).click())",
        ["save", "conflict-on-top"],
    )

    await expect(page.get_by_text("Not saved: changed meanwhile.")).to_be_visible()
    await expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
    params = bot.spec()["strategies"][0]["params"]
    assert (params["fast"], params["slow"]) == (7, 34)


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
    await expect(page.get_by_test_id("conflict")).to_be_hidden()


async def test_own_button_does_not_disturb_the_form(page: Page, bot: Trader) -> None:
    await opened(page, bot.path)
    await page.get_by_test_id(SLOW).fill("66")

    await page.get_by_test_id("state-Paused").click()
    await expect(page.get_by_test_id("wanted")).to_contain_text("wanted: Paused")

    await expect(page.get_by_test_id(SLOW)).to_have_value("66")
    await expect(page.get_by_test_id("conflict")).to_be_hidden()
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
    await asyncio.to_thread(wait_until, lambda: len(bot.spec()["strategies"]) == 2, "it is saved")


async def test_weights_of_an_added_basket_are_typed_as_pairs(page: Page, bot: Trader) -> None:
    await opened(page, bot.path)
    basket = "spec.strategies[2]"

    await page.get_by_test_id("add-rebalance").click()
    await page.get_by_test_id(f"{basket}.symbols").fill("BNBUSDT, SOLUSDT")
    await page.get_by_test_id(f"{basket}.params.weights").fill("BNBUSDT=70, SOLUSDT=40")
    await page.get_by_test_id("save").click()
    await expect(page.get_by_test_id("form-problems")).to_contain_text("weights must sum to 100")

    await page.get_by_test_id(f"{basket}.params.weights").fill("BNBUSDT=60, SOLUSDT=40")
    await page.get_by_test_id("save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    assert bot.spec()["strategies"][2]["params"] == {"weights": {"BNBUSDT": 60, "SOLUSDT": 40}}


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

    await expect(page).to_have_url(re.compile("/$"), timeout=30_000)
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
