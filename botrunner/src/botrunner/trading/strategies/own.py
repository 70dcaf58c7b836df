"""Strategies of the user's own: what their package must offer, and a fence around its code.

Whatever that code does, the bot goes on: its answers are checked, and after an exception it enters
nothing more while its exits, and the core's stops, still work (I9). `main` installs what it found before
anything is decided, so this table is as constant as the modules beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, is_dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from traceback import format_exception_only
from typing import Any, Protocol, runtime_checkable

from pydantic import BaseModel, ValidationError

from botcore.domain.errors import InvalidInput, Problem
from botcore.domain.market import Candle
from botcore.domain.money import ZERO
from botcore.domain.orders import Side
from botcore.resources.strategy_params import CustomParams, StrategyParams
from botrunner.trading.strategies.base import Advice, Quote, Signal, View

__all__ = [
    "OwnState",
    "OwnStrategy",
    "checked",
    "install",
    "on_candle",
    "packages",
    "warm_up_candles",
]


@runtime_checkable
class OwnStrategy(Protocol):
    """What an entry point of the group `kbots.strategies` gives: a module or an object with these names."""

    Settings: type[BaseModel]
    """The settings, each with its type and range; texts of the resource are parsed to them."""

    def warm_up_candles(self, settings: Any) -> int:
        """Return how many closed candles to feed before the first decision (1 to 1000)."""

    def on_candle(self, settings: Any, state: Any, candle: Candle, view: View) -> Advice:
        """Advise after a closed candle; `state` is that of the last advice, None at first.

        It must not change what it is given, and the state it returns must be a value: None, a number,
        a text, a Decimal, a date, a tuple or a frozen dataclass of these.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnState:
    """The package's own state, why it may enter nothing more, and the sales that stay."""

    inner: object = None
    failure: str = ""
    sales: tuple[Quote, ...] | None = None


_INSTALLED: dict[str, OwnStrategy] = {}
_BROKEN: dict[str, str] = {}
_SETTINGS: dict[tuple[str, frozenset[tuple[str, str]]], BaseModel] = {}
_VALUES = (int, float, str, Decimal, date, timedelta, Enum, tuple, frozenset, type(None))


def install(found: Mapping[str, OwnStrategy], broken: Mapping[str, str] | None = None) -> None:
    """Make these strategies known by the names of their entry points, instead of those before.

    `broken` says of others why they could not be loaded.
    """
    for table in (_INSTALLED, _BROKEN, _SETTINGS):
        table.clear()
    _INSTALLED.update(found)
    _BROKEN.update(broken or {})


def packages() -> tuple[str, ...]:
    """Return the packages of the strategies in this image; the classes of their states are theirs."""
    modules = {strategy.Settings.__module__ for strategy in _INSTALLED.values()}
    return tuple(sorted({module.partition(".")[0] for module in modules}))


def checked(params: StrategyParams, place: str) -> StrategyParams:
    """Return the parameters, if they are no custom ones or their package takes them.

    Raises:
        InvalidInput: names the field below `place`, such as `spec.strategies[0].params`.
    """
    if not isinstance(params, CustomParams):
        return params
    if params.entry_point not in _INSTALLED:
        raise InvalidInput.of(f"{place}.entryPoint", _absence(params.entry_point))
    fields = _INSTALLED[params.entry_point].Settings.model_fields
    known_names = {field.alias or name for name, field in fields.items()}
    problems = [
        Problem(field=f"{place}.settings.{name}", message="unknown setting")
        for name in sorted(params.settings.keys() - known_names)
    ]
    try:
        _settings(params)
    except ValidationError as error:
        problems += [
            Problem(
                field=".".join((f"{place}.settings", *map(str, one["loc"]))), message=one["msg"]
            )
            for one in error.errors(include_input=False, include_url=False)
        ]
    if problems:
        raise InvalidInput(problems)
    return params


def _absence(name: str) -> str:
    if name in _BROKEN:
        return f"{name} can't be loaded: {_BROKEN[name]}"
    known = ", ".join(sorted(_INSTALLED)) or "none"
    return f"no strategy {name} is in this image, found: {known}"


