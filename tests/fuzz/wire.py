"""What a client can put on the wire: sound requests of every call, spoiled a little or a lot."""

import hmac
import json
import time
from typing import NamedTuple
from urllib.parse import quote

from hypothesis import strategies as st

from botexchange.api.table import METHODS, ROUTES

# A sound set of parameters per call; the rest of the calls takes what `_COMMON` has.
_LIMIT = {
    "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.001", "price": "30000"
}  # fmt: skip
_MARKET = {"symbol": "BTCUSDT", "side": "SELL", "type": "MARKET", "quantity": "0.001"}
_STOP = {
    "symbol": "BTCUSDT", "side": "SELL", "type": "STOP_LOSS_LIMIT", "timeInForce": "GTC", "quantity": "0.001",
    "price": "20000", "stopPrice": "21000",
}  # fmt: skip
_TRAILING = {
    "symbol": "BTCUSDT", "side": "SELL", "type": "STOP_LOSS", "quantity": "0.001", "trailingDelta": "100"
}  # fmt: skip
_BY_QUOTE = {"symbol": "ETHUSDT", "side": "BUY", "type": "MARKET", "quoteOrderQty": "50"}
_ORDERS = (_LIMIT, _MARKET, _STOP, _TRAILING, _BY_QUOTE)
_OCO = {
    "symbol": "BTCUSDT", "side": "SELL", "quantity": "0.001", "aboveType": "LIMIT_MAKER", "abovePrice": "150000",
    "belowType": "STOP_LOSS_LIMIT", "belowPrice": "20000", "belowStopPrice": "21000", "belowTimeInForce": "GTC",
}  # fmt: skip
_WORKING = {
    "symbol": "BTCUSDT", "workingType": "LIMIT", "workingSide": "BUY", "workingPrice": "30000",
    "workingQuantity": "0.001", "workingTimeInForce": "GTC", "pendingSide": "SELL", "pendingQuantity": "0.001",
}  # fmt: skip
_OTO = {**_WORKING, "pendingType": "LIMIT_MAKER", "pendingPrice": "140000"}
_OTOCO = {
    **_WORKING, "pendingAboveType": "LIMIT_MAKER", "pendingAbovePrice": "150000", "pendingBelowType": "STOP_LOSS",
    "pendingBelowStopPrice": "20000",
}  # fmt: skip
_OLD_OCO = {
    "symbol": "BTCUSDT", "side": "SELL", "quantity": "0.001", "price": "150000", "stopPrice": "21000",
    "stopLimitPrice": "20000", "stopLimitTimeInForce": "GTC",
}  # fmt: skip
_REPLACE = {**_LIMIT, "cancelReplaceMode": "STOP_ON_FAILURE", "cancelOrderId": "1"}
_AMEND = {"symbol": "BTCUSDT", "orderId": "1", "newQty": "0.0005"}
_COMMON = {"symbol": "BTCUSDT", "orderId": "1", "interval": "1m", "limit": "5"}
_SOUND = {
    "order": _ORDERS, "order/test": _ORDERS, "order.place": _ORDERS, "order.test": _ORDERS,
    "order/cancelReplace": (_REPLACE,), "order.cancelReplace": (_REPLACE,),
    "order/amend/keepPriority": (_AMEND,), "order.amend.keepPriority": (_AMEND,),
    "orderList/oco": (_OCO,), "orderList.place.oco": (_OCO,), "orderList/oto": (_OTO,), "orderList.place.oto": (_OTO,),
    "orderList/otoco": (_OTOCO,), "orderList.place.otoco": (_OTOCO,),
    "order/oco": (_OLD_OCO,), "orderList.place": (_OLD_OCO,),
}  # fmt: skip
_NAMES = [
    *sorted({name for sets in _SOUND.values() for one in sets for name in one} | set(_COMMON)),
    "symbols", "startTime", "endTime", "fromId", "origClientOrderId", "newClientOrderId", "newOrderRespType",
    "strategyId", "strategyType", "icebergQty", "selfTradePreventionMode", "recvWindow", "timestamp", "signature",
    "omitZeroBalances", "computeCommissionRates", "timeZone", "windowSize", "permissions", "showPermissionSets",
    "symbolStatus", "listClientOrderId", "orderListId", "cancelRestrictions", "cancelOrigClientOrderId", "apiKey",
    "returnRateLimits", "pegPriceType", "belowTrailingDelta", "orderRateLimitExceededMode", "subscriptionId", "",
]  # fmt: skip
_SAMPLES = [
    "0", "-1", "1", "0.00000001", "0.000000001", "1e-05", "1E5", "NaN", "Infinity", "99999999999999999999",
    "9223372036854775807", "9223372036854775808", "184467440737095516.16", "1" * 400, "0." + "1" * 400, "1.", ".5",
    "1_000", "+1", " 1", "1\n", "1\x00", "\u0661\u0662", "\uff11\uff12", "\u00b2", "0x10", "true", "TRUE", "null",
    "None", "[]", "{}", '["BTCUSDT"]', '["BTCUSDT","BTCUSDT"]', "[" * 600, '[{"a":1}]', "[1]", "[null]", "BTCUSDT",
    "btcusdt", "ETHBTC", "\u8fd9\u662f\u6d4b\u8bd5\u5e01456", "LIMIT_MAKER", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT",
    "SELL", "BUY", "IOC", "FOK", "GTX", "FULL", "RESULT", "ACK", "NONE", "EXPIRE_BOTH", "DECREMENT", "TRANSFER",
    "ALLOW_FAILURE", "ONLY_NEW", "1M", "1s", "3d", "+14:00", "-12:30", "1700000000000", "1700000000000000", "a" * 36,
    "a" * 37, "a" * 1_200, "' OR 1=1 --", "<script>", "../../etc/passwd", "%00", "\ud800", "\u202e", "\U0001f4a9", "",
]  # fmt: skip

