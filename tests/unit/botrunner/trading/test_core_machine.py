"""Whatever the venue, the market and the process do: one order per intent, nothing oversold, books that agree."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from botcore.domain.instruments import Unfit, fit_market_quantity
from botcore.domain.orders import Purpose
from botcore.resources.strategy_params import DcaParams, EmaCrossParams
from botcore.resources.trading_bot import DesiredState
from botrunner.trading.events import (
    CandleClosed,
    HaltChanged,
    LeaseEnded,
    RulesChanged,
    StreamRestored,
    TimerFired,
)
from botrunner.trading.rules import Rules
from tests.support.bot_model import BotModel
from tests.support.trading import START, a_candle, a_rule, an_instrument, rules
from tests.support.venue_model import Mood, VenueModel, VenueOrder, repeated

SYMBOLS = ("BTCUSDT", "ETHUSDT")
prices = st.sampled_from([Decimal(p) for p in (100, 101, 99, 97, 103, 92, 108, 80, 120)])
moods = st.sampled_from([Mood.HONEST, *Mood])
reads = st.sampled_from([9, 2, 1, 0])
wishes = st.sampled_from([DesiredState.RUNNING, DesiredState.FLAT, DesiredState.PAUSED])
picks = st.integers(0, 1000)


def machine_rules() -> Rules:
    return rules(
        a_rule(DcaParams(amount=Decimal(100), stop_loss_percent=Decimal(2)), name="dca"),
        a_rule(
            EmaCrossParams(fast=2, slow=3, take_profit_percent=Decimal(5)),
            name="trend",
            symbols=("ETHUSDT",),
        ),
        instruments={symbol: an_instrument(symbol) for symbol in SYMBOLS},
    )


class TradingCore(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.venue = VenueModel(now=START)
        self.bot = BotModel(rules=machine_rules(), venue=self.venue)
        self.minute = 0
        self.ticks = 0
        self.past: list[CandleClosed] = []
        for price in (110, 105, 100, 95, 90):  # the averages are warm, and the fast one is below
            self.minute += 1
            self.past += self._candles(Decimal(price))
        self.bot.recover(self.past)

    # The market, the clock, and what the bot hears of them.

    @rule(path=st.lists(prices, min_size=1, max_size=4), mood=moods, read=reads)
    def candles_close(self, path: list[Decimal], mood: Mood, read: int) -> None:
        for price in path:
            self.minute += 1
            self.venue.move(price)
            self.venue.now = max(self.venue.now, START + timedelta(minutes=self.minute + 1))
            closed = self._candles(price)
            self.past = [*self.past, *closed][-20:]
            self.bot.inbox += closed
            self._read(mood, read)

    @rule(seconds=st.integers(1, 6), mood=moods, read=reads)
    def time_passes(self, seconds: int, mood: Mood, read: int) -> None:
        for _ in range(seconds):
            self._tick()
            self._read(mood, read)

    def _candles(self, price: Decimal) -> list[CandleClosed]:
        made = [a_candle(self.minute, str(price), symbol) for symbol in SYMBOLS]
        return [CandleClosed(candle=one) for one in made]

    def _tick(self) -> None:
        self.ticks += 1
        self.venue.tick()
        self.bot.inbox.append(TimerFired(tick=self.ticks))

    def _read(self, mood: Mood, count: int) -> None:
        self.bot.mood = mood
        if self.bot.state.is_fenced and count > 1:
            self.bot.recover(self.past)
        for _ in range(count):
            if self.bot.inbox:
                self.bot.take_next()

    @precondition(lambda self: self.venue.stream)
    @rule(pick=picks, twice=st.booleans())
    def stream_delivers_in_any_order(self, pick: int, twice: bool) -> None:  # noqa: FBT001 drawn
        event = self.venue.stream.pop(pick % len(self.venue.stream))
        self.bot.inbox += [event, repeated(event)] if twice else [event]

    @precondition(lambda self: self.venue.stream)
    @rule()
    def stream_breaks_and_loses_everything(self) -> None:
        self.venue.stream.clear()
        self.bot.inbox.append(StreamRestored(stream="user"))

    # The venue's moods, and what others do to the bot's orders.

    @precondition(lambda self: self.venue.open())
    @rule(pick=picks)
    def open_order_ends_from_outside(self, pick: int) -> None:
        self.venue.end_outside(self.venue.open()[pick % len(self.venue.open())])

    @precondition(lambda self: self._fillable())
    @rule(pick=picks, whole=st.booleans())
    def open_market_order_fills(self, pick: int, whole: bool) -> None:  # noqa: FBT001 drawn
        one = self._fillable()[pick % len(self._fillable())]
        self.venue.fill(one, one.left if whole else one.left / 2)

    # People, the lease and the process.

    @rule(desired=wishes)
    def owner_changes_the_wish(self, desired: DesiredState) -> None:
        self.bot.rules = rules(
            *self.bot.rules.strategies, instruments=self.bot.rules.instruments, desired=desired
        )
        self.bot.inbox.append(RulesChanged())

    @rule(reason=st.sampled_from([None, "by hand"]))
    def halt_changes(self, reason: str | None) -> None:
        self.bot.inbox.append(HaltChanged(reason=reason))

    @rule()
    def lease_is_lost(self) -> None:
        self.bot.take(LeaseEnded(reason="lost"))

    @rule(after=st.integers(0, 4))
    def process_dies_soon(self, after: int) -> None:
        self.bot.crash_after = after

    # What always holds.

    @invariant()
    def no_id_is_sent_twice(self) -> None:
        assert all(count == 1 for count in self.venue.sent.values())

    @invariant()
    def never_more_on_sale_than_held(self) -> None:
        for symbol in SYMBOLS:
            assert self.venue.held(symbol) >= 0
            assert self.venue.on_sale(symbol) <= self.venue.held(symbol)

    # What holds once everything has been told.

    @rule()
    def everything_settles(self) -> None:
        with self.bot.honestly():
            self._settle()
        self._books_agree()
        for key in (("dca", "BTCUSDT"), ("trend", "ETHUSDT")):
            self._is_protected(key)

    def _settle(self) -> None:
        if self.bot.state.is_fenced:
            self.bot.recover(self.past)
        for _ in range(75):
            for one in self._fillable():
                self.venue.fill(one, one.left)
            self.bot.inbox += self.venue.stream
            self.venue.stream.clear()
            while self.bot.inbox:
                self.bot.take_next()
            self._tick()
        while self.bot.inbox:
            self.bot.take_next()

    def _books_agree(self) -> None:
        working = {one.order.client_order_id for one in self.venue.open()}
        assert set(self.bot.state.orders) == working
        assert set(self.bot.ledger.unsettled()) == working
        assert dict(self.bot.state.sub_books) == self.bot.ledger.sub_books
        for key in (("dca", "BTCUSDT"), ("trend", "ETHUSDT")):
            assert self.bot.state.sub_book(key).quantity == self.venue.held(key[1])

    def _is_protected(self, key: tuple[str, str]) -> None:
        held = self.venue.held(key[1])
        stops = self.bot.state.working(key, Purpose.STOP_LOSS)
        targets = self.bot.state.working(key, Purpose.TAKE_PROFIT)
        fitted = fit_market_quantity(
            an_instrument(key[1]), held, self.bot.state.marks.get(key[1], Decimal(100))
        )
        if isinstance(fitted, Unfit):
            assert stops == ()
            return
        assert [stop.quantity - stop.executed_quantity for stop in stops] == [fitted]
        if key[0] == "trend":
            assert [one.list_client_order_id for one in targets] == [stops[0].list_client_order_id]
            assert [one.quantity for one in targets] == [fitted]
        else:
            assert targets == ()

    def _fillable(self) -> list[VenueOrder]:
        return [one for one in self.venue.open() if one.order.price is None]

    def teardown(self) -> None:
        self.everything_settles()


TestTradingCore = TradingCore.TestCase
TestTradingCore.settings = settings(max_examples=250, stateful_step_count=40, deadline=None)
