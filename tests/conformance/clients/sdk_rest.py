"""Every REST method of Binance's own SDK; its models judge the answers."""

from binance_common.configuration import ConfigurationRestAPI
from binance_common.errors import BadRequestError, ClientError, NotFoundError, UnauthorizedError
from binance_sdk_spot import Spot
from checks import Checks
from sdk_rest_reads import account_data, market_data
from sdk_settings import SYMBOL, api, api_of, at, judge, limit, place
from sdk_shapes import raw_of

checks = Checks()


_COMMISSIONS = (
    "standardCommissionForOrder",
    "specialCommissionForOrder",
    "taxCommissionForOrder",
    "discount",
)


def single_orders():
    """Place, read, amend, replace and cancel."""
    response_types()
    order_types()
    order_changes()
    with checks.now("self-trade prevention"):
        judge(
            api.new_order,
            new_order_resp_type="FULL",
            self_trade_prevention_mode="EXPIRE_TAKER",
            **limit(0.99),
        )


def response_types():
    """Test orders, and answers as long as was asked for."""
    with checks.now("order_test"):
        assert judge(api.order_test, but=_COMMISSIONS, **limit()) == {}
    with checks.now("order_test commission"):
        judge(api.order_test, compute_commission_rates=True, **limit())
    for kind in ("ACK", "RESULT", "FULL"):
        with checks.now(f"new_order {kind}"):
            absent = ("price", "origQty", "executedQty", "origQuoteOrderQty", "cummulativeQuoteQty", "status",
                      "timeInForce", "type", "side", "workingTime", "selfTradePreventionMode")  # fmt: skip
            judge(
                api.new_order,
                but=absent if kind == "ACK" else (),
                new_order_resp_type=kind,
                **limit(),
            )


def order_types():
    """Orders at market, with conditional fields, and with a trigger."""
    with checks.now("new_order MARKET quantity"):
        raw = judge(api.new_order, symbol=SYMBOL, side="BUY", type="MARKET", quantity=0.002)
        assert raw["status"] == "FILLED" and raw["fills"], raw
    with checks.now("new_order MARKET quote"):
        raw = judge(api.new_order, symbol=SYMBOL, side="BUY", type="MARKET", quote_order_qty=100)
        assert raw["origQuoteOrderQty"] == "100.00000000", raw
    with checks.now("new_order conditional fields"):
        more = {"strategy_id": 7, "strategy_type": 1_000_001, "iceberg_qty": 0.0005}
        raw = judge(api.new_order, new_order_resp_type="RESULT", **limit(**more))
        assert (raw["strategyId"], raw["strategyType"]) == (7, 1_000_001), raw
        assert raw["icebergQty"] == "0.00050000", raw
    with checks.now("new_order STOP_LOSS_LIMIT"):
        judge(api.new_order, symbol=SYMBOL, side="SELL", type="STOP_LOSS_LIMIT", time_in_force="GTC", quantity=0.001,
              price=at(0.85), stop_price=at(0.86), new_order_resp_type="FULL")  # fmt: skip
    with checks.now("new_order trailing"):
        judge(api.new_order, symbol=SYMBOL, side="SELL", type="STOP_LOSS", quantity=0.001, trailing_delta=500,
              new_order_resp_type="FULL")  # fmt: skip


def order_changes():
    """Read an order by either id, amend, replace and cancel."""
    with checks.now("get_order"):
        made = raw_of(api.new_order(**limit(new_client_order_id="sdk-1")))
        judge(api.get_order, symbol=SYMBOL, order_id=made["orderId"])
        judge(api.get_order, symbol=SYMBOL, orig_client_order_id="sdk-1")
    with checks.now("order_amend_keep_priority"):
        made = raw_of(api.new_order(**limit(0.91)))
        raw = judge(
            api.order_amend_keep_priority, symbol=SYMBOL, order_id=made["orderId"], new_qty=0.0005
        )
        assert raw["amendedOrder"]["qty"] == "0.00050000", raw
        judge(api.order_amendments, symbol=SYMBOL, order_id=made["orderId"])
    with checks.now("order_cancel_replace"):
        made = raw_of(api.new_order(**limit(0.92)))
        raw = judge(api.order_cancel_replace, cancel_replace_mode="STOP_ON_FAILURE", cancel_order_id=made["orderId"],
                    **limit(0.93))  # fmt: skip
        assert (raw["cancelResult"], raw["newOrderResult"]) == ("SUCCESS", "SUCCESS"), raw
    with checks.now("delete_order"):
        judge(api.delete_order, symbol=SYMBOL, orig_client_order_id="sdk-1")


def order_lists():
    """Place, read and cancel lists of orders."""
    one_cancels_other()
    one_triggers_other()
    with checks.now("all_order_list with lists"):
        assert judge(api.all_order_list)
    with checks.now("open_order_list with lists"):
        assert judge(api.open_order_list)
    with checks.now("delete_open_orders"):
        raw = raw_of(api.delete_open_orders(symbol=SYMBOL))
        # Lists and single orders.
        assert {True, False} == {"orderReports" in one for one in raw}, raw
        api.new_order(**limit())
        judge(api.delete_open_orders, symbol=SYMBOL)
        assert raw_of(api.get_open_orders(symbol=SYMBOL)) == []


