"""The TradingBot as models; crds/tradingbots.yaml says the same to the API server."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from botcore.resources.decimal_string import Money, Percent
from botcore.resources.meta import ObjectMeta, ResourceModel
from botcore.resources.status import TradingBotStatus
from botcore.resources.strategy_params import (
    StrategyParameters,
    StrategyParams,
    StrategyType,
    typed_params,
)

__all__ = [
    "BotMode",
    "CandleInterval",
    "Credentials",
    "DesiredState",
    "Exchange",
    "Failover",
    "OnStop",
    "OrdersOnStop",
    "Paper",
    "PositionsOnStop",
    "RiskLimits",
    "StrategySpec",
    "TradingBot",
    "TradingBotSpec",
    "UpdateStrategy",
    "UpdateType",
]


class DesiredState(StrEnum):
    """What the owner wants the bot to do."""

    RUNNING = "Running"
    PAUSED = "Paused"
    FLAT = "Flat"
    STOPPED = "Stopped"


class BotMode(StrEnum):
    """Whose money trades."""

    PAPER = "paper"
    TESTNET = "testnet"
    LIVE = "live"


class CandleInterval(StrEnum):
    """The candle lengths of the exchange that a strategy can decide on."""

    MINUTE_1 = "1m"
    MINUTE_3 = "3m"
    MINUTE_5 = "5m"
    MINUTE_15 = "15m"
    MINUTE_30 = "30m"
    HOUR_1 = "1h"
    HOUR_2 = "2h"
    HOUR_4 = "4h"
    HOUR_6 = "6h"
    HOUR_8 = "8h"
    HOUR_12 = "12h"
    DAY_1 = "1d"


class OrdersOnStop(StrEnum):
    """What becomes of open orders."""

    CANCEL = "Cancel"
    KEEP = "Keep"


class PositionsOnStop(StrEnum):
    """What becomes of the bot's own lots."""

    KEEP = "Keep"
    CLOSE = "Close"


class UpdateType(StrEnum):
    """When a running bot takes a changed configuration."""

    LIVE = "Live"
    WHEN_FLAT = "WhenFlat"
    RESTART = "Restart"
    MANUAL = "Manual"


class Failover(StrEnum):
    """When a bot may have a new pod while the old one, on a node that is lost, is not known to be gone."""

    WAIT_FOR_POD_GONE = "WaitForPodGone"
    AFTER_LEASE_EXPIRY = "AfterLeaseExpiry"


class Exchange(ResourceModel):
    """Where the bot trades."""

    name: Literal["binance"] = "binance"
    """Exchange."""
    market: Literal["spot"] = "spot"
    """Market of the exchange."""


class Paper(ResourceModel):
    """The paper account of the bot; needed in paper mode, ignored in the others."""

    balances: Annotated[dict[str, Money], Field(min_length=1, max_length=20)]
    """What the paper account starts with, by asset, as decimal strings."""


