"""Builders for the trading core's tests."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from botcore.domain.instruments import Instrument
from botcore.domain.market import Candle, Interval
from botcore.domain.orders import Fill, Order, OrderReport, OrderStatus, Purpose, Side
from botcore.resources.strategy_params import DcaParams, EmaCrossParams, StrategyParams
from botcore.resources.trading_bot import (
    DesiredState,
    OrdersOnStop,
    PositionsOnStop,
    RiskLimits,
)
from botrunner.trading.commands import PlaceOrder, RecordDecision, SaveOrder
from botrunner.trading.decide import decide
from botrunner.trading.events import (
    CandleClosed,
    Event,
    LeaseAcquired,
    OrderNotFound,
    OrderRefused,
    OrderReported,
    OutcomeUnknown,
    RulesChanged,
)
from botrunner.trading.rules import Rules, StrategyRule
from botrunner.trading.state import BotState, Step

START = datetime(2024, 1, 1, tzinfo=UTC)
BOT = "0a1b2c3d-0000-4000-8000-000000000001"
KEY = ("trend", "BTCUSDT")


def an_instrument(symbol: str = "BTCUSDT", **changes: object) -> Instrument:
    values: dict[str, object] = {
        "symbol": symbol,
        "base_asset": symbol.removesuffix("USDT"),
        "quote_asset": "USDT",
        "status": "TRADING",
        "tick_size": Decimal("0.01"),
        "step_size": Decimal("0.00001"),
        "min_quantity": Decimal("0.00001"),
        "max_quantity": Decimal(9000),
        "market_step_size": Decimal(0),
        "market_min_quantity": Decimal(0),
        "market_max_quantity": Decimal(100),
        "min_notional": Decimal(5),
        "max_algo_orders": 5,
    }
    return Instrument(**{**values, **changes})  # type: ignore[arg-type]


def a_rule(params: StrategyParams | None = None, **changes: object) -> StrategyRule:
    values: dict[str, object] = {
        "name": "trend",
        "symbols": ("BTCUSDT",),
        "interval": Interval.M1,
        "capital": Decimal(1000),
        "params": params or EmaCrossParams(fast=2, slow=3),
    }
    return StrategyRule(**{**values, **changes})  # type: ignore[arg-type]


def rules(*strategies: StrategyRule, **changes: object) -> Rules:
    values: dict[str, object] = {
        "bot_uid": BOT,
        "generation": 1,
        "quote_asset": "USDT",
        "desired": DesiredState.RUNNING,
        "strategies": strategies or (a_rule(),),
        "risk": RiskLimits(),
        "orders_on_stop": OrdersOnStop.CANCEL,
        "positions_on_stop": PositionsOnStop.KEEP,
        "instruments": {"BTCUSDT": an_instrument()},
    }
    return Rules(**{**values, **changes})  # type: ignore[arg-type]


def dca_rules(amount: str = "100", stop: str | None = None, **changes: object) -> Rules:
    params = DcaParams(
        amount=Decimal(amount), stop_loss_percent=None if stop is None else Decimal(stop)
    )
    return rules(a_rule(params), **changes)


def a_candle(
    minute: int,
    close: str,
    symbol: str = "BTCUSDT",
    *,
    high: str | None = None,
    low: str | None = None,
) -> Candle:
    opened = START + timedelta(minutes=minute)
    price = Decimal(close)
    return Candle(
        symbol=symbol,
        interval=Interval.M1,
        open_at=opened,
        close_at=opened + timedelta(minutes=1) - timedelta(milliseconds=1),
        open=price,
        high=price if high is None else Decimal(high),
        low=price if low is None else Decimal(low),
        close=price,
        volume=Decimal(1),
    )


def walked(count: int, seed: int = 1) -> list[Decimal]:
    """Closes of a seeded walk around 100, to the cent."""
    chance = random.Random(seed)
    price, closes = 10_000, []
    for _ in range(count):
        price = max(1_000, price + chance.randint(-60, 60) + (10_000 - price) // 200)
        closes.append(Decimal(price) / 100)
    return closes


def candle(minute: int, close: str) -> CandleClosed:
    return CandleClosed(candle=a_candle(minute, close))


def leased(rules_in_force: Rules, epoch: int = 1) -> BotState:
    return decide(BotState(), LeaseAcquired(epoch=epoch), rules_in_force).state


def placed(step: Step) -> list[Order]:
    return [command.order for command in step.commands if isinstance(command, PlaceOrder)]


def a_report(order: Order, status: OrderStatus, executed: Decimal | None = None) -> OrderReport:
    return OrderReport(
        client_order_id=order.client_order_id,
        symbol=order.symbol,
        exchange_order_id=int(order.client_order_id.rsplit("-", 1)[1]),
        status=status,
        executed_quantity=order.quantity if executed is None else executed,
        cumulative_quote=Decimal(0),
        venue_time=START,
    )


def a_fill(order: Order, price: str, *, trade_id: int = 1, quantity: Decimal | None = None) -> Fill:
    amount = order.quantity if quantity is None else quantity
    fee_asset = order.symbol.removesuffix("USDT") if order.side is Side.BUY else "USDT"
    received = amount if order.side is Side.BUY else amount * Decimal(price)
    return Fill(
        symbol=order.symbol,
        trade_id=trade_id,
        exchange_order_id=int(order.client_order_id.rsplit("-", 1)[1]),
        side=order.side,
        price=Decimal(price),
        quantity=amount,
        quote_quantity=amount * Decimal(price),
        commission=received * Decimal("0.001"),
        commission_asset=fee_asset,
        venue_time=START,
    )


def filled(order: Order, price: str, *, trade_id: int = 1) -> OrderReported:
    return OrderReported(
        report=a_report(order, OrderStatus.FILLED), fills=(a_fill(order, price, trade_id=trade_id),)
    )


def accepted(order: Order) -> OrderReported:
    return OrderReported(report=a_report(order, OrderStatus.NEW, Decimal(0)))


def canceled(order: Order) -> OrderReported:
    return OrderReported(report=a_report(order, OrderStatus.CANCELED, Decimal(0)))


def refused(order: Order, code: int = -2010) -> OrderRefused:
    return OrderRefused(client_order_id=order.client_order_id, code=code, reason="refused")


def unknown(order: Order) -> OutcomeUnknown:
    return OutcomeUnknown(client_order_id=order.client_order_id, reason="-1007")


def denied(order: Order, age: int = 10) -> OrderNotFound:
    return OrderNotFound(client_order_id=order.client_order_id, age_seconds=age)


def decisions(step: Step) -> list[tuple[str, str]]:
    return [(c.action, c.reason) for c in step.commands if isinstance(c, RecordDecision)]


def stop_of(state: BotState) -> Order:
    return next(o for o in state.orders.values() if o.purpose is Purpose.STOP_LOSS)


def play(state: BotState, rules_in_force: Rules, *events: Event) -> Step:
    """Decide on each event in turn; returns the last state with all commands."""
    step = Step(state=state)
    for event in events:
        step = step.then(decide(step.state, event, rules_in_force))
    return step


def bought(rules_in_force: Rules, *, price: str = "100") -> tuple[BotState, Order]:
    """A bot that holds a position of `trend` after one filled entry, and the entry."""
    step = play(leased(rules_in_force), rules_in_force, candle(1, price))
    if not placed(step):
        step = step.then(play(step.state, rules_in_force, *crossing(price)))
    entry = placed(step)[-1]
    assert entry.purpose is Purpose.ENTRY
    after = play(step.state, rules_in_force, filled(entry, price))
    return after.state, entry


def crossing(top: str = "120", first: int = 2) -> tuple[CandleClosed, ...]:
    """Candles after which the fast average crosses above the slow one."""
    falling = ("110", "105", "100", "95", "90")
    minutes = range(first, first + len(falling))
    return (
        *(candle(m, p) for m, p in zip(minutes, falling, strict=True)),
        candle(first + len(falling), top),
    )


def sent(in_force: Rules) -> tuple[BotState, Order]:
    """A bot whose first entry was just handed to the venue, and the entry."""
    step = play(leased(in_force), in_force, candle(1, "100"))
    return step.state, placed(step)[0]


def selling(in_force: Rules) -> tuple[BotState, Rules, Order]:
    """A bot told to be flat whose sale was just handed to the venue, the rules, and the sale."""
    state, _ = bought(in_force)
    flat = replace(in_force, desired=DesiredState.FLAT)
    step = decide(state, RulesChanged(), flat)
    return step.state, flat, placed(step)[0]


def partly_filled(order: Order, quantity: str, trade_id: int = 1) -> OrderReported:
    amount = Decimal(quantity)
    return OrderReported(
        report=a_report(order, OrderStatus.PARTIALLY_FILLED, amount),
        fills=(a_fill(order, "100", trade_id=trade_id, quantity=amount),),
    )


def saved(step: Step) -> list[OrderStatus]:
    return [c.order.status for c in step.commands if isinstance(c, SaveOrder)]
