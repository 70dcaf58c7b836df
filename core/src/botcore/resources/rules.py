"""The CRD's CEL rules, word for word, for where no API server answers."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from botcore.domain.errors import Problem
from botcore.resources.rule import Reason, Rule, positive
from botcore.resources.strategy_rules import PARAMETER_RULES, STRATEGY_RULES
from botcore.resources.trading_bot import (
    BotMode,
    Credentials,
    Paper,
    RiskLimits,
    TradingBot,
    TradingBotSpec,
)

__all__ = ["OWNER_IMMUTABLE", "RULES", "broken_rules"]


def broken_rules(bot: TradingBot, old: Mapping[str, Any] | None) -> tuple[Problem, ...]:
    """Find every rule the bot breaks, also as a change of `old`, the manifest it replaces."""
    problems = [
        rule.problem_at(path)
        for place, path, subject in _places(bot.spec)
        for rule in RULES[place]
        if not rule.holds(subject)
    ]
    if old and old.get("spec", {}).get("owner", bot.spec.owner) != bot.spec.owner:
        problems.append(OWNER_IMMUTABLE.problem_at("spec"))
    return tuple(problems)


def _places(spec: TradingBotSpec) -> Iterator[tuple[str, str, object]]:
    yield "spec", "spec", spec
    for name, part in (
        ("paper", spec.paper),
        ("credentials", spec.credentials),
        ("risk", spec.risk),
    ):
        if part is not None:
            yield f"spec.{name}", f"spec.{name}", part
    for index, strategy in enumerate(spec.strategies):
        path = f"spec.strategies[{index}]"
        yield "spec.strategies[]", path, strategy
        yield "spec.strategies[].params", f"{path}.params", strategy.params


def _live_has_every_limit(spec: TradingBotSpec) -> bool:
    limits = spec.risk or RiskLimits()
    needed = (
        limits.max_daily_loss,
        limits.max_drawdown_percent,
        limits.max_position_notional,
        limits.max_open_orders,
        limits.max_orders_per_minute,
    )
    return spec.mode is not BotMode.LIVE or all(value is not None for value in needed)


def _paper_has_the_quote_asset(spec: TradingBotSpec) -> bool:
    balances = spec.paper.balances if spec.paper else {}
    return spec.mode is not BotMode.PAPER or spec.quote_asset in balances


def _symbols_quote_in_the_quote_asset(spec: TradingBotSpec) -> bool:
    symbols = (symbol for strategy in spec.strategies for symbol in strategy.symbols)
    return all(
        symbol.endswith(spec.quote_asset) and symbol != spec.quote_asset for symbol in symbols
    )


def _symbols_belong_to_one_strategy(spec: TradingBotSpec) -> bool:
    counts = Counter(symbol for strategy in spec.strategies for symbol in strategy.symbols)
    return all(count == 1 for count in counts.values())


def _exactly_one_key(credentials: Credentials) -> bool:
    return (credentials.secret_name is None) != (credentials.sealed_key is None)


def _secret_is_not_the_operators(credentials: Credentials) -> bool:
    return not (credentials.secret_name or "").startswith("tb-")


def _assets_are_well_named(paper: Paper) -> bool:
    return all(re.fullmatch("[A-Z0-9]{2,10}", asset) for asset in paper.balances)


OWNER_IMMUTABLE = Rule(
    field="owner",
    reason=Reason.STRING,
    message="owner is immutable",
    holds=lambda _: True,
)

RULES: Mapping[str, tuple[Rule, ...]] = {
    "spec": (
        Rule(
            field="credentials",
            reason=Reason.FORBIDDEN,
            message="paper mode takes no credentials",
            holds=lambda spec: spec.mode is not BotMode.PAPER or spec.credentials is None,
        ),
        Rule(
            field="credentials",
            reason=Reason.REQUIRED,
            message="testnet and live mode need credentials",
            holds=lambda spec: spec.mode is BotMode.PAPER or spec.credentials is not None,
        ),
        Rule(
            field="paper",
            reason=Reason.REQUIRED,
            message="paper mode needs a balance of the quote asset in paper.balances",
            holds=_paper_has_the_quote_asset,
        ),
        Rule(
            field="risk",
            reason=Reason.REQUIRED,
            message="live mode needs every risk limit",
            holds=_live_has_every_limit,
        ),
        Rule(
            field="strategies",
            message="every symbol must end with the quote asset",
            holds=_symbols_quote_in_the_quote_asset,
        ),
        Rule(
            field="strategies",
            message="a symbol belongs to one strategy",
            holds=_symbols_belong_to_one_strategy,
        ),
    ),
    "spec.paper": (
        Rule(
            field="balances",
            message="an asset is 2 to 10 capital letters and digits",
            holds=_assets_are_well_named,
        ),
    ),
    "spec.credentials": (
        Rule(message="exactly one of secretName and sealedKey must be set", holds=_exactly_one_key),
        Rule(
            field="secretName",
            reason=Reason.FORBIDDEN,
            message="names that start with tb- belong to the operator",
            holds=_secret_is_not_the_operators,
        ),
    ),
    "spec.risk": (
        positive("maxDailyLoss", "max_daily_loss"),
        positive("maxDrawdownPercent", "max_drawdown_percent"),
        positive("maxPositionNotional", "max_position_notional"),
    ),
    "spec.strategies[]": STRATEGY_RULES,
    "spec.strategies[].params": PARAMETER_RULES,
}
