"""Commission: the figures of Binance's commission FAQ, and the BNB discount."""

from dataclasses import replace

import pytest

from botcore.candles.catalogue import CATALOGUE
from botcore.matching.commission import DISCOUNT, discounted
from botcore.matching.engine import Engine
from botcore.matching.numbers import SCALE, fee, notional, scaled, to_units
from tests.unit.botexchange.builders import (
    NOW,
    UID,
    a_request,
    a_tick,
    an_account,
    an_engine,
    free,
)

# The FAQ sells 0.49975 BTC at 35 000 USDT and pays in BNB at 260 USDT.
NOTIONAL = notional(to_units("35000"), to_units("0.49975"))


def test_faq_standard_and_tax_commission_in_the_received_asset():
    assert fee(NOTIONAL, to_units("0.00000060")) == to_units("0.01049475")
    assert fee(NOTIONAL, to_units("0.00000230")) == to_units("0.04022988")


def test_faq_commission_in_bnb():
    standard, price = to_units("0.01049475"), to_units("260")

    # The FAQ's discount is 0.25 and its figures are cut: 0.000010091, 0.00015473.
    assert discounted(standard, price, SCALE // 4) == to_units("0.00001009")
    assert discounted(to_units("0.04022988"), price, SCALE) == to_units("0.00015473")
    assert discounted(standard, price) == scaled(standard, DISCOUNT, price) == 3_027


def engine_with_bnb(bnb, *others):
    engine = Engine([CATALOGUE[symbol] for symbol in ("BTCUSDT", "BNBUSDT", *others)])
    engine.add_account(an_account(UID, bnb=bnb, discount=True))
    engine.move(a_tick("50000", jump=True))
    engine.move(a_tick("600", jump=True, symbol="BNBUSDT"))
    engine.drain()
    return engine


@pytest.mark.parametrize("side", ["BUY", "SELL"])
def test_discount_pays_three_quarters_in_bnb(side):
    engine = engine_with_bnb("1")

    engine.place(UID, a_request("MARKET", side, quantity="0.1"), NOW)

    (trade,) = engine.drain().trades
    worth = notional(trade.price, to_units("0.0001"))  # 0.1 % of 0.1 BTC at the trade's price
    assert trade.commission_asset == "BNB"
    assert trade.commission == discounted(worth, to_units("600"))
    assert free(engine, "BNB") == to_units("1") - trade.commission
    received = {"BUY": ("BTC", "10.1"), "SELL": ("BTC", "9.9")}[side]
    assert free(engine, received[0]) == to_units(received[1])


def test_commission_in_the_base_asset_prefers_its_own_bnb_market():
    engine = engine_with_bnb("1", "BNBBTC")
    engine.move(a_tick("0.02", jump=True, symbol="BNBBTC"))
    engine.drain()

    engine.place(UID, a_request("MARKET", "BUY", quantity="0.1"), NOW)

    (trade,) = engine.drain().trades
    assert trade.commission == discounted(to_units("0.0001"), to_units("0.02"))


def test_too_little_bnb_pays_the_full_commission_in_the_received_asset():
    engine = engine_with_bnb("0.00000001")

    engine.place(UID, a_request("MARKET", "BUY", quantity="0.1"), NOW)

    (trade,) = engine.drain().trades
    assert (trade.commission, trade.commission_asset) == (to_units("0.0001"), "BTC")
    assert free(engine, "BNB") == 1


def test_bnb_held_by_an_order_pays_no_commission():
    engine = engine_with_bnb("1")
    sell = a_request("LIMIT", "SELL", quantity="1", price="700", symbol="BNBUSDT")
    engine.place(UID, sell, NOW)
    engine.drain()

    engine.place(UID, a_request("MARKET", "BUY", quantity="0.1"), NOW)

    assert engine.drain().trades[0].commission_asset == "BTC"


def test_without_the_discount_bnb_is_not_touched():
    engine = an_engine(bnb="1")

    engine.place(UID, a_request("MARKET", "BUY", quantity="0.1"), NOW)

    assert engine.drain().trades[0].commission_asset == "BTC"


def test_without_a_bnb_market_there_is_no_discount():
    engine = Engine([CATALOGUE["BTCUSDT"]])
    engine.add_account(an_account(UID, bnb="1", discount=True))
    engine.move(a_tick("50000", jump=True))
    engine.drain()

    engine.place(UID, a_request("MARKET", "SELL", quantity="0.1"), NOW)

    assert engine.drain().trades[0].commission_asset == "USDT"


def test_bought_bnb_pays_for_itself():
    engine = engine_with_bnb("0")

    engine.place(UID, a_request("MARKET", "BUY", quantity="1", symbol="BNBUSDT"), NOW)

    trades = engine.drain().trades
    assert {trade.commission_asset for trade in trades} == {"BNB"}
    assert free(engine, "BNB") == to_units("1") - to_units("0.00075")


def test_maker_pays_the_makers_rate():
    engine = Engine(CATALOGUE.values())
    account = an_account(UID)
    account.maker_rate = to_units("0.0002")
    engine.add_account(account)
    engine.move(a_tick("50000", jump=True))
    engine.place(UID, a_request("LIMIT", "BUY", quantity="1", price="49000"), NOW)
    engine.drain()

    engine.move(a_tick("48000", at=NOW + 1))

    assert engine.drain().trades[0].commission == to_units("0.0002")


def test_pair_quoted_in_bnb_values_the_base_at_the_trades_price():
    engine = Engine([replace(CATALOGUE["BTCUSDT"], symbol="LTCBNB", base="LTC", quote="BNB")])
    account = an_account(UID, bnb="10000", discount=True)
    engine.add_account(account)
    engine.move(a_tick("5", jump=True, symbol="LTCBNB"))
    engine.drain()

    engine.place(UID, a_request("MARKET", "BUY", quantity="2", symbol="LTCBNB"), NOW)

    (trade,) = engine.drain().trades
    assert trade.commission_asset == "BNB"
    assert trade.commission == discounted(notional(trade.price, to_units("0.002")), SCALE)
