"""What the exchange is told: options of the command line, then KBOTS_EXCHANGE_* variables."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import NoReturn

from pydantic import Field, field_validator, model_validator

from botcore.domain.errors import InvalidInput, Problem
from botcore.runtime.settings import EnvSettings
from botexchange.market.intervals import INTERVALS

__all__ = ["PREFIX", "PaperSettings", "SourceKind", "parse_settings"]

PREFIX = "KBOTS_EXCHANGE_"
FASTEST = 600


class SourceKind(StrEnum):
    """Where prices come from."""

    SYNTHETIC = "synthetic"
    REPLAY = "replay"


class PaperSettings(EnvSettings):
    """Settings of the paper exchange."""

    source: SourceKind = SourceKind.SYNTHETIC
    seed: int = Field(default=1, ge=0, le=2**63 - 1)
    """Which synthetic market."""
    speed: int = Field(default=1, ge=1, le=FASTEST)
    """Venue seconds per real second."""
    csv: tuple[Path, ...] = ()
    """Files of candles to replay, one per symbol."""
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
    data: Path
    """Folder of the exchange's memory."""
    start: datetime | None = None
    """Venue time of the very first start; by default now, or the first candle."""
    maker_fee: Decimal = Field(default=Decimal("0.001"), ge=0, lt=1, max_digits=9)
    taker_fee: Decimal = Field(default=Decimal("0.001"), ge=0, lt=1, max_digits=9)
    """Commission rates of new accounts."""
    weight_limit: int = Field(default=6_000, ge=1)
    """Request weight per IP and real minute."""

    @field_validator("csv", mode="before")
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
        if self.source is SourceKind.SYNTHETIC and self.csv:
            raise InvalidInput.of("--csv", "needs --source replay")
        if self.source is SourceKind.SYNTHETIC and self.lockstep:
            raise InvalidInput.of("--lockstep", "needs --source replay")
        if self.symbol and len(self.csv) > 1:
            raise InvalidInput.of("--symbol", "goes with a single --csv")
        return self


class _Parser(ArgumentParser):
    """Argument parser whose refusals are ours."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the usage."""
        raise InvalidInput.of("", message)


def parse_settings(arguments: list[str]) -> PaperSettings:
    """Read the command line and the environment.

    Raises:
        InvalidInput: something is missing or malformed; each problem names its option.
    """
    parser = _Parser(prog="kbots-exchange", description="A Binance-compatible exchange.")
    roles = parser.add_subparsers(dest="role", required=True, metavar="role")
    paper = roles.add_parser("paper", help="matching engine with a synthetic or replayed market")
    for name, field in PaperSettings.model_fields.items():
        option = f"--{name.replace('_', '-')}"
        if name == "csv":
            paper.add_argument(option, action="append", metavar="FILE")
        else:
            paper.add_argument(option, metavar=name.upper(), help=_default(field.default))
    given = vars(parser.parse_args(arguments))
    given.pop("role")
    try:
        return PaperSettings.load(PREFIX, **given)
    except InvalidInput as error:
        raise InvalidInput([_as_option(problem, given) for problem in error.problems]) from None


def _default(value: object) -> str:
    return "" if value is None or "Undefined" in repr(value) else f"default: {value}"


def _as_option(problem: Problem, given: dict[str, object]) -> Problem:
    """Name the option instead of the variable if the option was given or nothing was."""
    name = problem.field.removeprefix(PREFIX).lower()
    if name in given and (given[name] is not None or name == "data"):
        return Problem(field=f"--{name.replace('_', '-')}", message=problem.message)
    return problem
