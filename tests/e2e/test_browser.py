"""The browser and the command line are equal: what one does, the other shows (I5)."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.agreement import uid_of
from tests.support.browser import a_browser, admin, invited
from tests.support.manifests import a_bot, a_dca, a_name, an_ema_cross
from tests.support.platform import Platform
from tests.support.waiting import wait_until

pytestmark = pytest.mark.browser


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with a_browser() as running:
        yield running


def in_force(platform: Platform, name: str) -> tuple[int, int]:
    """Return the generation the runner trades by, and its process."""
    rows = platform.query(
        "select generation from kbots.heartbeats where bot_uid = %s", (uid_of(platform, name),)
    )
    return (rows[0][0], platform.runner_pid(name)) if rows else (0, 0)


async def applied(platform: Platform, name: str, **spec: object) -> None:
    await asyncio.to_thread(platform.apply, a_bot(name, **spec))


async def test_parameter_changed_in_the_browser_is_used_by_the_same_process(
    platform: Platform, browser: Browser
) -> None:
    name = a_name("edited")
    await applied(platform, name, strategies=[an_ema_cross()])
    await asyncio.to_thread(
        wait_until, lambda: in_force(platform, name)[1], "a heartbeat", seconds=60
    )
    _, pid = in_force_now = await asyncio.to_thread(in_force, platform, name)
    person = await admin(browser, platform)
    await person.open(f"/bots/kbots-bots/{name}")

    await person.page.get_by_test_id("spec.strategies[0].params.slow").fill("7")
    await person.page.get_by_test_id("save").click()

    changed = await asyncio.to_thread(
        wait_until,
        lambda: (found := in_force(platform, name))[0] > in_force_now[0] and found,
        "the new generation in force",
        seconds=10,
    )
    resource = await asyncio.to_thread(platform.get, name)
    assert resource is not None
    assert resource["spec"]["strategies"][0]["params"]["slow"] == 7
    assert changed == (resource["metadata"]["generation"], pid)
    await asyncio.to_thread(
        wait_until,
        lambda: platform.query(
            "select 1 from kbots.decisions where bot_uid = %s and generation = %s",
            (resource["metadata"]["uid"], changed[0]),
        ),
        "a decision by the new parameters",
    )
    await asyncio.to_thread(platform.delete, name)


async def test_applied_bot_and_its_trades_appear_without_a_reload(
    platform: Platform, browser: Browser
) -> None:
    name = a_name("applied")
    person = await admin(browser, platform)
    await person.open("/")
    await expect(person.page.get_by_text(name, exact=True)).to_have_count(0)

    await applied(platform, name, strategies=[a_dca("SOLUSDT")])
    await expect(person.page.get_by_text(name, exact=True)).to_be_visible(timeout=5_000)

    await person.open("/trades")
    trade = await asyncio.to_thread(
        wait_until,
        lambda: platform.query(
            "select quantity, price, symbol from kbots.fills where bot_uid = %s"
            " order by created_at desc limit 1",
            (uid_of(platform, name),),
        ),
        "a fill",
    )
    assert trade[0][2] == "SOLUSDT"
    shown = re.compile(rf"{trade[0][0].normalize():f}")
    await expect(person.page.locator("body")).to_contain_text(shown, timeout=5_000)

    await asyncio.to_thread(
        platform.apply, a_bot(name, strategies=[a_dca("SOLUSDT")], desiredState="Paused")
    )
    await person.open(f"/bots/kbots-bots/{name}")
    await expect(person.page.get_by_test_id("wanted")).to_contain_text("Paused", timeout=5_000)
    await asyncio.to_thread(platform.delete, name)


async def test_person_sees_nothing_of_another_persons_bot(
    platform: Platform, browser: Browser
) -> None:
    name = a_name("private")
    await applied(platform, name, strategies=[a_dca("SOLUSDT")])
    await asyncio.to_thread(
        wait_until, lambda: platform.exchange_truth(name).trades, "a trade", seconds=60
    )
    owner = await admin(browser, platform)
    await owner.open("/")
    assert name in (await owner.text()).split()
    alice = await invited(browser, platform, "alice")

    for path in ("/", "/trades", "/keys", f"/bots/kbots-bots/{name}"):
        await alice.open(path)
        assert name not in (await alice.text()).split(), path
    assert "That is not here" in await alice.text()
    assert all(f'"{name}"'.encode() not in frame for frame in alice.wire)
    await asyncio.to_thread(platform.delete, name)


async def test_halt_in_the_browser_stops_the_bot(platform: Platform, browser: Browser) -> None:
    name = a_name("braked")
    await applied(platform, name, strategies=[a_dca("SOLUSDT")])
    await asyncio.to_thread(
        wait_until, lambda: in_force(platform, name)[1], "a heartbeat", seconds=60
    )
    person = await admin(browser, platform)
    await person.open(f"/bots/kbots-bots/{name}")

    await person.page.get_by_test_id("halt-reason").fill("looking into it")
    await person.page.get_by_test_id("halt").click()

    await asyncio.to_thread(platform.wait_condition, name, "Halted", seconds=10)
    await expect(person.page.get_by_test_id("actual")).to_contain_text("Halted", timeout=10_000)
    await asyncio.to_thread(platform.delete, name)