def warm_up_candles(params: CustomParams) -> int:
    """Return what the package asks for, within 1 to 1000; 1000 when it can't tell."""
    try:
        asked = int(_INSTALLED[params.entry_point].warm_up_candles(_settings(params)))
    except Exception:  # noqa: BLE001 - foreign code, whatever it raises must not harm the bot
        return 1000
    return max(1, min(1000, asked))


def on_candle(params: CustomParams, state: object, candle: Candle, view: View) -> Advice:
    """Ask the package; an exception or an answer that is none stops its entries from now on."""
    before = state if isinstance(state, OwnState) else OwnState()
    try:
        strategy = _INSTALLED[params.entry_point]
        advice = strategy.on_candle(_settings(params), before.inner, candle, view)
        _check(advice)
    except Exception as error:  # noqa: BLE001 - foreign code, whatever it raises must not harm the bot
        told = "".join(format_exception_only(error)).strip()
        failure = f"{params.entry_point} failed: {told}"[:300]
        after = replace(before, failure=failure)
        return _exit_only(
            after, Advice(state=None, signal=Signal.HOLD, reason="", quotes=after.sales)
        )
    sales = None if advice.quotes is None else _sales(advice.quotes)
    after = OwnState(inner=advice.state, failure=before.failure, sales=sales)
    if before.failure:
        return _exit_only(after, advice)
    return replace(advice, state=after)


def _exit_only(state: OwnState, advice: Advice) -> Advice:
    """Let exits and sales pass and nothing else."""
    quotes = None if advice.quotes is None else _sales(advice.quotes)
    if advice.signal is Signal.EXIT:
        return replace(advice, state=state, quotes=quotes)
    reason = f"enters nothing more until the bot restarts: {state.failure}"
    return Advice(state=state, signal=Signal.HOLD, reason=reason, quotes=quotes)


def _sales(quotes: tuple[Quote, ...]) -> tuple[Quote, ...]:
    return tuple(quote for quote in quotes if quote.side is Side.SELL)


def _settings(params: CustomParams) -> BaseModel:
    """Parse the settings once; raises ValidationError."""
    key = (params.entry_point, frozenset(params.settings.items()))
    known = _SETTINGS.get(key)
    if known is None:
        model = _INSTALLED[params.entry_point].Settings
        known = _SETTINGS[key] = model.model_validate(params.settings)
    return known


def _check(advice: object) -> None:
    """Refuse an answer the core could stumble over. Raises TypeError or ValueError."""
    if not isinstance(advice, Advice):
        raise TypeError(f"answered {type(advice).__name__} instead of Advice")
    answered: tuple[object, object] = (advice.signal, advice.reason)
    if not isinstance(answered[0], Signal) or not isinstance(answered[1], str):
        raise TypeError("signal or reason is of another type")
    if not isinstance(advice.state, _VALUES) and not _is_frozen(advice.state):
        raise TypeError(f"state is {type(advice.state).__name__}, which could change")
    for amount in (advice.spend, advice.quantity):
        if amount is not None:
            _check_amount(amount)
    if advice.quotes is not None:
        _check_quotes(advice.quotes)


def _check_quotes(quotes: object) -> None:
    if not isinstance(quotes, tuple):
        raise TypeError(f"quotes is {type(quotes).__name__} instead of a tuple")
    for quote in quotes:
        if not isinstance(quote, Quote) or not isinstance(quote.side, Side):
            raise TypeError("a quote is of another type")
        _check_amount(quote.price)
        _check_amount(quote.quantity)


def _check_amount(amount: object) -> None:
    if not isinstance(amount, Decimal):
        raise TypeError(f"an amount is {type(amount).__name__} instead of Decimal")
    if not amount.is_finite() or amount <= ZERO:
        raise ValueError(f"an amount is {amount}")


def _is_frozen(state: object) -> bool:
    parameters = getattr(type(state), "__dataclass_params__", None)
    return is_dataclass(state) and bool(parameters and parameters.frozen)
