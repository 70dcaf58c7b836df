"""Every WebSocket API method of Binance's own SDK, and its user data stream; its models judge answers and events."""

import asyncio

from binance_common.configuration import ConfigurationWebSocketAPI
from binance_sdk_spot import Spot
from checks import Checks, setup
from sdk_shapes import check_shape, raw_of

SYMBOL = "BTCUSDT"
# The models of order.cancel and openOrders.cancelAll mix single orders and lists.
LIST_FIELDS = (
    "contingencyType",
    "listClientOrderId",
    "listOrderStatus",
    "listStatusType",
    "orders",
    "transactionTime",
)
checks = Checks()
place = setup()


async def connect(account):
    """Open a connection of an account."""
    keys = place["accounts"][account]
    is_hmac = "PRIVATE KEY" not in keys["apiSecret"]
    configuration = ConfigurationWebSocketAPI(
        api_key=keys["apiKey"],
        api_secret=keys["apiSecret"] if is_hmac else None,
        private_key=None if is_hmac else keys["apiSecret"],
        stream_url=f"{place['ws']}/ws-api/v3",
    )
    return await Spot(config_ws_api=configuration).websocket_api.create_connection()


async def judge(call, *, but=(), **arguments):
    """Call and check the whole answer; give its result."""
    response = await call(**arguments)
    raw = raw_of(response)
    assert isinstance(raw, dict) and raw.get("status") == 200, f"{raw}"
    data = response.data()
    if not {"result", "actual_instance"} & type(data).model_fields.keys():
        # The models of exchangeInfo and myFilters forget the envelope.
        data, raw = type(data).from_dict(raw["result"]), raw["result"]
        check_shape(data, raw, but=but)
        return raw
    check_shape(data, raw, but=but)
    return raw.get("result")


async def refused(call, **arguments):
    """Call and give the error; the SDK wraps what the exchange said."""
    response = await call(**arguments)
    raw = raw_of(response)
    if isinstance(raw, dict) and raw.get("status") == 200:
        return raw["result"]
    said = raw.get("error") if isinstance(raw, dict) else raw
    assert said and "timeout" not in str(said), f"{raw}"
    return said


async def market_data(api):
    """Walk the public methods."""
    both = [SYMBOL, "ETHUSDT"]
    mini = ("priceChange", "priceChangePercent", "weightedAvgPrice", "prevClosePrice", "lastQty", "bidPrice", "bidQty",
            "askPrice", "askQty")  # fmt: skip
    calls = {
        "ping": (api.ping, {}),
        "time": (api.time, {}),
        "exchange_info": (api.exchange_info, {"symbols": both}),
        "execution_rules": (api.execution_rules, {"symbol": SYMBOL}),
        "depth": (api.depth, {"symbol": SYMBOL, "limit": 5}),
        "trades_recent": (api.trades_recent, {"symbol": SYMBOL, "limit": 5}),
        "trades_historical": (api.trades_historical, {"symbol": SYMBOL, "limit": 5}),
        "trades_aggregate": (api.trades_aggregate, {"symbol": SYMBOL, "limit": 5}),
        "klines": (api.klines, {"symbol": SYMBOL, "interval": "1m", "limit": 5}),
        "ui_klines": (api.ui_klines, {"symbol": SYMBOL, "interval": "1h", "limit": 5}),
        "avg_price": (api.avg_price, {"symbol": SYMBOL}),
        "ticker24hr": (api.ticker24hr, {"symbol": SYMBOL}),
        "ticker24hr mini": (api.ticker24hr, {"symbols": both, "type": "MINI"}),
        "ticker_trading_day": (api.ticker_trading_day, {"symbol": SYMBOL}),
        "ticker": (api.ticker, {"symbol": SYMBOL, "window_size": "7d"}),
        "ticker_price": (api.ticker_price, {"symbol": SYMBOL}),
        "ticker_price symbols": (api.ticker_price, {"symbols": both}),
        "ticker_book": (api.ticker_book, {"symbol": SYMBOL}),
        "ticker_book symbols": (api.ticker_book, {"symbols": both}),
        "reference_price": (api.reference_price, {"symbol": SYMBOL}),
        "reference_price_calculation": (api.reference_price_calculation, {"symbol": SYMBOL}),
    }
    for name, (call, arguments) in calls.items():
        but = mini if "mini" in name else ("sors",) if name == "exchange_info" else ()
        async with checks(name):
            try:
                await judge(call, but=but, **arguments)
            except AssertionError as error:  # not every symbol has a reference price
                if "-2043" not in str(error):
                    raise


