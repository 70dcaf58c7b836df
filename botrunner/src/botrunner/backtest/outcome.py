"""What came of a backtest, in one object that both reports are written from."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from botcore.domain.money import ZERO
from botrunner.backtest.driver import Backtest
from botrunner.backtest.figures import Performance
from botrunner.backtest.markets import Jump
from botrunner.backtest.record import ClosedTrade, Record
from botrunner.backtest.tape import Tape
from botrunner.backtest.venue import SimulatedVenue
from botrunner.trading.rules import StrategyRule

__all__ = ["Outcome", "Part", "StrategyOutcome", "TradeFigures", "outcome_of", "trade_figures"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeFigures:
    """Figures of closed trades; money in quote asset after fees.

    - win rate: trades with a profit above 0, in per cent of all
    - profit factor: sum of profits / sum of losses; None without a loss
    - expectancy: mean profit per trade
    """

    count: int
    profit: Decimal
    win_rate_percent: Decimal | None
    profit_factor: Decimal | None
    expectancy: Decimal | None
    best: Decimal | None
    worst: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One strategy in one symbol.

    `open_profit` is that of what it still holds, at the last close before exit fees; `exposure_percent`
    the share of candles at whose close it held something; `buy_and_hold_percent` what the symbol did from
    the first open to the last close, without fees.
    """

    strategy: str
    symbol: str
    trades: TradeFigures
    fees: Decimal
    turnover: Decimal
    held: Decimal
    open_profit: Decimal
    exposure_percent: Decimal
    buy_and_hold_percent: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyOutcome:
    """One strategy over all its symbols, measured against its own capital.

    `profit` is what its closed sales realised, `open_profit` that of what it still holds, at the last
    close before exit fees; `exposure_percent` the share of candles at whose close it held anything.
    """

    strategy: str
    capital: Decimal
    profit: Decimal
    open_profit: Decimal
    fees: Decimal
    exposure_percent: Decimal
    performance: Performance
    trades: TradeFigures


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A whole backtest. `is_whole` tells whether it came to its end or was broken off."""

    begin: datetime
    end: datetime
    candles: int
    length_ms: int
    is_whole: bool
    ended_by: str
    quote_asset: str
    capital: Decimal
    equity: Decimal
    fills: int
    fees: Decimal
    exposure_percent: Decimal
    buy_and_hold_percent: Decimal
    performance: Performance
    trades: TradeFigures
    strategies: tuple[StrategyOutcome, ...]
    parts: tuple[Part, ...]
    closed: tuple[ClosedTrade, ...]
    balances: dict[str, Decimal]
    decisions: dict[str, dict[str, int]]
    blocked: dict[str, int]
    filled: dict[str, int]
    jumps: tuple[Jump, ...]
    curve: tuple[tuple[datetime, str], ...]


def trade_figures(trades: Iterable[ClosedTrade]) -> TradeFigures:
    """Sum up closed trades."""
    profits = [trade.profit for trade in trades]
    total = sum(profits, ZERO)
    gains = [one for one in profits if one > ZERO]
    losses = -sum((one for one in profits if one < ZERO), ZERO)
    return TradeFigures(
        count=len(profits),
        profit=total,
        win_rate_percent=Decimal(100 * len(gains)) / len(profits) if profits else None,
        profit_factor=sum(gains, ZERO) / losses if losses else None,
        expectancy=total / len(profits) if profits else None,
        best=max(profits, default=None),
        worst=min(profits, default=None),
    )


def outcome_of(
    run: Backtest, record: Record, tape: Tape, venue: SimulatedVenue, *, most_points: int
) -> Outcome:
    """Sum up a run that ended or was broken off."""
    first, stop = run.span.first, run.span.first + run.done
    parts = tuple(_part(run, record, tape, key) for key in _keys(run))
    hold = [_buy_and_hold(tape, symbol, first, stop) for symbol in tape.markets]
    decisions: dict[str, dict[str, int]] = {}
    for (strategy, action), count in sorted(record.decisions.items()):
        decisions.setdefault(strategy, {})[action] = count
    whole = record.worth.whole.performance(tape.length_ms)
    closed = tuple(sorted(record.trades.values(), key=lambda one: (one.exited_at, one.entered_at)))
    return Outcome(
        begin=tape.close_at(first - 1),
        end=run.now(),
        candles=run.done,
        length_ms=tape.length_ms,
        is_whole=run.done == run.total,
        ended_by="" if run.end is None else run.end.message,
        quote_asset=run.rules.quote_asset,
        capital=run.rules.capital,
        equity=run.closing_equity(),
        fills=record.fills,
        fees=sum(record.fees.values(), ZERO),
        exposure_percent=_percent(record.worth.invested, run.done),
        buy_and_hold_percent=sum(hold, ZERO) / len(hold),
        performance=whole,
        trades=trade_figures(closed),
        strategies=_strategies(run, record, parts, tape.length_ms, whole),
        parts=parts,
        closed=closed,
        balances=venue.balances(),
        decisions=decisions,
        blocked=dict(record.blocked.most_common()),
        filled={symbol: one.filled for symbol, one in tape.markets.items() if one.filled},
        jumps=tuple(jump for one in tape.markets.values() for jump in one.jumps),
        curve=_curve(record, lambda place: tape.close_at(first + place), most_points),
    )


def _keys(run: Backtest) -> list[tuple[str, str]]:
    return [(rule.name, symbol) for rule in run.rules.strategies for symbol in rule.symbols]


def _part(run: Backtest, record: Record, tape: Tape, key: tuple[str, str]) -> Part:
    state = run.state
    sub_book = state.sub_book(key)
    mark = state.marks.get(key[1])
    own = (one for one in record.trades.values() if (one.strategy, one.symbol) == key)
    return Part(
        strategy=key[0],
        symbol=key[1],
        trades=trade_figures(own),
        fees=record.fees.get(key, ZERO),
        turnover=record.turnover.get(key, ZERO),
        held=sub_book.quantity,
        open_profit=ZERO if mark is None else sub_book.unrealized(mark),
        exposure_percent=_percent(record.worth.held[key], run.done),
        buy_and_hold_percent=_buy_and_hold(tape, key[1], run.span.first, run.span.first + run.done),
    )


def _strategies(
    run: Backtest, record: Record, parts: tuple[Part, ...], length_ms: int, whole: Performance
) -> tuple[StrategyOutcome, ...]:
    worth = record.worth
    return tuple(
        _strategy(
            run,
            record,
            rule,
            parts,
            whole
            if (curve := worth.strategies[rule.name]) is worth.whole
            else curve.performance(length_ms),
        )
        for rule in run.rules.strategies
    )


def _strategy(
    run: Backtest,
    record: Record,
    rule: StrategyRule,
    parts: tuple[Part, ...],
    performance: Performance,
) -> StrategyOutcome:
    own = [part for part in parts if part.strategy == rule.name]
    trades = (one for one in record.trades.values() if one.strategy == rule.name)
    books = (one for key, one in run.state.sub_books.items() if key[0] == rule.name)
    return StrategyOutcome(
        strategy=rule.name,
        capital=rule.capital,
        profit=sum((one.realized_quote for one in books), ZERO),
        open_profit=sum((part.open_profit for part in own), ZERO),
        fees=sum((part.fees for part in own), ZERO),
        exposure_percent=_percent(record.worth.holding[rule.name], run.done),
        performance=performance,
        trades=trade_figures(trades),
    )


def _buy_and_hold(tape: Tape, symbol: str, first: int, stop: int) -> Decimal:
    market = tape.markets[symbol]
    bars = [market.bar(place) for place in (max(first, market.first), stop - 1)]
    begin, end = bars[0], bars[1] or market.bars[-1]
    return ZERO if begin is None else Decimal(end.close - begin.open) * 100 / begin.open


def _percent(part: int, whole: int) -> Decimal:
    return Decimal(100 * part) / whole if whole else ZERO


def _curve(
    record: Record, moment: Callable[[int], datetime], most: int
) -> tuple[tuple[datetime, str], ...]:
    return tuple((moment(place), value) for place, value in record.worth.whole.samples(most))
