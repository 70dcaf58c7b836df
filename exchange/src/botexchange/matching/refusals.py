"""What the exchange answers when it refuses, in Binance's codes and words."""

from typing import Final

from botcore.domain.errors import PlatformError

__all__ = [
    "DUPLICATE_ORDER",
    "INSUFFICIENT_BALANCE",
    "MARKET_CLOSED",
    "NO_SUCH_ORDER",
    "UNKNOWN_ORDER",
    "WOULD_TAKE",
    "WOULD_TRIGGER",
    "WRONG_PRICES",
    "VenueError",
    "filter_failure",
]


class VenueError(PlatformError):
    """The exchange refuses the request; nothing was changed."""

    def __init__(self, code: int, message: str, *, status: int = 400) -> None:
        """Carry Binance's error code, its text and the HTTP status of the answer."""
        self.code = code
        self.message = message
        self.status = status
        super().__init__(f"{code}: {message}")


INSUFFICIENT_BALANCE: Final = (-2010, "Account has insufficient balance for requested action.")
DUPLICATE_ORDER: Final = (-2010, "Duplicate order sent.")
MARKET_CLOSED: Final = (-2010, "Market is closed.")
WOULD_TAKE: Final = (-2010, "Order would immediately match and take.")
WOULD_TRIGGER: Final = (-2010, "Order would trigger immediately.")
WRONG_PRICES: Final = (
    -2010,
    "The relationship of the prices for the orders is not correct.",
)
UNKNOWN_ORDER: Final = (-2011, "Unknown order sent.")
NO_SUCH_ORDER: Final = (-2013, "Order does not exist.")


def filter_failure(name: str) -> VenueError:
    """Name the filter an order fails."""
    return VenueError(-1013, f"Filter failure: {name}")
