"""The form of a bot, made from the resource's own models, and the spec made from the form.

Fields go by their path in the manifest, so that a refusal finds its field.
"""

import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from botcore.domain.errors import Problem
from botcore.resources.descriptions import descriptions
from botcore.resources.strategy_params import (
    ParameterDescription,
    StrategyType,
    describe_parameters,
)
from botcore.resources.trading_bot import (
    BotMode,
    CandleInterval,
    Failover,
    OnStop,
    OrdersOnStop,
    PositionsOnStop,
    RiskLimits,
    UpdateType,
)

__all__ = ["FormField", "Kind", "Section", "bot_form", "problems_by_field", "spec_with", "value_at"]

_STEP = re.compile(r"([A-Za-z0-9_-]+)|\[([0-9]+)\]")
_INNER = re.compile(r"(?<=symbols)\[[0-9]+\]$|(?<=params\.weights)\..*|(?<=params\.settings)\..*")
_NEXT_NAME = re.compile(r"[,;\s]\s*(?=[A-Za-z0-9_.-]+\s*=)")
Spec = dict[str, Any]


class Kind(StrEnum):
    """How a field is typed in and what it becomes."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    WORDS = "words"
    CHOICE = "choice"
    MAP = "map"
    NUMBERS = "numbers"
    TEXT = "text"


_MAPS = (Kind.MAP, Kind.NUMBERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One field: its path from `spec` on, its value as text, and what a person must know."""

    path: str
    label: str
    kind: Kind
    value: str
    unit: str = ""
    help: str = ""
    options: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Fields that belong together; `path` is what they share."""

    title: str
    path: str
    fields: tuple[FormField, ...]


def bot_form(spec: Mapping[str, Any], keys: Mapping[str, str]) -> tuple[Section, ...]:
    """Make the form of a spec; `keys` are the exchange keys that can be chosen."""
    strategies = tuple(
        _strategy(index, strategy) for index, strategy in enumerate(spec.get("strategies", ()))
    )
    return (*strategies, _risk(spec), _account(spec, keys), _stopping(spec))


def spec_with(
    spec: Mapping[str, Any], fields: Iterable[FormField], typed: Mapping[str, str]
) -> Spec:
    """Answer the spec with what was typed by path; an emptied field is left out.

    What is no number stays as it was typed, so that the refusal can name it.
    """
    result: Spec = deepcopy(dict(spec))
    for field in fields:
        if field.path in typed and typed[field.path] != field.value:
            _put(result, field.path, _parsed(field.kind, typed[field.path].strip()))
    if result.get("mode") == BotMode.PAPER:
        result.pop("credentials", None)
    return result


def value_at(spec: Mapping[str, Any], path: str) -> str:
    """Answer the value of a path as a form shows it."""
    found: Any = {"spec": spec}
    for step in _steps(path):
        try:
            found = found[step]
        except (KeyError, IndexError, TypeError):
            return ""
    if isinstance(found, (list, tuple)):
        return ", ".join(str(one) for one in found)
    if isinstance(found, Mapping):
        return ", ".join(f"{name}={one}" for name, one in found.items())
    return "" if found is None else str(found)


def problems_by_field(
    problems: Iterable[Problem], paths: Iterable[str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Put each problem to the field it names; those of no field are answered apart."""
    known = set(paths)
    at_fields: dict[str, str] = {}
    others: list[str] = []
    for problem in problems:
        path = _INNER.sub("", problem.field)
        if path in known:
            at_fields.setdefault(path, problem.message)
        else:
            others.append(str(problem))
    return at_fields, tuple(others)


def _strategy(index: int, strategy: Mapping[str, Any]) -> Section:
    path = f"spec.strategies[{index}]"
    spec = {"strategies": {index: strategy}}
    kind = StrategyType(strategy["type"])
    fields = [
        _field(spec, f"{path}.symbols", "Symbols", Kind.WORDS, help="Separated by commas."),
        _field(spec, f"{path}.interval", "Candles", Kind.CHOICE, options=_words(CandleInterval)),
        _field(
            spec, f"{path}.capital", "Capital", Kind.DECIMAL, unit="quote asset",
            help="Most the strategy may have invested.",
        ),
    ]  # fmt: skip
    fields += [_parameter(spec, path, one) for one in describe_parameters(kind)]
    return Section(
        title=f"Strategy {strategy.get('name', '')} ({kind.value})", path=path, fields=tuple(fields)
    )


