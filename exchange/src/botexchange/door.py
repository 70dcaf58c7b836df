"""What every request passes, whichever way it came: key, signature, time, counts, faults."""

import asyncio
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Final

import structlog

from botcore.domain.errors import Transient
from botcore.matching.refusals import DISCONNECTED, NO_SUCH_ORDER, VenueError
from botexchange.api.call import Call, DetailedError, Endpoint
from botexchange.api.params import Params, missing
from botexchange.auth import check_signature, check_time, find_key
from botexchange.faults import Fault, FaultBoard, FaultKind
from botexchange.limits import LimitError, OrderCounter, WeightCounter
from botexchange.lockstep.gate import Gate
from botexchange.ports import ApiKey
from botexchange.venue import Venue

__all__ = ["BlockedError", "Door", "Proof"]

_log = structlog.get_logger(__name__)
_LOST_TEXT: Final = (
    "Timeout waiting for response from backend server. Send status unknown; execution status"
    " unknown."
)
_LOST: Final = (-1007, _LOST_TEXT)
_OVERLOADED: Final = (-1008, "Server is currently overloaded with other requests.")


class BlockedError(VenueError):
    """The firewall in front refuses (403); REST answers with HTML."""

    def __init__(self) -> None:
        """Say that the request looked like an attack."""
        super().__init__(-1002, "You are not authorized to execute this request.", status=403)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Who sent a request, and when it says it was sent."""

    key: ApiKey
    timestamp: int | None = None
    window_ms: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Lets requests in, and spoils them when a fault says so."""

    venue: Venue
    weights: WeightCounter
    orders: OrderCounter
    faults: FaultBoard
    gate: Gate | None

    def identify(self, name: str | None, address: str, params: Params, payload: str) -> Proof:
        """Say who sent a signed request.

        Raises:
            VenueError: -2014, -2015, -1102, -1021 or -1022.
        """
        key = find_key(self.venue.keys, name, address)
        timestamp = params.integer("timestamp")
        if timestamp is None:
            raise missing("timestamp")
        signature = params.required("signature")
        proof = Proof(key=key, timestamp=timestamp, window_ms=params.window())
        self.check_time(proof)
        check_signature(key, payload, signature)
        return proof

    def check_time(self, proof: Proof) -> None:
        """Refuse (-1021) a request that is too old or from the future by now."""
        if proof.timestamp is not None:
            check_time(proof.timestamp, proof.window_ms, self.venue.shown_ms())

    async def meet(self, fault: Fault | None, path: str) -> None:
        """Apply a fault that comes before the execution; those that refuse raise VenueError."""
        if fault is None:
            return
        _log.info("fault_applied", kind=fault.kind, path=path)
        wait_ms = fault.retry_seconds * 1_000 - 1
        match fault.kind:
            case FaultKind.DELAY:
                await asyncio.sleep(fault.milliseconds / 1_000)
            case FaultKind.ERROR_5XX:
                raise VenueError(*_OVERLOADED, status=503)
            case FaultKind.TOO_MANY_REQUESTS:
                limit = self.venue.quotas.request_weight
                raise LimitError.too_much(limit, self.weights.now_ms, wait_ms)
            case FaultKind.BANNED:
                raise LimitError.banned(self.weights.now_ms, wait_ms)
            case FaultKind.WAF_403:
                raise BlockedError
            case _:
                return

    async def perform(
        self, endpoint: Endpoint, params: Params, proof: Proof | None, fault: Fault | None = None
    ) -> object:
        """Execute a request; a fault that comes after the execution spoils its answer."""
        if fault is None:
            return await self._execute(endpoint, params, proof)
        uid = proof.key.uid if proof else 0
        wait = fault.milliseconds / 1_000
        is_late, is_timeout = (
            fault.kind is kind for kind in (FaultKind.EVENT_LATE, FaultKind.TIMEOUT_1007)
        )
        if is_late:
            self.venue.users.hold(uid)
        try:
            answer = await self._execute(endpoint, params, proof)
        except VenueError as error:
            raise VenueError(*_LOST, status=504) if is_timeout else error from None
        finally:
            if is_late:
                asyncio.get_running_loop().call_later(wait, self.venue.users.release, uid)
        if is_timeout:
            raise VenueError(*_LOST, status=504)
        if fault.kind is FaultKind.EVENT_FIRST:
            await asyncio.sleep(wait)
        return answer

    def check_young(self, path: str, answer: object) -> None:
        """Hide (-2013) the order in an answer if it is young and a fault says so."""
        fault = self.faults.not_found(path) if self.faults.faults else None
        if fault is None or not isinstance(answer, dict):
            return
        speed = max(self.venue.clock.speed, 1)
        if (self.venue.now_ms() - answer.get("time", 0)) / speed < fault.milliseconds:
            self.faults.use(fault)
            raise VenueError(*NO_SUCH_ORDER)

    async def _execute(self, endpoint: Endpoint, params: Params, proof: Proof | None) -> object:
        if proof is None:
            return await endpoint.perform(Call(venue=self.venue, params=params))
        uid, limit = proof.key.uid, self._order_limit(endpoint, params, proof)
        counted = 0 if limit else endpoint.places_orders
        counts = self.orders.add(uid, counted)
        # Right before the engine: a late request still counts as an order.
        self.check_time(proof)
        call = Call(
            venue=self.venue,
            params=params,
            uid=uid,
            key=proof.key,
            order_counts=counts,
            order_limit=limit,
        )
        try:
            with self._hold(uid):
                return await endpoint.perform(call)
        except VenueError as error:
            if counted and not _has_placed(error):
                self.orders.add(uid, -counted)
            raise
        except Transient:
            # A read of the store took too long; a client takes -1001 for an unknown outcome.
            raise VenueError(*DISCONNECTED, status=503) from None

    def _order_limit(self, endpoint: Endpoint, params: Params, proof: Proof) -> LimitError | None:
        if not endpoint.places_orders:
            return None
        try:
            self.orders.check(proof.key.uid, endpoint.places_orders)
        except LimitError as error:
            if endpoint.goes_on_over_limit(params):
                return error
            raise
        return None

    def _hold(self, uid: int) -> AbstractContextManager[None]:
        """Hold a lockstep replay while a participant's request is handled."""
        return nullcontext() if self.gate is None else self.gate.handling(uid)


def _has_placed(error: VenueError) -> bool:
    return isinstance(error, DetailedError) and error.data.get("newOrderResult") == "SUCCESS"
