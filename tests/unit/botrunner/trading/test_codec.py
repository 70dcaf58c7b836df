"""Everything the flight recorder may meet survives its text form, whatever is added later."""

import importlib
import inspect
import json
import pkgutil
import typing
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest

from botcore.domain.errors import InvalidInput
from botcore.domain.orders import Order, Side
from botcore.resources.meta import ResourceModel
from botcore.resources.strategy_params import DcaParams, StrategyParams
from botrunner.trading import commands, events, strategies
from botrunner.trading.codec import PACKAGES, decode, encode, from_text, to_text
from botrunner.trading.recording import Checkpoint, Happened
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState
from tests.support.core_samples import reachable, samples_of
from tests.support.trading import KEY, START, a_candle, dca_rules

ROOTS = (*typing.get_args(events.Event), *typing.get_args(commands.Command), Checkpoint, Happened)


def strategy_classes() -> set[type]:
    """Return the dataclasses of every module that lies beside the strategies, and what they hold."""
    names = [one.name for one in pkgutil.iter_modules(strategies.__path__)]
    modules = [importlib.import_module(f"{strategies.__name__}.{name}") for name in names]
    modules.append(importlib.import_module("botrunner.trading.indicators"))
    return {
        one
        for module in modules
        for one in vars(module).values()
        if inspect.isclass(one) and is_dataclass(one) and one.__module__ == module.__name__
    }


REACHABLE = reachable(*ROOTS, StrategyParams) | reachable(*strategy_classes())
ENUMS = sorted((one for one in REACHABLE if issubclass(one, Enum)), key=str)
CLASSES = sorted((one for one in REACHABLE if is_dataclass(one)), key=str)


def parts_of(value: Any) -> Any:
    """Tell a value apart from an equal one: class, order and the digits of decimals."""
    if isinstance(value, dict):
        return [(parts_of(key), parts_of(one)) for key, one in value.items()]
    if isinstance(value, frozenset):
        return {str(parts_of(one)) for one in value}
    if isinstance(value, tuple):
        return [parts_of(one) for one in value]
    if is_dataclass(value):
        return (type(value), [parts_of(getattr(value, field.name)) for field in fields(value)])
    if isinstance(value, ResourceModel):
        return (type(value), {name: parts_of(getattr(value, name)) for name in type(value).model_fields})  # fmt: skip
    return (type(value), str(value))


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__qualname__)
def test_every_class_the_core_can_hold_comes_back_as_it_was(kind: type) -> None:
    for value in samples_of(kind):
        again = from_text(to_text(value))

        assert parts_of(again) == parts_of(value)
        assert to_text(again) == to_text(value)


@pytest.mark.parametrize("kind", ENUMS, ids=lambda kind: kind.__qualname__)
def test_every_word_comes_back(kind: type[Enum]) -> None:
    for word in kind:
        assert from_text(to_text(word)) is word


def test_walk_meets_every_event_the_state_and_the_rules() -> None:
    assert set(typing.get_args(events.Event)) < REACHABLE
    assert {BotState, Rules, Order, DcaParams} < REACHABLE
    assert {one.__module__.rpartition(".")[2] for one in strategy_classes()} >= {"grid", "own"}


def test_whatever_is_reachable_lies_in_packages_a_replay_may_make() -> None:
    strange = [one for one in REACHABLE if not one.__module__.startswith(PACKAGES)]

    assert strange == []


def test_rules_with_their_models_come_back() -> None:
    value = dca_rules("12.50", stop="2.10")

    again = from_text(to_text(value))

    assert again == value
    assert parts_of(again) == parts_of(value)


def test_order_of_keys_and_digits_of_decimals_are_kept() -> None:
    value = BotState(marks={"B": Decimal("1.00"), "A": Decimal("1E+2")}, decided={KEY: START})

    again = from_text(to_text(value))

    assert list(again.marks) == ["B", "A"]
    assert [str(mark) for mark in again.marks.values()] == ["1.00", "1E+2"]
    assert again.decided == {KEY: START}


def test_sets_have_one_text_in_every_process() -> None:
    ids = frozenset({"b", "a", "c"})

    assert to_text(ids) == '{"set":["a","b","c"]}'


@dataclass(slots=True)
class Changeable:
    """A strategy state that could change after it was kept."""

    level: int = 0


@pytest.mark.parametrize("value", [Changeable(), [1], {1}, object(), Decimal])
def test_value_that_may_change_or_is_unknown_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput, match="can't be recorded"):
        to_text({"x": value})


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"surprise": 1}',
        '{"decimal": "x"}',
        '{"decimal": 1.5}',
        '{"instant": 5}',
        '{"map": [1]}',
        '{"is": "os:system"}',
        '{"is": "subprocess:Popen", "args": "true"}',
        '{"is": "botrunner.trading.codec:json"}',
        '{"is": "botrunner.trading.decide:decide"}',
        '{"is": "botrunner.trading.events:CandleClosed"}',
        '{"is": "botrunner.trading.events:TimerFired", "tick": 1, "tock": 2}',
        '{"is": "botcore.domain.orders:Side", "value": "HOLD"}',
        '{"is": "botcore.domain.orders:Side"}',
        '{"is": "botrunner.trading.nowhere:Thing"}',
        "[" * 100_000,
    ],
)
def test_strange_text_is_refused_and_makes_nothing(text: str) -> None:
    with pytest.raises(InvalidInput):
        from_text(text)


def test_model_is_judged_as_it_was_when_it_was_configured() -> None:
    stored = encode(DcaParams(amount=Decimal(5)))
    assert isinstance(stored, dict)

    with pytest.raises(InvalidInput):
        decode({**stored, "amount": {"decimal": "-5"}})


def test_class_of_another_package_needs_its_package_named() -> None:
    stored = json.loads(to_text(a_candle(0, "1")))

    assert decode(stored, ("botcore.domain",)) == a_candle(0, "1")
    with pytest.raises(InvalidInput):
        decode(stored, ("botrunner.trading",))
    assert decode(encode(Side.BUY)) is Side.BUY
