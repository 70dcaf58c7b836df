"""Second factors: sealed secrets, the newest code used, recovery codes, sign-ins that wait for a code."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from psycopg.rows import class_row

from botcore.ledger.connect import Connection

__all__ = [
    "FactorRow",
    "PendingSignIn",
    "confirm_factor",
    "count_codes",
    "count_wrong_code",
    "delete_factor",
    "delete_pending",
    "find_factor",
    "find_pending",
    "insert_codes",
    "insert_factor",
    "insert_pending",
    "use_code",
    "use_step",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorRow:
    """A person's second factor."""

    sealed_secret: bytes = field(repr=False)
    confirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingSignIn:
    """A sign-in whose password was right."""

    user_id: UUID
    name: str
    failures: int


async def find_factor(connection: Connection, user_id: UUID) -> FactorRow | None:
    """Find a person's second factor, one that is not on yet, too."""
    async with connection.cursor(row_factory=class_row(FactorRow)) as cursor:
        await cursor.execute(
            "select sealed_secret, confirmed_at is not null as confirmed"
            " from kbots.second_factors where user_id = %s",
            [user_id],
        )
        return await cursor.fetchone()


async def insert_factor(connection: Connection, user_id: UUID, sealed_secret: bytes) -> None:
    """Store a secret that no code has confirmed yet; one that is there stays."""
    await connection.execute(
        "insert into kbots.second_factors (user_id, sealed_secret) values (%s, %s)"
        " on conflict do nothing",
        [user_id, sealed_secret],
    )


async def confirm_factor(connection: Connection, user_id: UUID, step: int) -> bool:
    """Turn it on with its first right code; false when it is on already."""
    cursor = await connection.execute(
        "update kbots.second_factors set confirmed_at = now(), last_step = %s"
        " where user_id = %s and confirmed_at is null",
        [step, user_id],
    )
    return cursor.rowcount == 1


async def delete_factor(connection: Connection, user_id: UUID) -> bool:
    """Turn it off, its recovery codes with it; false when there was none."""
    await connection.execute("delete from kbots.recovery_codes where user_id = %s", [user_id])
    cursor = await connection.execute(
        "delete from kbots.second_factors where user_id = %s", [user_id]
    )
    return cursor.rowcount == 1


async def use_step(connection: Connection, user_id: UUID, step: int) -> bool:
    """Use the code of a step up: of many who try at once one gets it, and no older one after it (SEC-30)."""
    cursor = await connection.execute(
        "update kbots.second_factors set last_step = %s"
        " where user_id = %s and last_step < %s and confirmed_at is not null",
        [step, user_id, step],
    )
    return cursor.rowcount == 1


async def insert_codes(connection: Connection, user_id: UUID, hashes: Iterable[bytes]) -> None:
    """Store recovery codes in place of all earlier ones."""
    await connection.execute("delete from kbots.recovery_codes where user_id = %s", [user_id])
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "insert into kbots.recovery_codes (code_hash, user_id) values (%s, %s)",
            [(one, user_id) for one in hashes],
        )


async def use_code(connection: Connection, user_id: UUID, code_hash: bytes) -> bool:
    """Use a recovery code up."""
    cursor = await connection.execute(
        "update kbots.recovery_codes set used_at = now()"
        " where code_hash = %s and user_id = %s and used_at is null",
        [code_hash, user_id],
    )
    return cursor.rowcount == 1


async def count_codes(connection: Connection, user_id: UUID) -> int:
    """Count the recovery codes that are left."""
    cursor = await connection.execute(
        "select count(*)::int from kbots.recovery_codes where user_id = %s and used_at is null",
        [user_id],
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def insert_pending(
    connection: Connection, token_hash: bytes, user_id: UUID, lifetime: timedelta
) -> None:
    """Remember that a password was right; what is too old goes."""
    await connection.execute("delete from kbots.pending_sign_ins where expires_at < now()")
    await connection.execute(
        "insert into kbots.pending_sign_ins (token_hash, user_id, expires_at)"
        " values (%s, %s, now() + %s)",
        [token_hash, user_id, lifetime],
    )


async def find_pending(connection: Connection, token_hash: bytes) -> PendingSignIn | None:
    """Find a sign-in that waits for its code."""
    async with connection.cursor(row_factory=class_row(PendingSignIn)) as cursor:
        await cursor.execute(
            "select p.user_id, u.name, p.failures from kbots.pending_sign_ins p"
            " join kbots.users u on u.id = p.user_id"
            " where p.token_hash = %s and p.expires_at > now() and not u.disabled",
            [token_hash],
        )
        return await cursor.fetchone()


async def count_wrong_code(connection: Connection, token_hash: bytes, most: int) -> bool:
    """Count a wrong code; false when it was one too many and the sign-in is over (SEC-31)."""
    await connection.execute(
        "update kbots.pending_sign_ins set failures = failures + 1 where token_hash = %s",
        [token_hash],
    )
    cursor = await connection.execute(
        "delete from kbots.pending_sign_ins where token_hash = %s and failures >= %s",
        [token_hash, most],
    )
    return cursor.rowcount == 0


async def delete_pending(connection: Connection, token_hash: bytes) -> bool:
    """End the waiting; of two who do at once one is told so."""
    cursor = await connection.execute(
        "delete from kbots.pending_sign_ins where token_hash = %s", [token_hash]
    )
    return cursor.rowcount == 1
