"""Reads what a flight recorder wrote, as `botrunner replay` does."""

import zlib
from collections.abc import Iterable

from botcore.ledger.recordings import Batch
from botrunner.trading.recording import Record, record_of
from botrunner.trading.replaying import Replayed, Replayer

__all__ = ["read_batches", "replay_batches"]


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
