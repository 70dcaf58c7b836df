"""Pauses of a venue: told to one bot by a 429 or 418, kept by all of the same venue and environment (TR-53)."""

from psycopg import sql

from botcore.ledger.connect import Connection

__all__ = ["HINTS", "listen_for_hints", "pause_venue", "read_pause"]

HINTS = ("kbots_halts", "kbots_venue_pauses")
"""Channels that tell a bot to look at its latches now; they carry ids only."""


async def pause_venue(connection: Connection, seconds: int) -> None:
    """Have every bot of this login's venue and environment keep silent for so long; never shortens a pause."""
    await connection.execute("select kbots.pause_venue(%s)", [seconds])


async def read_pause(connection: Connection) -> int:
    """Return the whole seconds left of the pause of this login's venue, 0 without one."""
    cursor = await connection.execute("select kbots.my_pause()")
    row = await cursor.fetchone()
    return row[0] if row else 0


async def listen_for_hints(connection: Connection) -> None:
    """Have this connection become readable when a latch may have changed."""
    for channel in HINTS:
        await connection.execute(sql.SQL("listen {}").format(sql.Identifier(channel)))
