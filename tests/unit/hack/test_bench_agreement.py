"""The judge of the soak sees every way in which ledger and exchange can differ."""

from dataclasses import replace
from decimal import Decimal

import pytest

from hack.bench.runner.agreement import Told, compared

ORDER = {"clientOrderId": "kb-1", "status": "FILLED"}
TRADE = {"symbol": "BTCUSDT", "id": 7, "price": "100.00", "qty": "0.5000"}
SAME = Told(
    intents={"kb-1": "FILLED"},
    fills=[("BTCUSDT", 7, Decimal(100), Decimal("0.5"))],
    lots={"BTCUSDT": Decimal("0.4995")},
    orders=[ORDER],
    trades=[TRADE],
    balances={"BTC": {"free": "0.1", "locked": "0.3995"}, "USDT": {"free": "9", "locked": "0"}},
)


def test_same_books_have_no_difference() -> None:
    assert compared(SAME) == []
    never_left = replace(SAME, intents={**SAME.intents, "kb-2": "REJECTED"})
    assert compared(never_left) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"orders": [ORDER, ORDER]}, "kb-1 is there 2 times"),
        ({"intents": {}}, "kb-1 has no intent"),
        ({"intents": {"kb-1": "NEW"}}, "kb-1 is FILLED, the ledger says NEW"),
        (
            {"intents": {"kb-1": "FILLED", "kb-2": "UNKNOWN"}},
            "kb-2 is UNKNOWN in the ledger and unknown to the exchange",
        ),
        ({"fills": []}, "trade ('BTCUSDT', 7): exchange (Decimal('100.00'), Decimal('0.5000')), "),
        ({"trades": []}, "trade ('BTCUSDT', 7): exchange None, ledger "),
        ({"lots": {"BTCUSDT": Decimal("0.5")}}, "BTC: exchange 0.4995, lots 0.5"),
        ({"lots": {}}, "BTC: exchange 0.4995, lots 0"),
    ],
)
def test_difference_is_named(changed: dict[str, object], said: str) -> None:
    (found,) = compared(replace(SAME, **changed))  # type: ignore[arg-type]

    assert found.startswith(said)