samples = st.one_of(
    st.sampled_from(_SAMPLES),
    st.sampled_from(_SAMPLES),
    st.text(max_size=12),
    st.decimals().map(str),
)
texts = st.one_of(samples, st.integers(-(10**20), 10**20).map(str))
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), samples),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(_NAMES), inner, max_size=3)
    ),
    max_leaves=6,
)


def _read():
    """Give what each path and method reads; anything else is refused at the door."""
    found = {}
    for call, one in (*((path, one) for (_, path), one in ROUTES.items()), *METHODS.items()):
        found[call] = found.get(call, frozenset()) | (one.names or frozenset())
    return found


_READ = _read()


def _spoils(values, read):
    """Draw up to three changes of a parameter set: (name, new value, or None to leave it out)."""
    known = st.sampled_from(sorted(read) or _NAMES)
    names = st.one_of(known, known, known, st.sampled_from(_NAMES))
    return st.lists(st.tuples(names, st.one_of(st.none(), values, values)), max_size=3)


def _parameters(call, values):
    read = _READ.get(call, frozenset())
    common = {name: value for name, value in _COMMON.items() if name in read}
    sound = _SOUND.get(call.removeprefix("/api/v3/"), (common,))
    return st.builds(_spoiled, st.sampled_from(sound), _spoils(values, read))


def _spoiled(sound, changes):
    found = dict(sound)
    for name, value in changes:
        if value is None:
            found.pop(name, None)
        else:
            found[name] = value
    return found


class RestCall(NamedTuple):
    """One HTTP request before it is signed."""

    method: str
    path: str
    parameters: dict[str, str]
    repeated: tuple[tuple[str, str], ...] = ()
    in_body: bool = False
    is_raw: bool = False
    is_signed: bool = True
    account: int = 0
    headers: tuple[tuple[str, str], ...] = ()

    def message(self, account, now_ms):
        """Give the bytes to send; signed over exactly those bytes."""
        pairs = [*self.parameters.items(), *self.repeated]
        if self.is_signed and "timestamp" not in self.parameters:
            pairs.append(("timestamp", str(now_ms)))
        payload = b"&".join(
            _encode(name, self.is_raw) + b"=" + _encode(value, self.is_raw) for name, value in pairs
        )
        if self.is_signed:
            payload += b"&signature=" + _hmac(account, payload).encode()
        query, body = (b"", payload) if self.in_body else (b"?" + payload, b"")
        head = [
            f"{self.method} ".encode()
            + self.path.encode("utf-8", "surrogatepass")
            + query
            + b" HTTP/1.1"
        ]
        head += [b"Host: 127.0.0.1", b"X-MBX-APIKEY: " + account["apiKey"].encode()]
        head += [
            f"{name}: {value}".encode("utf-8", "surrogatepass") for name, value in self.headers
        ]
        if body and "Content-Type" not in dict(self.headers):
            head.append(b"Content-Type: application/x-www-form-urlencoded")
        if body:
            head.append(b"Content-Length: %d" % len(body))
        return b"\r\n".join(head) + b"\r\n\r\n" + body


def _encode(text, is_raw):
    data = text.encode("utf-8", "surrogatepass")
    if is_raw:  # without what breaks the request line: that is another test
        return bytes(byte for byte in data if 0x20 < byte < 0x7F and byte != 0x23)
    return quote(data, safe="").encode()


def _hmac(account, payload):
    return hmac.new(account["apiSecret"].encode(), payload, "sha256").hexdigest()


