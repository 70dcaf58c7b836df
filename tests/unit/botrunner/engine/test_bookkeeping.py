"""The minute's check: what defers it, what confirms a difference, and what it leads to."""

from dataclasses import replace
from decimal import Decimal

from botcore.domain.account_book import AdjustmentKind
from botcore.domain.errors import Transient
from botcore.domain.orders import OrderStatus
from botrunner.engine.bookkeeping import Bookkeeper
from botrunner.ports import Account, Balance
from botrunner.trading.commands import SaveBooking
from botrunner.trading.events import (
    BalanceChanged,
    OrderReported,
    Problem,
    StreamRestored,
    WriteOff,
)
from botrunner.trading.state import BotState
from tests.support.books_model import ModelBooks
from tests.support.engine_ports import ACCOUNT, ModelExchange, ModelJournal, Troubles
from tests.support.trading import (
    KEY,
    START,
    a_fill,
    a_report,
    bought,
    dca_rules,
    filled,
    play,
    sent,
)
from tests.support.virtual_time import run_virtual
from tests.unit.botrunner.adapters.clocks import ManualClock

RULES = dca_rules()
D = Decimal


class AccountExchange(ModelExchange):
    """An exchange whose account holds what a test says."""

    held: dict[str, Decimal]

    async def account(self) -> Account:
        self.troubles.note("account")
        return an_account(**self.held)


def an_account(**held: Decimal) -> Account:
    zero = D(0)
    balances = {asset: Balance(free=amount, locked=zero) for asset, amount in held.items()}
    return Account(uid=ACCOUNT, can_trade=True, balances=balances)


class Bench:
    """A bookkeeper of a bot that holds 0.999 BTC, bought for 100 of 1000 USDT."""

    def __init__(self, *, is_exact: bool = True) -> None:
        self.troubles = Troubles()
        self.exchange = AccountExchange(self.troubles)
        self.exchange.held = {"USDT": D(900), "BTC": D("0.999")}
        amounts = {"USDT": D(900), "BTC": D("0.999")}
        self.books = ModelBooks(amounts=amounts, is_open=True)
        self.clock = ManualClock()
        self.state, _ = bought(RULES)
        self.keeper = Bookkeeper(
            ledger=self.books,
            exchange=self.exchange,
            journal=ModelJournal(self.troubles),
            clock=self.clock,
            is_exact=is_exact,
        )
        run_virtual(self.keeper.recovered(an_account(**self.exchange.held), RULES))

    def look(self, *pauses: float, state: BotState | None = None) -> tuple[WriteOff, ...]:
        """Check after each pause (seconds); returns what was written off."""

        async def story() -> tuple[WriteOff, ...]:
            found: tuple[WriteOff, ...] = ()
            for pause in pauses:
                self.clock.move(pause)
                found += await self.keeper.check(state or self.state, RULES)
            return found

        return run_virtual(story())

    @property
    def looks(self) -> int:
        return len(self.troubles.named("account"))


def listening() -> Bench:
    """A bench that has looked once and heard everything since."""
    bench = Bench()
    bench.look(6)
    return bench


def test_books_that_agree_are_looked_at_once_a_minute() -> None:
    bench = Bench()

    bench.look(5, 1, 30, 29, 1, 60)

    assert bench.looks == 3
    assert (bench.books.rows, bench.keeper.problems) == ([], ())
    assert len(bench.troubles.named("save_balances")) == 3


def test_new_book_opens_with_what_the_account_holds() -> None:
    bench = Bench()
    bench.books = books = ModelBooks()
    bench.keeper._ledger = books

    run_virtual(bench.keeper.recovered(an_account(BTC=D(2)), RULES))

    assert books.amounts == {"BTC": 2, "USDT": 0}  # the quote asset marks it as open
    bench.exchange.held = {"BTC": D(2)}
    bench.look(6)
    assert bench.keeper.problems == ()


def test_deposit_is_adjusted_after_three_equal_looks() -> None:
    bench = listening()
    bench.keeper.heard(BalanceChanged(asset="USDT", amount=D(500), venue_time=START), RULES)
    bench.exchange.held["USDT"] = D(1400)

    bench.look(6, 6)
    assert bench.books.rows == []
    bench.look(6)

    assert [(r.amount, r.kind) for r in bench.books.rows] == [(500, AdjustmentKind.DEPOSIT)]
    assert bench.keeper.problems == ()
    bench.look(60, 6, 6)
    assert len(bench.books.rows) == 1


def test_what_nobody_explains_is_a_problem_until_it_is_gone() -> None:
    bench = listening()
    bench.exchange.held["USDT"] = D(800)
    bench.look(60, 6, 6)

    (problem,) = bench.keeper.problems
    assert problem == Problem(
        reason="BooksDisagree", message="USDT: the account holds 800, the ledger says 900"
    )
    assert bench.books.rows == []
    before = bench.looks
    bench.look(60, 6, 6, 48)  # told once, looked at once a minute (TR-45)
    assert (bench.looks - before, bench.keeper.problems) == (2, (problem,))
    bench.exchange.held["USDT"] = D(900)
    bench.look(60)
    assert bench.keeper.problems == ()


