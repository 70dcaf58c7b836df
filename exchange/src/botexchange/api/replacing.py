"""POST order/cancelReplace: cancel an order and place another one in the same step."""

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Final

from botcore.matching.orders import Order, OrderRequest
from botcore.matching.refusals import VenueError
from botexchange.api.call import Call, DetailedError
from botexchange.api.finding import open_order
from botexchange.api.new_order import ResponseType
from botexchange.api.params import Params, invalid
from botexchange.api.payloads import Json, placed
from botexchange.api.trading import (
    cancel_allowed,
    cancel_answer,
    cancel_id,
    check_may_trade,
    read_new,
)

__all__ = ["cancel_replace", "cancels_over_limit"]

_NEW_REJECTED: Final = -2010
_CANCEL_REFUSALS: Final = frozenset({-2011, -2039})


class _Mode(StrEnum):
    """What to do when the cancel fails."""

    STOP_ON_FAILURE = "STOP_ON_FAILURE"
    ALLOW_FAILURE = "ALLOW_FAILURE"


class _LimitMode(StrEnum):
    """What to do when the account has too many unfilled orders."""

    DO_NOTHING = "DO_NOTHING"
    CANCEL_ONLY = "CANCEL_ONLY"


@dataclass(slots=True)
class _Attempt:
    """What one half of the request came to."""

    result: str = "NOT_ATTEMPTED"
    response: Json | None = None

    def fail(self, error: VenueError) -> None:
        """Note a refusal."""
        self.result = "FAILURE"
        self.response = {"code": error.code, "msg": error.message}

    @property
    def is_done(self) -> bool:
        """Tell whether it succeeded."""
        return self.result == "SUCCESS"


async def cancel_replace(call: Call) -> Json:
    """Answer POST order/cancelReplace.

    Whatever is wrong with the new order's parameters or filters is refused before anything is
    canceled (rest-api: "Filters … are evaluated before").

    Raises:
        DetailedError: -2021 if one half failed (409), -2022 if nothing was done (400).
    """
    check_may_trade(call)
    mode = call.params.choice("cancelReplaceMode", _Mode, invalid("cancelReplaceMode"))
    cancels_over_limit(call.params)
    request, detail = read_new(call)
    name = cancel_id(call, "cancelNewClientOrderId")
    _check_filters(call, request)
    canceling, placing = _Attempt(), _Attempt()
    ended = _cancel(call, name, canceling)
    if canceling.is_done or mode is _Mode.ALLOW_FAILURE:
        _place(call, request, detail, placing)
    if ended:
        canceling.response = await cancel_answer(call, ended, name)
    outcome: Json = {
        "cancelResult": canceling.result,
        "newOrderResult": placing.result,
        "cancelResponse": canceling.response,
        "newOrderResponse": placing.response,
    }
    if canceling.is_done and placing.is_done:
        return outcome
    if canceling.is_done or placing.is_done:
        code, text, status = -2021, "Order cancel-replace partially failed.", HTTPStatus.CONFLICT
    else:
        code, text, status = -2022, "Order cancel-replace failed.", HTTPStatus.BAD_REQUEST
    if call.order_limit is not None and mode is _Mode.STOP_ON_FAILURE:
        status = HTTPStatus.TOO_MANY_REQUESTS
    raise DetailedError(code, text, outcome, status=status)


def cancels_over_limit(params: Params) -> bool:
    """Tell whether the cancel is wanted though the account may place no more orders (-1130)."""
    name = "orderRateLimitExceededMode"
    if not params.has(name):
        return False
    return params.choice(name, _LimitMode, invalid(name)) is _LimitMode.CANCEL_ONLY


def _check_filters(call: Call, request: OrderRequest) -> None:
    try:
        call.venue.engine.test(call.uid, request)
    except VenueError as error:
        # What the matching engine would refuse may be fine once the old order is gone.
        if error.code != _NEW_REJECTED:
            raise


def _cancel(call: Call, name: str, attempt: _Attempt) -> list[Order]:
    try:
        order = cancel_allowed(call, open_order(call, "cancelOrderId", "cancelOrigClientOrderId"))
        ended = call.venue.cancel(order, name)
    except VenueError as error:
        if error.code not in _CANCEL_REFUSALS:
            raise
        attempt.fail(error)
        return []
    attempt.result = "SUCCESS"
    return ended


def _place(call: Call, request: OrderRequest, detail: ResponseType, attempt: _Attempt) -> None:
    try:
        if call.order_limit is not None:
            raise call.order_limit
        order, changes = call.venue.place(call.uid, request)
    except VenueError as error:
        attempt.fail(error)
        return
    attempt.result, attempt.response = "SUCCESS", placed(order, changes, detail)
