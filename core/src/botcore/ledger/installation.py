"""Which installation a database belongs to: what its sealed keys are bound to."""

from uuid import UUID

from psycopg import AsyncConnection, sql

from botcore.domain.errors import InvalidInput
from botcore.ledger.roles import EXCHANGE

__all__ = ["bind_installation", "ensure_database", "ensure_exchange_database"]


async def ensure_database(connection: AsyncConnection, name: str) -> bool:
    """Create the database unless it is there, and tell whether it was made; in autocommit."""
    found = await connection.execute("select 1 from pg_database where datname = %s", [name])
    if await found.fetchone() is not None:
        return False
    await connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    return True


async def ensure_exchange_database(connection: AsyncConnection) -> bool:
    """Create the paper exchange's own database unless it is there, and tell whether it was made; in autocommit.

    Its role owns it and makes its tables; it must exist.
    """
    is_new = await ensure_database(connection, EXCHANGE)
    name = sql.Identifier(EXCHANGE)
    await connection.execute(sql.SQL("alter database {} owner to {}").format(name, name))
    await connection.execute(sql.SQL("revoke all on database {} from public").format(name))
    return is_new


async def bind_installation(connection: AsyncConnection, installation: UUID) -> bool:
    """Give the database the id of the sealing keys, and tell whether it had another.

    Raises:
        InvalidInput: keys are stored that only the sealing keys of the other installation open.
    """
    async with connection.transaction():
        # No key may be sealed for the old id while it changes.
        await connection.execute("lock table kbots.sealed_keys in share row exclusive mode")
        found = await connection.execute(
            "select id, exists (select 1 from kbots.sealed_keys) from kbots.installation"
        )
        row = await found.fetchone()
        before, has_keys = row if row is not None else (None, False)
        if before == installation:
            return False
        if has_keys:
            raise InvalidInput.of(
                "installation-id",
                f"the database holds keys sealed for installation {before}, the sealing Secret is"
                f" of {installation}: restore the sealing Secret that was backed up with this"
                " database, or delete the rows of kbots.sealed_keys and have every key entered anew",
            )
        await connection.execute("update kbots.installation set id = %s", [installation])
    return True
