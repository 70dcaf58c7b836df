"""A strategy of the user's own: what it may say, and that nothing it does harms the bot."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

from botcore.domain.errors import InvalidInput
from botcore.domain.orders import Side
from botcore.resources.strategy_params import CustomParams, DcaParams
from botrunner.trading.strategies import own
from botrunner.trading.strategies.base import Advice, Holding, Quote, Signal, View
from botrunner.trading.strategies.registry import advise, warm_up_candles
from tests.support.trading import (
    a_candle,
    a_rule,
    an_instrument,
    bought,
    candle,
    decisions,
    play,
    rules,
)

PLACE = "spec.strategies[0].params"
PARAMS = CustomParams(entry_point="mine", settings={"length": "5"})
VIEW = View(
    holding=Holding(quantity=Decimal(0), average_cost=Decimal(0)),
    capital=Decimal(1000),
    instrument=an_instrument(),
    holdings={},
    marks={},
)
ENTER = Advice(state=None, signal=Signal.ENTER, reason="up")
EXIT = Advice(state=None, signal=Signal.EXIT, reason="down")
BUY = Quote(side=Side.BUY, price=Decimal(90), quantity=Decimal(1))
SELL = Quote(side=Side.SELL, price=Decimal(110), quantity=Decimal(1))


class Settings(BaseModel):
    length: Annotated[int, Field(ge=2)] = 3
    share: Decimal = Decimal(1)


@dataclass
class Changing:
    seen: int = 0


@pytest.fixture(autouse=True)
def nothing_stays_installed() -> Iterator[None]:
    yield
    own.install({})


def installed(on_candle: Callable[..., Any], warm_up: Callable[[Any], Any] = lambda _: 7) -> None:
    own.install(
        {"mine": SimpleNamespace(Settings=Settings, warm_up_candles=warm_up, on_candle=on_candle)}
    )


def answers(*given: object) -> None:
    """Let the package answer these in turn; an exception is raised."""
    queue = list(given)

    def on_candle(*_: object) -> object:
        answer = queue.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    installed(on_candle)


def asked(times: int = 1) -> list[Advice]:
    state: object = None
    told = []
    for minute in range(times):
        advice = advise(PARAMS, state, a_candle(minute, "100"), VIEW)
        state = advice.state
        told.append(advice)
    return told


def test_package_gets_its_settings_its_state_and_the_view() -> None:
    seen = []

    def on_candle(settings: Settings, state: object, closed: object, view: View) -> Advice:
        seen.append((settings.length, state, closed, view))
        return Advice(state=(state or 0) + 1, signal=Signal.HOLD, reason="looks")  # type: ignore[operator]

    installed(on_candle)
    asked(2)

    assert seen == [(5, None, a_candle(0, "100"), VIEW), (5, 1, a_candle(1, "100"), VIEW)]


def test_exception_stops_entries_and_nothing_else() -> None:
    """I9: exits go on."""
    answers(ENTER, ValueError("boom"), ENTER, EXIT, ENTER)

    first, failed, entry, leaving, last = asked(5)

    reason = "enters nothing more until the bot restarts: mine failed: ValueError: boom"
    assert first.signal is Signal.ENTER
    assert [(one.signal, one.reason) for one in (failed, entry, last)] == [
        (Signal.HOLD, reason)
    ] * 3
    assert (leaving.signal, leaving.reason) == (Signal.EXIT, "down")


def test_failed_package_keeps_the_state_of_its_last_good_answer() -> None:
    states: list[object] = []

    def on_candle(_settings: object, state: Any, *_: object) -> Advice:
        states.append(state)
        if len(states) == 2:
            raise RuntimeError
        return Advice(state=len(states), signal=Signal.HOLD, reason="counts")

    installed(on_candle)
    asked(4)

    assert states == [None, 1, 1, 3]


def test_failed_quoter_keeps_its_sales_and_loses_its_purchases() -> None:
    quoting = Advice(state=None, signal=Signal.HOLD, reason="quotes", quotes=(BUY, SELL))
    answers(quoting, ValueError(), quoting)

    good, failed, after = asked(3)

    assert good.quotes == (BUY, SELL)
    assert failed.quotes == (SELL,)
    assert after.quotes == (SELL,)


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (None, "answered NoneType instead of Advice"),
        (replace(ENTER, signal="Enter"), "signal or reason is of another type"),
        (replace(ENTER, reason=None), "signal or reason is of another type"),
        (replace(ENTER, spend=10.5), "an amount is float instead of Decimal"),
        (replace(ENTER, spend=Decimal("NaN")), "an amount is NaN"),
        (replace(ENTER, spend=Decimal(-1)), "an amount is -1"),
        (replace(EXIT, quantity=Decimal(0)), "an amount is 0"),
        (replace(EXIT, quotes=[SELL]), "quotes is list instead of a tuple"),
        (replace(EXIT, quotes=("SELL",)), "a quote is of another type"),
        (replace(EXIT, quotes=(replace(SELL, price=110.0),)), "an amount is float"),
        (replace(ENTER, state={"seen": 1}), "state is dict, which could change"),
        (replace(ENTER, state=Changing()), "state is Changing, which could change"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_answer_the_core_could_stumble_over_is_a_failure(answer: object, complaint: str) -> None:
    answers(answer)

    (advice,) = asked()

    assert advice.signal is Signal.HOLD
    assert complaint in advice.reason


def test_error_that_can_not_even_be_shown_harms_nothing() -> None:
    class Silent(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    answers(Silent())

    assert "mine failed: " in asked()[0].reason


def test_failing_strategy_leaves_position_and_stop_in_place() -> None:
    """I9, TR-63: the core's stop does not hang on the package."""
    calls: list[int] = []

    def on_candle(*_: object) -> Advice:
        calls.append(1)
        if len(calls) > 1:
            raise ZeroDivisionError
        return ENTER

    installed(on_candle)
    params = replace_stop(PARAMS, Decimal(5))
    in_force = rules(a_rule(params))
    state, _ = bought(in_force)
    before = set(state.orders)

    step = play(state, in_force, candle(20, "99"), candle(21, "98"))

    assert before
    assert before <= set(step.state.orders)
    assert {action for action, _ in decisions(step)} == {"Hold"}
    assert "ZeroDivisionError" in decisions(step)[0][1]


