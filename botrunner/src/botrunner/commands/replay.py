"""`botrunner replay`: decide again what a bot decided, from its recorded inbox, and compare."""

import argparse
import asyncio
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from botcore.domain.errors import InvalidInput, NotFound
from botcore.ledger.connect import Connection, connect, translated
from botcore.ledger.recordings import (
    Batch,
    RecordedBot,
    find_recorded_bots,
    last_checkpoint,
    read_batches,
    recorded_span,
)
from botrunner.commands.database import admin_address
from botrunner.commands.replay_report import JsonReport, Report, Span, TextReport
from botrunner.trading.codec import PACKAGES
from botrunner.trading.recording import record_of
from botrunner.trading.replaying import Replayer
from botrunner.trading.strategies import own

__all__ = ["add_arguments", "run"]

_LONGEST: Final = 7 * 24 * 60
"""Minutes that are kept."""
_LARGEST: Final = 1 << 26
"""Bytes of one batch's text; a bot may have written anything."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what to replay, and where the ledger is."""
    parser.add_argument("--bot", required=True, help="NAME, or NAMESPACE/NAME")
    parser.add_argument(
        "--at", required=True, type=_instant, help="real time, ISO 8601; UTC where it names no zone"
    )
    parser.add_argument(
        "--minutes", type=_minutes, default=5, help="how long to show from then on (5)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument(
        "--data",
        type=Path,
        help="folder of the platform on this host (KBOTS_DATA, ./.data); another ledger is named by"
        " KBOTS_REPLAY_PASSWORD_FILE, _HOST, _PORT, _DBNAME and _USER",
    )


def run(arguments: argparse.Namespace) -> int:
    """Replay and report; 1 if a decision comes out otherwise than recorded.

    Raises:
        InvalidInput: the ledger's address or the recording can't be understood.
        NotFound: there is no such bot, or no recording of that time.
        Transient: the ledger can't be reached.
    """
    return asyncio.run(_replay(arguments))


async def _replay(arguments: argparse.Namespace) -> int:
    address = admin_address(arguments.data, "botrunner-replay")
    with translated():
        async with await connect(address) as connection:
            bot, first = await _start(connection, arguments.bot, arguments.at)
            span = Span(
                bot=f"{bot.namespace}/{bot.name}",
                bot_uid=bot.bot_uid,
                start=arguments.at,
                end=arguments.at + timedelta(minutes=arguments.minutes),
            )
            report = JsonReport(span) if arguments.json else TextReport(span)
            tape = _Tape(span, report)
            async for batch in read_batches(connection, bot.bot_uid, first, span.end):
                tape.take(batch)
    report.end()
    return 1 if report.differences else 0


async def _start(connection: Connection, named: str, at: datetime) -> tuple[RecordedBot, datetime]:
    """Find the bot and its newest checkpoint before that time; a recreated bot has another uid."""
    namespace, _, name = named.rpartition("/")
    bots = await find_recorded_bots(connection, name, namespace or None)
    places = sorted({bot.namespace for bot in bots})
    if not bots:
        raise NotFound(f"the ledger knows no bot {named}")
    if len(places) > 1:
        raise InvalidInput.of("--bot", f"is in several namespaces: {', '.join(places)}")
    uids = [bot.bot_uid for bot in bots]
    found = await last_checkpoint(connection, uids, at)
    if found is None:
        span = await recorded_span(connection, uids)
        told = (
            "nothing of it is recorded"
            if span is None
            else f"its recording begins at {span[0]:%FT%TZ}"
        )
        raise NotFound(
            f"no recording of {named} leads to {at:%FT%TZ}: {told}, and is kept for 7 days"
        )
    uid, first = found
    return next(bot for bot in bots if bot.bot_uid == uid), first


@dataclass(slots=True)
class _Run:
    """One process's life: a successor may begin while its predecessor, fenced, still writes."""

    replayer: Replayer = field(default_factory=Replayer)
    number: int | None = None
    inflate: "zlib._Decompress | None" = None

    def follows(self, batch: Batch) -> bool:
        """Note a batch and tell whether the one before it is known."""
        before, self.number = self.number, batch.number
        return before is None or batch.number == before + 1

    def lose(self) -> None:
        """Know nothing until the next checkpoint."""
        self.replayer.lose()
        self.inflate = None

    def lines(self, batch: Batch) -> list[str]:
        """Return a batch's records: a checkpoint begins a deflate stream, the others go on with it."""
        if batch.is_checkpoint:
            self.inflate = zlib.decompressobj()
        if self.inflate is None:
            return []
        try:
            text = self.inflate.decompress(batch.records, _LARGEST)
            if not self.inflate.unconsumed_tail:
                return text.decode().split("\n")
        except (zlib.error, UnicodeDecodeError):
            pass
        raise InvalidInput.of("recording", f"batch {batch.number} of run {batch.run} is damaged")


class _Tape:
    """Takes batches in their order and runs each process's records through its own replayer."""

    def __init__(self, span: Span, report: Report) -> None:
        self._span = span
        self._report = report
        self._packages = (*PACKAGES, *own.packages())
        self._runs: dict[UUID, _Run] = {}

    def take(self, batch: Batch) -> None:
        """Replay one batch."""
        one = self._runs.setdefault(batch.run, _Run())
        if not one.follows(batch):
            one.lose()
            self._report.lost(batch.at)
        for line in one.lines(batch):
            replayed = one.replayer.take(record_of(line, self._packages))
            if replayed is not None and replayed.record.at <= self._span.end:
                self._report.take(batch.run, replayed)


def _instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 2026-01-31T18:05") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _minutes(text: str) -> int:
    try:
        minutes = int(text)
    except ValueError:
        minutes = 0
    if not 0 < minutes <= _LONGEST:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of minutes up to {_LONGEST}")
    return minutes
