"""A flight recorder with decisions to watch, and its batches read as `botrunner replay` does."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from botcore.ledger.recordings import Batch
from botrunner.adapters.flight_recorder import FlightRecorder
from botrunner.trading.decide import decide
from botrunner.trading.events import Event
from botrunner.trading.recording import Happened, Record, record_of
from botrunner.trading.replaying import Replayed, Replayer
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState, Step
from tests.support.trading import candle, dca_rules

__all__ = ["RULES", "RecorderBench", "read_batches", "replay_batches", "some_candles"]


def read_batches(batches: Iterable[Batch]) -> list[tuple[Batch, list[Record]]]:
    """Read each deflate stream, which begins with a checkpoint and ends at a gap."""
    found, inflate, number = [], None, 0
    for batch in batches:
        if batch.is_checkpoint or batch.number != number + 1:
            inflate = zlib.decompressobj() if batch.is_checkpoint else None
        number = batch.number
        if inflate is not None:
            lines = inflate.decompress(batch.records).decode().split("\n")
            found.append((batch, [record_of(line) for line in lines]))
    return found


def replay_batches(batches: Iterable[Batch]) -> list[tuple[int, Replayed]]:
    """Decide again, told with the batch's number; a missing one waits for the next checkpoint."""
    replayer, number = Replayer(), 0
    told: list[tuple[int, Replayed]] = []
    for batch, records in read_batches(batches):
        if batch.number != number + 1:
            replayer.lose()
        number = batch.number
        again = [replayer.take(record) for record in records]
        told += [(number, one) for one in again if one is not None]
    return told


RULES = dca_rules()


class WallClock:
    """A wall clock that a test moves."""

    def __init__(self) -> None:
        self.instant = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        self.instant += timedelta(milliseconds=1)
        return self.instant

    def boottime(self) -> float:
        raise AssertionError("records carry the wall clock's time")


@dataclass
class Shelf:
    """Where batches go; `trouble` is what the ledger says instead."""

    batches: list[Batch] = field(default_factory=list)
    trouble: Exception | None = None

    async def put(self, batch: Batch) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.batches.append(batch)

    def records(self) -> list[Record]:
        return [record for _, records in read_batches(self.batches) for record in records]

    def events(self) -> list[Event]:
        return [one.event for one in self.records() if isinstance(one, Happened)]

    def numbers(self) -> list[int]:
        return [batch.number for batch in self.batches]


class RecorderBench:
    """A recorder that watches decisions as they are made."""

    def __init__(self, most_waiting: int = 1000, rules: Rules = RULES) -> None:
        self.clock, self.shelf = WallClock(), Shelf()
        self.recorder = FlightRecorder(self.clock, most_waiting=most_waiting)
        self.rules = rules
        self.state = BotState()
        self.recorder.began(self.state, rules)

    def decide(self, *happened: Event) -> Step:
        step = Step(state=self.state)
        for event in happened:
            step = decide(self.state, event, self.rules)
            self.state = step.state
            self.recorder.decided(event, step)
        return step

    async def flush(self) -> None:
        await self.recorder.flush(self.shelf.put)

    def replayed(self) -> list[Replayed]:
        return [again for _, again in replay_batches(self.shelf.batches)]


def some_candles(count: int, first: int = 0) -> list[Event]:
    return [candle(minute, f"{100 + minute % 7}.50") for minute in range(first, first + count)]
