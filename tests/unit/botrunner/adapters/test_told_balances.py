"""Balances as the account's stream tells them (TR-56)."""

from decimal import Decimal

from botrunner.adapters.told_balances import ToldBalances
from botrunner.ports import Account, Balance

POSITION = {
    "e": "outboundAccountPosition",
    "B": [{"a": "BTC", "f": "0.5", "l": "0.1"}, {"a": "BNB", "f": "0.00", "l": "0"}],
}


def a_balance(free: str, locked: str = "0") -> Balance:
    return Balance(free=Decimal(free), locked=Decimal(locked))


def read(**balances: Balance) -> ToldBalances:
    told = ToldBalances()
    told.read(Account(uid="1", can_trade=True, balances=balances))
    return told


def test_stream_changes_what_was_read_and_drops_what_is_gone() -> None:
    told = read(USDT=a_balance("100"), BNB=a_balance("1"))

    told.told(POSITION)

    assert told.known == {"USDT": a_balance("100"), "BTC": a_balance("0.5", "0.1")}


def test_stream_alone_is_no_whole_account() -> None:
    told = ToldBalances()

    told.told(POSITION)

    assert told.known is None


def test_stream_that_was_away_leaves_nothing_known() -> None:
    told = read(USDT=a_balance("100"))

    told.forget()
    told.told(POSITION)

    assert told.known is None
