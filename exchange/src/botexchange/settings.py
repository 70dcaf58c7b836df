"""What the exchange is told: options of the command line, then KBOTS_EXCHANGE_* variables."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Final, NoReturn

from pydantic import Field, field_validator, model_validator

from botcore.candles.intervals import INTERVALS
from botcore.domain.errors import InvalidInput, Problem
from botcore.runtime.settings import EnvSettings
from botexchange.upstream.hosts import HOSTS, Environment, Hosts

__all__ = ["PREFIX", "PaperSettings", "RelaySettings", "SourceKind", "parse_settings"]

PREFIX = "KBOTS_EXCHANGE_"
FASTEST = 600


class SourceKind(StrEnum):
    """Where prices come from."""

    SYNTHETIC = "synthetic"
    REPLAY = "replay"
    SCRIPTED = "scripted"
    BINANCE = "binance"
    """Live prices."""


class PaperSettings(EnvSettings):
    """Settings of the paper exchange."""

    source: SourceKind = SourceKind.SYNTHETIC
    seed: int = Field(default=1, ge=0, le=2**63 - 1)
    """Which synthetic market."""
    symbols: tuple[str, ...] = ()
    """What is traded: names, or how many of the catalogue; ten by default."""
    environment: Environment = Environment.DATA
    """Where live prices come from (--source binance): live, testnet or data."""
    upstream_rest: str | None = Field(default=None, pattern="^https?://")
    upstream_stream: str | None = Field(default=None, pattern="^wss?://")
    """Addresses of another source of live prices."""
    script: Path | None = None
    """Trades of a scripted market (JSON or CSV); more may be pushed through the control port."""
    speed: int = Field(default=1, ge=1, le=FASTEST)
    """Venue seconds per real second."""
    csv: tuple[Path, ...] = ()
    """Files of candles (CSV or Parquet) to replay, one per symbol."""
    symbol: str | None = Field(default=None, pattern="^[A-Z0-9]{5,20}$")
    """Symbol of the only file; guessed from its name by default."""
    interval: str | None = None
    """Interval of the files' candles; guessed from their times by default."""
    lockstep: int | None = Field(default=None, ge=1, le=1_000)
    """Wait for this many participants before each event of a replay."""
    host: str = "127.0.0.1"
    port: int = Field(default=9080, ge=0, le=65_535)
    admin_host: str = "127.0.0.1"
    admin_port: int = Field(default=9081, ge=0, le=65_535)
    data: Path | None = None
    """Folder of the exchange's memory; without one, and without a database, it ends with the process."""
    database_host: str | None = None
    """Host of the Postgres that holds the exchange's memory."""
    database_port: int = Field(default=5432, ge=1, le=65_535)
    database_name: str = "kbots_exchange"
    database_user: str = "kbots_exchange"
    database_password_file: Path | None = None
    """File with the password of the database user."""
    start: datetime | None = None
    """Venue time of the very first start; by default now, or the first candle."""
    maker_fee: Decimal = Field(default=Decimal("0.001"), ge=0, lt=1, max_digits=9)
    taker_fee: Decimal = Field(default=Decimal("0.001"), ge=0, lt=1, max_digits=9)
    """Commission rates of new accounts."""
    weight_limit: int = Field(default=6_000, ge=1)
    """Request weight per IP and real minute."""
    order_limit: int = Field(default=100, ge=1)
    """Unfilled orders per account and ten real seconds."""
    daily_order_limit: int = Field(default=200_000, ge=1)
    """Unfilled orders per account and real day."""
    connection_limit: int = Field(default=300, ge=1)
    """WebSocket connection attempts per IP and five real minutes."""
    session_seconds: int = Field(default=86_400, ge=1)
    """Real time after which the server closes a WebSocket."""
    ping_seconds: int = Field(default=20, ge=1)
    """Real time between two pings of the server; it waits for an answer three times as long."""

    @field_validator("csv", "symbols", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return value.split(",") if isinstance(value, str) else value

    @field_validator("interval")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is not None and value not in INTERVALS:
            raise ValueError(f"must be one of {' '.join(INTERVALS)}")
        return value

    @field_validator("start")
    @classmethod
    def _aware(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is None:
            return value.replace(tzinfo=UTC)
        return value

    @model_validator(mode="after")
    def _fits(self) -> "PaperSettings":
        """Refuse options that contradict each other; the message names the option."""
        if self.source is SourceKind.REPLAY and not self.csv:
            raise InvalidInput.of("--csv", "is needed with --source replay")
        if self.source is not SourceKind.REPLAY and self.csv:
            raise InvalidInput.of("--csv", "needs --source replay")
        if self.source is not SourceKind.REPLAY and self.lockstep:
            raise InvalidInput.of("--lockstep", "needs --source replay")
        if self.source is not SourceKind.SCRIPTED and self.script:
            raise InvalidInput.of("--script", "needs --source scripted")
        if self.source is SourceKind.REPLAY and self.symbols:
            raise InvalidInput.of("--symbols", "does not go with --source replay")
        if self.symbol and len(self.csv) > 1:
            raise InvalidInput.of("--symbol", "goes with a single --csv")
        return self

    @model_validator(mode="after")
    def _fits_live(self) -> "PaperSettings":
        """Refuse what a live market can't do."""
        _check_upstream(self.upstream_rest, self.upstream_stream)
        if self.source is not SourceKind.BINANCE:
            if self.upstream_rest is not None:
                raise InvalidInput.of("--upstream-rest", "needs --source binance")
            return self
        if self.speed != 1 or self.start is not None:
            raise InvalidInput.of("--speed", "and --start don't go with --source binance")
        if not self.symbols or any(name.isdigit() for name in self.symbols):
            raise InvalidInput.of("--symbols", "must name what is traded, such as BTCUSDT,ETHUSDT")
        return self

    def hosts(self) -> Hosts:
        """Give the addresses of live prices."""
        return _hosts(self.environment, self.upstream_rest, self.upstream_stream)

    @model_validator(mode="after")
    def _has_one_memory(self) -> "PaperSettings":
        """Refuse two places for the state, or half of an address."""
        if self.data is not None and self.database_host is not None:
            raise InvalidInput.of("--data", "does not go with --database-host")
        if (self.database_host is None) != (self.database_password_file is None):
            raise InvalidInput.of("--database-password-file", "goes with --database-host")
        return self


class RelaySettings(EnvSettings):
    """Settings of the relay."""

    environment: Environment = Environment.LIVE
    """Which of Binance's worlds: live, testnet or data (live prices, market data alone)."""
    upstream_rest: str | None = Field(default=None, pattern="^https?://")
    upstream_stream: str | None = Field(default=None, pattern="^wss?://")
    """Addresses of another upstream, instead of the environment's."""
    host: str = "127.0.0.1"
    port: int = Field(default=9090, ge=0, le=65_535)
    admin_host: str = "127.0.0.1"
    admin_port: int = Field(default=9091, ge=0, le=65_535)
    stale_seconds: int = Field(default=10, ge=4, le=60)
    """Silence of upstream after which its data count as stale; it is pinged every 3 s."""
    renew_seconds: int = Field(default=82_800, ge=3, le=86_000)
    """Age at which an upstream connection is replaced without a gap; Binance cuts it after a day."""

    @model_validator(mode="after")
    def _has_both(self) -> "RelaySettings":
        _check_upstream(self.upstream_rest, self.upstream_stream)
        return self

    def hosts(self) -> Hosts:
        """Give the addresses of upstream."""
        return _hosts(self.environment, self.upstream_rest, self.upstream_stream)


def _check_upstream(rest: str | None, stream: str | None) -> None:
    if (rest is None) != (stream is None):
        raise InvalidInput.of("--upstream-stream", "goes with --upstream-rest")


def _hosts(environment: Environment, rest: str | None, stream: str | None) -> Hosts:
    if rest is not None and stream is not None:
        return Hosts(rest=rest, stream=stream)
    return HOSTS[environment]


class _Parser(ArgumentParser):
    """Argument parser whose refusals are ours."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the usage."""
        raise InvalidInput.of("", message)


_ROLES: Final[dict[str, tuple[str, type[PaperSettings | RelaySettings], str]]] = {
    "paper": (PREFIX, PaperSettings, "matching engine with a synthetic, replayed or live market"),
    "relay": (f"{PREFIX}RELAY_", RelaySettings, "one upstream's market data for many listeners"),
}


def parse_settings(arguments: list[str]) -> PaperSettings | RelaySettings:
    """Read the command line and the environment.

    Raises:
        InvalidInput: something is missing or malformed; each problem names its option.
    """
    parser = _Parser(prog="kbots-exchange", description="A Binance-compatible exchange.")
    roles = parser.add_subparsers(dest="role", required=True, metavar="role")
    for name, (_, kind, text) in _ROLES.items():
        _add_options(roles.add_parser(name, help=text), kind)
    given = vars(parser.parse_args(arguments))
    prefix, kind, _ = _ROLES[given.pop("role")]
    try:
        return kind.load(prefix, **given)
    except InvalidInput as error:
        problems = [_as_option(problem, prefix, given) for problem in error.problems]
        raise InvalidInput(problems) from None


def _add_options(parser: ArgumentParser, kind: type[PaperSettings | RelaySettings]) -> None:
    for name, field in kind.model_fields.items():
        option = f"--{name.replace('_', '-')}"
        if name == "csv":
            parser.add_argument(option, action="append", metavar="FILE")
        else:
            parser.add_argument(option, metavar=name.upper(), help=_default(field.default))


def _default(value: object) -> str:
    return "" if value is None or "Undefined" in repr(value) else f"default: {value}"


def _as_option(problem: Problem, prefix: str, given: dict[str, object]) -> Problem:
    """Name the option instead of the variable if the option was given or nothing was."""
    name = problem.field.removeprefix(prefix).lower()
    if given.get(name) is not None:
        return Problem(field=f"--{name.replace('_', '-')}", message=problem.message)
    return problem
