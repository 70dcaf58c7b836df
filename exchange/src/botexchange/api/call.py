"""One request to the API, whichever way it came."""

from collections.abc import Callable
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

    answer: Callable[[Call], object]
    weight: Callable[[Params], int]
    is_signed: bool = False
    places_orders: int = 0
    """How many orders a success adds to the account's count."""
    is_free_on_success: bool = False
    """Placing and cancelling cost weight only when they fail (since 2026-04-02)."""

    @classmethod
    def public(cls, answer: Callable[[Call], object], weight: int = 1) -> "Endpoint":
        """Describe an endpoint that needs no key."""
        return cls(answer=answer, weight=_fixed(weight))

    @classmethod
    def signed(cls, answer: Callable[[Call], object], weight: int) -> "Endpoint":
        """Describe a query of the sender's own data."""
        return cls(answer=answer, weight=_fixed(weight), is_signed=True)

    @classmethod
    def trading(cls, answer: Callable[[Call], object], places: int = 0) -> "Endpoint":
        """Describe an endpoint that places or cancels orders."""
        return cls(
            answer=answer,
            weight=_fixed(1),
            is_signed=True,
            places_orders=places,
            is_free_on_success=True,
        )
