"""The status of a TradingBot: how what happened compares with what is wanted."""

from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, Field

from botcore.resources.decimal_string import SignedMoney
from botcore.resources.meta import Condition, Int64, StatusModel

__all__ = [
    "BotPhase",
    "ConditionType",
    "CredentialsStatus",
    "PodStatus",
    "TradingBotStatus",
    "TradingFigures",
]


class BotPhase(StrEnum):
    """One word for people."""

    PENDING = "Pending"
    STARTING = "Starting"
    RUNNING = "Running"
    PAUSED = "Paused"
    FLAT = "Flat"
    HALTED = "Halted"
    FENCED = "Fenced"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    FAILED = "Failed"


class ConditionType(StrEnum):
    """The conditions of a TradingBot."""

    READY = "Ready"
    CREDENTIALS_READY = "CredentialsReady"
    LEASE_HELD = "LeaseHeld"
    UP_TO_DATE = "UpToDate"
    DEGRADED = "Degraded"
    HALTED = "Halted"


Count = Annotated[int, Field(ge=0)]
Generation = Annotated[Int64, Field(ge=0)]


class PodStatus(StatusModel):
    """The pod that runs the bot."""

    name: Annotated[str, Field(max_length=63)]
    """Name of the pod."""
    uid: Annotated[str, Field(max_length=64)]
    """Identity of the pod; a recreated pod has another."""
    config_hash: Annotated[str, Field(max_length=64)] | None = None
    """Hash of the configuration the pod last took."""
    started_at: AwareDatetime | None = None
    """When the pod's container last started."""
    restarts: Count | None = None
    """How often the container was restarted in this pod."""


class CredentialsStatus(StatusModel):
    """The exchange key the pod was given."""

    sealed_key: Annotated[str, Field(max_length=36)] | None = None
    """Id of the sealed key, if that is where it came from."""
    revision: Annotated[Int64, Field(ge=1)] | None = None
    """Revision of the key; a smaller one is refused, so that an old key can't be played back."""
    account_uid: Annotated[str, Field(max_length=64)] | None = None
    """The exchange's own id of the account."""


class TradingFigures(StatusModel):
    """Figures from the ledger, in the quote asset; refreshed at most every 30 seconds."""

    equity: SignedMoney | None = None
    """Worth of the bot's own lots plus its free capital."""
    today_pnl: Annotated[SignedMoney | None, Field(alias="todayPnL")] = None
    """Profit or loss since midnight UTC."""
    total_pnl: Annotated[SignedMoney | None, Field(alias="totalPnL")] = None
    """Profit or loss since the book was opened."""
    open_positions: Count | None = None
    """Positions that are open."""
    open_orders: Count | None = None
    """Orders that rest on the exchange."""
    as_of: AwareDatetime | None = None
    """When the figures were read."""


class TradingBotStatus(StatusModel):
    """How what happened compares with what is wanted; written by the operator."""

    observed_generation: Generation | None = None
    """Generation of the spec this status was derived from."""
    phase: BotPhase | None = None
    """One word for people; programs read the conditions."""
    conditions: Annotated[
        tuple[Condition, ...] | None,
        Field(
            max_length=16,
            json_schema_extra={
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["type"],
            },
        ),
    ] = None
    """Ready, CredentialsReady, LeaseHeld, UpToDate, Degraded and Halted."""
    pod: PodStatus | None = None
    """The pod that runs the bot."""
    credentials: CredentialsStatus | None = None
    """The exchange key the pod was given."""
    lease_epoch: Generation | None = None
    """Epoch of the lease on the exchange account; it grows with every new holder."""
    trading: TradingFigures | None = None
    """Figures from the ledger, in the quote asset; refreshed at most every 30 seconds."""
