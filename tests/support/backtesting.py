"""Backtests for tests: from a spec and candle files, with everything they decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from botcore.candles.csv_file import Series, read_series
from botcore.resources.validation import parse_trading_bot
from botrunner.backtest.driver import Backtest, Span
from botrunner.backtest.record import Record
from botrunner.backtest.tape import Tape
from botrunner.backtest.units import instrument_of
from botrunner.backtest.venue import Fees, SimulatedVenue
from botrunner.trading.commands import Booked, RecordDecision
from botrunner.trading.rules import rules_of

__all__ = ["FullRecord", "a_backtest", "a_bot", "read"]

BOT = "0a1b2c3d-0000-4000-8000-000000000001"


@dataclass(slots=True, kw_only=True)
class FullRecord(Record):
    """Keeps every decision and every fill as well."""

    every_decision: list[RecordDecision] = field(default_factory=list)
    every_fill: list[Booked] = field(default_factory=list)

    def decided(self, decision: RecordDecision) -> None:
        Record.decided(self, decision)
        self.every_decision.append(decision)

    def booked(self, booked: Booked) -> None:
        Record.booked(self, booked)
        self.every_fill.append(booked)


def a_bot(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "kbots.dev/v1alpha1",
        "kind": "TradingBot",
        "metadata": {"name": "alice", "namespace": "kbots-bots"},
        "spec": dict(spec),
    }


def read(*paths: Path) -> list[Series]:
    return [read_series(path, None, None) for path in paths]


def a_backtest(
    spec: Mapping[str, Any],
    series: Sequence[Series],
    *,
    fees: Fees | None = None,
    first: int = 0,
    is_exact: bool = True,
) -> tuple[Backtest, FullRecord, SimulatedVenue]:
    """Prepare a backtest over all candles."""
    bot = parse_trading_bot(a_bot(spec))
    bare = rules_of(bot.spec, bot_uid=BOT, generation=1, instruments={})
    tape = Tape(series, bare)
    found = {symbol: instrument_of(market.listing) for symbol, market in tape.markets.items()}
    rules = replace(bare, instruments=found)
    paper = bot.spec.paper
    venue = SimulatedVenue(tape, fees or Fees(), dict(paper.balances) if paper else {})
    record = FullRecord(rules=rules)
    span = Span(warm_up=0, first=first, last=tape.count)
    run = Backtest(tape=tape, rules=rules, venue=venue, record=record, span=span, is_exact=is_exact)
    return run, record, venue
