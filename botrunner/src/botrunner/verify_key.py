"""Whether a key may be used: it reads and trades, and can't move money away (TR-69)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from botcore.domain.errors import NotAllowed
from botcore.resources.trading_bot import BotMode
from botrunner.ports import Account

__all__ = ["KeyProbe", "KeyVerdict", "verify"]

_MUST_BE_OFF: Final = ("enableWithdrawals", "enableInternalTransfer", "permitsUniversalTransfer")
_MUST_BE_ON: Final = ("enableReading", "enableSpotAndMarginTrading")


class KeyProbe(Protocol):
    """What a check asks the venue."""

    async def account(self) -> Account:
        """Read the account behind the key; NotAllowed if the key is rejected."""
        ...

    async def key_permissions(self) -> Mapping[str, Any] | None:
        """Read what the key may do; None where the venue can't tell."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyVerdict:
    """The outcome for the termination message."""

    is_verified: bool
    message: str
    account_uid: str = ""
    permissions: Mapping[str, bool] = field(default_factory=dict)

    def termination(self) -> dict[str, object]:
        """Return the termination message."""
        return {
            "reason": "KeyVerified" if self.is_verified else "KeyRejected",
            "message": self.message,
            "accountUid": self.account_uid,
            "permissions": dict(self.permissions),
        }


async def verify(venue: KeyProbe, environment: BotMode) -> KeyVerdict:
    """Judge a key.

    Raises:
        Transient: the venue can't be reached, so nothing is known of the key.
    """
    try:
        account = await venue.account()
        told = await venue.key_permissions()
    except NotAllowed as error:
        return KeyVerdict(is_verified=False, message=str(error))
    permissions = {key: value for key, value in (told or {}).items() if isinstance(value, bool)}
    problem = _problem(account, told, permissions, environment)
    if problem:
        message = problem
    elif told is None:
        message = "the key works; its permissions are not verifiable on testnet"
    else:
        message = "the key reads and trades, and can't move money away"
        if not permissions.get("ipRestrict", False):
            message += "; it is not restricted to an IP address"
    return KeyVerdict(
        is_verified=not problem,
        message=message,
        account_uid=account.uid,
        permissions=permissions,
    )


def _problem(
    account: Account,
    told: Mapping[str, Any] | None,
    permissions: Mapping[str, bool],
    environment: BotMode,
) -> str:
    if not account.can_trade:
        return "the exchange account may not trade"
    if told is None:
        is_testnet = environment is BotMode.TESTNET
        return "" if is_testnet else "the venue does not tell the key's permissions"
    dangerous = [name for name in _MUST_BE_OFF if permissions.get(name, True)]
    if dangerous:
        return f"the key could move money away: switch off {', '.join(dangerous)}"
    missing = [name for name in _MUST_BE_ON if not permissions.get(name, False)]
    if missing:
        return f"the key can't trade: switch on {', '.join(missing)}"
    return ""
