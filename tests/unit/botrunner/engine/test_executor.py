"""Journal first, send second; every answer comes back as an event."""

from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest
from structlog.testing import capture_logs

from botcore.domain.errors import Conflict, LeaseLost, Transient
from botcore.domain.orders import Order, OrderReport, OrderStatus, OrderType
from botrunner.engine.executor import Executor, Outcome
from botrunner.trading import commands
from botrunner.trading.commands import CancelOrder, Command, FindOrder, FindOrders, ReadTrades
from botrunner.trading.decide import decide
from botrunner.trading.events import (
    CancelUnresolved,
    Event,
    IntentAbandoned,
    OrderNotFound,
    OrderRefused,
    OrderReported,
    OutcomeUnknown,
    TradesRead,
)
from tests.support.engine_ports import ModelExchange, ModelJournal, Troubles
from tests.support.trading import candle, dca_rules, filled, leased, play, sent
from tests.support.venue_model import Mood
from tests.support.virtual_time import VirtualClock, run_virtual

RULES = dca_rules()
COMMANDS = play(leased(RULES), RULES, candle(1, "100")).commands  # decision, order
ORDER: Order = COMMANDS[1].order  # type: ignore[union-attr]
ID = ORDER.client_order_id


@dataclass
class Bench:
    """An executor among its ports."""

    may_send: bool = True
    troubles: Troubles = field(default_factory=Troubles)

    def __post_init__(self) -> None:
        self.exchange = ModelExchange(self.troubles)
        self.journal = ModelJournal(self.troubles)
        self.journal.hold(1)
        self.clock = VirtualClock()
        self.executor = Executor(
            exchange=self.exchange,
            journal=self.journal,
            may_send=lambda: self.may_send,
            clock=self.clock,
        )

    async def perform(self, *commands: Command) -> Outcome:
        return await self.executor.perform(commands, generation=3)

    def do(self, *commands: Command) -> Outcome:
        return run_virtual(self.perform(*commands))

    @property
    def order_of_calls(self) -> list[str]:
        return [name for name, _ in self.troubles.calls]


def test_decision_then_intent_then_order() -> None:
    bench = Bench()

    outcome = bench.do(*COMMANDS)

    assert bench.order_of_calls == ["record_decision", "write_intents", "place"]  # I2
    assert bench.troubles.named("record_decision")[0][1] == 3  # type: ignore[index]
    (told,) = outcome.events
    assert isinstance(told, OrderReported)
    assert told.report.status is OrderStatus.FILLED
    assert len(told.fills) == 1


@pytest.mark.parametrize("error", [Transient("away"), LeaseLost("not held")])
def test_intent_that_can_not_be_written_is_never_sent(error: Exception) -> None:
    bench = Bench(troubles=Troubles(broken={"write_intents": error}))

    with pytest.raises(type(error)):
        bench.do(*COMMANDS)

    assert bench.troubles.named("place") == []
    assert bench.exchange.venue.sent == {}


def test_decision_made_before_sends_nothing() -> None:
    bench = Bench()
    bench.journal.ledger.write(COMMANDS[0])  # type: ignore[arg-type]

    with pytest.raises(Conflict):
        bench.do(*COMMANDS)

    assert bench.order_of_calls == ["record_decision"]  # TR-37


def test_permit_that_expires_between_intent_and_send_sends_nothing() -> None:
    bench = Bench(may_send=False)

    outcome = bench.do(*COMMANDS)

    assert outcome.events == [IntentAbandoned(client_order_id=ID, reason="FencedBeforeSend")]  # I1
    assert bench.order_of_calls == ["record_decision", "write_intents"]


@pytest.mark.parametrize(
    ("mood", "answer"),
    [
        (Mood.REFUSES, OrderRefused(client_order_id=ID, code=-2010, reason="refused")),
        (Mood.LOSES_ANSWER, OutcomeUnknown(client_order_id=ID, reason="no answer")),
    ],
)
def test_refusal_and_silence_come_back_as_events(mood: Mood, answer: Event) -> None:
    bench = Bench()
    bench.exchange.mood = mood

    assert bench.do(*COMMANDS).events == [answer]
    assert bench.exchange.venue.sent[ID] == 1


def test_saves_are_committed_together_and_before_whatever_follows() -> None:
    bench = Bench()
    bench.journal.ledger.orders[ID] = ORDER
    state, entry = sent(RULES)
    booking = decide(state, filled(entry, "100"), RULES).commands
    find = FindOrder(symbol="BTCUSDT", client_order_id=ID)

    outcome = bench.do(*booking, find, commands.SaveOrder(order=replace(ORDER, reason="later")))

    assert bench.order_of_calls == ["save", "find_order", "save"]
    orders, bookings = bench.troubles.named("save")[0]  # type: ignore[misc]
    assert [type(one) for one in booking] == [commands.SaveOrder, commands.SaveBooking]
    assert (len(orders), len(bookings)) == (1, 1)
    assert outcome.has_booked


def test_nothing_to_save_writes_nothing() -> None:
    bench = Bench()

    outcome = bench.do(FindOrder(symbol="BTCUSDT", client_order_id=ID))

    assert bench.order_of_calls == ["find_order"]
    assert not outcome.has_booked


def test_failed_save_stops_the_commands_behind_it() -> None:
    bench = Bench(troubles=Troubles(broken={"save": Transient("away")}))

    with pytest.raises(Transient):
        bench.do(commands.SaveOrder(order=ORDER), *COMMANDS)

    assert bench.order_of_calls == ["save"]


