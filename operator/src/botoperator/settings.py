"""Settings of the operator and of the steps that set the platform up; the environment alone."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, Json, model_validator

from botcore.resources.decimal_string import Money
from botcore.resources.meta import ResourceModel
from botcore.runtime.settings import EnvSettings

__all__ = [
    "MIGRATE_PREFIX",
    "PREFIX",
    "SET_UP_PREFIX",
    "ClusterSettings",
    "DatabaseSettings",
    "MigrateSettings",
    "OperatorSettings",
    "SetUpSettings",
    "StandaloneSettings",
    "Toleration",
]

PREFIX = "KBOTS_OPERATOR_"
SET_UP_PREFIX = "KBOTS_SETUP_"
MIGRATE_PREFIX = "KBOTS_MIGRATE_"


Label = Annotated[str, Field(min_length=1)]


def _installed_runner() -> str:
    beside = Path(sys.executable).with_name("botrunner")
    return str(beside) if beside.exists() else "botrunner"


def _words(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return tuple(word for part in value.split(",") if (word := part.strip()))


def _pairs(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    pairs = (part.partition("=") for part in value.split(",") if part.strip())
    return {name.strip(): of.strip() for name, _, of in pairs}


class Toleration(ResourceModel):
    """A taint of nodes that bots don't mind, as Kubernetes writes it; it would refuse every pod with a wrong one."""

    key: Label | None = None
    """The taint's key; without one every taint is meant."""
    operator: Literal["Equal", "Exists"] = "Equal"
    """Whether the taint's value counts."""
    value: str | None = None
    """The taint's value."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """Which effect of the taint is meant; every one without it."""
    toleration_seconds: int | None = None
    """For how long a running pod stays; for ever without it."""

    @model_validator(mode="after")
    def _is_one_that_pods_may_have(self) -> Self:
        if self.operator == "Exists" and self.value:
            raise ValueError("a toleration with operator Exists has no value")
        if self.operator == "Equal" and self.key is None:
            raise ValueError("a toleration without a key needs operator Exists")
        if self.toleration_seconds is not None and self.effect != "NoExecute":
            raise ValueError("tolerationSeconds belongs to the effect NoExecute")
        return self


class DatabaseSettings(EnvSettings):
    """How the operator reaches Postgres; secrets come in files."""

    database_host: str = "127.0.0.1"
    """Host of Postgres, as the operator and the bots reach it."""
    database_port: int = 5432
    """Port of Postgres."""
    database_name: str = "kbots"
    """Name of the database."""
    database_user: str = "kbots_operator"
    """Role of the operator."""
    password_file: Path
    """File that holds the role's password."""


class OperatorSettings(DatabaseSettings):
    """Where everything is that the operator talks to."""

    paper_rest_url: str = "http://127.0.0.1:9080"
    """REST address of the paper exchange."""
    paper_ws_api_url: str = "ws://127.0.0.1:9080/ws-api/v3"
    """WebSocket API of the paper exchange."""
    paper_stream_url: str = "ws://127.0.0.1:9080"
    """Market streams of the paper exchange."""
    paper_admin_url: str = "http://127.0.0.1:9081"
    """Admin port of the paper exchange, where accounts are opened."""
    testnet_rest_url: str = "https://testnet.binance.vision"
    """REST address of Binance's test network; empty where it can't be reached."""
    testnet_ws_api_url: str = "wss://ws-api.testnet.binance.vision/ws-api/v3"
    """WebSocket API of Binance's test network."""
    testnet_stream_url: str = "wss://stream.testnet.binance.vision"
    """Market streams of Binance's test network."""
    relay_rest_url: str = ""
    """REST address of the relay of market data; empty where there is none."""
    relay_stream_url: str = ""
    """Market streams of the relay."""
    relay_environment: Literal["live", "testnet", "data"] = "live"
    """Whose market data the relay has; bots of another environment don't use it."""
    resync_seconds: float = Field(default=30.0, gt=0)
    """How often everything is looked at without a hint."""
    max_bots: int | None = Field(default=None, ge=1)
    """Most bots with a pod at a time; the next wait as QuotaExceeded. None is no limit."""
    verify_namespace: str = "kbots-bots"
    """Namespace of the pods that check keys."""
    log_level: str = "INFO"
    """Least level that is logged."""


class StandaloneSettings(OperatorSettings):
    """The operator of one host."""

    lockstep: bool = False
    """Whether paper bots take part in a replay that waits for each of them."""
    runner_command: str = Field(default_factory=_installed_runner)
    """Command that stands for the image's `botrunner`."""
    restart_backoff_seconds: float = Field(default=1.0, gt=0)
    """Pause before the first restart of a crashed bot; doubles up to 60 s."""


