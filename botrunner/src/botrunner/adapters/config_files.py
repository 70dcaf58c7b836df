"""The runner's files: bot.json, which may change at any time, and the credentials (CONTRACTS: pod of a bot)."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from botcore.domain.errors import InvalidInput, Problem
from botcore.ledger.connect import DatabaseAddress
from botcore.resources.meta import API_VERSION, KIND
from botcore.resources.trading_bot import BotMode, TradingBotSpec
from botcore.resources.validation import parse_trading_bot
from botcore.runtime.settings import read_secret_file
from botrunner.adapters.binance_client import Endpoints, ExchangeKey, RelayEndpoints

__all__ = [
    "BotIdentity",
    "ConfigFile",
    "DatabaseConfig",
    "KeyCheckConfig",
    "RelayConfig",
    "RunnerConfig",
    "VenueConfig",
    "database_address",
    "read_key",
    "read_key_check_config",
]

_FILE: Final = "bot.json"
M = TypeVar("M", bound=BaseModel)


class _Part(BaseModel):
    """A part of bot.json: camelCase there, snake_case here; fields of a newer operator are dropped."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="ignore", frozen=True, validate_by_name=True
    )


class BotIdentity(_Part):
    """Which bot this is; none of it changes in the life of a pod."""

    uid: str
    namespace: str
    name: str
    owner: str


class RelayConfig(_Part):
    """Where the relay of the venue's market data is."""

    rest_url: str
    stream_url: str


class VenueConfig(_Part):
    """Where it trades; `lockstep` is its name in a lockstep replay, `relay` absent where there is none."""

    name: Literal["binance"]
    environment: BotMode
    rest_url: str
    ws_api_url: str
    stream_url: str
    lockstep: str | None = None
    relay: RelayConfig | None = None

    @property
    def endpoints(self) -> Endpoints:
        """The addresses as the client takes them."""
        return Endpoints(
            rest_url=self.rest_url.rstrip("/"),
            ws_api_url=self.ws_api_url,
            stream_url=self.stream_url.rstrip("/"),
            participant=self.lockstep,
            relay=self._relay_endpoints,
        )

    @property
    def is_own_market(self) -> bool:
        """Tell whether candles can come from nowhere but the paper exchange that fills the orders."""
        return self.environment is BotMode.PAPER and self._relay_endpoints is None

    @property
    def _relay_endpoints(self) -> RelayEndpoints | None:
        """The relay's addresses; a lockstep replay releases candles to its own participants alone."""
        if self.relay is None or self.lockstep is not None:
            return None
        return RelayEndpoints(
            rest_url=self.relay.rest_url.rstrip("/"), stream_url=self.relay.stream_url.rstrip("/")
        )


class DatabaseConfig(_Part):
    """Where the ledger is, and the bot's own login."""

    host: str
    port: int
    dbname: str
    user: str


class KeyCheckConfig(_Part):
    """What `verify-key` needs."""

    bot: BotIdentity
    venue: VenueConfig


class RunnerConfig(KeyCheckConfig):
    """bot.json, its spec judged as the API server would."""

    generation: int
    spec: TradingBotSpec
    database: DatabaseConfig
    account_uid: str

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        """Read the parsed file.

        Raises:
            InvalidInput: names every bad field.
        """
        identity, spec = body.get("bot"), body.get("spec")
        name = identity.get("name", "") if isinstance(identity, Mapping) else ""
        manifest = {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "metadata": {"name": name},
            "spec": spec if isinstance(spec, Mapping) else {},
        }
        parsed = parse_trading_bot(manifest).spec
        return _validated(cls, {**body, "spec": parsed})


class ConfigFile:
    """bot.json, watched by its content: mounts swap files under the same name and time."""

    def __init__(self, folder: Path) -> None:
        """Watch the file in this folder."""
        self._path = folder / _FILE
        self._digest = b""

    def read(self) -> RunnerConfig:
        """Read it now.

        Raises:
            InvalidInput: it is missing or malformed.
        """
        content = _content(self._path)
        self._digest = hashlib.sha256(content).digest()
        return RunnerConfig.of(_parsed(self._path, content))

    def changed(self) -> RunnerConfig | None:
        """Read it if its content is another than last time.

        Raises:
            InvalidInput: the new content is malformed; told once, the old configuration stays in force.
        """
        try:
            content = self._path.read_bytes()
        except OSError:
            return None  # in the middle of a swap
        digest = hashlib.sha256(content).digest()
        if digest == self._digest:
            return None
        self._digest = digest
        return RunnerConfig.of(_parsed(self._path, content))


def read_key_check_config(folder: Path) -> KeyCheckConfig:
    """Read the part of bot.json that `verify-key` needs.

    Raises:
        InvalidInput: it is missing or malformed.
    """
    path = folder / _FILE
    return _validated(KeyCheckConfig, _parsed(path, _content(path)))


def read_key(folder: Path) -> ExchangeKey:
    """Read the exchange key.

    Raises:
        InvalidInput: a file is missing or empty.
    """
    # First its name: when the files are exchanged meanwhile, no older key passes for the new one.
    version = folder / "key-version"
    name = read_secret_file(version) if version.exists() else ""
    return ExchangeKey(
        api_key=read_secret_file(folder / "api-key"),
        secret=read_secret_file(folder / "api-secret"),
        version=name,
    )


def database_address(config: RunnerConfig, folder: Path) -> DatabaseAddress:
    """Return the bot's login with its password.

    Raises:
        InvalidInput: the password's file is missing or empty.
    """
    return DatabaseAddress(
        host=config.database.host,
        port=config.database.port,
        dbname=config.database.dbname,
        user=config.database.user,
        password=read_secret_file(folder / "database-password"),
        application_name=f"botrunner {config.bot.namespace}/{config.bot.name}",
    )


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput.of(str(path), f"can't be read: {error.strerror}") from None


def _parsed(path: Path, content: bytes) -> Mapping[str, Any]:
    try:
        body = json.loads(content)
    except ValueError as error:
        raise InvalidInput.of(str(path), f"is no JSON: {error}") from None
    if not isinstance(body, dict):
        raise InvalidInput.of(str(path), "must be an object")
    return body


def _validated(model: type[M], body: Mapping[str, Any]) -> M:
    try:
        return model.model_validate(dict(body), by_alias=True)
    except ValidationError as error:
        raise InvalidInput(
            [
                Problem(field=".".join(str(part) for part in item["loc"]), message=item["msg"])
                for item in error.errors(include_input=False, include_url=False)
            ],
            subject=_FILE,
        ) from None
