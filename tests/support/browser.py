"""People in headless Chromium; what their pages send and receive is kept, to search it for secrets."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from playwright.async_api import Browser, Page, WebSocket, async_playwright, expect

from tests.support.platform import Platform

__all__ = ["PASSWORD", "Person", "a_browser", "admin", "invited", "person"]

# A loaded machine takes its time; a test of speed says its own bar.
expect.set_options(timeout=20_000)
_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip
PASSWORD = "correct horse battery staple"


@asynccontextmanager
async def a_browser() -> AsyncIterator[Browser]:
    """Run Debian's Chromium for the block; a machine without it skips the test."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("Chromium is missing: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(_FLAGS))
        try:
            yield browser
        finally:
            await browser.close()


@dataclass(slots=True, kw_only=True)
class Person:
    """Someone signed in, with a window of their own."""

    name: str
    page: Page
    base: str
    wire: list[bytes] = field(default_factory=list)
    """Websocket frames and pages, as they came in."""

    async def open(self, path: str) -> None:
        """Go to a page and wait until it is live."""
        await self.page.goto(self.base + path)
        await self.page.wait_for_load_state("networkidle")

    async def text(self) -> str:
        """Return everything the window shows."""
        return await self.page.locator("body").inner_text()


async def person(browser: Browser, platform: Platform, name: str, *, link: str = "") -> Person:
    """Sign someone in, who makes an account first if they have a one-time link."""
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    page = await context.new_page()
    someone = Person(name=name, page=page, base=platform.dashboard_url)
    _record(someone)
    if link:
        await page.goto(link)
        await page.get_by_label("Name").fill(name)
        await page.locator("#password").fill(PASSWORD)
        await page.locator("#repeated").fill(PASSWORD)
        await page.get_by_test_id("make-account").click()
    else:
        await page.goto(f"{someone.base}/login")
        await page.get_by_label("Name").fill(name)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_test_id("sign-in").click()
    await page.get_by_test_id("who").wait_for()
    return someone


async def admin(browser: Browser, platform: Platform) -> Person:
    """Sign in the first admin, by the one-time link where there is none yet."""
    known = await asyncio.to_thread(
        platform.query, "select count(*) from kbots.users where name = 'admin'"
    )
    link = ""
    if known == [(0,)]:
        found = re.search(r"http\S+/setup/\S+", await asyncio.to_thread(platform.first_admin_link))
        assert found is not None
        link = found[0]
    return await person(browser, platform, "admin", link=link)


async def invited(browser: Browser, platform: Platform, name: str) -> Person:
    """Sign in a trader, whom the admin invites where there is no such account yet."""
    known = await asyncio.to_thread(
        platform.query, "select count(*) from kbots.users where name = %s", (name,)
    )
    if known == [(1,)]:
        return await person(browser, platform, name)
    host = await admin(browser, platform)
    await host.open("/admin")
    await host.page.get_by_test_id("invite").click()
    link = host.page.get_by_test_id("invite-link")
    await link.wait_for()
    return await person(browser, platform, name, link=await link.inner_text())


def _record(someone: Person) -> None:
    def keep(payload: str | bytes) -> None:
        someone.wire.append(payload.encode() if isinstance(payload, str) else payload)

    def on_socket(socket: WebSocket) -> None:
        # Only what the server sends: what a person types goes up once, to be sealed.
        socket.on("framereceived", keep)

    someone.page.on("websocket", on_socket)
