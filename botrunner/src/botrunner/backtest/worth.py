"""What a backtest's strategies are worth at every close: their equity, and how long they held anything."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from botcore.domain.lots import SubBook
from botcore.domain.money import ZERO
from botrunner.backtest.figures import EquityCurve
from botrunner.backtest.units import decimal_of
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState, Key

__all__ = ["Move", "Worth"]

Move = tuple[int, str, int]
"""With which base candle a symbol's candle closes, and at which price in units."""


class Worth:
    """Equity after every base candle, as live: capital, realised and open profit of own lots (design §6).

    `strategies` are the parts of it by strategy; `held` counts the candles at whose close a strategy
    held a symbol, `holding` those at which it held any, `invested` those at which any strategy did.
    """

    def __init__(self, rules: Rules) -> None:
        """Begin with the capital and nothing held."""
        self._rules = rules
        self.whole = EquityCurve(rules.capital)
        is_one = len(rules.strategies) == 1  # then its part is the whole
        self.strategies = {
            rule.name: self.whole if is_one else EquityCurve(rule.capital)
            for rule in rules.strategies
        }
        self.held: Counter[Key] = Counter()
        self.holding: Counter[str] = Counter()
        self.invested = 0
        self._known: Mapping[Key, SubBook] | None = None
        self._base = ZERO
        self._bases: dict[str, Decimal] = {}
        self._open: tuple[tuple[Key, Decimal, Decimal], ...] = ()
        self._positions: tuple[Key, ...] = ()

    def sample(self, state: BotState) -> None:
        """Take a candle's close."""
        self._count(state, 1)
        self._append(state.marks, 1)

    def stand(self, state: BotState, count: int) -> None:
        """Take many closes while nothing was held whose price changed."""
        self._count(state, count)
        self._append(state.marks, count)

    def follow(self, state: BotState, symbol: str, closes: Sequence[int]) -> Decimal:
        """Take many closes of the one symbol held, one for each base candle; gives the highest equity."""
        self._count(state, len(closes))
        marks = {**state.marks, symbol: decimal_of(max(closes))}
        highest = self._total(marks)
        if len(self._open) > 1 or len(self.strategies) > 1:
            for close in closes:
                marks[symbol] = decimal_of(close)
                self._append(marks, 1)
            return highest
        base, ((_, quantity, cost),) = self._base, self._open
        self.whole.extend([base + (quantity * decimal_of(close) - cost) for close in closes])
        return highest

    def move(self, state: BotState, begin: int, stop: int, moves: Iterable[Move]) -> Decimal:
        """Take the closes of the base candles from `begin` to `stop`; gives the highest equity.

        `moves` are the candles that closed, in order; more than one may close with a base candle.
        """
        self._count(state, stop - begin)
        marks, done = dict(state.marks), begin
        highest = self._total(marks)
        for index, symbol, close in moves:
            if index > done:
                self._append(marks, index - done)
                done = index
            marks[symbol] = decimal_of(close)
            highest = max(highest, self._total(marks))
        self._append(marks, stop - done)
        return highest

    def _count(self, state: BotState, candles: int) -> None:
        if state.sub_books is not self._known:
            self._look(state.sub_books)
        if self._positions:
            self.invested += candles
            for key in self._positions:
                self.held[key] += candles
            for name in {name for name, _ in self._positions}:
                self.holding[name] += candles

    def _append(self, marks: Mapping[str, Decimal], count: int) -> None:
        self.whole.append(self._total(marks), count)
        if len(self.strategies) > 1:
            for name, curve in self.strategies.items():
                own = (one for one in self._open if one[0][0] == name)
                curve.append(self._bases[name] + _unrealized(own, marks), count)

    def _total(self, marks: Mapping[str, Decimal]) -> Decimal:
        # Summed in the order that `risk.equity` takes: it rounds at the 28th digit.
        return self._base + _unrealized(self._open, marks)

    def _look(self, sub_books: Mapping[Key, SubBook]) -> None:
        self._known = sub_books
        rules = self._rules
        self._base = rules.capital + sum((one.realized_quote for one in sub_books.values()), ZERO)
        self._bases = {
            rule.name: rule.capital
            + sum(
                (one.realized_quote for key, one in sub_books.items() if key[0] == rule.name), ZERO
            )
            for rule in rules.strategies
        }
        self._open = tuple(
            (key, one.quantity, one.cost_quote) for key, one in sub_books.items() if one.lots
        )
        self._positions = tuple(key for key, _, cost in self._open if not self._is_dust(key, cost))

    def _is_dust(self, key: Key, cost: Decimal) -> bool:
        """Tell what is too little to be sold from a position (TR-21)."""
        instrument = self._rules.instruments.get(key[1])
        return instrument is not None and cost < instrument.min_notional


def _unrealized(
    lots: Iterable[tuple[Key, Decimal, Decimal]], marks: Mapping[str, Decimal]
) -> Decimal:
    return sum(
        (quantity * marks[key[1]] - cost for key, quantity, cost in lots if key[1] in marks), ZERO
    )
