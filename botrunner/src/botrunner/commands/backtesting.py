"""Carries out `botrunner backtest`: reads what it needs, runs it, reports."""

import asyncio
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

import yaml

from botcore.candles.csv_file import Series, read_series
from botcore.domain.errors import InvalidInput
from botcore.resources.meta import KIND
from botcore.resources.trading_bot import TradingBotSpec
from botcore.resources.validation import parse_trading_bot
from botcore.runtime.clock import SystemClock
from botrunner.backtest.driver import Backtest, Span
from botrunner.backtest.outcome import Outcome, outcome_of
from botrunner.backtest.record import Record
from botrunner.backtest.report import as_json, as_text
from botrunner.backtest.tape import Tape
from botrunner.backtest.units import instrument_of, milliseconds
from botrunner.backtest.venue import Fees, SimulatedVenue
from botrunner.commands.candle_folder import Wanted, fill
from botrunner.commands.progress import Progress, quick, tell
from botrunner.trading.rules import Rules, rules_of
from botrunner.trading.strategies.registry import warm_up_candles

__all__ = ["backtest", "read_bot", "span_of"]

_BOT_UID: Final = "00000000-0000-0000-0000-000000000000"
_POINTS: Final = 2000
"""Most points of the equity curve in the JSON file."""


def backtest(arguments: Namespace) -> int:
    """Run the command; gives the exit code: 0, or 130 when it was broken off.

    Raises:
        InvalidInput: the bot, a file or an option can't be used; every message names its place.
        Transient: the venue's klines can't be read.
    """
    spec = read_bot(Path(arguments.bot))
    with quick():
        outcome, is_broken_off = _traded(arguments, spec)
    text = as_text(outcome)
    sys.stdout.write(text)
    if arguments.json_file:
        _write(arguments.json_file, as_json(outcome), "--json")
    if arguments.report:
        _write(arguments.report, text, "--report")
    return 130 if is_broken_off else 0


def _traded(arguments: Namespace, spec: TradingBotSpec) -> tuple[Outcome, bool]:
    """Give what came of it, and whether it was broken off."""
    fees = Fees(maker=_rate(arguments, "maker_fee"), taker=_rate(arguments, "taker_fee"))
    bare = rules_of(spec, bot_uid=_BOT_UID, generation=1, instruments={})
    begin, end = _moment(arguments, "begin"), _moment(arguments, "end")
    files = arguments.candles or _klines(arguments, bare, begin, end)
    tape = Tape(_series(files), bare)
    found = {symbol: instrument_of(market.listing) for symbol, market in tape.markets.items()}
    rules = replace(bare, instruments=found)
    venue = SimulatedVenue(tape, fees, _balances(spec, rules))
    record = Record(rules=rules)
    span = span_of(tape, rules, begin, end)
    _warn(tape)
    run = Backtest(tape=tape, rules=rules, venue=venue, record=record, span=span)
    with Progress(run.total, SystemClock()) as progress:
        run.run(progress.goes_on)
    outcome = outcome_of(run, record, tape, venue, most_points=_POINTS)
    return outcome, progress.is_broken_off


def read_bot(path: Path) -> TradingBotSpec:
    """Read the one TradingBot of a file, judged in the API server's words.

    Raises:
        InvalidInput: the file can't be read, holds no or several bots, or an invalid one.
    """
    try:
        documents = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise InvalidInput.of(f"--bot {path}", error.strerror or "can't be read") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InvalidInput.of(f"--bot {path}", f"is not YAML: {error}") from None
    bots: list[Mapping[str, Any]] = [
        one for one in documents if isinstance(one, dict) and one.get("kind") == KIND
    ]
    if len(bots) != 1:
        raise InvalidInput.of(f"--bot {path}", f"must hold one {KIND}, it holds {len(bots)}")
    return parse_trading_bot(bots[0]).spec