class Credentials(ResourceModel):
    """The exchange key of testnet and live mode; exactly one of its fields."""

    secret_name: (
        Annotated[str, Field(max_length=253, pattern=r"^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$")] | None
    ) = None
    """Secret in the bot's namespace with the key as api-key and api-secret. Its labels are \
kbots.dev/exchange-key, testnet or live, and kbots.dev/owner."""
    sealed_key: (
        Annotated[str, Field(max_length=36, pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
        | None
    ) = None
    """Id of a key that was sealed through the dashboard."""


Symbol = Annotated[str, Field(max_length=20, pattern=r"^[A-Z0-9]{5,20}$")]


class StrategySpec(ResourceModel):
    """One strategy with its own symbols and capital."""

    name: Annotated[str, Field(max_length=32, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    """Name of the strategy within the bot; its book of orders and lots is kept under it."""
    type: StrategyType
    """dca buys a fixed amount at every interval; grid buys low and sells high within a range; \
ema-cross, macd and supertrend follow the trend; rsi and bollinger buy dips; rebalance keeps several \
symbols at their weights; custom runs a Python package of your own."""
    symbols: Annotated[
        tuple[Symbol, ...],
        Field(
            min_length=1,
            max_length=20,
            json_schema_extra={"x-kubernetes-list-type": "set"},
        ),
    ]
    """Markets the strategy trades, such as BTCUSDT."""
    interval: CandleInterval
    """Length of the candles the strategy decides on."""
    capital: Money
    """Most the strategy may have invested, in the quote asset."""
    params: StrategyParameters
    """Parameters of the strategy's type."""

    @property
    def typed_params(self) -> StrategyParams:
        """The parameters as the strategy's own type, its defaults filled in."""
        return typed_params(self.type, self.params)


class RiskLimits(ResourceModel):
    """Brakes of the whole bot.

    Live mode needs the first five. They stop new entries and never block an exit (I9).
    """

    max_daily_loss: Money | None = None
    """Loss since midnight UTC, in the quote asset, that halts the bot."""
    max_drawdown_percent: Percent | None = None
    """Fall of equity from its highest point, in percent, that halts the bot."""
    max_position_notional: Money | None = None
    """Largest position in one symbol, in the quote asset."""
    max_open_orders: Annotated[int, Field(ge=1, le=200)] | None = None
    """Most orders open at once."""
    max_orders_per_minute: Annotated[int, Field(ge=1, le=300)] | None = None
    """Most entry orders sent in one minute."""
    max_stop_losses: Annotated[int, Field(ge=1, le=50)] | None = None
    """Stop-losses within stopLossWindowMinutes after which no strategy of the bot enters for \
stopLossPauseMinutes."""
    stop_loss_window_minutes: Annotated[int, Field(ge=1, le=10080)] | None = None
    """Minutes in which stop-losses are counted; 1440 when not given."""
    stop_loss_pause_minutes: Annotated[int, Field(ge=1, le=10080)] | None = None
    """Minutes without entries after the last of them; 60 when not given."""


class OnStop(ResourceModel):
    """What happens when the bot is stopped or deleted."""

    orders: OrdersOnStop = OrdersOnStop.CANCEL
    """Cancel takes the bot's open orders off the exchange; Keep leaves them there."""
    positions: PositionsOnStop = PositionsOnStop.KEEP
    """Keep leaves the bot's own lots; Close sells them at the market."""
    timeout_seconds: Annotated[int, Field(ge=5, le=900)] = 120
    """Seconds the bot gets for it."""


class UpdateStrategy(ResourceModel):
    """When a running bot takes a changed configuration."""

    type: UpdateType = UpdateType.LIVE
    """Live reloads at once; WhenFlat waits until no position is open; Restart makes a new pod; \
Manual waits for a restart by hand. The condition UpToDate shows what is still waiting."""


class TradingBotSpec(ResourceModel):
    """What the owner wants."""

    owner: Annotated[str, Field(max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    """Account that owns the bot, its keys and its money. Immutable."""
    desired_state: DesiredState = DesiredState.RUNNING
    """Running trades; Paused opens nothing new and keeps managing what is open; Flat sells the \
bot's own lots and then pauses; Stopped ends the pod after onStop."""
    mode: BotMode = BotMode.PAPER
    """paper trades play money on the built-in exchange; testnet trades on the exchange's test \
network; live trades real money and also needs a live grant from the dashboard. A change takes \
effect once the old pod is gone."""
    exchange: Exchange = Exchange()
    """Where the bot trades."""
    quote_asset: Annotated[str, Field(max_length=10, pattern=r"^[A-Z0-9]{2,10}$")] = "USDT"
    """Every amount of money below is in this asset, and every symbol quotes in it."""
    paper: Paper | None = None
    """The paper account of the bot; needed in paper mode, ignored in the others."""
    credentials: Credentials | None = None
    """The exchange key of testnet and live mode; exactly one of its fields."""
    strategies: Annotated[
        tuple[StrategySpec, ...],
        Field(
            min_length=1,
            max_length=20,
            json_schema_extra={
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
            },
        ),
    ]
    """What the bot trades and how. A removed or renamed strategy sells out before it goes."""
    risk: RiskLimits | None = None
    """Brakes of the whole bot; live mode needs the first five. They stop new entries and never block \
an exit. The platform's own caps outrank them."""
    on_stop: OnStop = OnStop()
    """What happens when the bot is stopped or deleted."""
    update_strategy: UpdateStrategy = UpdateStrategy()
    """When a running bot takes a changed configuration."""
    failover: Failover = Failover.WAIT_FOR_POD_GONE
    """What happens when the bot's node is lost. WaitForPodGone waits until the pod is gone; \
AfterLeaseExpiry makes a new pod once the old one is a minute past its end and its lease on the \
account has been over for a minute."""


class TradingBot(ResourceModel):
    """One trading bot, run as one isolated pod with its owner's exchange key."""

    api_version: Literal["kbots.dev/v1alpha1"]
    kind: Literal["TradingBot"]
    metadata: ObjectMeta
    spec: TradingBotSpec
    """What the owner wants."""
    status: TradingBotStatus | None = None
    """How what happened compares with what is wanted; written by the operator."""
