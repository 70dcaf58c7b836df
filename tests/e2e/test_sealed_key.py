"""A key sealed in the browser reaches its bot, and nothing else ever shows it (I4)."""

import asyncio
from typing import Any

import pytest

from tests.e2e.agreement import uid_of
from tests.support.browser import PASSWORD, Person, a_browser, invited
from tests.support.manifests import a_bot, a_dca, a_name
from tests.support.platform import Platform
from tests.support.waiting import wait_until

pytestmark = pytest.mark.browser


async def seal(someone: Person, label: str, key: dict[str, Any]) -> None:
    page = someone.page
    await someone.open("/keys/new")
    await page.get_by_label("Label").fill(label)
    await page.get_by_label("Environment").select_option("testnet")
    await page.locator("#api_key").fill(key["apiKey"])
    await page.locator("#api_secret").fill(key["apiSecret"])
    await page.locator("#current").fill(PASSWORD)
    await page.get_by_test_id("seal-key").click()
    await page.get_by_test_id(f"key-{label}").wait_for()
    someone.wire.append((await page.content()).encode())


# SEC-66
@pytest.mark.timeout(180)
async def test_sealed_key_reaches_its_bot_and_shows_nowhere(platform: Platform) -> None:
    # The paper exchange stands in for the test network: same protocol, an account with a key of its own.
    name, label = a_name("keyed"), a_name("main")
    key = await asyncio.to_thread(platform.open_exchange_account, a_name("alice-at-the-venue"))
    async with a_browser() as browser:
        alice = await invited(browser, platform, "alice")
        await seal(alice, label, key)
        rows = await asyncio.to_thread(
            platform.query, "select id::text from kbots.sealed_keys where label = %s", (label,)
        )
        manifest = a_bot(
            name, owner="alice", mode="testnet", credentials={"sealedKey": rows[0][0]},
            strategies=[a_dca("SOLUSDT")],
        )  # fmt: skip
        del manifest["spec"]["paper"]
        await asyncio.to_thread(platform.apply, manifest)
        await asyncio.to_thread(platform.wait_condition, name, "Ready", seconds=60)
        uid = await asyncio.to_thread(uid_of, platform, name)
        await asyncio.to_thread(
            wait_until,
            lambda: platform.query("select 1 from kbots.fills where bot_uid = %s", (uid,)),
            "a fill with the sealed key",
            seconds=60,
        )
        for path in ("/keys", f"/keys/{rows[0][0]}", f"/bots/kbots-bots/{name}", "/trades"):
            await alice.open(path)
            alice.wire.append((await alice.page.content()).encode())
        kept = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
        alice.wire.append((await alice.page.evaluate(kept)).encode())

    written = await asyncio.to_thread(platform.everything_written)
    written |= {f"frame {number}": frame for number, frame in enumerate(alice.wire)}
    # The search finds what may be seen: the key's id in the table, and its last characters in the page.
    assert any(rows[0][0].encode() in text for where, text in written.items() if "table" in where)
    told = [text for where, text in written.items() if where.startswith("metrics")]
    assert any(b"kbots_" in text for text in told), "figures of the bot are among them"
    assert any(key["apiKey"][-4:].encode() in frame for frame in alice.wire)
    for secret in (key["apiKey"], key["apiSecret"]):
        assert [where for where, text in written.items() if secret.encode() in text] == []
    await asyncio.to_thread(platform.delete, name)
