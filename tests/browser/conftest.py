"""Chromium against a real dashboard, with a bot that has traded; no other program runs."""

from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, Page

from tests.dashboard.process import PASSWORD, Dashboard
from tests.dashboard.traders import Trader
from tests.support.browser import a_browser
from tests.support.postgres import Server


@pytest.fixture(scope="module")
def dashboard(
    postgres_server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dashboard]:
    """Give a running dashboard whose first admin has his account."""
    database = postgres_server.create()
    running = Dashboard(database, tmp_path_factory.mktemp("dashboard"))
    running.start()
    running.accept(running.setup_link(), "admin")
    with database.connect() as connection:
        connection.execute(
            "insert into kbots.sealing_public_keys (kid, public_key) values ('k', %s)",
            (bytes(range(32)),),
        )
    yield running
    running.stop()
    postgres_server.drop(database)


@pytest.fixture(scope="module")
def bot(dashboard: Dashboard) -> Trader:
    """Give a bot of the admin."""
    return Trader.make(dashboard.database, "admin", "trend")


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Give a browser for one test."""
    async with a_browser() as running:
        yield running


@pytest.fixture
async def page(browser: Browser, dashboard: Dashboard) -> Page:
    """Give a window in which the admin is signed in; errors of the page fail the test that looks."""
    context = await browser.new_context(
        base_url=dashboard.url, viewport={"width": 1280, "height": 900}
    )
    made = await context.new_page()
    await made.goto("/login")
    await made.get_by_label("Name").fill("admin")
    await made.get_by_label("Password").fill(PASSWORD)
    await made.get_by_test_id("sign-in").click()
    await made.get_by_test_id("who").wait_for()
    return made
