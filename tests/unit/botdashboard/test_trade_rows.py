"""Fills, positions and the rest as table rows."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from botcore.ledger.report_rows import (
    AdjustmentRow,
    DecisionRow,
    ExternalOrderRow,
    FillRow,
    LogRow,
    OrderRow,
    PositionRow,
)
from botdashboard.views.trades import (
    adjustment_rows,
    decision_rows,
    external_rows,
    fill_rows,
    log_rows,
    order_rows,
    position_rows,
)

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
UID = uuid.UUID(int=1)


def a_fill(**changes):
    values = {
        "bot_uid": UID,
        "namespace": "kbots-bots",
        "bot": "trend",
        "strategy": "btc",
        "symbol": "BTCUSDT",
        "trade_id": 9,
        "purpose": "Exit",
        "side": "SELL",
        "price": Decimal("64000.10"),
        "quantity": Decimal("0.05000000"),
        "quote_quantity": Decimal("3200.005"),
        "commission": Decimal("3.2"),
        "commission_asset": "USDT",
        "commission_quote": Decimal("3.2"),
        "doubt": "",
        "realized_quote": Decimal("-1.5"),
        "venue_time": AT,
        "created_at": AT,
    }
    return FillRow(**values | changes)


def test_fill_shows_its_profit_with_sign_and_unit():
    row = fill_rows([a_fill()], {UID: "PAPER"}, {UID: "USDT"})[0]

    assert row["profit"] == "▼ \u22121.50 USDT"
    assert row["tone"] == "loss"
    assert row["fee"] == "3.2 USDT"
    assert (row["price"], row["quantity"], row["mode"]) == ("64,000.1", "0.05", "PAPER")


def test_purchase_has_no_profit():
    row = fill_rows([a_fill(side="BUY", realized_quote=None)], {}, {})[0]

    assert (row["profit"], row["tone"], row["mode"]) == ("\u2013", "flat", "")


def test_fills_of_one_trade_id_on_two_symbols_are_two_rows():
    rows = fill_rows([a_fill(), a_fill(symbol="ETHUSDT")], {}, {})

    assert len({row["id"] for row in rows}) == 2


def test_position_shows_its_average_entry():
    held = PositionRow(
        strategy="btc", symbol="BTCUSDT", quantity=Decimal("0.03"), cost_quote=Decimal(1000), realized_quote=Decimal(0),
        is_dust=False,
    )  # fmt: skip
    flat = PositionRow(
        strategy="eth", symbol="ETHUSDT", quantity=Decimal(0), cost_quote=Decimal(0), realized_quote=Decimal(2),
        is_dust=True,
    )  # fmt: skip

    rows = position_rows([held, flat], "USDT")

    assert [row["entry"] for row in rows] == ["33,333.33333333", "\u2013"]


def test_dust_is_shown_as_dust():
    held = PositionRow(
        strategy="btc", symbol="BTCUSDT", quantity=Decimal("0.00001"), cost_quote=Decimal(1), realized_quote=Decimal(0),
        is_dust=True,
    )  # fmt: skip

    assert position_rows([held], "USDT")[0]["quantity"] == "0.00001 (dust)"  # TR-21


def test_fee_that_is_in_no_profit_says_so():
    bnb = a_fill(commission=Decimal("0.01"), commission_asset="BNB", commission_quote=None)
    odd = a_fill(commission=Decimal(99), commission_quote=None, doubt="FeeSuspicious: 99 USDT")

    fees = [row["fee"] for row in fill_rows([bnb, odd], {}, {})]

    assert fees == ["0.01 BNB (not valued)", "99 USDT (doubtful)"]  # TR-16, TR-18


def test_order_of_others_shows_who_placed_it():
    order = ExternalOrderRow(
        symbol="BTCUSDT", exchange_order_id=7, client_order_id="web_1", is_own_mark=False, side="BUY", type="LIMIT",
        quantity=Decimal(1), price=Decimal(99), status="NEW", executed_quantity=Decimal(0), venue_time=AT,
    )  # fmt: skip

    (row, double) = external_rows([order, replace(order, is_own_mark=True)])

    assert (row["order"], row["price"], row["by"]) == ("BUY LIMIT", "99", "web_1")
    assert double["by"] == "a second instance of this bot"


def test_adjustment_shows_before_and_after():
    change = AdjustmentRow(
        id=3, asset="USDT", amount=Decimal("-2.5"), kind="Withdrawal", before=Decimal(10), after=Decimal("7.5"),
        lots=Decimal(0), venue_time=AT,
    )  # fmt: skip

    (row,) = adjustment_rows([change])

    assert (row["kind"], row["before"], row["after"]) == ("Withdrawal", "10", "7.5")
    assert row["lots"] == "\u2013"


def test_stop_order_shows_its_limit_price():
    order = OrderRow(
        strategy="btc", symbol="BTCUSDT", purpose="StopLoss", side="SELL", type="STOP_LOSS_LIMIT", quantity=Decimal(1),
        price=None, stop_price=Decimal(99), status="NEW", executed_quantity=Decimal(0), created_at=AT,
    )  # fmt: skip

    assert order_rows([order])[0]["price"] == "99"


def test_decision_says_why():
    decision = DecisionRow(
        strategy="btc", symbol="BTCUSDT", candle_close=AT, action="Hold", reason="no cross", price=Decimal(1)
    )  # fmt: skip

    assert decision_rows([decision])[0]["reason"] == "no cross"


def test_log_line_shows_its_facts():
    line = LogRow(at=AT, level="info", event="order_filled", fields={"symbol": "BTCUSDT", "n": 1})

    assert log_rows([line])[0]["facts"] == "symbol=BTCUSDT n=1"