def replace_stop(params: CustomParams, stop: Decimal) -> CustomParams:
    return params.model_copy(update={"stop_loss_percent": stop})


@pytest.mark.parametrize(
    ("warm_up", "candles"),
    [
        (lambda settings: settings.length * 10, 50),
        (lambda _: 0, 1),
        (lambda _: 10**6, 1000),
        (lambda _: "many", 1000),
    ],
)
def test_warm_up_is_what_the_package_asks_within_one_request(
    warm_up: Callable[[Any], Any], candles: int
) -> None:
    installed(lambda *_: ENTER, warm_up)

    assert warm_up_candles(PARAMS) == candles


def test_good_settings_pass_and_other_strategies_are_not_looked_at() -> None:
    installed(lambda *_: ENTER)

    assert own.checked(PARAMS, PLACE) is PARAMS
    assert own.checked(DcaParams(amount=Decimal(1)), PLACE) == DcaParams(amount=Decimal(1))


@pytest.mark.parametrize(
    ("settings", "complaints"),
    [
        ({"lenght": "3"}, [f"{PLACE}.settings.lenght: unknown setting"]),
        (
            {"length": "1", "share": "much"},
            [
                f"{PLACE}.settings.length: Input should be greater than or equal to 2",
                f"{PLACE}.settings.share: Input should be a valid decimal",
            ],
        ),
    ],
)
def test_bad_setting_is_refused_at_its_field(
    settings: dict[str, str], complaints: list[str]
) -> None:
    installed(lambda *_: ENTER)

    with pytest.raises(InvalidInput) as refused:
        own.checked(CustomParams(entry_point="mine", settings=settings), PLACE)

    assert [str(problem) for problem in refused.value.problems] == complaints


def test_unknown_name_is_refused_with_those_that_are_there() -> None:
    installed(lambda *_: ENTER)

    with pytest.raises(
        InvalidInput, match=r"entryPoint: no strategy other is in this image, found: mine"
    ):
        own.checked(CustomParams(entry_point="other"), PLACE)


def test_package_that_can_not_be_imported_is_refused_with_the_reason() -> None:
    own.install({}, {"mine": "ImportError: no numpy"})

    with pytest.raises(InvalidInput, match=r"mine can't be loaded: ImportError: no numpy"):
        own.checked(PARAMS, PLACE)
