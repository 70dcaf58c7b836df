"""More real money at risk is confirmed on a page of its own, with password and code."""

import re

import pyotp
import pytest
from playwright.async_api import Page, expect

from tests.browser.windows import opened
from tests.dashboard.process import PASSWORD, Dashboard
from tests.dashboard.traders import Trader

pytestmark = pytest.mark.browser
LIVE = (
    'update kbots.trading_bots set spec = spec || \'{"mode": "live", "risk": {"maxDailyLoss": "50",'
    ' "maxDrawdownPercent": "15", "maxPositionNotional": "600", "maxOpenOrders": 20,'
    ' "maxOrdersPerMinute": 30}, "credentials": {"sealedKey": "00000000-0000-4000-8000-000000000000"}}\''
    " where name = 'careful' returning 1"
)


# SEC-42, SEC-43
async def test_raised_limit_is_saved_after_password_and_code_and_a_lowered_one_at_once(
    page: Page, dashboard: Dashboard
) -> None:
    bot = Trader.make(dashboard.database, "admin", "careful")
    dashboard.database.rows(LIVE)
    await page.goto("/security/second-factor")
    app = pyotp.TOTP(await page.get_by_test_id("secret").inner_text())
    await page.get_by_label("Code").fill(app.now())
    await page.get_by_label("Your password").fill(PASSWORD)
    await page.get_by_test_id("factor-on").click()
    codes = (await page.get_by_test_id("recovery-codes").inner_text()).split()

    await opened(page, bot.path)
    await page.get_by_test_id("spec.risk.maxDailyLoss").fill("500")
    await page.get_by_test_id("save").click()
    await expect(page.get_by_test_id("riskier")).to_have_text("risk.maxDailyLoss: 50 → 500")
    assert bot.spec()["risk"]["maxDailyLoss"] == "50"
    asked = page.url
    await page.get_by_label("Your password").fill(PASSWORD)
    await page.get_by_label("Code").fill("000000")
    await page.get_by_test_id("confirm").click()
    await expect(page.get_by_test_id("problem-code")).to_contain_text("Is wrong")
    assert bot.spec()["risk"]["maxDailyLoss"] == "50"
    await page.get_by_label("Your password").fill(PASSWORD)
    await page.get_by_label("Code").fill(codes[0])
    await page.get_by_test_id("confirm").click()
    await expect(page).to_have_url(re.compile(r"/bots/kbots-bots/careful$"), timeout=30_000)
    assert bot.spec()["risk"]["maxDailyLoss"] == "500"

    await page.goto(asked)
    await expect(page.get_by_test_id("message")).to_contain_text("not waiting any more")
    await opened(page, bot.path)
    await page.get_by_test_id("spec.risk.maxDailyLoss").fill("40")
    await page.get_by_test_id("save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    assert bot.spec()["risk"]["maxDailyLoss"] == "40"
