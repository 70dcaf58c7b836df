"""One request to the API, whichever way it came."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from botexchange.api.params import Params
from botexchange.venue import Venue

__all__ = ["Call", "Endpoint"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request whose sender is known; `uid` is 0 for public endpoints."""

    venue: Venue
    params: Params
    uid: int = 0


def _fixed(weight: int) -> Callable[[Params], int]:
    return lambda _params: weight


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An endpoint: what answers it and what it costs."""

    answer: Callable[[Call], Awaitable[object]]
    weight: Callable[[Params], int]
    is_signed: bool = False
    places_orders: int = 0
    """How many orders a success adds to the account's count."""
    is_free_on_success: bool = False
    """Placing and cancelling cost weight only when they fail (since 2026-04-02)."""

    async def perform(self, call: Call) -> object:
        """Answer, with every step before and of this request stored."""
        if self.is_signed and not self.is_free_on_success:
            await call.venue.durable()
        answer = await self.answer(call)
        if self.is_free_on_success:
            await call.venue.durable()
        return answer

    @classmethod
    def public(cls, answer: Callable[[Call], Awaitable[object]], weight: int = 1) -> "Endpoint":
        """Describe an endpoint that needs no key."""
        return cls(answer=answer, weight=_fixed(weight))

    @classmethod
    def signed(cls, answer: Callable[[Call], Awaitable[object]], weight: int) -> "Endpoint":
        """Describe a query of the sender's own data."""
        return cls(answer=answer, weight=_fixed(weight), is_signed=True)

    @classmethod
    def trading(cls, answer: Callable[[Call], Awaitable[object]], places: int = 0) -> "Endpoint":
        """Describe an endpoint that places or cancels orders."""
        return cls(
            answer=answer,
            weight=_fixed(1),
            is_signed=True,
            places_orders=places,
            is_free_on_success=True,
        )