async def account_data(api, order_id):
    """Walk the signed methods that only read."""
    calls = {
        "account_status": (api.account_status, {}),
        "account_commission": (api.account_commission, {"symbol": SYMBOL}),
        "account_rate_limits_orders": (api.account_rate_limits_orders, {}),
        "all_orders": (api.all_orders, {"symbol": SYMBOL}),
        "all_order_lists": (api.all_order_lists, {}),
        "my_trades": (api.my_trades, {"symbol": SYMBOL}),
        "my_filters": (api.my_filters, {"symbol": SYMBOL}),
        "my_prevented_matches": (
            api.my_prevented_matches,
            {"symbol": SYMBOL, "order_id": order_id},
        ),
        "order_amendments": (api.order_amendments, {"symbol": SYMBOL, "order_id": order_id}),
        "open_order_lists_status": (api.open_order_lists_status, {}),
        "open_orders_status": (api.open_orders_status, {"symbol": SYMBOL}),
        "order_status": (api.order_status, {"symbol": SYMBOL, "order_id": order_id}),
    }
    for name, (call, arguments) in calls.items():
        async with checks(name):
            await judge(call, **arguments)


class Desk:
    """Places orders around the last price."""

    def __init__(self, api, last):
        self.api, self.last = api, last

    def at(self, factor):
        """Give a price so many times the last one, on the tick."""
        return round(self.last * factor, 2)

    def limit(self, factor=0.9, **more):
        """Give the arguments of a limit order."""
        return {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "time_in_force": "GTC", "quantity": 0.001,
                "price": self.at(factor), **more}  # fmt: skip

    async def single_orders(self):
        """Place, read, amend, replace and cancel; give the last order's id."""
        api, made = self.api, {}
        async with checks("order_test"):
            await judge(api.order_test, compute_commission_rates=True, **self.limit())
        async with checks("order_place"):
            made = await judge(api.order_place, new_order_resp_type="FULL", **self.limit())
        async with checks("order_place MARKET"):
            bought = await judge(
                api.order_place, symbol=SYMBOL, side="BUY", type="MARKET", quantity=0.002
            )
            assert bought["fills"], bought
        async with checks("order_amend_keep_priority"):
            await judge(
                api.order_amend_keep_priority,
                symbol=SYMBOL,
                order_id=made["orderId"],
                new_qty=0.0005,
            )
        async with checks("order_cancel_replace"):
            replaced = await judge(api.order_cancel_replace, but=("fills", "workingTime"),
                                   cancel_replace_mode="STOP_ON_FAILURE",
                                   cancel_order_id=made["orderId"], **self.limit(0.93))  # fmt: skip
            made = replaced["newOrderResponse"]
        async with checks("order_cancel"):
            await judge(api.order_cancel, but=LIST_FIELDS, symbol=SYMBOL, order_id=made["orderId"])
        return made.get("orderId", 1)

    async def order_lists(self):
        """Place, read and cancel lists."""
        api, at = self.api, self.at
        working = {"symbol": SYMBOL, "working_type": "LIMIT", "working_side": "BUY", "working_price": at(0.9),
                   "working_quantity": 0.001, "working_time_in_force": "GTC", "pending_side": "SELL",
                   "pending_quantity": 0.001}  # fmt: skip
        async with checks("order_list_place_oco"):
            made = await judge(api.order_list_place_oco, symbol=SYMBOL, side="SELL", quantity=0.001,
                               above_type="LIMIT_MAKER", above_price=at(1.1), below_type="STOP_LOSS",
                               below_stop_price=at(0.8))  # fmt: skip
            await judge(api.order_list_status, order_list_id=made["orderListId"])
            await judge(api.order_list_cancel, symbol=SYMBOL, order_list_id=made["orderListId"])
        async with checks("order_list_place"):
            await judge(api.order_list_place, symbol=SYMBOL, side="SELL", quantity=0.001, price=at(1.2),
                        stop_price=at(0.8), stop_limit_price=at(0.79), stop_limit_time_in_force="GTC")  # fmt: skip
        async with checks("order_list_place_oto"):
            await judge(api.order_list_place_oto, pending_type="LIMIT", pending_price=at(1.2),
                        pending_time_in_force="GTC", **working)  # fmt: skip
        async with checks("order_list_place_otoco"):
            await judge(api.order_list_place_otoco, pending_above_type="LIMIT_MAKER", pending_above_price=at(1.1),
                        pending_below_type="STOP_LOSS", pending_below_stop_price=at(0.8), **working)  # fmt: skip
        async with checks("open_orders_cancel_all"):
            raw = (await api.open_orders_cancel_all(symbol=SYMBOL)).data()
            assert raw, raw
            await api.order_place(**self.limit())
            await judge(api.open_orders_cancel_all, but=LIST_FIELDS, symbol=SYMBOL)

    async def left_out(self):
        """What we do not offer is refused with a code."""
        api, at = self.api, self.at
        sor = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "quantity": 0.001, "price": at(0.9),
               "time_in_force": "GTC"}  # fmt: skip
        opo = {"symbol": SYMBOL, "working_type": "LIMIT", "working_side": "BUY", "working_price": at(0.9),
               "working_quantity": 0.001, "working_time_in_force": "GTC", "pending_side": "SELL"}  # fmt: skip
        above = {"pending_above_type": "LIMIT_MAKER", "pending_above_price": at(1.1)}
        calls = {
            "sor_order_place": (api.sor_order_place, sor),
            "sor_order_test": (api.sor_order_test, sor),
            "order_list_place_opo": (api.order_list_place_opo, {**opo, "pending_type": "MARKET"}),
            "order_list_place_opoco": (api.order_list_place_opoco, {**opo, **above}),
            "my_allocations": (api.my_allocations, {"symbol": SYMBOL}),
            "block_trades_historical": (
                api.block_trades_historical,
                {"symbol": SYMBOL, "from_id": 0},
            ),
        }
        for name, (call, arguments) in calls.items():
            async with checks(f"left out: {name}"):
                said = await refused(call, **arguments)
                assert said == [] or "code" in str(said), f"{said}"


