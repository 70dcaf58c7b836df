"""Answers the paper exchange does not give on request: limits, firewalls, refused clocks, nonsense."""

from decimal import Decimal

import pytest
from aiohttp import web

from botcore.domain.errors import InvariantBroken, NotAllowed, Transient
from botcore.domain.market import Interval
from botcore.domain.orders import Order, OrderType, Purpose, Side
from botcore.runtime.clock import SystemClock
from botrunner.adapters.binance_rest import BinanceExchange
from botrunner.ports import Placed, Refused, Unknown
from tests.runner.scripted_venue import ScriptedVenue

CLOCK_REFUSAL = {"code": -1021, "msg": "Timestamp for this request is outside of the recvWindow."}
TAKEN = {
    "symbol": "BTCUSDT", "orderId": 42, "orderListId": -1, "clientOrderId": "kb-1", "transactTime": 1,
    "executedQty": "0", "cummulativeQuoteQty": "0", "status": "NEW", "side": "BUY", "fills": [],
}  # fmt: skip


def an_order(purpose: Purpose = Purpose.ENTRY) -> Order:
    return Order(
        strategy="s",
        symbol="BTCUSDT",
        client_order_id="kb-1",
        epoch=1,
        purpose=purpose,
        side=Side.BUY,
        type=OrderType.MARKET,
        quantity=Decimal(1),
        venue_time=SystemClock().now(),
    )


def answer(status: int, body: object, **headers: str) -> web.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.json_response(body, status=status, headers=named)


@pytest.mark.parametrize("status", [429, 418])
async def test_limit_silences_every_call_for_as_long_as_the_venue_says(
    scripted: ScriptedVenue, venue: BinanceExchange, status: int
) -> None:
    """TR-53."""
    body = {"code": -1003, "msg": "Too much request weight used"}
    scripted.answers = [answer(status, body, Retry_After="30")]

    assert await venue.place(an_order()) == Refused(code=-1003, reason=body["msg"])
    with pytest.raises(Transient) as silenced:
        await venue.account()
    assert await venue.place(an_order(Purpose.EXIT)) == Refused(code=0, reason="RateLimited")
    assert await venue.cancel("BTCUSDT", "kb-1") == Refused(code=0, reason="RateLimited")

    assert 29 < silenced.value.after_seconds <= 30
    assert len(scripted.requests) == 1


async def test_too_many_orders_hold_back_orders_but_not_cancels(
    scripted: ScriptedVenue, venue: BinanceExchange
) -> None:
    """TR-54."""
    scripted.answers = [
        answer(429, {"code": -1015, "msg": "Too many new orders"}, Retry_After="10"),
        answer(200, TAKEN | {"origClientOrderId": "kb-1", "status": "CANCELED"}),
    ]

    await venue.place(an_order())
    assert await venue.place(an_order()) == Refused(code=0, reason="RateLimited")
    await venue.cancel("BTCUSDT", "kb-1")

    assert [one["path"] for one in scripted.requests] == ["/api/v3/order"] * 2


async def test_weight_of_any_answer_sheds_candles_first_and_exits_never(
    scripted: ScriptedVenue, venue: BinanceExchange
) -> None:
    """TR-52, TR-55."""
    used = {"X_MBX_USED_WEIGHT_1M": "5900"}
    scripted.answers = [answer(200, TAKEN, **used), answer(200, TAKEN, **used)]
    await venue.place(an_order())

    with pytest.raises(Transient, match="WeightShed"):
        await venue.candles("BTCUSDT", Interval.M1, 10)
    assert await venue.place(an_order()) == Refused(code=0, reason="WeightShed")
    assert isinstance(await venue.place(an_order(Purpose.EXIT)), Placed)


async def test_refused_clock_is_measured_and_the_same_order_sent_once_more(
    scripted: ScriptedVenue, venue: BinanceExchange
) -> None:
    """TR-61: -1021 is a definite refusal, so the same id may be sent again."""
    scripted.answers = [answer(400, CLOCK_REFUSAL), answer(200, TAKEN)]
    scripted.ahead_ms = 60_000

    assert isinstance(await venue.place(an_order()), Placed)

    first, second = scripted.requests
    assert first["newClientOrderId"] == second["newClientOrderId"] == "kb-1"
    assert int(second["timestamp"]) - int(first["timestamp"]) >= 59_000