def test_denial_tells_how_long_the_outcome_has_been_unknown() -> None:
    bench = Bench()
    bench.exchange.mood = Mood.LOSES_ORDER
    find = FindOrder(symbol="BTCUSDT", client_order_id=ID)

    async def story() -> list[Event]:
        await bench.perform(*COMMANDS)
        bench.clock.suspended += 7.9
        return (await bench.perform(find)).events

    assert run_virtual(story()) == [OrderNotFound(client_order_id=ID, age_seconds=7)]


def test_denial_that_travels_for_seconds_tells_what_was_true_when_it_was_asked_for() -> None:
    """The order may have arrived right after the venue looked (TR-5)."""
    bench = Bench()
    bench.exchange.mood = Mood.LOSES_ORDER
    looked = bench.exchange.find_order

    async def answer_late(symbol: str, client_order_id: str) -> OrderReport | None:
        found = await looked(symbol, client_order_id)
        bench.clock.suspended += 4
        return found

    bench.exchange.find_order = answer_late  # type: ignore[method-assign]

    async def story() -> list[Event]:
        await bench.perform(*COMMANDS)
        bench.clock.suspended += 2
        return (await bench.perform(FindOrder(symbol="BTCUSDT", client_order_id=ID))).events

    assert run_virtual(story()) == [OrderNotFound(client_order_id=ID, age_seconds=2)]


def test_recovered_intent_counts_from_the_recovery_and_another_as_new() -> None:
    bench = Bench()

    async def story() -> list[Event]:
        bench.executor.remember_unknown(ID)
        bench.clock.suspended += 42
        first = await bench.perform(FindOrder(symbol="BTCUSDT", client_order_id=ID))
        second = await bench.perform(FindOrder(symbol="BTCUSDT", client_order_id="kb-other"))
        return first.events + second.events

    assert run_virtual(story()) == [
        OrderNotFound(client_order_id=ID, age_seconds=42),
        OrderNotFound(client_order_id="kb-other", age_seconds=0),
    ]


ASKING = {
    "find_order": FindOrder(symbol="BTCUSDT", client_order_id=ID),
    "open_orders": FindOrders(symbol="BTCUSDT", client_order_ids=(ID,)),
    "trades": ReadTrades(symbol="BTCUSDT", client_order_id=ID, exchange_order_id=1),
}


@pytest.mark.parametrize("name", ASKING)
def test_failed_query_is_no_answer(name: str) -> None:
    bench = Bench(troubles=Troubles(broken={name: Transient("dns")}))

    outcome = bench.do(ASKING[name])

    assert outcome.events == []  # TR-6, TR-44


def test_order_that_is_found_is_reported_and_its_trades_are_read() -> None:
    bench = Bench()

    async def story() -> list[Event]:
        await bench.perform(*COMMANDS)
        found = await bench.perform(
            FindOrder(symbol="BTCUSDT", client_order_id=ID),
            ReadTrades(symbol="BTCUSDT", client_order_id=ID, exchange_order_id=1),
        )
        return found.events

    report, read = run_virtual(story())
    assert isinstance(report, OrderReported)
    assert report.report.executed_quantity == ORDER.quantity
    assert isinstance(read, TradesRead)
    assert [fill.quantity for fill in read.fills] == [Decimal(1)]


def test_several_orders_are_found_by_one_call_and_only_those_that_ended_by_their_own() -> None:
    bench = Bench()
    open_one = replace(ORDER, client_order_id="kb-open", price=Decimal(1), type=OrderType.LIMIT)
    ids = (ID, "kb-open", "kb-never-sent")

    async def story() -> list[Event]:
        await bench.perform(*COMMANDS)
        await bench.perform(type(COMMANDS[1])(order=open_one))  # type: ignore[call-arg]
        return (await bench.perform(FindOrders(symbol="BTCUSDT", client_order_ids=ids))).events

    first, second, third = run_virtual(story())
    assert isinstance(first, OrderReported)
    assert isinstance(second, OrderReported)
    assert (first.report.status, second.report.status) == (OrderStatus.FILLED, OrderStatus.NEW)
    assert third == OrderNotFound(client_order_id="kb-never-sent", age_seconds=0)
    assert bench.order_of_calls.count("open_orders") == 1
    assert bench.troubles.named("find_order") == [ID, "kb-never-sent"]  # TR-56


def test_cancel_reports_the_end_or_its_doubt() -> None:
    bench = Bench()
    bench.exchange.mood = Mood.RESTING
    cancel = CancelOrder(symbol="BTCUSDT", client_order_id=ID)

    async def story() -> list[Event]:
        await bench.perform(*COMMANDS)
        return [*(await bench.perform(cancel)).events, *(await bench.perform(cancel)).events]

    first, second = run_virtual(story())
    assert isinstance(first, OrderReported)
    assert first.report.status is OrderStatus.CANCELED
    assert second == CancelUnresolved(client_order_id=ID, reason="no answer")


def test_rereads_notes_and_the_end_are_handed_on() -> None:
    bench = Bench()
    end = commands.Exit(reason="Stopped", message="")

    with capture_logs() as logs:
        note = commands.Note(level="warning", event="fenced", facts=(("reason", "lost"),))
        outcome = bench.do(commands.Reread(stream="market"), note, end)

    assert outcome.reread == ["market"]
    assert outcome.exit == end
    assert logs == [{"event": "fenced", "reason": "lost", "log_level": "warning"}]


def test_later_order_of_a_step_is_not_sent_when_the_first_could_not_be_journalled() -> None:
    bench = Bench(troubles=Troubles(broken={"write_intents": Transient("away")}))
    second = replace(ORDER, client_order_id="kb-second")

    with pytest.raises(Transient):
        bench.do(COMMANDS[1], type(COMMANDS[1])(order=second))  # type: ignore[call-arg]

    assert len(bench.troubles.named("write_intents")) == 1
    assert bench.exchange.venue.sent == {}
