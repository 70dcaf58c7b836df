"""nautilus_trader's Binance adapter in a live node: logs on with Ed25519, follows the book, trades."""

import os
import threading
import time
from decimal import Decimal

from checks import Checks, setup
from nautilus_trader.adapters.binance import (
    BinanceDataClientConfig,
    BinanceExecClientConfig,
    BinanceLiveDataClientFactory,
    BinanceLiveExecClientFactory,
)
from nautilus_trader.adapters.binance.common.enums import BinanceKeyType
from nautilus_trader.config import InstrumentProviderConfig, TradingNodeConfig
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.identifiers import InstrumentId, TraderId
from nautilus_trader.trading.strategy import Strategy

BTC = InstrumentId.from_str("BTCUSDT.BINANCE")
checks = Checks()
place = setup()


class Once(Strategy):
    """Buys at the market and rests one order, which it cancels."""

    def __init__(self):
        super().__init__()
        self.heard, self.has_traded = [], False

    def on_start(self):
        """Subscribe to what the adapter offers."""
        self.subscribe_quote_ticks(BTC)
        self.subscribe_trade_ticks(BTC)
        self.subscribe_order_book_deltas(BTC)

    def on_quote_tick(self, tick):
        """Trade at the first price."""
        self.heard.append("quote")
        if self.has_traded:
            return
        self.has_traded = True
        instrument = self.cache.instrument(BTC)
        size = instrument.make_qty(Decimal("0.01"))
        low = instrument.make_price(tick.bid_price.as_decimal() * Decimal("0.9"))
        self.submit_order(self.order_factory.market(BTC, OrderSide.BUY, size))
        self.submit_order(self.order_factory.limit(BTC, OrderSide.BUY, size, low))

    def on_trade_tick(self, tick):
        """Cancel after some trades."""
        self.heard.append("trade")
        if self.heard.count("trade") == 3:
            self.cancel_all_orders(BTC)

    def on_order_book_deltas(self, deltas):
        """Note the book."""
        self.heard.append("book")

    def on_event(self, event):
        """Note what became of the orders."""
        self.heard.append(type(event).__name__)


def node_of(strategy):
    """Build a node of one strategy; only addresses and keys are ours."""
    keys = place["accounts"]["ed25519"]
    ours = {
        "api_key": keys["apiKey"],
        "api_secret": keys["apiSecret"],
        "key_type": BinanceKeyType.ED25519,
        "base_url_http": place["http"],
        "instrument_provider": InstrumentProviderConfig(load_ids=frozenset([BTC])),
    }
    data = BinanceDataClientConfig(base_url_ws=place["ws"], **ours)
    trading = BinanceExecClientConfig(
        base_url_ws=f"{place['ws']}/ws-api/v3", base_url_ws_stream=place["ws"], **ours
    )
    node = TradingNode(
        TradingNodeConfig(
            trader_id=TraderId("CONFORMANCE-001"),
            data_clients={"BINANCE": data},
            exec_clients={"BINANCE": trading},
        )
    )
    node.trader.add_strategy(strategy)
    node.add_data_client_factory("BINANCE", BinanceLiveDataClientFactory)
    node.add_exec_client_factory("BINANCE", BinanceLiveExecClientFactory)
    node.build()
    return node


def judge(strategy):
    """Wait until all was heard, tell it, and end; the node itself would wait for its clients."""
    wanted = (
        "quote",
        "trade",
        "book",
        "OrderAccepted",
        "OrderFilled",
        "PositionOpened",
        "OrderCanceled",
    )
    end = time.monotonic() + 60
    while time.monotonic() < end and set(wanted) - set(strategy.heard):
        time.sleep(0.5)
    for name in wanted:
        checks.tell(name, "" if name in strategy.heard else f"heard {sorted(set(strategy.heard))}")
    os._exit(0)


if __name__ == "__main__":
    once = Once()
    threading.Thread(target=judge, args=(once,), daemon=True).start()
    node_of(once).run()
