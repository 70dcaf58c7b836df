"""What start-up reads, and which candles may still be acted on."""

from datetime import timedelta

import pytest

from botcore.domain.errors import Transient
from botcore.resources.strategy_params import EmaCrossParams
from botrunner.engine.recovering import AccountMismatch, Recovery
from tests.support.engine_bench import a_spec
from tests.support.engine_ports import ACCOUNT, ModelExchange, ModelJournal, Troubles
from tests.support.trading import a_candle, a_rule, bought, dca_rules, rules, sent
from tests.support.virtual_time import run_virtual


class Bench:
    def __init__(self) -> None:
        self.troubles = Troubles()
        self.exchange = ModelExchange(self.troubles)
        self.journal = ModelJournal(self.troubles)
        self.recovery = Recovery(self.journal, self.exchange, ACCOUNT)


def test_foreign_account_is_noticed_before_the_ledger_is_read() -> None:
    bench = Bench()
    bench.exchange.uid = "2002"

    with pytest.raises(AccountMismatch, match="2002"):
        run_virtual(bench.recovery.read(a_spec()))
    assert bench.troubles.named("load") == []


def test_account_that_may_not_trade_is_waited_for() -> None:
    bench = Bench()
    bench.exchange.can_trade = False

    with pytest.raises(Transient):
        run_virtual(bench.recovery.read(a_spec()))


def test_filters_are_read_for_what_is_held_and_what_is_open_too() -> None:
    bench = Bench()
    bench.exchange.symbols |= {"SOLUSDT"}
    held, _ = bought(dca_rules())
    bench.journal.ledger.sub_books = dict(held.sub_books)
    _, entry = sent(dca_rules())
    bench.journal.ledger.orders = {"x": entry}

    found = run_virtual(bench.recovery.read(a_spec("SOLUSDT")))

    assert set(found.instruments) == {"BTCUSDT", "SOLUSDT"}


def test_newest_candle_may_be_acted_on_only_while_it_is_fresh() -> None:
    bench = Bench()
    bench.exchange.history["BTCUSDT"] = [a_candle(m, "100") for m in (1, 2)]
    closed = a_candle(2, "100").close_at
    seen = []

    for age in (29, 31):
        bench.exchange.venue.now = closed + timedelta(seconds=age)
        past, fresh = run_virtual(bench.recovery.candles(dca_rules()))
        assert all(event.is_history for event in past)
        assert not any(event.is_history for event in fresh)
        seen.append((len(past), len(fresh)))

    assert seen == [(1, 1), (2, 0)]  # TR-38


def test_enough_candles_are_read_for_the_slowest_strategy_of_a_symbol() -> None:
    bench = Bench()
    both = rules(
        a_rule(EmaCrossParams(fast=2, slow=10)),
        a_rule(EmaCrossParams(fast=2, slow=30), name="slow"),
    )

    run_virtual(bench.recovery.candles(both))

    assert bench.troubles.named("candles") == [("BTCUSDT", "1m", 241)]


def test_history_of_several_symbols_comes_in_the_order_of_time() -> None:
    bench = Bench()
    for symbol in ("BTCUSDT", "ETHUSDT"):
        bench.exchange.history[symbol] = [a_candle(m, "100", symbol) for m in (1, 2, 3)]
    bench.exchange.venue.now += timedelta(days=1)

    both = rules(a_rule(symbols=("BTCUSDT", "ETHUSDT")))
    past, _ = run_virtual(bench.recovery.candles(both))

    times = [event.candle.close_at for event in past]
    assert times == sorted(times)
    assert len(times) == 6


def test_known_filters_are_not_read_again() -> None:
    bench = Bench()
    known = run_virtual(bench.recovery.read(a_spec())).instruments

    both = run_virtual(bench.recovery.instruments(a_spec("BTCUSDT", "ETHUSDT"), known))
    same = run_virtual(bench.recovery.instruments(a_spec(), known))

    assert set(both) == {"BTCUSDT", "ETHUSDT"}
    assert same == known
    assert bench.troubles.named("instruments") == [("BTCUSDT",), ("ETHUSDT",)]
