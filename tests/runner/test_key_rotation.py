"""A new key is taken while the bot runs: proved first, swapped at once, no order lost (operator.md §2.8, TR-69)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from structlog.testing import capture_logs

from botcore.domain.errors import NotAllowed
from botcore.domain.orders import OrderStatus, Purpose
from botrunner.adapters.binance_client import ExchangeKey
from botrunner.adapters.config_files import read_key
from botrunner.ports import Placed
from botrunner.trading.events import KeyInUse, OrderReported, StreamRestored
from tests.exchange.server import Server
from tests.runner.venues import Events, Trader, running, trading, wait_until

pytestmark = pytest.mark.e2e
NO_PEM = "\n".join(f"-----{mark} PRIVATE KEY-----" for mark in ("BEGIN", "END"))


@pytest.fixture
async def trader(exchange: Server, tmp_path: Path) -> AsyncIterator[Trader]:
    """A trader whose key lies in files, as mounted."""
    async with trading(exchange) as made:
        mount(tmp_path, made.venue.exchange._slot.key)
        uid = (await made.venue.exchange.account()).uid
        made.venue.keys.follow(partial(read_key, tmp_path), uid)
        yield made


def mount(folder: Path, key: ExchangeKey) -> None:
    (folder / "api-key").write_text(key.api_key)
    (folder / "api-secret").write_text(key.secret)
    (folder / "key-version").write_text(key.version or "none")


def another_key(trader: Trader, name: str | None = None) -> ExchangeKey:
    made = trader.server.admin("POST", "keys", {"name": name or trader.name})
    return ExchangeKey(api_key=made["apiKey"], secret=made["apiSecret"])


def an_ed25519_key(trader: Trader) -> ExchangeKey:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    made = trader.server.admin("POST", "keys", {"name": trader.name, "publicKey": public.decode()})
    return ExchangeKey(api_key=made["apiKey"], secret=pem.strip())


def revoke(trader: Trader, key: ExchangeKey) -> None:
    trader.server.admin("DELETE", f"keys/{key.api_key}")


def in_use(trader: Trader) -> ExchangeKey:
    return trader.venue.exchange._slot.key


def is_restored(event: object) -> bool:
    return isinstance(event, StreamRestored)


def is_filled(event: object) -> bool:
    return isinstance(event, OrderReported) and event.report.status is OrderStatus.FILLED


@pytest.mark.parametrize("make", [another_key, an_ed25519_key])
async def test_new_key_is_taken_with_its_stream_before_the_old_one_ends(
    trader: Trader, tmp_path: Path, make: Callable[[Trader], ExchangeKey]
) -> None:
    """Both kinds of keys, HMAC and Ed25519, place orders and hear of them at the real exchange."""
    old, events = in_use(trader), Events()
    fresh = make(trader)
    async with running(trader.venue.user.run(events.deliver), trader.venue.keys.run()):
        await events.next(is_restored)
        mount(tmp_path, fresh)
        placed = []
        while in_use(trader) == old:  # orders go on all the while
            placed.append(await trader.venue.exchange.place(trader.order()))
            await asyncio.sleep(0.1)
        await events.next(is_restored, 20)
        revoke(trader, old)
        placed.append(await trader.venue.exchange.place(trader.order()))
        last = placed[-1]
        told = await events.next(
            lambda event: (
                is_filled(event) and event.report.client_order_id == last.report.client_order_id
            )
        )

    assert in_use(trader) == fresh
    assert all(isinstance(one, Placed) for one in placed)
    assert told.report.status is OrderStatus.FILLED
    assert trader.venue.health.connections["user"] == 2


async def test_key_of_another_account_is_refused_and_the_old_one_stays(
    trader: Trader, tmp_path: Path
) -> None:
    old = replace(in_use(trader), version="mine@1")
    mount(tmp_path, old)
    stranger = trader.server.account(f"{trader.name}-other", USDT="1")
    keys = trader.venue.keys
    with capture_logs() as logs:
        async with running(keys.run()):
            await wait_until(lambda: keys.in_use() == KeyInUse(version="mine@1"))
            foreign = ExchangeKey(api_key=stranger["apiKey"], secret=stranger["apiSecret"])
            mount(tmp_path, replace(foreign, version="mine@2"))
            await wait_until(lambda: any(one["event"] == "key_refused" for one in logs))
            await asyncio.sleep(2.5)
            told = keys.in_use()
            mount(tmp_path, old)
            await wait_until(lambda: keys.in_use() == KeyInUse(version="mine@1"))

    assert [one["event"] for one in logs].count("key_refused") == 1
    assert told.version == "mine@1"
    assert "mine@2 was refused: it is of account" in told.problem
    assert in_use(trader) == old
    assert isinstance(await trader.venue.exchange.place(trader.order()), Placed)


@pytest.mark.parametrize("secret", ["wrong", NO_PEM])
async def test_key_that_does_not_sign_is_refused(
    trader: Trader, tmp_path: Path, secret: str
) -> None:
    """Also what is read while the files are half swapped."""
    old = in_use(trader)
    fresh = another_key(trader)
    mount(tmp_path, ExchangeKey(api_key=fresh.api_key, secret=secret))
    with capture_logs() as logs:
        async with running(trader.venue.keys.run()):
            await wait_until(lambda: any(one["event"] == "key_refused" for one in logs))
            assert in_use(trader) == old
            mount(tmp_path, fresh)
            await wait_until(lambda: in_use(trader) == fresh)


async def test_bot_tells_which_key_it_signs_with(trader: Trader, tmp_path: Path) -> None:
    """A new name for the key in use is taken as it is; another key only once it has proved itself."""
    same, keys = replace(in_use(trader), version="mine@1"), trader.venue.keys
    async with running(keys.run()):
        mount(tmp_path, same)
        await wait_until(lambda: keys.in_use() == KeyInUse(version="mine@1"))
        client = trader.venue.exchange._client
        mount(tmp_path, replace(same, version="mine@2"))
        await wait_until(lambda: keys.in_use() == KeyInUse(version="mine@2"))
        assert trader.venue.exchange._client is client
        mount(tmp_path, replace(another_key(trader), version="mine@3"))
        await wait_until(lambda: keys.in_use() == KeyInUse(version="mine@3"))
        assert trader.venue.exchange._client is not client


async def test_rejected_key_makes_way_for_a_newer_one_at_once_and_the_order_goes_out(
    trader: Trader, tmp_path: Path
) -> None:
    """Nobody has looked at the files yet: the rejection itself does (TR-69)."""
    old, fresh = in_use(trader), another_key(trader)
    mount(tmp_path, fresh)
    revoke(trader, old)

    order = trader.order(purpose=Purpose.EXIT)
    answer = await trader.venue.exchange.place(order)

    assert isinstance(answer, Placed)
    assert trader.truth(order.client_order_id) == ["FILLED"]
    assert in_use(trader) == fresh


async def test_stream_of_a_rejected_key_takes_the_newer_one(trader: Trader, tmp_path: Path) -> None:
    events = Events()
    old, fresh = in_use(trader), another_key(trader)
    mount(tmp_path, fresh)
    revoke(trader, old)

    async with running(trader.venue.user.run(events.deliver)):
        await events.next(is_restored)

    assert in_use(trader) == fresh


async def test_rejected_key_without_a_newer_one_ends_the_bot(trader: Trader) -> None:
    """TR-69: exit 0, KeyRejected."""
    revoke(trader, in_use(trader))

    with pytest.raises(NotAllowed):
        await trader.venue.exchange.place(trader.order())
    with pytest.raises(NotAllowed):
        await asyncio.wait_for(trader.venue.user.run(Events().deliver), 10)
