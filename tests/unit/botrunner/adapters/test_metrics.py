"""Every figure means what its name says, and none tells a secret."""

import itertools
from dataclasses import replace
from decimal import Decimal

import pytest

from botcore.domain.lots import Lot, SubBook
from botrunner.adapters.metrics import BotMetrics
from botrunner.trading.commands import RecordDecision
from botrunner.trading.decide import decide
from botrunner.trading.events import Event, OrderRefused, StreamRestored
from botrunner.trading.state import BotState, Step
from tests.support.metrics import Sample, parsed
from tests.support.trading import START, candle, dca_rules, leased
from tests.unit.botrunner.adapters.clocks import ManualClock

BOT = {"bot": "alice", "bot_namespace": "kbots-bots"}


class Metered:
    """Metrics and the clock they go by."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.metrics = BotMetrics(bot="alice", namespace="kbots-bots", clock=self.clock)

    def samples(self) -> list[Sample]:
        self.clock.move(2)  # past what is kept of the last text
        return parsed(self.metrics.text())

    def value(self, name: str, **labels: str) -> Decimal | None:
        found = [
            one.value
            for one in self.samples()
            if one.name == f"kbots_{name}" and dict(one.labels) == BOT | labels
        ]
        return found[0] if found else None


@pytest.fixture
def metered() -> Metered:
    return Metered()


def a_decision(action: str) -> RecordDecision:
    return RecordDecision(
        strategy="trend", symbol="BTCUSDT", candle_close=START, action=action, reason="", price=Decimal(1)
    )  # fmt: skip


def test_every_sample_bears_the_bots_name_and_a_product_name(metered: Metered) -> None:
    metered.metrics.began(leased(dca_rules()), dca_rules())

    samples = metered.samples()

    assert len(samples) > 15
    assert all(BOT.items() <= one.labels.items() for one in samples)
    assert all(one.name.startswith("kbots_") for one in samples)


def test_decisions_are_counted_by_action(metered: Metered) -> None:
    for actions in (("Enter",), ("Hold", "Hold"), ()):
        step = Step(state=BotState(), commands=tuple(a_decision(one) for one in actions))
        metered.metrics.decided(candle(1, "100"), step)

    assert metered.value("decisions_total", action="Enter") == 1
    assert metered.value("decisions_total", action="Hold") == 2


def test_refused_orders_are_counted_by_code(metered: Metered) -> None:
    refused = OrderRefused(client_order_id="kb-1", code=-2010, reason="insufficient balance")
    for _ in range(2):
        metered.metrics.decided(refused, Step(state=BotState()))

    assert metered.value("orders_refused_total", code="-2010") == 2


def test_wait_of_an_event_counts_from_its_arrival(metered: Metered) -> None:
    event, other = candle(1, "100"), candle(2, "100")
    arrived = metered.clock.boottime()
    metered.clock.move(0.125)
    metered.metrics.took(event, arrived)
    metered.clock.move(0.125)
    metered.metrics.decided(other, Step(state=BotState()))  # of a recovery, never in the inbox
    metered.metrics.decided(event, Step(state=BotState()))

    wait = {"event": "CandleClosed"}
    assert metered.value("event_to_decision_seconds_count", **wait) == 1
    assert metered.value("event_to_decision_seconds_sum", **wait) == Decimal("0.25")
    assert metered.value("event_to_decision_seconds_bucket", **wait, le="0.05") == 0
    assert metered.value("event_to_decision_seconds_bucket", **wait, le="0.25") == 1


def test_first_connection_of_a_stream_is_no_reconnect(metered: Metered) -> None:
    connected: list[Event] = [StreamRestored(stream=one) for one in ("user", "market", "market")]
    for event in connected:
        metered.metrics.took(event, 0.0)

    assert metered.value("stream_reconnects_total", stream="user") == 0
    assert metered.value("stream_reconnects_total", stream="market") == 1


def test_calls_and_commits_are_kept_apart_by_what_and_how(metered: Metered) -> None:
    metered.metrics.called("place", "Done", 0.03)
    metered.metrics.called("place", "Unknown", 5.0)
    metered.metrics.called("cancel", "Refused", 0.01)
    metered.metrics.committed("intent", "Done", 0.004)

    assert metered.value("order_seconds_count", call="place", ending="Done") == 1
    assert metered.value("order_seconds_sum", call="place", ending="Unknown") == 5
    assert metered.value("order_seconds_count", call="cancel", ending="Refused") == 1
    assert metered.value(
        "journal_commit_seconds_bucket", call="intent", ending="Done", le="0.005"
    ) == 1  # fmt: skip


def test_books_are_those_of_the_trading_state(metered: Metered) -> None:
    rules = dca_rules()
    two = Decimal(2)
    lot = Lot(trade_id=1, quantity=two, remaining=two, unit_cost=Decimal(100), opened_at=START)
    held = SubBook(strategy="trend", symbol="BTCUSDT", lots=(lot,), realized_quote=Decimal("-7.5"))
    state = replace(
        leased(rules), sub_books={("trend", "BTCUSDT"): held}, marks={"BTCUSDT": Decimal(110)}
    )

    metered.metrics.began(state, rules)

    assert metered.value("unrealized_profit_quote") == 20
    assert metered.value("realized_profit_quote") == Decimal("-7.5")
    assert metered.value("equity_quote") == Decimal("1012.5")
    assert metered.value("positions") == 1
    assert metered.value("open_orders") == 0
    assert metered.value("configuration_generation") == 1


def test_orders_are_open_until_they_are_settled(metered: Metered) -> None:
    rules = dca_rules()
    metered.metrics.began(leased(rules), rules)
    event = candle(1, "100")

    metered.metrics.decided(event, decide(leased(rules), event, rules))

    assert metered.value("open_orders") == 1


def test_brakes_show(metered: Metered) -> None:
    rules = dca_rules()
    assert metered.value("fenced") == 1  # nothing is known before the first recovery

    metered.metrics.began(leased(rules), rules)
    assert (metered.value("fenced"), metered.value("halted")) == (0, 0)
    metered.metrics.began(replace(leased(rules), halt="by a person"), rules)
    assert (metered.value("fenced"), metered.value("halted")) == (0, 1)
    metered.metrics.decided(candle(1, "1"), Step(state=BotState()))
    assert metered.value("fenced") == 1


def test_watched_figure_is_read_when_it_is_asked_for(metered: Metered) -> None:
    figure = [Decimal("0.1")]
    metered.metrics.watch("request_weight_used", "Weight", lambda: figure[0])

    assert metered.value("request_weight_used") == Decimal("0.1")
    figure[0] = Decimal(7)
    assert metered.value("request_weight_used") == 7


def test_crowd_of_scrapers_renders_once_a_second(metered: Metered) -> None:
    reads = itertools.count(1)
    metered.metrics.watch("reads", "How often it was read", lambda: next(reads))

    texts = {metered.metrics.text() for _ in range(100)}

    assert len(texts) == 1
    assert metered.value("reads") == 2
