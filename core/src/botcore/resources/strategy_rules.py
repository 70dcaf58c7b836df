"""The CRD's rules of one strategy and its parameters, word for word."""

from botcore.resources.rule import Reason, Rule, positive
from botcore.resources.strategy_params import StrategyParameters, StrategyType, own_fields
from botcore.resources.trading_bot import StrategySpec

__all__ = ["PARAMETER_RULES", "STRATEGY_RULES"]

_OF_SOME_TYPE = frozenset(name for kind in StrategyType for name in own_fields(kind))


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _given(strategy: StrategySpec) -> frozenset[str]:
    return _OF_SOME_TYPE & strategy.params.to_manifest().keys()


def _needs(kind: StrategyType) -> tuple[Rule, ...]:
    required = [name for name, field in own_fields(kind).items() if field.is_required()]
    if not required:
        return ()
    rule = Rule(
        field="params",
        reason=Reason.REQUIRED,
        message=f"{kind} needs {_listed(required)}",
        holds=lambda strategy: strategy.type is not kind or _given(strategy) >= set(required),
    )
    return (rule,)


def _takes_only(kind: StrategyType) -> Rule:
    own = own_fields(kind)
    return Rule(
        field="params",
        reason=Reason.FORBIDDEN,
        message=f"{kind} takes only {', '.join(own)} and the exit parameters",
        holds=lambda strategy: strategy.type is not kind or _given(strategy) <= own.keys(),
    )


def _weights_name_the_symbols(strategy: StrategySpec) -> bool:
    weights = strategy.params.weights
    return weights is None or weights.keys() == set(strategy.symbols)


def _weights_are_whole(strategy: StrategySpec) -> bool:
    weights = strategy.params.weights
    if weights is None or not _weights_name_the_symbols(strategy):
        return True
    return sum(weights.values()) == 100


def _fast_is_smaller(params: StrategyParameters) -> bool:
    return (params.fast or 12) < (params.slow or 26)


def _oversold_is_smaller(params: StrategyParameters) -> bool:
    return (params.oversold or 30) < (params.overbought or 70)


def _lower_is_smaller(params: StrategyParameters) -> bool:
    lower, upper = params.lower_price, params.upper_price
    # As doubles, since CEL knows no other fractions: what differs in the 17th digit is refused by both.
    return lower is None or upper is None or float(lower) < float(upper)


STRATEGY_RULES: tuple[Rule, ...] = (
    positive("capital", "capital"),
    *(rule for kind in StrategyType for rule in (*_needs(kind), _takes_only(kind))),
    Rule(
        field="params",
        message="weights must name exactly the symbols",
        holds=_weights_name_the_symbols,
    ),
    Rule(field="params", message="weights must sum to 100", holds=_weights_are_whole),
)

PARAMETER_RULES: tuple[Rule, ...] = (
    Rule(message="fast must be smaller than slow", holds=_fast_is_smaller),
    Rule(message="oversold must be smaller than overbought", holds=_oversold_is_smaller),
    Rule(message="lowerPrice must be smaller than upperPrice", holds=_lower_is_smaller),
    positive("amount", "amount"),
    positive("lowerPrice", "lower_price"),
    positive("upperPrice", "upper_price"),
    positive("deviations", "deviations"),
    positive("multiplier", "multiplier"),
    positive("thresholdPercent", "threshold_percent"),
    positive("stopLossPercent", "stop_loss_percent"),
    positive("takeProfitPercent", "take_profit_percent"),
    positive("trailingStopPercent", "trailing_stop_percent"),
)
