"""A key sealed in the browser reaches its bot, and nothing else ever shows it (I4)."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import expect

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
    await send(someone, key)
    await page.get_by_test_id(f"key-{label}").wait_for()
    someone.wire.append((await page.content()).encode())


async def send(someone: Person, key: dict[str, Any]) -> None:
    page = someone.page
    await page.locator("#api_key").fill(key["apiKey"])
    await page.locator("#api_secret").fill(key["apiSecret"])
    await page.locator("#current").fill(PASSWORD)
    await page.get_by_test_id("seal-key").click()


async def trades_with(platform: Platform, name: str, label: str) -> str:
    """Have a bot trade with the sealed key of this label; answers the key's id."""
    rows = await asyncio.to_thread(
        platform.query, "select id::text from kbots.sealed_keys where label = %s", (label,)
    )
    key_id = str(rows[0][0])
    manifest = a_bot(
        name, owner="alice", mode="testnet", credentials={"sealedKey": key_id},
        strategies=[a_dca("SOLUSDT")],
    )  # fmt: skip
    del manifest["spec"]["paper"]
    await asyncio.to_thread(platform.apply, manifest)
    await asyncio.to_thread(platform.wait_condition, name, "Ready", seconds=60)
    await one_more_fill(platform, name)
    return key_id


async def one_more_fill(platform: Platform, name: str) -> None:
    """Wait for a fill that was not there before."""

    def fills() -> int:
        uid = uid_of(platform, name)
        rows = platform.query("select count(*) from kbots.fills where bot_uid = %s", (uid,))
        return int(rows[0][0])

    before = await asyncio.to_thread(fills)
    await asyncio.to_thread(wait_until, lambda: fills() > before, "a fill", seconds=90)


def key_in_use(platform: Platform, name: str) -> str:
    """Answer which key the runner says it signs with."""
    uid = uid_of(platform, name)
    rows = platform.query("select key_version from kbots.heartbeats where bot_uid = %s", (uid,))
    return str(rows[0][0])


# SEC-66
@pytest.mark.timeout(180)
async def test_sealed_key_reaches_its_bot_and_shows_nowhere(platform: Platform) -> None:
    # The paper exchange stands in for the test network: same protocol, an account with a key of its own.
    name, label = a_name("keyed"), a_name("main")
    key = await asyncio.to_thread(platform.open_exchange_account, a_name("alice-at-the-venue"))
    async with a_browser() as browser:
        alice = await invited(browser, platform, "alice")
        await seal(alice, label, key)
        key_id = await trades_with(platform, name, label)
        for path in ("/keys", f"/keys/{key_id}", f"/bots/kbots-bots/{name}", "/trades"):
            await alice.open(path)
            alice.wire.append((await alice.page.content()).encode())
        kept = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
        alice.wire.append((await alice.page.evaluate(kept)).encode())

    written = await asyncio.to_thread(platform.everything_written)
    written |= {f"frame {number}": frame for number, frame in enumerate(alice.wire)}
    # The search finds what may be seen: the key's id in the table, and its last characters in the page.
    assert any(key_id.encode() in text for where, text in written.items() if "table" in where)
    told = [text for where, text in written.items() if where.startswith("metrics")]
    assert any(b"kbots_" in text for text in told), "figures of the bot are among them"
    assert any(key["apiKey"][-4:].encode() in frame for frame in alice.wire)
    for secret in (key["apiKey"], key["apiSecret"]):
        assert [where for where, text in written.items() if secret.encode() in text] == []
    await asyncio.to_thread(platform.delete, name)


@pytest.mark.timeout(240)
async def test_replaced_key_is_taken_by_the_running_bot(platform: Platform) -> None:
    name, label, account = a_name("rekeyed"), a_name("second"), a_name("alice-who-replaces")
    old = await asyncio.to_thread(platform.open_exchange_account, account)
    async with a_browser() as browser:
        alice = await invited(browser, platform, "alice")
        await seal(alice, label, old)
        key_id = await trades_with(platform, name, label)
        process = await asyncio.to_thread(platform.runner_pid, name)
        signed_with = await asyncio.to_thread(key_in_use, platform, name)
        new = await asyncio.to_thread(platform.new_exchange_key, account)

        await alice.open(f"/keys/{key_id}/replace")
        await send(alice, new)

        await expect(alice.page.get_by_test_id("key-last4")).to_contain_text(new["apiKey"][-4:])
    await asyncio.to_thread(
        wait_until, lambda: key_in_use(platform, name) != signed_with, "the new key", seconds=90
    )
    # From here on the exchange refuses whoever still signs with the old one.
    await asyncio.to_thread(platform.revoke_exchange_key, old["apiKey"])
    await one_more_fill(platform, name)
    assert await asyncio.to_thread(platform.runner_pid, name) == process
    await asyncio.to_thread(platform.wait_condition, name, "CredentialsReady")
    await asyncio.to_thread(platform.delete, name)
