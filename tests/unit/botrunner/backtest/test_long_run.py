"""A hundred thousand candles in seconds, and the records they leave."""

import random
from decimal import Decimal

import pytest

from botcore.candles.bars import Bar
from botcore.candles.csv_file import Series
from botcore.domain.orders import Side
from tests.support.backtesting import a_backtest

CENT = 1_000_000
SPEC = {
    "owner": "alice",
    "mode": "paper",
    "paper": {"balances": {"USDT": "10000"}},
    "strategies": [
        {
            "name": "trend", "type": "ema-cross", "symbols": ["BTCUSDT"], "interval": "1m", "capital": "5000",
            "params": {"fast": 50, "slow": 200, "stopLossPercent": "3", "takeProfitPercent": "6"},
        }
    ],
}  # fmt: skip


def a_walk(count: int, seed: int) -> Series:
    chance, price, bars = random.Random(seed), 4_000_000, []
    for _ in range(count):
        end = max(1_000_000, price + chance.randint(-4_000, 4_010))
        high, low = (
            max(price, end) + chance.randint(0, 900),
            min(price, end) - chance.randint(0, 900),
        )
        bars.append(Bar(price * CENT, high * CENT, low * CENT, end * CENT, 10**9))
        price = end
    return Series(symbol="BTCUSDT", interval="1m", begin_ms=1_704_067_200_000, bars=bars)


@pytest.mark.timeout(120)
def test_hundred_thousand_candles_leave_books_that_add_up() -> None:
    run, record, venue = a_backtest(SPEC, [a_walk(100_000, 7)])

    run.run()

    assert run.done == len(record.worth.whole) == 100_000
    assert len(record.every_decision) == 100_000
    assert len(record.trades) > 50
    owned = {"USDT": Decimal(10_000), "BTC": Decimal(0)}
    for one in record.every_fill:
        fill = one.fill
        sign = 1 if fill.side is Side.BUY else -1
        owned["BTC"] += sign * fill.quantity
        owned["USDT"] -= sign * fill.quote_quantity
        owned[fill.commission_asset] -= fill.commission
    assert venue.balances() == owned
    profit = sum(trade.profit for trade in record.trades.values())
    left = sum(book.unrealized(run.state.marks["BTCUSDT"]) for book in run.state.sub_books.values())
    assert run.closing_equity() == 5_000 + profit + left


def test_same_candles_give_the_same_decisions_and_fills() -> None:
    first, second = (a_backtest(SPEC, [a_walk(8_000, 3)]) for _ in range(2))

    for run, _, _ in (first, second):
        run.run()

    assert first[1].every_decision == second[1].every_decision
    assert first[1].every_fill == second[1].every_fill
    assert first[1].worth.whole.samples(10**6) == second[1].worth.whole.samples(10**6)
