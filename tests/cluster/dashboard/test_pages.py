"""The real dashboard over a cluster, in a browser: what kubectl does shows, and an outage hides nothing else."""

import asyncio
import json

import pytest
from playwright.async_api import expect

from tests.dashboard.process import PASSWORD, Dashboard
from tests.dashboard.sockets import LivePage
from tests.dashboard.traders import Trader
from tests.support.browser import a_browser
from tests.support.manifests import a_bot
from tests.support.waiting import wait_until

pytestmark = pytest.mark.postgres


@pytest.fixture
def dashboard(database, clean, proxy, tmp_path):
    """Give a running dashboard with its admin, which reaches the API server through the proxy."""
    running = Dashboard(
        database,
        tmp_path,
        KBOTS_DASHBOARD_RESOURCES="kubernetes",
        KBOTS_DASHBOARD_NAMESPACE=clean.namespace,
        KUBECONFIG=str(clean.kubeconfig(port=proxy.port)),
    )
    running.start()
    yield running
    code = running.stop()
    log = running.log.read_text(encoding="utf-8")
    assert code == 0, log
    assert [line for line in log.splitlines() if json.loads(line)["level"] == "error"] == []


@pytest.fixture
def admin(dashboard):
    return dashboard.accept(dashboard.setup_link(), "admin")


@pytest.fixture
def made(clean, key):
    """Give a bot of the admin, made with kubectl."""
    manifest = a_bot(key.name)
    del manifest["metadata"]["namespace"]
    clean.kubectl("create", "-f", "-", text=json.dumps(manifest))
    return f"/bots/{key}"


@pytest.fixture
async def window(dashboard, admin):
    async with a_browser() as browser:
        context = await browser.new_context(
            base_url=dashboard.url, viewport={"width": 1280, "height": 900}
        )
        page = await context.new_page()
        await page.goto("/login")
        await page.get_by_label("Name").fill("admin")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_test_id("sign-in").click()
        await page.get_by_test_id("who").wait_for()
        yield page


async def test_bot_made_with_kubectl_shows_and_is_stopped_in_the_browser(
    window, clean, key, made, tmp_path
):
    await window.goto("/")
    await expect(window.get_by_test_id("bots")).to_contain_text(key.name)
    await window.screenshot(path=tmp_path / "bots.png")

    await window.goto(made)
    await window.get_by_test_id("state-Stopped").click()

    await expect(window.get_by_test_id("wanted")).to_contain_text("wanted: Stopped")
    stored = await asyncio.to_thread(clean.kubectl.read, key)
    assert stored["spec"]["desiredState"] == "Stopped"


async def test_edit_with_kubectl_is_shown_to_whoever_edits_and_nothing_is_lost(
    window, clean, key, made, tmp_path
):
    await window.goto(made)
    field = window.get_by_test_id("spec.risk.maxOpenOrders")
    await field.fill("7")
    await asyncio.to_thread(
        clean.kubectl.merge, key, {"spec": {"risk": {"maxPositionNotional": "1234"}}}
    )

    conflict = window.get_by_test_id("conflict")
    await expect(conflict).to_contain_text(
        "risk.maxPositionNotional: in your form “9000”, saved now “1234”"
    )
    await window.screenshot(path=tmp_path / "conflict.png")
    await window.get_by_test_id("conflict-on-top").click()

    await expect(window.get_by_text("Saved.")).to_be_visible()
    spec = (await asyncio.to_thread(clean.kubectl.read, key))["spec"]
    assert (spec["risk"]["maxPositionNotional"], spec["risk"]["maxOpenOrders"]) == ("1234", 7)


def test_change_by_kubectl_shows_within_two_seconds(admin, clean, key, made):
    with LivePage(admin, made) as page:
        clean.kubectl.merge(key, {"spec": {"desiredState": "Paused"}})
        page.wait_for("wanted: Paused", seconds=2)


def test_api_server_that_is_away_hides_no_trades_and_stops_no_halt(
    dashboard, admin, clean, key, made, proxy
):
    trader = Trader.make(dashboard.database, "admin", "elsewhere")
    number = trader.fill()
    away = "API server does not answer"
    with LivePage(admin, made) as page:
        proxy.close()
        page.wait_for(away, seconds=15)
        page.press("halt")
        wait_until(
            lambda: (
                dashboard.database.rows("select scope, set_by from kbots.halts")
                == [("bot", "admin")]
            ),
            "the halt is there",
        )

    overview = admin.get("/").text
    assert (away in overview, "halt-all" in overview) == (True, True)
    trades = admin.get("/trades").text
    assert (away in trades, f"BTCUSDT/{number}" in trades) == (True, True)
    bot = admin.get(made)
    assert (bot.status_code, away in bot.text) == (503, True)

    proxy.reopen()
    wait_until(lambda: admin.get(made).status_code == 200, "the bot is there again")
