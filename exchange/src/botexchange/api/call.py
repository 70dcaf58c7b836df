"""One request to the API, whichever way it came."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from botcore.matching.refusals import VenueError
from botexchange.api.params import Params
from botexchange.ports import ApiKey, KeyPermissions
from botexchange.venue import Venue

__all__ = ["Answer", "Call", "DetailedError", "Endpoint", "Right", "Weight"]


Answer = Callable[["Call"], Awaitable[object]]
Weight = int | Callable[[Params], int]
_NO_PERMISSIONS: Final = KeyPermissions(reading=False, spot_trading=False)


class DetailedError(VenueError):
    """A refusal with `data` beside code and text (cancelReplace); something may have happened."""

    def __init__(
        self, code: int, message: str, data: dict[str, object], *, status: int = 400
    ) -> None:
        """Carry what each half of the request came to."""
        super().__init__(code, message, status=status)
        self.data = data


class Right(StrEnum):
    """What the sender's key must be allowed to do."""

    NOTHING = "NOTHING"
    READ = "READ"
    TRADE = "TRADE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request whose sender is known; `uid` is 0 and `key` None for public endpoints."""

    venue: Venue
    params: Params
    uid: int = 0
    key: ApiKey | None = None
    order_counts: tuple[int, int] = (0, 0)
    """Unfilled orders of these 10 seconds and of this day."""
    order_limit: VenueError | None = None
    """Why no further order may be placed now (-1015); given when the endpoint goes on anyway."""

    @property
    def permissions(self) -> KeyPermissions:
        """Say what the sender's key may do; without one nothing."""
        return _NO_PERMISSIONS if self.key is None else self.key.permissions


def _never(_params: Params) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An endpoint: what answers it and what it costs."""

    answer: Answer
    weight: Weight
    is_signed: bool = False
    right: Right = Right.NOTHING
    names: frozenset[str] | None = None
    """Its parameters; None if it reads what it knows and passes over the rest, as /sapi does."""
    places_orders: int = 0
    """How many orders a success adds to the account's unfilled-order count."""
    goes_on_over_limit: Callable[[Params], bool] = _never
    """Tells whether it is to be performed, with `Call.order_limit`, though the count is full."""
    is_free_on_success: bool = False
    """Placing and cancelling cost weight only when they fail (since 2026-04-02)."""

    def cost(self, params: Params) -> int:
        """Say what this request weighs."""
        return self.weight if isinstance(self.weight, int) else self.weight(params)

    def check_names(self, params: Params, also: frozenset[str]) -> None:
        """Refuse (-1101, -1104) a request with parameters beside the endpoint's and `also`."""
        if self.names is not None:
            params.check_names(self.names, also)

    async def perform(self, call: Call) -> object:
        """Answer, with every step before and of this request stored.

        Raises:
            VenueError: -2015 if the key lacks the right, or the endpoint's own refusal.
        """
        self._check_right(call)
        if not self.is_signed:
            return await self.answer(call)
        if self.right is not Right.TRADE:
            await call.venue.durable()
        try:
            return await self.answer(call)
        finally:
            # A refusal may come after a step (cancelReplace), and tells of what is open as well.
            await call.venue.durable()

    def _check_right(self, call: Call) -> None:
        if self.right is Right.NOTHING:
            return
        allowed = call.permissions
        if not (allowed.reading if self.right is Right.READ else allowed.spot_trading):
            raise VenueError(-2015, "Invalid API-key, IP, or permissions for action.", status=401)

    @classmethod
    def public(
        cls, answer: Answer, weight: Weight = 1, names: frozenset[str] | None = None
    ) -> "Endpoint":
        """Describe an endpoint that needs no key."""
        return cls(answer=answer, weight=weight, names=names)

    @classmethod
    def signed(
        cls,
        answer: Answer,
        weight: Weight,
        names: frozenset[str] | None = None,
        right: Right = Right.READ,
    ) -> "Endpoint":
        """Describe an endpoint of the sender's own data."""
        return cls(answer=answer, weight=weight, is_signed=True, right=right, names=names)

    @classmethod
    def trading(
        cls, answer: Answer, names: frozenset[str] | None = None, places: int = 0
    ) -> "Endpoint":
        """Describe an endpoint that places or cancels orders."""
        return cls(
            answer=answer,
            weight=1,
            is_signed=True,
            right=Right.TRADE,
            names=names,
            places_orders=places,
            is_free_on_success=True,
        )
