"""One connection to the WebSocket API: requests, log-on, user data subscriptions."""

import json
from dataclasses import dataclass, field
from http import HTTPStatus

from botexchange.api.call import Call
from botexchange.api.params import Params, missing
from botexchange.api.table import METHODS
from botexchange.auth import check_signature, check_time, find_key, ws_payload
from botexchange.limits import LimitError, OrderCounter, WeightCounter
from botexchange.lockstep.gate import Gate, Participant
from botexchange.matching.refusals import VenueError
from botexchange.ports import ApiKey, KeyKind
from botexchange.streams.connection import Connection
from botexchange.venue import Venue

__all__ = ["Session"]

Arguments = dict[str, object]


@dataclass(slots=True, kw_only=True)
class Session:
    """The state of one connection."""

    venue: Venue
    connection: Connection
    weights: WeightCounter
    orders: OrderCounter
    address: str
    gate: Gate | None = None
    participant: Participant | None = None
    key: ApiKey | None = None
    logged_on_ms: int = 0
    subscriptions: dict[int, int] = field(default_factory=dict)
    """Account by subscription id."""
    last_subscription: int = -1

    async def receive(self, text: str) -> None:
        """Answer one message; whatever is wrong with it becomes Binance's error."""
        number: object = None
        try:
            message = _request(json.loads(text))
            number = message.get("id")
            self.weights.check(self.address)
            result = await self._perform(str(message["method"]), _arguments(message))
            answer: Arguments = {"id": number, "status": 200, "result": result}
        except (ValueError, RecursionError):
            answer = _failure(number, VenueError(-1135, "Invalid JSON Request"))
        except VenueError as error:
            answer = _failure(number, error)
        answer["rateLimits"] = [
            {
                "rateLimitType": "REQUEST_WEIGHT",
                "interval": "MINUTE",
                "intervalNum": 1,
                "limit": self.venue.quotas.request_weight,
                "count": self.weights.add(self.address, 0),
            }
        ]
        self.connection.reply(json.dumps(answer, separators=(",", ":")))

    def close(self) -> None:
        """Forget every subscription."""
        for subscription in list(self.subscriptions):
            self._end(subscription)

    async def _perform(self, method: str, arguments: Arguments) -> object:
        """Perform a method of the session itself, or answer as REST does."""
        name = method.removeprefix("v3/")
        own = {
            "session.logon": self._logon,
            "session.logout": self._logout,
            "session.status": self._status,
            "session.subscriptions": self._list_subscriptions,
            "userDataStream.subscribe": self._subscribe,
            "userDataStream.subscribe.signature": self._subscribe_signed,
            "userDataStream.unsubscribe": self._unsubscribe,
        }.get(name)
        return await self._call(name, arguments) if own is None else own(arguments)

    async def _call(self, method: str, arguments: Arguments) -> object:
        endpoint = METHODS.get(method)
        if endpoint is None:
            raise VenueError(-1000, f"Unknown method '{method}'.")
        uid = 0
        if endpoint.is_signed:
            is_session = self.key is not None and "apiKey" not in arguments
            uid = (self._session_key() if is_session else self._signed(arguments)).uid
        params = Params.from_json(arguments)
        if endpoint.places_orders:
            self.orders.check(uid, endpoint.places_orders)
        result = await endpoint.perform(Call(venue=self.venue, params=params, uid=uid))
        self.orders.add(uid, endpoint.places_orders)
        if not endpoint.is_free_on_success:
            self.weights.add(self.address, endpoint.weight(params))
        return result

    def _signed(self, arguments: Arguments) -> ApiKey:
        params = Params.from_json(arguments)
        key = find_key(self.venue.keys, params.text("apiKey"))
        timestamp = params.integer("timestamp")
        if timestamp is None:
            raise missing("timestamp")
        signature = params.required("signature")
        check_time(timestamp, params.window(), self.venue.now_ms())
        check_signature(key, ws_payload(arguments), signature)
        return key

    def _logon(self, arguments: Arguments) -> Arguments:
        key = self._signed(arguments)
        if key.kind is not KeyKind.ED25519:
            raise VenueError(-4056, "HMAC_SHA256 API key is not supported.")
        self.key, self.logged_on_ms = key, self.venue.now_ms()
        return self._status(arguments)

    def _logout(self, arguments: Arguments) -> Arguments:
        self.key = None
        return self._status(arguments)

    def _list_subscriptions(self, _arguments: Arguments) -> list[Arguments]:
        return [{"subscriptionId": number} for number in self.subscriptions]

    def _session_key(self) -> ApiKey:
        if self.key is None:
            raise VenueError(-2014, "API-key format invalid.", status=401)
        return self.key

    def _status(self, _arguments: Arguments) -> Arguments:
        return {
            "apiKey": self.key.key if self.key else None,
            "authorizedSince": self.logged_on_ms if self.key else None,
            "connectedSince": self.logged_on_ms if self.key else self.venue.now_ms(),
            "returnRateLimits": True,
            "serverTime": self.venue.now_ms(),
            "userDataStream": bool(self.subscriptions),
        }

    def _subscribe(self, _arguments: Arguments) -> Arguments:
        return self._begin(self._session_key().uid)

    def _subscribe_signed(self, arguments: Arguments) -> Arguments:
        return self._begin(self._signed(arguments).uid)

    def _begin(self, uid: int) -> Arguments:
        if uid in self.subscriptions.values():
            raise VenueError(-2035, "User Data Stream subscription already active.")
        self.weights.add(self.address, 2)
        self.last_subscription += 1
        subscription = self.last_subscription
        self.subscriptions[subscription] = uid
        self.venue.users.subscribe(uid, self.connection, subscription)
        if self.participant is not None:
            self.participant.subscriptions += 1
            self.participant.accounts.add(uid)
        if self.gate is not None:
            self.gate.changed()
        return {"subscriptionId": subscription}

    def _unsubscribe(self, arguments: Arguments) -> Arguments:
        subscription = Params.from_json(arguments).integer("subscriptionId")
        if subscription is None:
            self.close()
        elif subscription in self.subscriptions:
            self._end(subscription)
        else:
            raise VenueError(-2036, "User Data Stream subscription not active.")
        return {}

    def _end(self, subscription: int) -> None:
        uid = self.subscriptions.pop(subscription)
        self.venue.users.unsubscribe(uid, self.connection, subscription)
        if self.participant is not None:
            self.participant.subscriptions -= 1


def _request(message: object) -> Arguments:
    if not isinstance(message, dict) or not isinstance(message.get("method"), str):
        raise VenueError(-1135, "Invalid JSON Request")
    return message


def _arguments(message: Arguments) -> Arguments:
    arguments = message.get("params") or {}
    if not isinstance(arguments, dict):
        raise VenueError(-1135, "Invalid JSON Request")
    return arguments


def _failure(number: object, error: VenueError) -> Arguments:
    answer: Arguments = {"code": error.code, "msg": error.message}
    if isinstance(error, LimitError):
        answer["data"] = {"retryAfter": error.retry_seconds * 1_000}
    status = HTTPStatus(error.status).value
    return {"id": number, "status": status, "error": answer}
