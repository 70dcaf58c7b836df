"""Read a new order out of a request, alone or as one order of a list."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from botcore.matching.orders import (
    ALGO_TYPES,
    LIMIT_TYPES,
    OrderRequest,
    OrderType,
    Prevention,
    Side,
    TimeInForce,
)
from botcore.matching.refusals import VenueError, filter_failure
from botexchange.api.params import Params, invalid, missing, surplus

__all__ = [
    "Names",
    "Reader",
    "ResponseType",
    "read_kind",
    "read_order",
    "refuse_pegs",
    "response_type",
]

_TYPE: Final = VenueError(-1116, "Invalid orderType.")
_SIDE: Final = VenueError(-1117, "Invalid side.")
_FORCE: Final = VenueError(-1115, "Invalid timeInForce.")
_PREVENTION: Final = VenueError(
    -1013, "This symbol does not allow the specified self-trade prevention mode."
)
_TIMED: Final = LIMIT_TYPES - {OrderType.LIMIT_MAKER}
_FIRST_STRATEGY_TYPE: Final = 1_000_000


class ResponseType(StrEnum):
    """How much the answer to a new order says."""

    ACK = "ACK"
    RESULT = "RESULT"
    FULL = "FULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the parameters of one order are called; "" if the endpoint has none for it."""

    kind: str = "type"
    side: str = "side"
    quantity: str = "quantity"
    quote_quantity: str = ""
    price: str = "price"
    stop_price: str = "stopPrice"
    trailing_delta: str = "trailingDelta"
    iceberg: str = "icebergQty"
    force: str = "timeInForce"
    client_id: str = "newClientOrderId"
    strategy_id: str = "strategyId"
    strategy_type: str = "strategyType"

    @classmethod
    def of(cls, prefix: str, side: str, quantity: str) -> "Names":
        """Name the parameters of an order of a list: aboveType, pendingBelowPrice and so on."""
        return cls(
            kind=f"{prefix}Type",
            side=side,
            quantity=quantity,
            price=f"{prefix}Price",
            stop_price=f"{prefix}StopPrice",
            trailing_delta=f"{prefix}TrailingDelta",
            iceberg=f"{prefix}IcebergQty",
            force=f"{prefix}TimeInForce",
            client_id=f"{prefix}ClientOrderId",
            strategy_id=f"{prefix}StrategyId",
            strategy_type=f"{prefix}StrategyType",
        )


_ALONE: Final = Names(quote_quantity="quoteOrderQty")


def response_type(params: Params, default: ResponseType) -> ResponseType:
    """Give the asked detail of the answer (-1130)."""
    if params.has("newOrderRespType"):
        return params.choice("newOrderRespType", ResponseType, invalid("newOrderRespType"))
    return default


def read_order(params: Params, new_id: Callable[[], str]) -> OrderRequest:
    """Read and check the parameters of POST order, by type; `new_id` makes a missing client id."""
    refuse_pegs(params, "")
    kind = read_kind(params, _ALONE.kind)
    return Reader(params, _ALONE, new_id).read(kind)


def read_kind(params: Params, name: str) -> OrderType:
    """Give the type of an order (-1116)."""
    return params.choice(name, OrderType, _TYPE)


def refuse_pegs(params: Params, prefix: str) -> None:
    """Refuse a pegged order: no symbol here allows one (errors.md, -2010)."""
    peg = f"{prefix}Peg" if prefix else "peg"
    if any(params.has(f"{peg}{name}") for name in ("PriceType", "OffsetType", "OffsetValue")):
        raise VenueError(-2010, "Pegged orders are not supported for this symbol.")


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one order by the names of its parameters."""

    params: Params
    names: Names
    new_id: Callable[[], str]

    def read(self, kind: OrderType) -> OrderRequest:
        """Read and check the parameters of an order of this type (rest-api: New order)."""
        params, names = self.params, self.names
        symbol = params.symbol()
        side = params.choice(names.side, Side, _SIDE)
        force = self._time_in_force(kind)
        self._check_needed(kind)
        self._check_surplus(kind)
        return OrderRequest(
            symbol=symbol,
            side=side,
            type=kind,
            time_in_force=force,
            quantity=params.decimal(names.quantity),
            quote_quantity=params.decimal(names.quote_quantity) if names.quote_quantity else 0,
            price=params.decimal(names.price),
            stop_price=params.decimal(names.stop_price),
            trailing_delta=self._trailing_delta(),
            iceberg_quantity=self._iceberg(force),
            client_order_id=params.client_id(names.client_id) or self.new_id(),
            prevention=self._prevention(),
            strategy_id=params.integer(names.strategy_id),
            strategy_type=self._strategy_type(),
        )

    def _check_needed(self, kind: OrderType) -> None:
        params, names = self.params, self.names
        if kind is OrderType.MARKET and names.quote_quantity and params.has(names.quote_quantity):
            self._positive(names.quote_quantity, "quantity")
            return
        self._positive(names.quantity, "quantity")
        if kind in LIMIT_TYPES:
            self._positive(names.price, "price")
        if kind in ALGO_TYPES:
            if params.has(names.stop_price):
                self._positive(names.stop_price, "stopPrice")
            elif not params.has(names.trailing_delta):
                raise missing(names.stop_price, names.trailing_delta)

    def _positive(self, name: str, called: str) -> None:
        self.params.required(name)
        if not self.params.decimal(name):
            raise VenueError(-1013, f"Invalid {called}.")

    def _check_surplus(self, kind: OrderType) -> None:
        params, names = self.params, self.names
        forbidden = []
        if kind not in LIMIT_TYPES:
            forbidden += [names.price, names.iceberg]
        if kind not in ALGO_TYPES:
            forbidden += [names.stop_price, names.trailing_delta]
        if names.quote_quantity and (kind is not OrderType.MARKET or params.has(names.quantity)):
            forbidden.append(names.quote_quantity)
        for name in forbidden:
            if params.has(name):
                raise surplus(name)

    def _time_in_force(self, kind: OrderType) -> TimeInForce:
        name = self.names.force
        if kind in _TIMED:
            return self.params.choice(name, TimeInForce, _FORCE)
        if self.params.has(name):
            raise surplus(name)
        return TimeInForce.GTC

    def _trailing_delta(self) -> int:
        delta = self.params.integer(self.names.trailing_delta)
        if delta == 0:
            raise filter_failure("TRAILING_DELTA")
        return delta or 0

    def _iceberg(self, force: TimeInForce) -> int:
        name = self.names.iceberg
        visible = self.params.decimal(name)
        if self.params.has(name) and not visible:
            raise VenueError(-1013, f"Invalid {name}.")
        if visible and self.names is not _ALONE and force is not TimeInForce.GTC:
            raise VenueError(
                -1160, f"Parameter '{name}' is not supported if '{self.names.force}' is not GTC."
            )
        return visible

    def _prevention(self) -> Prevention:
        name = "selfTradePreventionMode"
        if not self.params.has(name):
            return Prevention.EXPIRE_MAKER
        refusal = _PREVENTION if self.params.text(name) == "TRANSFER" else invalid(name)
        return self.params.choice(name, Prevention, refusal)

    def _strategy_type(self) -> int | None:
        kind = self.params.integer(self.names.strategy_type)
        if kind is not None and kind < _FIRST_STRATEGY_TYPE:
            raise VenueError(-1134, "strategyType was less than 1000000.")
        return kind