def one_cancels_other():
    """OCO by both paths."""
    oco = {"symbol": SYMBOL, "side": "SELL", "quantity": 0.001, "above_type": "LIMIT_MAKER", "above_price": at(1.1),
           "below_type": "STOP_LOSS_LIMIT", "below_price": at(0.8), "below_stop_price": at(0.81),
           "below_time_in_force": "GTC"}  # fmt: skip
    with checks.now("order_list_oco"):
        made = judge(api.order_list_oco, **oco)
        judge(api.get_order_list, order_list_id=made["orderListId"])
        judge(api.delete_order_list, symbol=SYMBOL, order_list_id=made["orderListId"])
    with checks.now("order_list_oco FULL"):
        judge(api.order_list_oco, but=("fills",), new_order_resp_type="FULL", **oco)
    with checks.now("order_oco"):
        judge(api.order_oco, symbol=SYMBOL, side="SELL", quantity=0.001, price=at(1.2), stop_price=at(0.8),
              stop_limit_price=at(0.79), stop_limit_time_in_force="GTC")  # fmt: skip


def one_triggers_other():
    """OTO and OTOCO."""
    legs = {"pending_above_type": "LIMIT_MAKER", "pending_above_price": at(1.1), "pending_below_type": "STOP_LOSS",
            "pending_below_stop_price": at(0.8)}  # fmt: skip
    working = {"symbol": SYMBOL, "working_type": "LIMIT", "working_side": "BUY", "working_price": at(0.9),
               "working_quantity": 0.001, "working_time_in_force": "GTC", "pending_side": "SELL",
               "pending_quantity": 0.001}  # fmt: skip
    with checks.now("order_list_oto"):
        judge(
            api.order_list_oto,
            pending_type="LIMIT",
            pending_price=at(1.2),
            pending_time_in_force="GTC",
            **working,
        )
    with checks.now("order_list_otoco"):
        judge(api.order_list_otoco, **legs, **working)


def left_out():
    """What we do not offer is refused with a code, never with a page or a 500."""
    sor = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "quantity": 0.001, "price": at(0.9),
           "time_in_force": "GTC"}  # fmt: skip
    opo = {"symbol": SYMBOL, "working_type": "LIMIT", "working_side": "BUY", "working_price": at(0.9),
           "working_quantity": 0.001, "working_time_in_force": "GTC", "pending_side": "SELL"}  # fmt: skip
    calls = {
        "sor_order": (api.sor_order, sor),
        "sor_order_test": (api.sor_order_test, sor),
        "order_list_opo": (api.order_list_opo, {**opo, "pending_type": "MARKET"}),
        "order_list_opoco": (
            api.order_list_opoco,
            {**opo, "pending_above_type": "LIMIT_MAKER", "pending_above_price": at(1.1)},
        ),
        "peg": (api.new_order, limit(peg_price_type="PRIMARY_PEG")),
        "my_allocations": (api.my_allocations, {"symbol": SYMBOL}),
        "historical_block_trades": (api.historical_block_trades, {"symbol": SYMBOL, "from_id": 0}),
    }
    for name, (call, arguments) in calls.items():
        with checks.now(f"left out: {name}"):
            try:
                answer = raw_of(call(**arguments))
            except (ClientError, BadRequestError, NotFoundError) as error:
                assert isinstance(error.status_code, int), f"no code: {error!r}"
                assert error.error_message, repr(error)
            else:
                assert answer == [], f"accepted: {answer}"


def keys_and_errors():
    """Each kind of key, each time unit, the errors a client tells apart."""
    for kind in ("ed25519", "rsa"):
        with checks.now(f"{kind} key"):
            signed = api_of(kind)
            judge(signed.get_account)
            judge(signed.new_order, symbol=SYMBOL, side="BUY", type="MARKET", quantity=0.001)
    with checks.now("microseconds"):
        micro = api_of("hmac", time_unit="MICROSECOND")
        assert judge(micro.time)["serverTime"] > 10**15
        made = raw_of(micro.new_order(**limit(0.9)))
        assert made["transactTime"] > 10**15, made
        assert judge(micro.get_trades, symbol=SYMBOL, limit=1)[0]["time"] > 10**15
    with checks.now("unknown order"), checks.raises(BadRequestError):
        api.get_order(symbol=SYMBOL, order_id=10**12)
    with checks.now("filter failure"), checks.raises(BadRequestError, "Filter failure: LOT_SIZE"):
        api.new_order(**limit() | {"quantity": 0.001001})
    with (
        checks.now("wrong secret"),
        checks.raises(BadRequestError, "Signature for this request is not valid."),
    ):
        bad = dict(place["accounts"]["hmac"], apiSecret="wrong")
        Spot(config_rest_api=ConfigurationRestAPI(api_key=bad["apiKey"], api_secret=bad["apiSecret"],
             base_path=place["http"])).rest_api.get_account()  # fmt: skip
    with checks.now("unknown key"), checks.raises(UnauthorizedError):
        Spot(config_rest_api=ConfigurationRestAPI(api_key="x" * 64, api_secret="wrong",
             base_path=place["http"])).rest_api.get_account()  # fmt: skip


if __name__ == "__main__":
    for part in (market_data, single_orders, order_lists, account_data, left_out, keys_and_errors):
        with checks.now(f"{part.__name__} as a whole"):
            part()
