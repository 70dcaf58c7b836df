"""Passes candles in one step in which no order is touched and every strategy holds.

Such candles are nearly all. What they leave is what they would have left one by one: the tests hold both ways
against each other, down to the whole state and every value of the equity.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from heapq import merge
from typing import Final

from botcore.matching.numbers import SCALE
from botrunner.backtest.lanes import Lane
from botrunner.backtest.record import Record
from botrunner.backtest.tape import Tape
from botrunner.backtest.units import decimal_of, milliseconds
from botrunner.backtest.venue import SimulatedVenue
from botrunner.backtest.worth import Move
from botrunner.trading.indicator_runs import Run
from botrunner.trading.leaping import Calm, Passed, calm_of, is_still, leapt
from botrunner.trading.rules import Rules, StrategyRule
from botrunner.trading.state import BotState, Key
from botrunner.trading.strategies.registry import run

__all__ = ["Leaps"]

_NEVER: Final = 10**30
"""A price no market reaches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Followed:
    """One strategy in one symbol; its run begins at the place `begin` of the lane."""

    rule: StrategyRule
    key: Key
    lane: Lane
    begin: int
    run: Run | None

    def first_stir(self, index: int, stop: int, *, is_held: bool) -> int:
        """Give the first base candle from `index` on after which it may not hold; at most `stop`."""
        place = self.lane.closed_before(index)
        if self.run is not None:
            flags = self.run.leaves if is_held else self.run.enters
            place = flags.find(1, place - self.begin) + self.begin
            if place < self.begin:
                return stop
        return min(self.lane.index_of(place), stop)


class Leaps:
    """Leaps along one tape; strategies begin to see candles at the base candle `warm_up`."""

    def __init__(
        self, *, tape: Tape, rules: Rules, venue: SimulatedVenue, record: Record, warm_up: int
    ) -> None:
        """Follow every strategy's indicator along all candles once."""
        self._tape = tape
        self._rules = rules
        self._venue = venue
        self._record = record
        lanes = {(lane.symbol, lane.interval): lane for lane in tape.lanes}
        self._followed = [
            _follow(rule, lanes[symbol, rule.interval], warm_up)
            for rule in rules.strategies
            for symbol in rule.symbols
        ]

    def leap(self, state: BotState, index: int, stop: int) -> tuple[BotState, int]:
        """Pass candles from `index` on, not beyond `stop`; gives the state then and the next candle."""
        if not is_still(state, self._rules):
            return state, index
        stop = self._calm_until(state, index, stop)
        if stop <= index:
            return state, index
        self._venue.pass_to(stop - 1)
        return self._passed(state, index, stop), stop

    def _calm_until(self, state: BotState, index: int, stop: int) -> int:
        found: list[tuple[_Followed, Calm]] = []
        for one in self._followed:
            calm = calm_of(state, self._rules, one.rule, one.lane.symbol)
            if calm is None:
                return index
            stop = one.first_stir(index, stop, is_held=calm.is_held)
            if calm.until is not None:
                stop = min(stop, self._tape.index_at(milliseconds(calm.until)))
            if stop <= index:
                return index
            found.append((one, calm))
        for one, calm in found:
            stop = self._within(one.lane.symbol, calm, index, stop)
        return self._venue.first_touch(index, stop)

    def _within(self, symbol: str, calm: Calm, index: int, stop: int) -> int:
        if calm.floor is not None or calm.ceiling is not None:
            low = -1 if calm.floor is None else int(calm.floor * SCALE)
            high = _NEVER if calm.ceiling is None else int(calm.ceiling * SCALE)
            stop = self._tape.markets[symbol].first_beyond(index, stop, low, high)
        if calm.peak is not None:
            peak = int(calm.peak * SCALE)
            for lane in self._tape.lanes:
                if lane.symbol == symbol:
                    stop = lane.first_above(index, stop, peak)
        return stop

    def _passed(self, state: BotState, index: int, stop: int) -> BotState:
        ends = {
            (lane.symbol, lane.interval): (
                lane,
                lane.closed_before(index),
                lane.closed_before(stop),
            )
            for lane in self._tape.lanes
        }
        memories = {}
        for one in self._followed:
            _, begin, end = ends[one.lane.symbol, one.lane.interval]
            if end > begin and one.run is not None:
                memories[one.key] = one.run.after(end - 1 - one.begin)
                self._record.held_on(one.rule.name, end - begin)
        moved = [one for one in ends.values() if one[2] > one[1]]
        passed = Passed(
            candles=tuple(
                sorted(
                    (lane.candle(end - 1) for lane, _, end in moved), key=lambda one: one.close_at
                )
            ),
            memories=memories,
            highest=_highest(state, moved),
            peak_equity=self._worth(state, index, stop, moved),
        )
        return leapt(state, self._rules, passed)

    def _worth(
        self, state: BotState, index: int, stop: int, moved: list[tuple[Lane, int, int]]
    ) -> Decimal:
        """Note the equity along the way and give the highest."""
        worth, symbols = self._record.worth, _held(state)
        own = [one for one in moved if one[0].symbol in symbols]
        if not own:
            worth.stand(state, stop - index)
            return state.peak_equity or decimal_of(0)
        if len(symbols) == 1:
            for lane, begin, end in own:
                if end - begin == stop - index:
                    return worth.follow(state, lane.symbol, lane.closes[begin:end])
        # At one moment they close in the order of the lanes, in which the tape tells them.
        moves = merge(*(_moves(one) for one in own), key=lambda move: move[0])
        return worth.move(state, index, stop, moves)


def _follow(rule: StrategyRule, lane: Lane, warm_up: int) -> _Followed:
    begin = lane.closed_before(warm_up)
    return _Followed(
        rule=rule,
        key=(rule.name, lane.symbol),
        lane=lane,
        begin=begin,
        run=run(rule.params, lane.prices(begin)),
    )


def _held(state: BotState) -> set[str]:
    return {key[1] for key, sub_book in state.sub_books.items() if sub_book.lots}


def _highest(state: BotState, moved: list[tuple[Lane, int, int]]) -> dict[str, Decimal]:
    found: dict[str, int] = {}
    symbols = _held(state)
    for lane, begin, end in moved:
        if lane.symbol in symbols:
            highest = max(lane.closes[begin:end])
            found[lane.symbol] = max(found.get(lane.symbol, 0), highest)
    return {symbol: decimal_of(units) for symbol, units in found.items()}


def _moves(moved: tuple[Lane, int, int]) -> Iterator[Move]:
    lane, begin, end = moved
    for place in range(begin, end):
        yield lane.index_of(place), lane.symbol, lane.closes[place]