async def user_data(api, trade, want):
    """Subscribe, trade, and judge every event."""
    events = []
    subscribe = getattr(api, want)
    async with checks(want, 30):
        subscribed = await subscribe()
        subscribed.stream.on("message", events.append)
        await trade()
        await asyncio.sleep(2)
        kinds = [type(one.actual_instance).__name__ for one in events]
        assert "ExecutionReport" in kinds and "OutboundAccountPosition" in kinds, kinds
        for one in events:
            raw = one.actual_instance.to_dict() if hasattr(one.actual_instance, "to_dict") else {}
            check_shape(one, raw)
        if want.endswith("signature"):
            assert "ListStatus" in kinds, kinds
    async with checks(f"{want}: unsubscribe"):
        await judge(api.user_data_stream_unsubscribe)


async def main():
    """Run everything on one connection of each kind of key."""
    api = await connect("hmac")
    await market_data(api)
    desk = Desk(api, float(raw_of(await api.avg_price(symbol=SYMBOL))["result"]["price"]))

    async def trade():
        await desk.single_orders()
        await desk.order_lists()

    await user_data(api, trade, "user_data_stream_subscribe_signature")
    order_id = (raw_of(await api.all_orders(symbol=SYMBOL)).get("result") or [{"orderId": 1}])[0][
        "orderId"
    ]
    await account_data(api, order_id)
    await desk.left_out()
    await api.close_connection(close_session=True)
    await logged_on()


async def logged_on():
    """A session with an Ed25519 key: later requests carry no key."""
    api = await connect("ed25519")
    async with checks("session_logon"):
        await judge(api.session_logon)
        await judge(api.session_status)
        await judge(api.account_status)

    async def trade():
        await judge(api.order_place, symbol=SYMBOL, side="BUY", type="MARKET", quantity=0.001)
        await judge(api.session_subscriptions)

    await user_data(api, trade, "user_data_stream_subscribe")
    async with checks("session_logout"):
        await judge(api.session_logout)
    await api.close_connection(close_session=True)


if __name__ == "__main__":
    asyncio.run(main())
