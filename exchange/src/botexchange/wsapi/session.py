"""One connection to the WebSocket API: requests, log-on, answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import orjson

from botcore.matching.refusals import VenueError
from botexchange.api.call import Endpoint
from botexchange.api.names import SOCKET
from botexchange.api.params import Params
from botexchange.api.table import METHODS, RETIRED_METHODS
from botexchange.auth import ws_payload
from botexchange.door import Door, Proof
from botexchange.faults import FaultKind
from botexchange.limits import LimitError
from botexchange.ports import ApiKey, KeyKind
from botexchange.quotas import rate_limits
from botexchange.streams.connection import Connection
from botexchange.timeunit import in_micros
from botexchange.wsapi.messages import Arguments, Request, failure
from botexchange.wsapi.subscriptions import Subscriptions

__all__ = ["Session"]

OWN_WEIGHT: Final = 2
"""What the methods of the session itself cost."""


class _RevokedError(VenueError):
    """The session's key is gone; the answer to the next request carries no id."""

    def __init__(self) -> None:
        super().__init__(-2015, "Invalid API-key, IP, or permissions for action.", status=401)


@dataclass(slots=True, kw_only=True)
class Session:
    """The state of one connection."""

    door: Door
    connection: Connection
    subscriptions: Subscriptions
    address: str
    shows_limits: bool = True
    connected_ms: int = 0
    key: ApiKey | None = None
    logged_on_ms: int = 0

    async def receive(self, text: str) -> None:
        """Answer one message; whatever is wrong with it becomes Binance's error."""
        request = Request()
        uid = 0
        try:
            request.read(text)
            self.door.weights.check(self.address)
            uid, result = await self._answer(request)
            answer: Arguments = {"id": request.number, "status": 200, "result": result}
        except _RevokedError as error:
            answer = {"id": None, **failure(error)}
        except VenueError as error:
            answer = {"id": request.number, **failure(error)}
        if request.arguments.get("returnRateLimits", self.shows_limits) is not False:
            answer["rateLimits"] = self._limits(uid)
        shown = in_micros(answer) if self.connection.is_micro else answer
        self.connection.reply(orjson.dumps(shown))

    async def _answer(self, request: Request) -> tuple[int, object]:
        """Give the result, and the account whose order counts go with it."""
        self._check_key()
        fault = self.door.faults.take("WS", request.method)
        await self.door.meet(fault, request.method)
        own = self._own(request.method)
        if own is not None:
            self.door.weights.add(self.address, OWN_WEIGHT)
            return 0, own(request.arguments)
        endpoint = _endpoint(request.method)
        params = Params.from_json(request.arguments)
        weight = 1
        try:
            weight = endpoint.cost(params)
            proof = self._sender(endpoint, params, request.arguments)
            endpoint.check_names(params, SOCKET)
            result = await self.door.perform(endpoint, params, proof, fault)
            self.door.check_young(request.method, result)
        except LimitError:
            raise
        except VenueError:
            self.door.weights.add(self.address, weight)
            raise
        finally:
            if fault is not None and fault.kind is FaultKind.ANSWER_LOST:
                self.connection.abort()
        self.door.weights.add(self.address, 0 if endpoint.is_free_on_success else weight)
        return (proof.key.uid if proof and endpoint.places_orders else 0), result

    def _own(self, method: str) -> Callable[[Arguments], object] | None:
        """Find a method of the session itself."""
        return {
            "session.logon": self._logon,
            "session.logout": self._logout,
            "session.status": self._status,
            "session.subscriptions": self._list_subscriptions,
            "userDataStream.subscribe": self._subscribe,
            "userDataStream.subscribe.signature": self._subscribe_signed,
            "userDataStream.unsubscribe": self._unsubscribe,
        }.get(method)

    def _check_key(self) -> None:
        """Take the newest state of the session's key; end the session if it was revoked."""
        if self.key is None:
            return
        self.key = self.door.venue.keys.get(self.key.key)
        if self.key is None:
            raise _RevokedError

    def _sender(self, endpoint: Endpoint, params: Params, arguments: Arguments) -> Proof | None:
        if not endpoint.is_signed:
            return None
        if self.key is None or "apiKey" in arguments:
            return self._signed(arguments)
        return Proof(key=self.key, timestamp=params.integer("timestamp"), window_ms=params.window())

    def _signed(self, arguments: Arguments) -> Proof:
        params = Params.from_json(arguments)
        return self.door.identify(
            params.text("apiKey"), self.address, params, ws_payload(arguments)
        )

    def _logon(self, arguments: Arguments) -> Arguments:
        key = self._signed(arguments).key
        if key.kind is not KeyKind.ED25519:
            name = "HMAC_SHA256" if key.kind is KeyKind.HMAC else "RSA"
            raise VenueError(-4056, f"{name} API key is not supported.")
        self.key, self.logged_on_ms = key, self.door.venue.now_ms()
        return self._status(arguments)

    def _logout(self, arguments: Arguments) -> Arguments:
        if self.key is not None:
            self.subscriptions.end_of(self.key.key)
        self.key = None
        return self._status(arguments)

    def _status(self, _arguments: Arguments) -> Arguments:
        return {
            "apiKey": self.key.key if self.key else None,
            "authorizedSince": self.logged_on_ms if self.key else None,
            "connectedSince": self.connected_ms,
            "returnRateLimits": self.shows_limits,
            "serverTime": self.door.venue.shown_ms(),
            "userDataStream": bool(self.subscriptions.keys),
        }

    def _list_subscriptions(self, _arguments: Arguments) -> list[Arguments]:
        return [{"subscriptionId": number} for number in self.subscriptions.keys]

    def _subscribe(self, _arguments: Arguments) -> Arguments:
        if self.key is None:
            raise VenueError(-2014, "API-key format invalid.", status=401)
        return {"subscriptionId": self.subscriptions.begin(self.key)}

    def _subscribe_signed(self, arguments: Arguments) -> Arguments:
        return {"subscriptionId": self.subscriptions.begin(self._signed(arguments).key)}

    def _unsubscribe(self, arguments: Arguments) -> Arguments:
        subscription = Params.from_json(arguments).integer("subscriptionId")
        if subscription is None:
            self.subscriptions.end_all()
        else:
            self.subscriptions.end(subscription)
        return {}

    def _limits(self, uid: int) -> list[dict[str, object]]:
        """List what was used of the limits; the order counts go with placed orders only."""
        weight, short, day, _ = rate_limits(self.door.venue.quotas)
        used = {**weight, "count": self.door.weights.add(self.address, 0)}
        if not uid:
            return [used]
        counts = self.door.orders.add(uid, 0)
        return [{**short, "count": counts[0]}, {**day, "count": counts[1]}, used]


def _endpoint(method: str) -> Endpoint:
    endpoint = METHODS.get(method)
    if endpoint is not None:
        return endpoint
    if method in RETIRED_METHODS:
        raise VenueError(-1000, "This method is retired.", status=410)
    raise VenueError(-1000, f"Unknown method '{method[:64]}'.")