def test_what_happened_while_the_stream_was_away_is_adjusted() -> None:
    bench = listening()
    bench.keeper.heard(StreamRestored(stream="user"), RULES)
    bench.exchange.held = {"USDT": D(800), "BTC": D("1.999")}

    bench.look(60, 6, 6)

    assert {r.kind for r in bench.books.rows} == {AdjustmentKind.MANUAL_TRADE}
    assert bench.keeper.problems == ()


def test_others_may_use_a_live_account_without_a_word() -> None:
    bench = Bench(is_exact=False)
    bench.exchange.held["USDT"] = D(10)

    bench.look(6, 6, 6)

    assert [(r.amount, r.kind) for r in bench.books.rows] == [(-890, AdjustmentKind.WITHDRAWAL)]
    assert bench.keeper.problems == ()


def test_lots_without_cover_degrade_a_live_bot_too() -> None:
    bench = Bench(is_exact=False)
    bench.exchange.held["BTC"] = D("0.5")

    bench.look(6, 6, 6)

    (problem,) = bench.keeper.problems
    assert problem.message == "BTC: the account holds 0.5, own lots are 0.999"
    bench.look(60, 6, 6)
    assert len(bench.books.rows) == 1


def test_uncovered_lots_are_told_before_the_first_decision() -> None:
    bench = Bench()
    short = an_account(USDT=D(900), BTC=D(0))

    bench.keeper.first_look(short, bench.state, RULES)

    assert [p.message for p in bench.keeper.problems] == [
        "BTC: the account holds 0, own lots are 0.999"
    ]
    bench.look(6)  # a mistake of the first look is gone with the first whole check
    assert bench.keeper.problems == ()


def test_little_that_is_missing_is_written_off() -> None:
    bench = Bench()
    bench.exchange.held["BTC"] = D("0.990")

    (gone,) = bench.look(6, 6, 6)

    assert gone == WriteOff(strategy=KEY[0], symbol=KEY[1], quantity=D("0.009"))
    ((sub_book, changed),) = bench.books.written_off
    assert (sub_book.quantity, len(changed)) == (D("0.990"), 1)


def test_difference_that_changes_at_each_look_is_left_for_the_next_minute() -> None:
    bench = listening()
    for pause, held in ((60, 800), (6, 700), (6, 600)):
        bench.exchange.held["USDT"] = D(held)
        bench.look(pause)
    before = bench.looks

    bench.look(6, 6, 47)

    assert (bench.looks - before, bench.books.rows, bench.keeper.problems) == (0, [], ())  # TR-45


def test_order_in_flight_defers_the_check() -> None:
    bench = listening()
    bench.exchange.held["USDT"] = D(800)
    in_flight, _ = sent(RULES)

    bench.look(60, 6, 6, 60, 60, state=replace(in_flight, sub_books=bench.state.sub_books))
    assert (bench.books.rows, bench.keeper.problems) == ([], ())  # TR-44


def test_own_fill_is_expected_and_touches_its_assets() -> None:
    bench = listening()
    state, entry = sent(RULES)
    step = play(state, RULES, filled(entry, "100"))
    (command,) = [c for c in step.commands if isinstance(c, SaveBooking)]
    bench.clock.move(58)
    bench.keeper.booked(command, RULES)

    bench.look(2)  # 2 s after the fill: left alone though the account does not show it yet (TR-43)
    bench.exchange.held = {"USDT": D(800), "BTC": D("1.998")}
    bench.look(60)

    assert (bench.looks, bench.books.rows, bench.keeper.problems) == (3, [], ())


def test_failed_reading_is_no_finding() -> None:
    bench = listening()
    bench.troubles.broken["account"] = Transient("away")
    bench.exchange.held = {}

    bench.look(60, 6, 6, 6)

    assert (bench.books.rows, bench.keeper.problems) == ([], ())  # TR-44
    assert bench.looks == 5


def test_trade_by_hand_is_evidence_once() -> None:
    bench = listening()
    _, entry = sent(RULES)
    by_hand = replace(entry, client_order_id="web-1")
    fill = replace(a_fill(by_hand, "100", quantity=D("0.1")), commission=D(0))
    told = OrderReported(report=a_report(by_hand, OrderStatus.FILLED), fills=(fill,))
    bench.keeper.heard(told, RULES)
    bench.keeper.heard(told, RULES)
    bench.exchange.held = {"USDT": D(890), "BTC": D("1.099")}

    bench.look(6, 6, 6)

    assert sorted((r.asset, r.amount, r.kind) for r in bench.books.rows) == [
        ("BTC", D("0.1"), AdjustmentKind.MANUAL_TRADE),
        ("USDT", D(-10), AdjustmentKind.MANUAL_TRADE),
    ]
