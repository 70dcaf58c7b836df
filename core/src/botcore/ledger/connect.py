"""Connections to Postgres and the translation of its errors."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import psycopg
from psycopg.conninfo import make_conninfo

from botcore.domain.errors import Conflict, InvariantBroken, LeaseLost, NotAllowed, Transient
from botcore.ledger.migrate import schema_is_current

if TYPE_CHECKING:
    from psycopg_pool import AsyncConnectionPool

__all__ = [
    "Connection",
    "DatabaseAddress",
    "Pool",
    "connect",
    "listen",
    "open_pool",
    "translated",
    "wait_for_schema",
]


Connection: TypeAlias = psycopg.AsyncConnection
Pool: TypeAlias = "AsyncConnectionPool[psycopg.AsyncConnection]"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseAddress:
    """Where and as whom to connect; the password stays out of every text form."""

    host: str
    port: int
    dbname: str
    user: str
    password: str = field(repr=False)
    application_name: str = "kbots"

    def conninfo(self) -> str:
        """Return libpq's connection string; a statement takes at most 5 s, a lock wait 2 s."""
        return make_conninfo(
            host=self.host,
            port=self.port,
            dbname=self.dbname,
            user=self.user,
            password=self.password,
            application_name=self.application_name,
            connect_timeout=5,
            options="-c statement_timeout=5000 -c lock_timeout=2000 -c idle_in_transaction_session_timeout=10000"
            " -c timezone=UTC",
            keepalives_idle=5,
            keepalives_interval=2,
            keepalives_count=2,
            tcp_user_timeout=8000,
        )


@contextmanager
def translated() -> Iterator[None]:
    """Turn psycopg's errors into the platform's.

    Raises:
        LeaseLost: KB001, raised by the ledger's own lease check.
        NotAllowed: KB002/KB003 and missing privileges.
        Conflict: a unique or serialization conflict.
        Transient: the server is away, restarting or too slow.
        InvariantBroken: everything else is our own fault.
    """
    try:
        yield
    except psycopg.Error as error:
        state = error.sqlstate or ""
        text = str(error).split("\n", 1)[0]
        if state == "KB001":
            raise LeaseLost(text) from error
        if state in {"KB002", "KB003", "42501", "28000", "28P01"}:
            raise NotAllowed(text) from error
        if state in {"23505", "40001", "40P01"}:
            raise Conflict(text) from error
        # A broken connection has no SQLSTATE; classes 08, 53, 57, 55P03 pass by themselves.
        if (
            isinstance(error, psycopg.OperationalError)
            or state[:2] in {"08", "53", "57"}
            or state == "55P03"
        ):
            raise Transient(text) from error
        raise InvariantBroken(text) from error


async def connect(address: DatabaseAddress, *, autocommit: bool = True) -> psycopg.AsyncConnection:
    """Open one connection.

    Raises:
        Transient: the server can't be reached now.
    """
    with translated():
        return await psycopg.AsyncConnection.connect(address.conninfo(), autocommit=autocommit)


@asynccontextmanager
async def open_pool(
    address: DatabaseAddress, *, min_size: int = 1, max_size: int = 4
) -> AsyncIterator[Pool]:
    """Open a checked pool for the length of the block."""
    from psycopg_pool import AsyncConnectionPool  # noqa: PLC0415 a bot and a command have none

    pool = AsyncConnectionPool(
        address.conninfo(),
        min_size=min_size,
        max_size=max_size,
        max_lifetime=1800,
        check=AsyncConnectionPool.check_connection,
        open=False,
    )
    await pool.open()
    try:
        yield pool
    finally:
        await pool.close()


async def wait_for_schema(address: DatabaseAddress, *, deadline_seconds: float = 60.0) -> None:
    """Wait until the database answers and carries this program's schema.

    Raises:
        Transient: it did not within the deadline.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + deadline_seconds
    while True:
        try:
            connection = await connect(address)
            async with connection:
                if await schema_is_current(connection):
                    return
                reason = "the schema is not there yet"
        except Transient as error:
            reason = str(error)
        if loop.time() >= end:
            raise Transient(f"the database is not ready: {reason}")
        await asyncio.sleep(0.2)


async def listen(
    address: DatabaseAddress, channels: tuple[str, ...], on_connect: Callable[[], None]
) -> AsyncIterator[tuple[str, str]]:
    """Yield (channel, payload) for ever.

    Reconnects, and calls `on_connect` each time, since notifications sent while away are gone and
    the caller must look for itself.
    """
    pause = 0.2
    while True:
        try:
            connection = await connect(address)
            async with connection:
                for channel in channels:
                    await connection.execute(
                        psycopg.sql.SQL("listen {}").format(psycopg.sql.Identifier(channel))
                    )
                pause = 0.2
                on_connect()
                async for notice in connection.notifies():
                    yield notice.channel, notice.payload
        except (psycopg.OperationalError, Transient):
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5.0)
