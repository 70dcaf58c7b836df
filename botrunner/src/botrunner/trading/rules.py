"""What the owner wants, as the trading core needs it; a new configuration is a new object."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from botcore.domain.instruments import Instrument
from botcore.domain.lots import SubBook
from botcore.domain.market import Interval
from botcore.domain.money import ZERO
from botcore.resources.strategy_params import StrategyParams
from botcore.resources.trading_bot import (
    DesiredState,
    OrdersOnStop,
    PositionsOnStop,
    RiskLimits,
    TradingBotSpec,
)
from botrunner.trading.strategies.own import checked

__all__ = ["ExitRules", "Rules", "StrategyRule", "refusal", "rules_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitRules:
    """How a position ends without the strategy's word; each may be absent.

    `trailing_stop_percent` lies below the highest close since entry; the counts are candles of the
    strategy's interval: no entry for so long after an exit, an exit after so long in position.
    """

    stop_loss_percent: Decimal | None = None
    take_profit_percent: Decimal | None = None
    trailing_stop_percent: Decimal | None = None
    cooldown_candles: int | None = None
    time_limit_candles: int | None = None

    @classmethod
    def of(cls, params: StrategyParams) -> "ExitRules":
        """Take what the strategy's parameters have of these, under the same names."""
        return cls(**{name: getattr(params, name, None) for name in cls.__slots__})


@dataclass(frozen=True, kw_only=True)  # no slots: its exit rules are kept
class StrategyRule:
    """One strategy; `capital` is the most it may have invested per all its symbols, in quote asset."""

    name: str
    symbols: tuple[str, ...]
    interval: Interval
    capital: Decimal
    params: StrategyParams

    @cached_property
    def exits(self) -> ExitRules:
        """The strategy's exit rules."""
        return ExitRules.of(self.params)


@dataclass(frozen=True, kw_only=True)  # no slots: what follows from it is kept
class Rules:
    """The configuration in force and the venue's filters."""

    bot_uid: str
    generation: int
    quote_asset: str
    desired: DesiredState
    strategies: tuple[StrategyRule, ...]
    risk: RiskLimits
    orders_on_stop: OrdersOnStop
    positions_on_stop: PositionsOnStop
    instruments: Mapping[str, Instrument]

    @cached_property
    def capital(self) -> Decimal:
        """Return all strategies' capital, in quote asset."""
        return sum((strategy.capital for strategy in self.strategies), ZERO)

    def strategy(self, name: str) -> StrategyRule | None:
        """Return a strategy, or None when it was removed and is exit-only."""
        return self._by_name.get(name)

    @cached_property
    def _by_name(self) -> Mapping[str, StrategyRule]:
        return {rule.name: rule for rule in self.strategies}

    def wanted_candles(self) -> frozenset[tuple[str, Interval]]:
        """Return every (symbol, interval) that some strategy decides on."""
        return frozenset(
            (symbol, rule.interval) for rule in self.strategies for symbol in rule.symbols
        )


def rules_of(
    spec: TradingBotSpec, *, bot_uid: str, generation: int, instruments: Mapping[str, Instrument]
) -> Rules:
    """Translate a valid spec.

    Raises:
        InvalidInput: names what a strategy of the user's own does not take.
    """
    return Rules(
        bot_uid=bot_uid,
        generation=generation,
        quote_asset=spec.quote_asset,
        desired=spec.desired_state,
        strategies=tuple(
            StrategyRule(
                name=strategy.name,
                symbols=strategy.symbols,
                interval=Interval(strategy.interval.value),
                capital=strategy.capital,
                params=checked(strategy.typed_params, f"spec.strategies[{index}].params"),
            )
            for index, strategy in enumerate(spec.strategies)
        ),
        risk=spec.risk or RiskLimits(),
        orders_on_stop=spec.on_stop.orders,
        positions_on_stop=spec.on_stop.positions,
        instruments=instruments,
    )


def refusal(sub_books: Iterable[SubBook], old: Rules, new: Rules) -> str | None:
    """Return why a new configuration can't be taken.

    A kept strategy may not drop a symbol it holds (design §4).
    """
    for sub_book in sub_books:
        before, after = old.strategy(sub_book.strategy), new.strategy(sub_book.strategy)
        if before is None or after is None or not sub_book.lots:
            continue
        if sub_book.symbol in before.symbols and sub_book.symbol not in after.symbols:
            return (
                f"spec.strategies[{after.name}].symbols: {sub_book.symbol} still holds a position;"
                " set desiredState Flat first"
            )
    return None
