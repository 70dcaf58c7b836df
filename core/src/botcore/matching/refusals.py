"""What the exchange answers when it refuses, in Binance's codes and words."""

from typing import Final

from botcore.domain.errors import PlatformError

__all__ = [
    "ACCOUNT_DISABLED",
    "AMEND_CHANGES_NOTHING",
    "AMEND_INCREASES",
    "AMEND_MARKET_CLOSED",
    "AMEND_TOO_OFTEN",
    "DISCONNECTED",
    "DUPLICATE_ORDER",
    "ICEBERG_TOO_LARGE",
    "INSUFFICIENT_BALANCE",
    "LITTLE_LIQUIDITY",
    "MARKET_CLOSED",
    "NO_LIQUIDITY",
    "NO_SUCH_ORDER",
    "NO_SUCH_PATH",
    "NO_VALUE",
    "UNKNOWN_ORDER",
    "UNSUPPORTED_COMBINATION",
    "WOULD_TAKE",
    "WOULD_TRIGGER",
    "WRONG_METHOD",
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


DISCONNECTED: Final = (
    -1001,
    "Internal error; unable to process your request. Please try again.",
)
NO_SUCH_PATH: Final = (-1000, "Path not found.")
WRONG_METHOD: Final = (-1000, "Request method is not supported.")
INSUFFICIENT_BALANCE: Final = (-2010, "Account has insufficient balance for requested action.")
DUPLICATE_ORDER: Final = (-2010, "Duplicate order sent.")
MARKET_CLOSED: Final = (-2010, "Market is closed.")
WOULD_TAKE: Final = (-2010, "Order would immediately match and take.")
WOULD_TRIGGER: Final = (-2010, "Order would trigger immediately.")
WRONG_PRICES: Final = (
    -2010,
    "The relationship of the prices for the orders is not correct.",
)
ACCOUNT_DISABLED: Final = (-2010, "This account may not place or cancel orders.")
ICEBERG_TOO_LARGE: Final = (-2010, "IcebergQty exceeds QTY.")
NO_VALUE: Final = (-2010, "Price * QTY is zero or less.")
NO_LIQUIDITY: Final = (-2010, "Order book liquidity is less than symbol minimum quantity.")
LITTLE_LIQUIDITY: Final = (
    -2010,
    "Order book liquidity is less than LOT_SIZE filter minimum quantity.",
)
UNSUPPORTED_COMBINATION: Final = (-1014, "Unsupported order combination.")
AMEND_INCREASES: Final = (-2038, "Order amend (quantity increase) is not supported.")
AMEND_CHANGES_NOTHING: Final = (
    -2038,
    "The requested action would change no state; rejecting",
)
AMEND_TOO_OFTEN: Final = (-2038, "Filter failure: MAX_NUM_ORDER_AMENDS")
AMEND_MARKET_CLOSED: Final = (-2038, "Market is closed.")
UNKNOWN_ORDER: Final = (-2011, "Unknown order sent.")
NO_SUCH_ORDER: Final = (-2013, "Order does not exist.")


def filter_failure(name: str) -> VenueError:
    """Name the filter an order fails."""
    return VenueError(-1013, f"Filter failure: {name}")
