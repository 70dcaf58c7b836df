"""The outcome for people, as text, and for programs, as JSON."""

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from botcore.domain.money import wire
from botrunner.backtest.outcome import Outcome, Part, TradeFigures
from botrunner.backtest.record import ClosedTrade

__all__ = ["as_json", "as_text"]

_CENT: Final = Decimal("0.01")
_WIDTH: Final = 78
_SHOWN_TRADES: Final = 8
_BARS: Final = " ▁▂▃▄▅▆▇█"


def as_text(outcome: Outcome) -> str:
    """Write a report for a terminal."""
    return "\n".join(
        [
            *_head(outcome),
            *_figures(outcome),
            *_strategies(outcome),
            *_parts(outcome),
            *_last_trades(outcome),
            *_notes(outcome),
        ]
    )


def as_json(outcome: Outcome) -> str:
    """Write everything; money as decimal strings, ratios and per cents as numbers."""
    own = {name: _plain(getattr(outcome, name)) for name in Outcome.__slots__}
    own["equity_curve"] = own.pop("curve")
    own["trades_closed"] = [_trade(one) for one in outcome.closed]
    del own["closed"]
    return "{\n" + ",\n".join(_lines(own)) + "\n}\n"


def _lines(own: dict[str, Any]) -> Iterator[str]:
    """Write a figure a line, and so each part of a list: half a year of trades is still read by eye."""
    for name, value in own.items():
        if isinstance(value, list) and value:
            parts = ",\n".join(f"    {json.dumps(one)}" for one in value)
            yield f'  "{name}": [\n{parts}\n  ]'
        else:
            yield f'  "{name}": {json.dumps(value)}'


