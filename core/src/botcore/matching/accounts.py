"""Balances of one account."""

from dataclasses import dataclass, field

from botcore.domain.errors import InvariantBroken
from botcore.matching.refusals import INSUFFICIENT_BALANCE, VenueError

__all__ = ["Account"]


@dataclass(slots=True, kw_only=True)
class Account:
    """Who owns what; amounts and rates in 1e-8 units."""

    uid: int
    name: str
    maker_rate: int
    taker_rate: int
    free: dict[str, int] = field(default_factory=dict)
    locked: dict[str, int] = field(default_factory=dict)
    discount: bool = False
    """Pay commissions in BNB, 25 % off, while there is enough of it."""
    can_trade: bool = True

    def require(self, asset: str, amount: int) -> None:
        """Refuse (-2010) unless this much is free."""
        if self.free.get(asset, 0) < amount:
            raise VenueError(*INSUFFICIENT_BALANCE)

    def lock(self, asset: str, amount: int) -> None:
        """Hold an amount back for an order; refuses with -2010."""
        self.require(asset, amount)
        self.free[asset] = self.free.get(asset, 0) - amount
        self.locked[asset] = self.locked.get(asset, 0) + amount

    def release(self, asset: str, amount: int) -> None:
        """Give a held amount back."""
        self.spend(asset, amount)
        self.credit(asset, amount)

    def spend(self, asset: str, amount: int) -> None:
        """Pay from what is held."""
        left = self.locked.get(asset, 0) - amount
        if left < 0:
            raise InvariantBroken(f"{self.name} spends {asset} it does not hold")
        self.locked[asset] = left

    def credit(self, asset: str, amount: int) -> None:
        """Add to what is free."""
        self.free[asset] = self.free.get(asset, 0) + amount

    def assets(self) -> list[str]:
        """Name every asset it ever had, sorted."""
        return sorted(self.free.keys() | self.locked.keys())
