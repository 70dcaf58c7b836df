"""Values of every type the trading core can hold, made from its type hints."""

import inspect
import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from itertools import cycle
from typing import Any

from pydantic.fields import FieldInfo

from botcore.resources.meta import ResourceModel
from botcore.resources.strategy_params import (
    CustomParams,
    EmaCrossParams,
    GridParams,
    RebalanceParams,
)
from botcore.resources.trading_bot import RiskLimits
from tests.support.trading import START

__all__ = ["reachable", "samples_of"]

PLAIN = (int, float, str, bool, Decimal, datetime, date, timedelta, type(None), object)


def reachable(*roots: Any) -> set[type]:
    """Walk the type hints of dataclasses and of pydantic models."""
    found: set[type] = set()
    waiting = list(roots)
    while waiting:
        hint = waiting.pop()
        waiting += typing.get_args(hint)
        if not inspect.isclass(hint) or hint in found or hint in PLAIN or typing.get_args(hint):
            continue
        if is_dataclass(hint) or issubclass(hint, ResourceModel):
            found.add(hint)
            waiting += typing.get_type_hints(hint).values()
        elif issubclass(hint, Enum):
            found.add(hint)
    return found


def samples(hint: Any) -> list[Any]:
    """Make a few values of a type hint, as the trading core holds them."""
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return [one for part in parts for one in samples(part)]
    if origin is typing.Annotated:
        return samples(parts[0])
    return collections(origin, parts) if origin else samples_of(hint)


def collections(origin: Any, parts: tuple[Any, ...]) -> list[Any]:
    if origin is tuple and parts[1:] == (...,):
        return [(), tuple(samples(parts[0]))]
    if origin is tuple:
        return [tuple(samples(part)[0] for part in parts)]
    if origin is frozenset:
        return [frozenset(), frozenset(samples(parts[0]))]
    assert issubclass(origin, Mapping), f"no values for {origin}: the codec must learn this type"
    return [{}, dict(zip(samples(parts[0]), cycle(samples(parts[1])), strict=False))]


def samples_of(kind: Any) -> list[Any]:
    if kind in SAMPLES:
        return SAMPLES[kind]
    if issubclass(kind, Enum):
        return list(kind)
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        columns = {field.name: samples(hints[field.name]) for field in fields(kind)}
        most = max((len(column) for column in columns.values()), default=1)
        return [
            kind(**{name: column[row % len(column)] for name, column in columns.items()})
            for row in range(min(most, 8))
        ]
    if issubclass(kind, ResourceModel):
        needed = {k: field for k, field in kind.model_fields.items() if field.is_required()}
        return [kind(**{k: needed_sample(field) for k, field in needed.items()})]
    raise AssertionError(f"no values for {kind}: the codec must learn this type")


def needed_sample(field: FieldInfo) -> Any:
    if field.annotation is Decimal:
        return Decimal("1.50")
    bounds: list[Any] = [getattr(one, "ge", None) for one in field.metadata]
    return next((bound for bound in bounds if bound is not None), samples(field.annotation)[0])


SAMPLES: dict[Any, list[Any]] = {
    int: [7, 0, -(2**70)],
    float: [0.1, 1.0, 1e-300],
    str: ["kb-1", "", 'ü"\n\u2028\ud800'],
    bool: [True, False],
    Decimal: [Decimal("1.50"), Decimal("0E-8"), Decimal("1E+3"), Decimal("-0.00000001")],
    datetime: [START, START + timedelta(microseconds=1)],
    date: [START.date()],
    timedelta: [timedelta(days=-1, microseconds=3)],
    type(None): [None],
    object: [None, 1, (Decimal(1), "x")],
    RiskLimits: [RiskLimits(), RiskLimits(max_daily_loss=Decimal("5.10"))],
    EmaCrossParams: [EmaCrossParams(fast=2, slow=3, take_profit_percent=Decimal("0.50"))],
    GridParams: [GridParams(lower_price=Decimal(90), upper_price=Decimal(110))],
    RebalanceParams: [RebalanceParams(weights={"BTCUSDT": 60, "ETHUSDT": 40})],
    CustomParams: [CustomParams(entry_point="own", settings={"length": "5"})],
}
