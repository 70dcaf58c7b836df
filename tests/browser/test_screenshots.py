"""A picture of every page, wide and narrow, in .state/screenshots: for a person to look at."""

import pyotp
import pytest
from playwright.async_api import Page
from psycopg.types.json import Jsonb

from tests.browser.windows import opened
from tests.dashboard.process import PASSWORD, Dashboard
from tests.dashboard.traders import Trader
from tests.support.live_grants import a_live_key
from tests.support.sources import ROOT

pytestmark = pytest.mark.browser
LIVE = {
    "mode": "live",
    "risk": {
        "maxDailyLoss": "50", "maxDrawdownPercent": "15", "maxPositionNotional": "600", "maxOpenOrders": 20,
        "maxOrdersPerMinute": 30,
    },
    "credentials": {"sealedKey": "00000000-0000-4000-8000-000000000000"},
}  # fmt: skip
FOLDER = ROOT / ".state" / "screenshots"
PAGES = {
    "bots": "/",
    "bot": "/bots/kbots-bots/trend",
    "trades": "/trades",
    "keys": "/keys",
    "add-key": "/keys/new",
    "new-bot": "/new-bot",
    "admin": "/admin",
    "security": "/security",
    "second-factor": "/security/second-factor",
    "live": "/bots/kbots-bots/trend/live",
    "tokens": "/security/tokens",
    "audit": "/security/audit?whose=",
}


@pytest.mark.parametrize("width", [1280, 390])
async def test_every_page_is_pictured(page: Page, bot: Trader, width: int) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    await page.set_viewport_size({"width": width, "height": 900})
    for name, path in PAGES.items():
        await page.goto(path)
        await page.locator("h1").wait_for()
        picture = await page.screenshot(path=FOLDER / f"{name}-{width}.png", full_page=True)
        assert len(picture) > 5_000, "the page is not blank"


async def picture(page: Page, name: str) -> None:
    """Take the page as it is, wide and narrow."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for width in (1280, 390):
        await page.set_viewport_size({"width": width, "height": 900})
        await page.locator("h1").wait_for()
        await page.screenshot(path=FOLDER / f"{name}-{width}.png", full_page=True)
        across = await page.evaluate("document.documentElement.scrollWidth")
        assert across <= width, f"{name} is {across} wide at {width}"


async def test_keys_are_pictured(page: Page, dashboard: Dashboard) -> None:
    told = {
        "enableReading": True,
        "enableSpotAndMarginTrading": True,
        "enableWithdrawals": False,
        "ipRestrict": True,
    }
    key_id = a_live_key(dashboard.database, "admin", permissions=told)
    a_live_key(
        dashboard.database,
        "admin",
        status="Rejected",
        permissions=told | {"enableWithdrawals": True},
    )
    dashboard.database.rows(
        "update kbots.sealed_keys set label = 'main ' || status, verified_at = now(), checked_at = now(),"
        " reason = case when status = 'Rejected' then 'the key could move money away: switch off enableWithdrawals'"
        " else 'the key reads and trades, and can''t move money away' end returning 1"
    )
    dashboard.database.rows(
        "insert into kbots.key_replacements (key_id, revision, owner, api_key_last4, envelope, kid)"
        " values (%s, 2, 'admin', 'next', '{}', 'k') returning 1",
        (key_id,),
    )

    await opened(page, "/keys")
    await picture(page, "keys-held")
    await opened(page, f"/keys/{key_id}")
    await picture(page, "key")
    await page.goto(f"/keys/{key_id}/replace")
    await page.locator("#api_key").fill("short")
    await page.locator("#api_secret").fill("short")
    await page.locator("#current").fill("wrong")
    await page.get_by_test_id("seal-key").click()
    await page.get_by_test_id("problem-api_key").wait_for()
    await picture(page, "replace-key")


async def test_pages_of_the_second_factor_are_pictured(page: Page, dashboard: Dashboard) -> None:
    await page.goto(dashboard.invite())
    await page.get_by_label("Name").fill("factored")
    await page.locator("#password").fill("short")
    await page.locator("#repeated").fill("short")
    await page.get_by_test_id("make-account").click()
    await page.get_by_test_id("problem-password").wait_for()
    assert await page.get_by_label("Name").input_value() == "factored"
    await picture(page, "invite")
    await page.locator("#password").fill(PASSWORD)
    await page.locator("#repeated").fill(PASSWORD)
    await page.get_by_test_id("make-account").click()
    await page.goto("/security/second-factor")
    app = pyotp.TOTP(await page.get_by_test_id("secret").inner_text())
    await page.get_by_label("Code").fill(app.now())
    await page.get_by_label("Your password").fill(PASSWORD)
    await page.get_by_test_id("factor-on").click()
    await page.get_by_test_id("recovery-codes").wait_for()
    await picture(page, "recovery-codes")
    await page.goto("/security/second-factor")
    await picture(page, "second-factor-on")
    await picture_confirming(page, dashboard)
    await picture_code(page)


async def picture_confirming(page: Page, dashboard: Dashboard) -> None:
    bot = Trader.make(dashboard.database, "factored", "pictured")
    dashboard.database.rows(
        "update kbots.trading_bots set spec = spec || %s where name = 'pictured' returning 1",
        (Jsonb(LIVE),),
    )
    await opened(page, bot.path)
    await page.get_by_test_id("spec.risk.maxDailyLoss").fill("500")
    await page.get_by_test_id("save").click()
    await page.get_by_test_id("riskier").wait_for()
    await picture(page, "confirm")


async def picture_code(page: Page) -> None:
    await page.get_by_test_id("sign-out").click()
    await page.get_by_label("Name").fill("factored")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_test_id("sign-in").click()
    await page.get_by_test_id("send-code").wait_for()
    await page.get_by_label("Code").fill("000000")
    await page.get_by_test_id("send-code").click()
    await page.get_by_test_id("problem-code").wait_for()
    await picture(page, "code")


async def test_page_that_renews_an_account_is_pictured(page: Page, dashboard: Dashboard) -> None:
    dashboard.accept(dashboard.invite(), "forgetful")
    await page.goto("/admin")
    await page.get_by_test_id("person-forgetful").get_by_text("Link to renew").click()
    await page.get_by_test_id("invite-link").wait_for()
    await picture(page, "admin-link")
    await page.goto(await page.get_by_test_id("invite-link").inner_text())
    await picture(page, "renew")
