"""What a look finds of a bot's key, and what it need not open again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from botcore.resources.trading_bot import BotMode, TradingBot, TradingBotSpec
from botoperator.key_ports import KeyVerdict
from botoperator.plan.admission import LiveCaps, LiveGrant
from botoperator.plan.credentials import (
    KeyReady,
    KeyRefused,
    KeyUnavailable,
    LiveRefused,
    LiveTerms,
    Referred,
    StoredKey,
)
from botoperator.plan.inputs import ExchangeKey
from botoperator.plan.observed import Children
from botoperator.services.credentials import CredentialsFinder
from tests.unit.botoperator.builders import NOW, a_bot, a_key, a_pod, children_of

KEY_ID = "33333333-3333-4333-8333-333333333333"
RISK = {
    "maxDailyLoss": "5", "maxDrawdownPercent": "5", "maxPositionNotional": "400", "maxOpenOrders": 1,
    "maxOrdersPerMinute": 1,
}  # fmt: skip
STORED = StoredKey(
    id=KEY_ID, owner="alice", exchange="binance", environment="live", revision=2, status="Verified",
    account_uid="7", permissions={"enableWithdrawals": False},
)  # fmt: skip
CAPS = LiveCaps(
    is_enabled=True, symbols=frozenset({"BTCUSDT"}), most_notional={"USDT": Decimal(1000)}
)
GRANT = LiveGrant(
    key_id=KEY_ID,
    quote_asset="USDT",
    symbols=frozenset({"BTCUSDT"}),
    most_notional=Decimal(1000),
    expires_at=NOW + timedelta(days=1),
)
TERMS = LiveTerms(caps=CAPS, grant=GRANT, owner_is_active=True, now=NOW)


class Keys:
    """A key store in memory: its keys open as the key that the bot has."""

    def __init__(self, *keys: StoredKey) -> None:
        self.keys = {one.id: one for one in keys}
        self.opened = 0

    async def refer(self, namespace: str, name: str, spec: TradingBotSpec) -> Referred:
        return Referred(key=self.keys.get(KEY_ID))

    async def find(self, key_ids: Sequence[str]) -> Mapping[str, StoredKey]:
        return {key_id: self.keys[key_id] for key_id in key_ids if key_id in self.keys}

    async def open(self, key: StoredKey, spec_owner: str) -> ExchangeKey:
        self.opened += 1
        return held(key)

    async def pending(self) -> tuple[str, ...]:
        return ()

    async def wrapped(self) -> Mapping[str, int]:
        return {}

    async def record(self, key: StoredKey, verdict: KeyVerdict) -> None:
        raise AssertionError("nothing is checked here")


class NoPaper:
    async def ensure(self, name: str, balances: Mapping[str, str]) -> ExchangeKey:
        raise AssertionError("no paper account is asked for")


def held(key: StoredKey) -> ExchangeKey:
    return a_key("7", f"{key.id}@{key.revision}", BotMode.LIVE)


def a_live_bot(**spec: Any) -> TradingBot:
    whole = {"mode": "live", "credentials": {"sealedKey": KEY_ID}, "paper": None, "risk": RISK}
    return a_bot(**{**whole, **spec})


def running(bot: TradingBot) -> Children:
    secret, config_map, pod = children_of(bot, held(STORED))
    return Children(secret=secret, config_map=config_map, pod=a_pod(pod))


async def a_finder(keys: Keys, bot: TradingBot) -> CredentialsFinder:
    """Make a finder that has found the bot's key before, on the best of terms."""
    finder = CredentialsFinder(NoPaper(), keys)
    assert isinstance(await finder.find(bot, running(bot), TERMS), KeyReady)
    assert keys.opened == 1
    return finder


async def test_key_of_a_live_bot_on_unchanged_terms_is_not_opened_again() -> None:
    bot, keys = a_live_bot(), Keys(STORED)
    finder = await a_finder(keys, bot)

    found = await finder.find(bot, running(bot), TERMS)

    assert isinstance(found, KeyReady)
    assert keys.opened == 1


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        (replace(TERMS, grant=None), "GrantMissing"),
        (replace(TERMS, grant=replace(GRANT, is_revoked=True)), "GrantRevoked"),
        (replace(TERMS, now=GRANT.expires_at), "GrantExpired"),
        (replace(TERMS, grant=replace(GRANT, key_id="another")), "GrantExceeded"),
        (replace(TERMS, grant=replace(GRANT, symbols=frozenset({"ETHUSDT"}))), "GrantExceeded"),
        (replace(TERMS, grant=replace(GRANT, most_notional=Decimal(1))), "GrantExceeded"),
        (replace(TERMS, caps=replace(CAPS, is_enabled=False)), "LiveDisabled"),
        (replace(TERMS, caps=replace(CAPS, symbols=frozenset())), "PlatformCapExceeded"),
        (replace(TERMS, caps=replace(CAPS, most_notional={})), "PlatformCapExceeded"),
        (replace(TERMS, owner_is_active=False), "OwnerDisabled"),
    ],
)
async def test_changed_terms_are_seen(terms: LiveTerms, reason: str) -> None:
    bot, keys = a_live_bot(), Keys(STORED)
    finder = await a_finder(keys, bot)

    found = await finder.find(bot, running(bot), terms)

    assert isinstance(found, LiveRefused)
    assert found.reason == reason


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        (replace(STORED, status="Revoked"), KeyRefused),
        (replace(STORED, owner="bob"), KeyRefused),
        (replace(STORED, permissions={}), LiveRefused),
        (replace(STORED, status="Pending", revision=3), KeyReady),  # runs on with what it has
        (replace(STORED, status="Pending", revision=3, permissions={}), LiveRefused),
        (replace(STORED, id="another"), KeyRefused),
    ],
)
async def test_changed_key_is_seen(
    key: StoredKey, kind: type[KeyReady | KeyRefused | KeyUnavailable | LiveRefused]
) -> None:
    bot, keys = a_live_bot(), Keys(STORED)
    finder = await a_finder(keys, bot)
    keys.keys = {key.id: key}

    assert isinstance(await finder.find(bot, running(bot), TERMS), kind)