def span_of(tape: Tape, rules: Rules, begin: datetime | None, end: datetime | None) -> Span:
    """Say which candles to trade, and which before them warm the strategies up.

    Raises:
        InvalidInput: nothing is left to trade.
    """
    first = 0 if begin is None else tape.ended_by(begin)
    last = tape.count if end is None else tape.ended_by(end)
    if first >= last:
        shown = (
            f"{tape.close_at(-1):%Y-%m-%d %H:%M} to {tape.close_at(tape.count - 1):%Y-%m-%d %H:%M}"
        )
        raise InvalidInput.of("--from, --to", f"leave no candle; the files hold {shown}")
    return Span(warm_up=max(0, first - tape.warm_up(rules)), first=first, last=last)


def _klines(
    arguments: Namespace, rules: Rules, begin: datetime | None, end: datetime | None
) -> list[str]:
    """Bring the folder of klines up to date: from before `begin`, as far as strategies warm up."""
    if begin is None:
        raise InvalidInput.of("--from", "is needed with --klines")
    warm_up = max(warm_up_candles(rule.params) * rule.interval.length for rule in rules.strategies)
    shortest = min((rule.interval for rule in rules.strategies), key=lambda one: one.length)
    wanted = Wanted(
        symbols=tuple(symbol for rule in rules.strategies for symbol in rule.symbols),
        interval=arguments.interval or shortest.value,
        begin_ms=milliseconds(begin - warm_up),
        end_ms=None if end is None else milliseconds(end),
    )
    work = fill(Path(arguments.klines), arguments.venue, wanted, SystemClock())
    return [str(path) for path in asyncio.run(work)]


def _series(options: Sequence[str]) -> list[Series]:
    found: dict[str, Series] = {}
    for option in (part for text in options for part in text.split(",") if part):
        name, is_named, path = option.rpartition("=")
        series = _read(Path(path), name if is_named else None)
        if series.symbol in found:
            raise InvalidInput.of("--candles", f"{series.symbol} comes twice, again in {path}")
        found[series.symbol] = series
    return list(found.values())


def _read(path: Path, symbol: str | None) -> Series:
    try:
        return read_series(path, symbol, None)
    except InvalidInput as error:
        if error.problems[0].field != "--symbol":
            raise
        message = f"{path.name} does not begin with its symbol; write SYMBOL={path}"
        raise InvalidInput.of("--candles", message) from None


def _balances(spec: TradingBotSpec, rules: Rules) -> dict[str, Decimal]:
    """Give what the account starts with; a bot of real money gets its strategies' capital."""
    if spec.paper is not None:
        return dict(spec.paper.balances)
    return {spec.quote_asset: rules.capital}


def _rate(arguments: Namespace, name: str) -> Decimal:
    text, option = getattr(arguments, name), f"--{name.replace('_', '-')}"
    try:
        rate = Decimal(text)
    except InvalidOperation:
        raise InvalidInput.of(option, f"{text!r} is not a number") from None
    if not 0 <= rate < 1:
        raise InvalidInput.of(option, "must be from 0 to below 1; 0.001 is 0.1 %")
    return rate.quantize(Decimal("1E-8"))


def _moment(arguments: Namespace, name: str) -> datetime | None:
    text = getattr(arguments, name)
    if text is None:
        return None
    option = {"begin": "--from", "end": "--to"}[name]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput.of(option, f"{text!r} is not a time such as 2024-01-31") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _warn(tape: Tape) -> None:
    for symbol, market in tape.markets.items():
        if market.filled:
            tell(f"{symbol}: {market.filled:,} missing candles are filled flat (TR-35)\n")
        jumps = market.jumps
        if jumps:
            first = jumps[0]
            tell(
                f"{symbol}: {len(jumps):,} jumps above 30 %, the first of {first.percent} %"
                f" at {first.at:%Y-%m-%d %H:%M}; check the data (TR-35)\n"
            )


def _write(name: str, text: str, option: str) -> None:
    try:
        Path(name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidInput.of(f"{option} {name}", error.strerror or "can't be written") from None