def _parameter(spec: Mapping[str, Any], path: str, one: ParameterDescription) -> FormField:
    text = one.help if one.minimum is None else f"{one.help} {one.minimum} to {one.maximum}."
    kind = Kind(one.kind)
    options = {"": f"usual: {one.default}" if one.default else ""}
    return _field(
        spec,
        f"{path}.params.{one.name}",
        _spaced(one.name),
        kind,
        unit=one.unit,
        help=f"{text} Written as NAME=value, NAME=value." if kind in _MAPS else text,
        options=options | {word: word for word in one.options} if one.options else None,
    )


def _risk(spec: Mapping[str, Any]) -> Section:
    units = {"maxDailyLoss": "quote asset", "maxPositionNotional": "quote asset"}
    units["maxDrawdownPercent"] = "%"
    fields = tuple(
        _field(
            spec,
            f"spec.risk.{name}",
            _spaced(name),
            Kind.DECIMAL if name in units else Kind.INTEGER,
            unit=units.get(name, ""),
            help=text,
        )
        for name, text in descriptions(RiskLimits).items()
    )
    return Section(title="Risk limits", path="spec.risk", fields=fields)


def _account(spec: Mapping[str, Any], keys: Mapping[str, str]) -> Section:
    quote = spec.get("quoteAsset", "USDT")
    chosen = value_at(spec, "spec.credentials.sealedKey")
    offered = {"": "none", **keys} | ({chosen: keys.get(chosen, chosen)} if chosen else {})
    return Section(
        title="Account",
        path="spec",
        fields=(
            _field(
                spec, "spec.mode", "Mode", Kind.CHOICE, options=_words(BotMode),
                help="A change takes effect once the old pod is gone, and opens a new book.",
            ),
            _field(
                spec, "spec.credentials.sealedKey", "Exchange key", Kind.CHOICE, options=offered,
                help="Testnet and live need one, paper takes none.",
            ),
            _field(
                spec, f"spec.paper.balances.{quote}", "Paper money", Kind.DECIMAL, unit=quote,
                help="What the paper account starts with.",
            ),
        ),
    )  # fmt: skip


def _stopping(spec: Mapping[str, Any]) -> Section:
    texts = descriptions(OnStop)
    return Section(
        title="Stopping and updates",
        path="spec.onStop",
        fields=(
            _field(spec, "spec.onStop.orders", "Open orders on stop", Kind.CHOICE,
                   options=_words(OrdersOnStop), help=texts["orders"]),
            _field(spec, "spec.onStop.positions", "Positions on stop", Kind.CHOICE,
                   options=_words(PositionsOnStop), help=texts["positions"]),
            _field(spec, "spec.onStop.timeoutSeconds", "Time for it", Kind.INTEGER, unit="s",
                   help=texts["timeoutSeconds"]),
            _field(spec, "spec.updateStrategy.type", "Take changes", Kind.CHOICE,
                   options=_words(UpdateType)),
            _field(spec, "spec.failover", "When its node is lost", Kind.CHOICE,
                   options=_words(Failover)),
        ),
    )  # fmt: skip


def _field(spec: Mapping[str, Any], path: str, label: str, kind: Kind, **rest: Any) -> FormField:
    return FormField(path=path, label=label, kind=kind, value=value_at(spec, path), **rest)


def _words(words: type[StrEnum]) -> dict[str, str]:
    return {word.value: word.value for word in words}


def _spaced(name: str) -> str:
    return re.sub(r"([A-Z])", lambda match: " " + match.group(1).lower(), name).capitalize()


def _steps(path: str) -> list[str | int]:
    found = _STEP.findall(path)
    return [name or int(index) for name, index in found]


def _parsed(kind: Kind, text: str) -> Any:
    if not text:
        return None
    if kind is Kind.INTEGER:
        return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else text
    if kind in _MAPS:
        return _named_values(kind, text)
    if kind is Kind.WORDS:
        return [word.upper() for word in re.split(r"[\s,]+", text) if word]
    return text


def _named_values(kind: Kind, text: str) -> Any:
    """Read NAME=value pairs; what is none stays as it was typed, so that the refusal can name it."""
    pairs = [one.partition("=") for one in _NEXT_NAME.split(text)]
    if not all(equals for _, equals, _ in pairs):
        return text
    values = {name.strip(): value.strip(" ,;") for name, _, value in pairs}
    if kind is Kind.MAP:
        return values
    return {name.upper(): _parsed(Kind.INTEGER, value) for name, value in values.items()}


def _put(spec: Spec, path: str, value: Any) -> None:
    *way, last = _steps(path)[1:]
    place: Any = spec
    for step in way:
        place = place[step] if isinstance(step, int) else place.setdefault(step, {})
    if value is None:
        place.pop(last, None)
    else:
        place[last] = value
    # An object that was emptied is gone as a whole; the API server would refuse most empty ones.
    if len(way) == 1 and not place:
        spec.pop(str(way[0]), None)
