"""A picture of every page, wide and narrow, in .state/screenshots: for a person to look at."""

import pytest
from playwright.async_api import Page

from tests.dashboard.traders import Trader
from tests.support.sources import ROOT

pytestmark = pytest.mark.browser
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
