"""Grid trading: the range is divided into parts, each buys at its lower line and sells at its upper.

What is held always stands for the highest parts, since a falling price fills them from the top and a
rising one sells them from the bottom. So the orders follow from the holding alone: no memory of orders,
none doubled by a restart. For the same reason a start inside the range buys the parts above the price.
"""

from bisect import bisect_left
from dataclasses import dataclass, replace
from decimal import Decimal

from botcore.domain.instruments import Instrument
from botcore.domain.market import Candle
from botcore.domain.money import ZERO, ceil_to_step, floor_to_step, wire
from botcore.domain.orders import Side
from botcore.resources.strategy_params import GridParams
from botrunner.trading.strategies.base import Advice, Holding, Quote, Signal, View
from botrunner.trading.strategies.grid_lines import GridLines, grid_lines

__all__ = ["GridState", "on_candle", "warm_up_candles"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GridState:
    """The lines, and the last answer with what it holds for; both only save the work of making them again.

    The answer holds for this holding while the close is above `above` and not above `up_to`.
    """

    lines: GridLines
    holding: Holding
    above: Decimal | None
    up_to: Decimal | None
    quotes: tuple[Quote, ...]
    reason: str

    def answers(self, close: Decimal, view: View) -> bool:
        """Tell whether the answer is still the right one."""
        lines = self.lines
        return (
            (lines.instrument is view.instrument or lines.instrument == view.instrument)
            and (self.above is None or self.above < close)
            and (self.up_to is None or close <= self.up_to)
            and (self.holding is view.holding or self.holding == view.holding)
            and lines.capital == view.capital
        )


def warm_up_candles(_params: GridParams) -> int:
    """Look at one candle: it remembers nothing."""
    return 1


def on_candle(params: GridParams, state: object, candle: Candle, view: View) -> Advice:
    """Name every limit order that should rest now; with nothing held, also buy the parts above the price."""
    if isinstance(state, GridState) and state.answers(candle.close, view):
        return Advice(state=state, signal=Signal.HOLD, reason=state.reason, quotes=state.quotes)
    if view.instrument is None:
        reason = f"{candle.symbol} is not trading"
        return Advice(state=None, signal=Signal.HOLD, reason=reason, quotes=())
    lines = _lines(params, state, view.instrument, view.capital)
    if lines.problem:
        return Advice(state=None, signal=Signal.HOLD, reason=lines.problem, quotes=())
    return _quoting(lines, candle.close, view.holding)


def _lines(
    params: GridParams, state: object, instrument: Instrument, capital: Decimal
) -> GridLines:
    known = state.lines if isinstance(state, GridState) else None
    if known and known.instrument == instrument and known.capital == capital:
        return known
    return grid_lines(params, instrument, capital)


def _quoting(lines: GridLines, close: Decimal, holding: Holding) -> Advice:
    below = bisect_left(lines.prices, close)
    held = _held(lines, holding.quantity)
    buys = _buys(lines, held, below, lines.capital - holding.quantity * holding.average_cost)
    sells = _sells(lines, held, close)
    above, up_to = _band(lines, held, below, close)
    state = GridState(
        lines=lines,
        holding=holding,
        above=above,
        up_to=up_to,
        quotes=(*buys, *sells),
        reason=_placed(lines, below, f"{len(buys)} buys and {len(sells)} sells rest in the grid"),
    )
    missing = sum(lines.quantities[below:], ZERO) if below > 0 else ZERO
    if not missing or holding.quantity:
        return Advice(state=state, signal=Signal.HOLD, reason=state.reason, quotes=state.quotes)
    return Advice(
        # What it buys hangs on the close, so the next candle has to work it out anew.
        state=replace(state, above=close, up_to=close),
        signal=Signal.ENTER,
        reason=f"starts with the {lines.count - below} grids above the price; {state.reason}",
        spend=missing * close,
        quotes=state.quotes,
    )


def _held(lines: GridLines, quantity: Decimal) -> list[Decimal]:
    """Share what is held among the parts, the highest first; more than all take stays with the lowest."""
    held = [ZERO] * lines.count
    rest = quantity
    for part in range(lines.count - 1, -1, -1):
        if rest <= ZERO:
            break
        held[part] = min(rest, lines.quantities[part])
        rest -= held[part]
    held[0] += rest
    return held


def _buys(lines: GridLines, held: list[Decimal], below: int, budget: Decimal) -> list[Quote]:
    """Quote the parts below the close that lack something, the nearest first until the capital is used."""
    quotes: list[Quote] = []
    for part in range(min(below, lines.count) - 1, -1, -1):
        price = lines.prices[part]
        quote = _quote(lines, part, Side.BUY, price, lines.quantities[part] - held[part])
        if quote is None:
            continue
        budget -= quote.quantity * price
        if budget < ZERO:
            break
        quotes.append(quote)
    quotes.reverse()
    return quotes


def _sells(lines: GridLines, held: list[Decimal], close: Decimal) -> list[Quote]:
    """Quote what each part holds at its upper line, or at the close if that is higher already."""
    at_least = ceil_to_step(close, lines.instrument.tick_size)
    quotes = (
        _quote(lines, part, Side.SELL, max(lines.prices[part + 1], at_least), quantity)
        for part, quantity in enumerate(held)
        if quantity > ZERO
    )
    return [quote for quote in quotes if quote is not None]


def _quote(
    lines: GridLines, part: int, side: Side, price: Decimal, quantity: Decimal
) -> Quote | None:
    """Fit a quote to the symbol's filters, or drop it (TR-23, TR-25, TR-26); a whole part fits as it is."""
    if quantity == lines.quantities[part]:
        return Quote(side=side, price=price, quantity=quantity)
    instrument = lines.instrument
    if instrument.max_quantity > ZERO:
        quantity = min(quantity, instrument.max_quantity)
    fitted = floor_to_step(quantity, instrument.step_size)
    if fitted <= ZERO or fitted < instrument.min_quantity:
        return None
    if fitted * price < instrument.min_notional:
        return None
    return Quote(side=side, price=price, quantity=fitted)


def _band(
    lines: GridLines, held: list[Decimal], below: int, close: Decimal
) -> tuple[Decimal | None, Decimal | None]:
    """Return between which closes (above, up to) the quotes stay the same; None = without an end."""
    above = lines.prices[below - 1] if below else None
    up_to = lines.prices[below] if below <= lines.count else None
    lowest = next((part for part, quantity in enumerate(held) if quantity), None)
    if lowest is None:
        return above, up_to
    sale = lines.prices[lowest + 1]
    if sale < close:
        return close, close  # it is quoted at the close, so the next close changes it
    return above, sale if up_to is None else min(up_to, sale)


def _placed(lines: GridLines, below: int, reason: str) -> str:
    if below == 0:
        return f"price is at or below the grid's lowest line {wire(lines.prices[0])}, {reason}"
    if below > lines.count:
        return f"price is above the grid's highest line {wire(lines.prices[-1])}, {reason}"
    return reason
