"""Windows on live pages."""

from playwright.async_api import Page

__all__ = ["opened"]


async def opened(page: Page, path: str) -> None:
    """Open a page and wait until its socket works: what is pressed before that is lost. Plain ones have none."""
    await page.goto(path)
    await page.get_by_test_id("who").wait_for()
    await page.wait_for_function("window.did_handshake === true || !document.scripts.length")
