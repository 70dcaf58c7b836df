"""The dashboard and kubectl are equal: what one does the other shows, and neither overwrites the other in silence."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.windows import opened
from tests.e2e.agreement import uid_of
from tests.support.browser import Person, a_browser, admin
from tests.support.cluster.platform import BOTS, ClusterPlatform
from tests.support.waiting import wait_until

pytestmark = pytest.mark.browser
AMOUNT = "spec.strategies[0].params.amount"
SHOWN_MILLISECONDS = 2000


@pytest.fixture
async def person(platform: ClusterPlatform) -> AsyncIterator[Person]:
    async with a_browser() as browser:
        yield await admin(browser, platform)


async def edit(platform: ClusterPlatform, name: str, path: str, value: str) -> None:
    """Change one field as a person at kubectl does."""
    change = json.dumps([{"op": "replace", "path": path, "value": value}])
    await asyncio.to_thread(
        platform.cluster.kubectl, "-n", BOTS, "patch", "tb", name, "--type=json", "-p", change
    )


def amount_of(platform: ClusterPlatform, name: str) -> Any:
    resource = platform.get(name)
    assert resource is not None
    return resource["spec"]["strategies"][0]["params"]["amount"]


async def test_trade_is_shown(platform: ClusterPlatform, person: Person, running_bot: str) -> None:
    uid = await asyncio.to_thread(uid_of, platform, running_bot)
    await opened(person.page, f"{person.base}/trades")

    trade = await asyncio.to_thread(
        wait_until,
        lambda: platform.query(
            "select quantity from kbots.fills where bot_uid = %s order by created_at desc limit 1",
            (uid,),
        ),
        "a fill",
        seconds=60,
    )

    quantity = re.compile(rf"{trade[0][0].normalize():f}")
    await expect(person.page.locator("body")).to_contain_text(quantity, timeout=5_000)


async def test_edit_by_kubectl_shows_in_the_open_page_within_two_seconds(
    platform: ClusterPlatform,
    person: Person,
    running_bot: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await opened(person.page, f"{person.base}/bots/{BOTS}/{running_bot}")
    wanted = person.page.get_by_test_id("wanted")
    await expect(wanted).to_contain_text("wanted: Running")

    await edit(platform, running_bot, "/spec/desiredState", "Paused")
    start = time.monotonic()
    await expect(wanted).to_contain_text("wanted: Paused", timeout=SHOWN_MILLISECONDS)

    with capsys.disabled():
        print(f"\nrow=kubectl_edit_to_page value={time.monotonic() - start:.2f} unit=s bar=2")  # noqa: T201 for the record


async def test_form_opened_before_an_edit_by_kubectl_does_not_overwrite_it(
    platform: ClusterPlatform, person: Person, running_bot: str
) -> None:
    page = person.page
    await opened(page, f"{person.base}/bots/{BOTS}/{running_bot}")
    await page.get_by_test_id(AMOUNT).fill("41")

    await edit(platform, running_bot, "/spec/strategies/0/params/amount", "37")
    await expect(page.get_by_test_id("conflict")).to_contain_text("37", timeout=5_000)
    await page.get_by_test_id("save").click()
    # Saving again is refused as long as the person has not chosen.
    await expect(page.get_by_text("Not saved: changed meanwhile.")).to_be_visible()
    await expect(page.get_by_test_id("conflict")).to_be_visible()
    await expect(page.get_by_test_id("conflict")).to_contain_text("37")
    assert await asyncio.to_thread(amount_of, platform, running_bot) == "37"

    await page.get_by_test_id("conflict-on-top").click()
    await expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
    assert await asyncio.to_thread(amount_of, platform, running_bot) == "41"