class ClusterSettings(OperatorSettings):
    """The operator on Kubernetes."""

    testnet_rest_url: str = ""
    """REST address of Binance's test network; empty where bots may not use it."""
    testnet_ws_api_url: str = ""
    """WebSocket API of Binance's test network."""
    testnet_stream_url: str = ""
    """Market streams of Binance's test network."""
    live_enabled: bool = False
    """Whether any bot may trade real money here."""
    live_symbols: Annotated[frozenset[str], BeforeValidator(_words)] = frozenset()
    """The only symbols bots may trade with real money, separated by commas."""
    live_most_notional: Annotated[Mapping[str, Money], BeforeValidator(_pairs)] = {}
    """Most capital, and largest position, of one bot with real money: `USDT=1000,USDC=500`, by quote asset."""
    live_require_ip_restrict: bool = False
    """Whether a key for real money must be restricted to addresses."""
    live_rest_url: str = "https://api.binance.com"
    """REST address of Binance."""
    live_ws_api_url: str = "wss://ws-api.binance.com:443/ws-api/v3"
    """WebSocket API of Binance."""
    live_stream_url: str = "wss://stream.binance.com:443"
    """Market streams of Binance."""
    sealing_dir: Path = Path("/etc/kbots/sealing")
    """Folder of the sealing keys, mounted read-only."""
    namespaces: Annotated[tuple[str, ...], BeforeValidator(_words), Field(min_length=1)] = (
        "kbots-bots",
    )
    """Namespaces whose TradingBots are served, separated by commas."""
    tenants: Annotated[Mapping[str, Label], BeforeValidator(_pairs)] = {}
    """Those of them that hold the bots of one owner alone: `kbots-alice=alice,kbots-bob=bob`."""
    lease_namespace: str = "kbots-system"
    """Namespace of the leader's Lease."""
    pod_name: str = Field(min_length=1)
    """Name of the operator's own pod: who holds the Lease."""
    runner_image: str = Field(min_length=1)
    """Image of the bots."""
    runner_image_pull_policy: str = "IfNotPresent"
    """When a node pulls the image: Always, IfNotPresent or Never."""
    runner_service_account: str = "kbots-bot"
    """ServiceAccount of the bots, without rights and without a token."""
    runner_cpu_request: str = "10m"
    """Processor time a bot's node keeps for it."""
    runner_memory_request: str = "64Mi"
    """Memory a bot's node keeps for it."""
    runner_memory_limit: str = "192Mi"
    """Memory beyond which a bot is killed."""
    runner_node_selector: Annotated[Mapping[Label, str], BeforeValidator(_pairs)] = {}
    """Labels that a bot's node must have: `pool=bots,disk=ssd`."""
    runner_tolerations: Json[tuple[Toleration, ...]] = ()
    """Taints of nodes that bots tolerate, as a JSON list in Kubernetes' words."""
    resync_seconds: float = Field(default=300.0, gt=0)
    """How often everything is looked at without a hint."""
    workers: int = Field(default=16, ge=1)
    """How many bots are worked on at once."""
    writes_per_second: float = Field(default=50.0, ge=0)
    """How many writes a second the API server is asked for, the leader's Lease aside; 0 is no limit."""
    starting_pods: int = Field(default=64, ge=0)
    """How many pods may be starting at once, the next ones wait; 0 is no limit."""
    health_port: int = 8081
    """Port of /healthz, /readyz and /metrics."""


class SetUpSettings(EnvSettings):
    """Where the platform's Secrets belong."""

    system_namespace: str = "kbots-system"
    """Namespace of Postgres and the operator."""
    web_namespace: str = "kbots-web"
    """Namespace of the dashboard."""
    log_level: str = "INFO"
    """Least level that is logged."""


class MigrateSettings(EnvSettings):
    """How the database is reached as its administrator, and what it is to be told."""

    database_host: str = "127.0.0.1"
    """Host of Postgres."""
    database_port: int = 5432
    """Port of Postgres."""
    database_name: str = "kbots"
    """Name of the database; made if it is missing."""
    database_user: str = "postgres"
    """The administrator."""
    password_file: Path = Path("/etc/kbots/postgres/postgres-password")
    """File that holds the administrator's password."""
    roles_dir: Path = Path("/etc/kbots/roles")
    """Folder with one password file for each database role, named as the role."""
    installation_id_file: Path = Path("/etc/kbots/sealing/installation-id")
    """File that holds the id sealed keys are bound to."""
    wait_seconds: float = Field(default=300.0, gt=0)
    """How long to wait for Postgres."""
    log_level: str = "INFO"
    """Least level that is logged."""
