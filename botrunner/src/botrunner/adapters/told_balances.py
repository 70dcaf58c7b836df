"""What the account holds as its own stream tells it, so that nobody has to ask (TR-56: asking weighs 20)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from botrunner.ports import Account, Balance

__all__ = ["ToldBalances"]


class ToldBalances:
    """Whole from a reading of the account until the stream is away: then it may have missed something."""

    def __init__(self) -> None:
        """Know nothing before the first reading."""
        self._held: dict[str, Balance] | None = None

    @property
    def known(self) -> Mapping[str, Balance] | None:
        """Return all balances above zero by asset; None if they have to be read."""
        return None if self._held is None else dict(self._held)

    def read(self, account: Account) -> Account:
        """Take what a reading of the account said, and pass it on."""
        self._held = dict(account.balances)
        return account

    def told(self, event: Mapping[str, Any]) -> None:
        """Take an outboundAccountPosition: the assets that an order may have changed, as they are now."""
        if self._held is None:
            return
        for row in event["B"]:
            balance = Balance(free=Decimal(row["f"]), locked=Decimal(row["l"]))
            if balance.free or balance.locked:
                self._held[row["a"]] = balance
            else:
                self._held.pop(row["a"], None)

    def forget(self) -> None:
        """Know nothing: the stream was away."""
        self._held = None