def _plain(value: Any) -> Any:
    """Turn a figure into what JSON has: decimals and instants become text."""
    if isinstance(value, Decimal):
        return wire(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if hasattr(type(value), "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in type(value).__dataclass_fields__}
    return value


def _trade(trade: ClosedTrade) -> dict[str, Any]:
    shown = {**_plain(trade)}
    shown["entry_price"] = wire(trade.entry_price)
    shown["exit_price"] = wire(trade.exit_price)
    shown["profit_percent"] = wire(trade.profit_percent)
    return shown


def _head(outcome: Outcome) -> Iterator[str]:
    yield "═" * _WIDTH
    yield f" BACKTEST  {outcome.begin:%Y-%m-%d %H:%M} → {outcome.end:%Y-%m-%d %H:%M} UTC"
    candle = timedelta(milliseconds=outcome.length_ms)
    yield f" {outcome.candles:,} candles of {candle}, {outcome.fills:,} fills"
    if not outcome.is_whole:
        why = outcome.ended_by or "broken off"
        yield f" NOT COMPLETE: {why}; the figures are of what was done so far"
    yield "═" * _WIDTH
    yield f" {_sparkline(outcome)}"
    yield "─" * _WIDTH


def _sparkline(outcome: Outcome) -> str:
    values = [Decimal(value) for _, value in outcome.curve]
    if not values:
        return ""
    width = _WIDTH - 2
    picked = [values[place * len(values) // width] for place in range(min(width, len(values)))]
    low, high = min(picked), max(picked)
    span = (high - low) or Decimal(1)
    return "".join(_BARS[1 + int((one - low) / span * 7)] for one in picked)


def _figures(outcome: Outcome) -> Iterator[str]:
    quote, performance, trades = outcome.quote_asset, outcome.performance, outcome.trades
    days = outcome.length_ms * performance.drawdown.longest / 86_400_000
    left = (
        ("Capital", _money(outcome.capital, quote)),
        ("Equity", _money(outcome.equity, quote)),
        ("Total return", _percent(performance.total_return_percent)),
        ("Per year (CAGR)", _percent(performance.cagr_percent)),
        ("Buy and hold", _percent(outcome.buy_and_hold_percent)),
        ("Max drawdown", _percent(performance.drawdown.percent)),
        ("Longest below a peak", f"{days:,.1f} days"),
        ("Volatility per year", _percent(performance.volatility_percent)),
    )
    right = (
        ("Sharpe", _ratio(performance.sharpe)),
        ("Sortino", _ratio(performance.sortino)),
        ("Profit factor", _ratio(trades.profit_factor)),
        ("Closed trades", f"{trades.count:,}"),
        ("Win rate", _percent(trades.win_rate_percent)),
        ("Expectancy", _money(trades.expectancy, quote)),
        ("Exposure", _percent(outcome.exposure_percent)),
        ("Fees", _money(outcome.fees, quote)),
    )
    for (name, value), (other, another) in zip(left, right, strict=True):
        yield f" {name:<21}{value:>16}   {other:<15}{another:>21}"


def _strategies(outcome: Outcome) -> Iterator[str]:
    """Tell what of the whole each strategy did, against its own capital."""
    yield "─" * _WIDTH
    yield (
        f" {'strategy':<15}{'return':>10}{'drawdown':>10}{'Sharpe':>8}{'factor':>8}"
        f"{'win':>9}{'exposure':>10}"
    )
    for one in outcome.strategies:
        yield (
            f" {one.strategy[:14]:<15}{_percent(one.performance.total_return_percent):>10}"
            f"{_percent(one.performance.drawdown.percent):>10}{_ratio(one.performance.sharpe):>8}"
            f"{_ratio(one.trades.profit_factor):>8}{_percent(one.trades.win_rate_percent):>9}"
            f"{_percent(one.exposure_percent):>10}"
        )


def _parts(outcome: Outcome) -> Iterator[str]:
    yield "─" * _WIDTH
    yield f" {'strategy':<16}{'symbol':<11}{'trades':>7}{'win':>8}{'profit':>13}{'open':>11}{'fees':>10}"
    for part in outcome.parts:
        yield _part(part)


def _part(part: Part) -> str:
    trades: TradeFigures = part.trades
    win = _percent(trades.win_rate_percent)
    return (
        f" {part.strategy[:15]:<16}{part.symbol:<11}{trades.count:>7}{win:>8}"
        f"{_cents(trades.profit):>13}{_cents(part.open_profit):>11}{_cents(part.fees):>10}"
    )


def _last_trades(outcome: Outcome) -> Iterator[str]:
    if not outcome.closed:
        return
    yield "─" * _WIDTH
    yield f" last trades of {outcome.trades.count:,}"
    for trade in outcome.closed[-_SHOWN_TRADES:]:
        yield (
            f" {trade.entered_at:%Y-%m-%d %H:%M} → {trade.exited_at:%m-%d %H:%M} {trade.symbol:<10}"
            f"{_cents(trade.profit):>11} {_percent(trade.profit_percent):>8}  {trade.exit_reason[:14]}"
        )


def _notes(outcome: Outcome) -> Iterator[str]:
    yield "─" * _WIDTH
    for strategy, actions in outcome.decisions.items():
        yield f" {strategy} decided: " + ", ".join(f"{n:,} x {a}" for a, n in actions.items())
    for reason, count in list(outcome.blocked.items())[:5]:
        yield f"   blocked {count:,} x: {reason}"
    for symbol, count in outcome.filled.items():
        yield f" {symbol}: {count:,} missing candles were filled flat"
    for jump in outcome.jumps[:5]:
        yield f" {jump.symbol}: a jump of {jump.percent} % at {jump.at:%Y-%m-%d %H:%M}, check the data"
    if len(outcome.jumps) > 5:
        yield f" … and {len(outcome.jumps) - 5} more jumps above 30 %"
    yield " A past result promises nothing. Fees and slippage are those of the paper exchange."
    yield ""


def _money(value: Decimal | None, quote: str) -> str:
    return "n/a" if value is None else f"{value.quantize(_CENT):,} {quote}"


def _cents(value: Decimal) -> str:
    return f"{value.quantize(_CENT):,}"


def _percent(value: Any) -> str:
    return "n/a" if value is None else f"{value:,.2f} %"


def _ratio(value: Any) -> str:
    return "n/a" if value is None else f"{value:,.2f}"
