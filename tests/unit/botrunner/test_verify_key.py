"""Which keys may be used (TR-69)."""

from collections.abc import Mapping

import pytest

from botcore.domain.errors import NotAllowed
from botcore.resources.trading_bot import BotMode
from botrunner.ports import Account
from botrunner.verify_key import KeyVerdict, verify

GOOD = {
    "ipRestrict": True,
    "createTime": 1,
    "enableReading": True,
    "enableSpotAndMarginTrading": True,
    "enableWithdrawals": False,
    "enableInternalTransfer": False,
    "permitsUniversalTransfer": False,
}


class Venue:
    """A venue that tells what it was given."""

    def __init__(self, permissions: Mapping[str, object] | None, *, can_trade: bool = True) -> None:
        self.permissions = permissions
        self.can_trade = can_trade

    async def account(self) -> Account:
        return Account(uid="1001", can_trade=self.can_trade, balances={})

    async def key_permissions(self) -> Mapping[str, object] | None:
        return self.permissions


class RejectingVenue(Venue):
    """A venue that knows no such key."""

    async def account(self) -> Account:
        raise NotAllowed("the venue rejects the key: Invalid API-key")


async def verdict_on(environment: BotMode = BotMode.LIVE, **changed: object) -> KeyVerdict:
    return await verify(Venue(GOOD | changed), environment)


async def test_key_that_reads_and_trades_is_verified_with_its_account() -> None:
    verdict = await verdict_on()

    assert verdict.termination() == {
        "reason": "KeyVerified",
        "message": "the key reads and trades, and can't move money away",
        "accountUid": "1001",
        "permissions": {name: value for name, value in GOOD.items() if name != "createTime"},
    }


# SEC-68
@pytest.mark.parametrize(
    "name", ["enableWithdrawals", "enableInternalTransfer", "permitsUniversalTransfer"]
)
async def test_key_that_can_move_money_is_rejected_and_the_switch_named(name: str) -> None:
    verdict = await verdict_on(**{name: True})

    assert verdict.termination()["reason"] == "KeyRejected"
    assert name in verdict.message


@pytest.mark.parametrize("name", ["enableReading", "enableSpotAndMarginTrading"])
async def test_key_that_can_not_trade_is_rejected_and_the_switch_named(name: str) -> None:
    verdict = await verdict_on(**{name: False})

    assert not verdict.is_verified
    assert name in verdict.message


async def test_permission_that_is_not_told_counts_against_the_key() -> None:
    told = {name: value for name, value in GOOD.items() if name != "enableWithdrawals"}

    assert not (await verify(Venue(told), BotMode.LIVE)).is_verified


# SEC-68
async def test_key_without_an_address_is_accepted_with_a_warning() -> None:
    verdict = await verdict_on(ipRestrict=False)

    assert verdict.is_verified
    assert "not restricted to an IP address" in verdict.message


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        (BotMode.TESTNET, "KeyVerified"),
        (BotMode.LIVE, "KeyRejected"),
        (BotMode.PAPER, "KeyRejected"),
    ],
)
async def test_permissions_that_can_not_be_read_pass_on_testnet_alone(
    environment: BotMode, reason: str
) -> None:
    verdict = await verify(Venue(None), environment)

    assert verdict.termination()["reason"] == reason


async def test_key_of_a_blocked_account_is_rejected() -> None:
    assert not (await verify(Venue(GOOD, can_trade=False), BotMode.LIVE)).is_verified


async def test_key_the_venue_does_not_know_is_rejected_without_an_account() -> None:
    verdict = await verify(RejectingVenue(GOOD), BotMode.LIVE)

    assert verdict.termination()["accountUid"] == ""
    assert "Invalid API-key" in verdict.message
