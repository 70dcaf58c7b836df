"""Binance's words for others' doings; the samples follow Binance's documents."""

from decimal import Decimal

from botrunner.adapters import binance_mapping as mapping
from botrunner.trading.events import BalanceChanged

MS = 1_700_000_000_123


def test_balance_update_is_a_payment() -> None:
    event = {"e": "balanceUpdate", "E": MS, "a": "BTC", "d": "-100.00000000", "T": MS}

    assert mapping.balance_changed(event) == BalanceChanged(
        asset="BTC", amount=Decimal(-100), venue_time=mapping.instant(MS)
    )


def test_report_describes_an_order_of_somebody_elses() -> None:
    event = {
        "e": "executionReport", "E": MS, "s": "ETHBTC", "c": "web_1", "S": "SELL", "o": "LIMIT", "f": "GTC",
        "q": "1.00000000", "p": "0.10264410", "P": "0", "C": "", "x": "NEW", "X": "NEW", "r": "NONE",
        "i": 4293153, "l": "0", "z": "0", "L": "0", "n": "0", "N": None, "T": MS, "t": -1, "Z": "0", "Y": "0",
    }  # fmt: skip

    report = mapping.order_reported(event).report  # TR-42

    assert (report.side, report.type, report.quantity) == ("SELL", "LIMIT", 1)
    assert report.price == Decimal("0.1026441")
    assert mapping.order_reported(event | {"p": "0.00000000"}).report.price is None