async def test_clock_refused_twice_is_a_refusal(
    scripted: ScriptedVenue, venue: BinanceExchange
) -> None:
    scripted.answers = [answer(400, CLOCK_REFUSAL), answer(400, CLOCK_REFUSAL)]

    assert await venue.place(an_order()) == Refused(code=-1021, reason=CLOCK_REFUSAL["msg"])


@pytest.mark.parametrize(
    "given",
    [
        web.Response(status=503, text="<html>busy</html>"),
        web.Response(status=200, text="no json"),
        web.json_response({"code": -1006, "msg": "An unexpected response"}, status=400),
    ],
)
async def test_answer_that_may_mean_success_is_unknown_and_never_repeated(
    scripted: ScriptedVenue, venue: BinanceExchange, given: web.Response
) -> None:
    """TR-3, I3."""
    scripted.answers = [given]

    assert isinstance(await venue.place(an_order()), Unknown)
    assert len(scripted.requests) == 1


async def test_firewalls_page_is_a_refusal_of_orders_and_passing_for_readings(
    scripted: ScriptedVenue, venue: BinanceExchange
) -> None:
    scripted.answers = [web.Response(status=403, text="<html>no</html>") for _ in range(2)]

    assert await venue.place(an_order()) == Refused(code=0, reason="HTTP 403")
    with pytest.raises(Transient, match="HTTP 403") as passing:
        await venue.account()

    assert passing.value.after_seconds == 60


async def test_duplicate_that_can_not_be_found_is_unknown(
    scripted: ScriptedVenue, venue: BinanceExchange
) -> None:
    """TR-8 and TR-5: it exists, says the venue, and the query does not see it yet."""
    scripted.answers = [
        answer(400, {"code": -2010, "msg": "Duplicate order sent."}),
        answer(400, {"code": -2013, "msg": "Order does not exist."}),
    ]

    assert await venue.place(an_order()) == Unknown(reason="Duplicate order sent.")


async def test_malformed_request_of_ours_breaks_an_invariant(
    scripted: ScriptedVenue, venue: BinanceExchange
) -> None:
    scripted.answers = [answer(400, {"code": -1102, "msg": "Mandatory parameter missing"})]

    with pytest.raises(InvariantBroken):
        await venue.account()


async def test_key_that_is_revoked_while_trading_is_not_allowed(
    scripted: ScriptedVenue, venue: BinanceExchange
) -> None:
    scripted.answers = [answer(401, {"code": -2015, "msg": "Invalid API-key"})] * 1

    with pytest.raises(NotAllowed, match="Invalid API-key"):
        await venue.cancel("BTCUSDT", "kb-1")


async def test_more_trades_than_one_page_are_read_to_the_end(
    scripted: ScriptedVenue, venue: BinanceExchange
) -> None:
    def trade(number: int) -> dict[str, object]:
        return {
            "symbol": "BTCUSDT", "id": number, "orderId": 42, "price": "1", "qty": "1", "quoteQty": "1",
            "commission": "0", "commissionAsset": "BTC", "time": 1, "isBuyer": True,
        }  # fmt: skip

    scripted.answers = [answer(200, [trade(n) for n in range(1_000)]), answer(200, [trade(1_000)])]

    found = await venue.trades("BTCUSDT", 42)

    assert [fill.trade_id for fill in found] == list(range(1_001))
    assert scripted.requests[1]["fromId"] == "1000"


async def test_testnet_without_sapi_can_not_tell_permissions(
    scripted: ScriptedVenue, venue: BinanceExchange
) -> None:
    scripted.answers = [web.Response(status=404, text="not found")]

    assert await venue.key_permissions() is None


async def test_connection_to_whoever_does_not_answer_like_the_venue_is_left(
    scripted: ScriptedVenue, venue: BinanceExchange
) -> None:
    """An address may have led elsewhere for a moment; the connection opened then must not be kept by using it."""
    elsewhere = [web.Response(status=404, text="<html>not here</html>") for _ in range(2)]
    scripted.answers = [*elsewhere, *(answer(200, TAKEN) for _ in range(3))]

    for _ in range(5):
        await venue.place(an_order())

    first, second, third, fourth, fifth = scripted.peers
    assert first == second
    assert third != second
    assert fourth == fifth
