"""What the children of a bot are made from, besides the bot itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botcore.domain.errors import InvariantBroken
from botcore.resources.trading_bot import BotMode, TradingBot

__all__ = [
    "VENUE_NAME",
    "Account",
    "BotIdentity",
    "ChildInputs",
    "DatabaseTarget",
    "ExchangeKey",
    "PodSettings",
    "Relay",
    "RenderedSpec",
    "Venue",
    "identity_of",
]

VENUE_NAME = "binance"


@dataclass(frozen=True, slots=True, kw_only=True)
class BotIdentity:
    """Which bot it is; `uid` tells a recreated bot from its predecessor of the same name."""

    uid: str
    namespace: str
    name: str
    owner: str
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account on an exchange: what a lease is held for (I1)."""

    environment: BotMode
    uid: str
    venue: str = VENUE_NAME

    def __str__(self) -> str:
        return f"{self.environment}/{self.uid}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeKey:
    """An opened key of an account; `version` names it and its revision without telling it."""

    account: Account
    version: str
    api_key: str = field(repr=False)
    api_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """Where one environment's market data come from for all bots."""

    rest_url: str
    stream_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """Where an environment's exchange answers; `lockstep` is the participant's id in a replay."""

    environment: BotMode
    rest_url: str
    ws_api_url: str
    stream_url: str
    lockstep: str | None = None
    relay: Relay | None = None
    name: str = VENUE_NAME


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseTarget:
    """How the bot reaches the ledger: its own login."""

    host: str
    port: int
    dbname: str
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PodSettings:
    """What is the same in every bot's pod."""

    image: str
    image_pull_policy: str = "IfNotPresent"
    service_account: str | None = None
    user_id: int = 10001
    memory_request: str = "64Mi"
    memory_limit: str = "192Mi"
    cpu_request: str = "10m"
    node_selector: Mapping[str, str] = field(default_factory=dict)
    """Labels a node must have to take the pod."""
    tolerations: tuple[Mapping[str, Any], ...] = ()
    """Taints of nodes that the pod tolerates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedSpec:
    """The spec the runner is to follow, in the resource's words, and the generation it is of."""

    spec: Mapping[str, Any]
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildInputs:
    """Everything the three children are rendered from."""

    rendered: RenderedSpec
    key: ExchangeKey
    venue: Venue
    database: DatabaseTarget
    pod: PodSettings
    pod_name: str | None = None
    """Under which of its names the pod is, or is to be; None for the first."""


def identity_of(bot: TradingBot) -> BotIdentity:
    """Read the identity the API server, or the table that stands in for it, gave the bot.

    Raises:
        InvariantBroken: the bot was never stored.
    """
    metadata = bot.metadata
    if not metadata.uid or not metadata.namespace or metadata.generation is None:
        raise InvariantBroken("a stored TradingBot has uid, namespace and generation")
    return BotIdentity(
        uid=metadata.uid,
        namespace=metadata.namespace,
        name=metadata.name,
        owner=bot.spec.owner,
        generation=metadata.generation,
    )