_ROUTES = sorted(ROUTES)
_NEEDS_SIGNATURE = {route: one.is_signed for route, one in ROUTES.items()}
routes = st.one_of(
    st.sampled_from(_ROUTES),
    st.sampled_from(_ROUTES),
    st.tuples(st.sampled_from(("POST", "DELETE")), st.just("/api/v3/order")),
    st.tuples(
        st.sampled_from(
            ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "QUERY")
        ),
        st.one_of(
            st.sampled_from([path for _, path in _ROUTES]),
            st.sampled_from(
                (
                    "/",
                    "//",
                    "/api/v3/",
                    "/ws",
                    "/stream",
                    "/ws-api/v3",
                    "/%00",
                    "/api/v3/order%2Ftest",
                )
            ),
            st.text("abc/.%?=", max_size=12).map(lambda text: "/" + text),
        ),
    ),
)
odd_headers = st.lists(
    st.sampled_from(
        (
            ("X-MBX-APIKEY", "twice"), ("X-MBX-TIME-UNIT", "MICROSECOND"), ("X-MBX-TIME-UNIT", "nonsense"),
            ("Content-Type", "application/json"), ("Content-Type", "multipart/form-data; boundary=x"),
            ("Content-Encoding", "gzip"), ("Accept-Encoding", "br;q=x"), ("Expect", "100-continue"),
            ("Expect", "something"), ("Cookie", "a=\u00e9"), ("X-Long", "y" * 7_000), ("Range", "bytes=0-1"),
            ("If-None-Match", "*"), ("X-Forwarded-For", "1.2.3.4"), ("Connection", "upgrade"), ("Upgrade", "websocket"),
        )
    ),
    max_size=2,
)  # fmt: skip
rest_calls = routes.flatmap(
    lambda route: st.builds(
        RestCall,
        st.just(route[0]),
        st.just(route[1]),
        _parameters(route[1], texts),
        st.one_of(st.just(()), st.just(()), st.tuples(st.tuples(st.sampled_from(_NAMES), texts))),
        st.booleans(),
        st.integers(0, 9).map(lambda number: number == 0),
        st.integers(0, 9).map(lambda number: bool(number) == _NEEDS_SIGNATURE.get(route, True)),
        st.integers(0, 5),
        st.one_of(st.just([]), st.just([]), odd_headers).map(
            lambda found: tuple(dict(found).items())
        ),
    )
)

_SESSION = (
    "session.logon", "session.logout", "session.status", "session.subscriptions", "userDataStream.subscribe",
    "userDataStream.subscribe.signature", "userDataStream.unsubscribe", "userDataStream.start",
)  # fmt: skip


class SocketCall(NamedTuple):
    """One WebSocket API request before it is signed."""

    number: object
    method: object
    parameters: dict[str, object]
    is_signed: bool
    account: int

    def message(self, account, now_ms):
        """Give the text to send."""
        found = dict(self.parameters)
        if self.is_signed:
            found = {"apiKey": account["apiKey"], "timestamp": now_ms, **found}
            found.pop("signature", None)
            payload = "&".join(
                f"{name}={_json_text(value)}" for name, value in sorted(found.items())
            )
            found["signature"] = _hmac(account, payload.encode("utf-8", "surrogatepass"))
        return json.dumps({"id": self.number, "method": self.method, "params": found})


def _json_text(value):
    return value if isinstance(value, str) else json.dumps(value)


numbers = st.one_of(st.integers(0, 10**6), st.just(None), st.text(max_size=40), json_values)
socket_calls = st.sampled_from(sorted(METHODS) + list(_SESSION)).flatmap(
    lambda method: st.builds(
        SocketCall,
        numbers,
        st.one_of(st.just(method), st.just(method), st.just(method), st.just(method), json_values),
        _parameters(method, json_values),
        st.integers(0, 9).map(bool),
        st.integers(0, 5),
    )
)
_STREAMS = (
    "btcusdt@trade", "btcusdt@depth@100ms", "btcusdt@kline_1m", "!miniTicker@arr", "BTCUSDT@trade", "x@y", "", "@",
    "btcusdt@kline_7x", "\u00e9@trade", "a" * 3_000, "btcusdt@depth5@1ms", 'a"b@trade',
)  # fmt: skip
controls = st.builds(
    lambda number, method, params: json.dumps({"id": number, "method": method, "params": params}),
    numbers,
    st.one_of(
        st.sampled_from(
            ("SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY")
        ),
        json_values,
    ),
    st.one_of(
        st.lists(st.sampled_from(_STREAMS), max_size=4), st.just(["combined", True]), json_values
    ),
)


def now_ms():
    """Give the time that requests are stamped with; the exchange under test runs in real time."""
    return int(time.time() * 1_000)  # noqa: TID251 a client has no clock of the venue
