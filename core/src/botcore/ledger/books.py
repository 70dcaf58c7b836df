"""Accounts, books and the bots' own logins, as the operator sees and makes them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from importlib import resources
from secrets import token_hex
from typing import Final, LiteralString
from uuid import UUID

from psycopg import AsyncConnection, sql
from psycopg.rows import class_row

from botcore.domain.errors import Conflict, InvariantBroken, QuotaExceeded
from botcore.ledger.roles import scram_verifier

__all__ = [
    "BotAsked",
    "BotRecord",
    "LoginBinding",
    "bind_login",
    "ensure_partitions",
    "observe_bots",
    "retire_login",
]

# The runner uses two; two are left for its successor while a frozen one still holds its own.
CONNECTION_LIMIT: Final = 4

_OBSERVE: Final = (
    resources.files("botcore.ledger").joinpath("queries/observe_bots.sql").read_text("utf-8")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BotAsked:
    """A bot to be read about; equity and profit cost more and are left out unless asked for."""

    bot_uid: str
    owner: str
    with_figures: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BotRecord:
    """What the ledger holds about one bot; money in the quote asset, ages in seconds."""

    bot_uid: UUID
    owner_is_known: bool
    owner_is_disabled: bool
    role: str | None
    is_active: bool | None
    venue: str | None
    environment: str | None
    account_uid: str | None
    lease_holder: UUID | None
    lease_epoch: int | None
    lease_over_seconds: float | None
    state: str | None
    reason: str | None
    generation: int | None
    beat_at: datetime | None
    beat_age: float | None
    problems: list[list[str]]
    key_version: str | None
    halt_scopes: list[str]
    halt_reasons: list[str]
    equity: Decimal | None
    total_pnl: Decimal | None
    today_pnl: Decimal | None
    open_positions: int
    open_orders: int
    grant_id: UUID | None
    grant_key: UUID | None
    grant_quote_asset: str | None
    grant_symbols: list[str] | None
    grant_most_notional: Decimal | None
    grant_expires_at: datetime | None
    grant_revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginBinding:
    """Which bot's login is to work in which book."""

    bot_uid: str
    namespace: str
    name: str
    owner: str
    venue: str
    environment: str
    account_uid: str


async def observe_bots(
    connection: AsyncConnection, asked: Sequence[BotAsked]
) -> dict[str, BotRecord]:
    """Read everything about these bots at once, by their uids."""
    values = {
        "bot_uids": [UUID(one.bot_uid) for one in asked],
        "owners": [one.owner for one in asked],
        "with_figures": [one.with_figures for one in asked],
    }
    async with connection.cursor(row_factory=class_row(BotRecord)) as cursor:
        await cursor.execute(_OBSERVE, values)
        return {str(record.bot_uid): record for record in await cursor.fetchall()}


async def bind_login(
    connection: AsyncConnection, binding: LoginBinding, password: str, *, most: int | None = None
) -> str:
    """Make or renew the bot's login for the account, with a new password, and return its role.

    Account and book are made if absent; call it in a transaction. `most` bots have a login at a time; None is no limit.

    Raises:
        Conflict: another bot's login is bound to the account (I1).
        QuotaExceeded: that many other bots have one.
    """
    verifier = await asyncio.to_thread(scram_verifier, password)  # before anybody waits for a lock
    await _refuse_beyond(connection, binding.bot_uid, most)
    account_id = await _account(connection, binding)
    await connection.execute(
        "select pg_advisory_xact_lock(hashtextextended('kbots/account/' || %s, 0))", [account_id]
    )
    await _refuse_second(connection, binding, account_id)
    book_id = await _book(connection, binding.owner, account_id)
    found = await (
        await connection.execute(
            "select db_role::text from kbots.bot_logins where bot_uid = %s"
            " order by created_at desc limit 1",
            [binding.bot_uid],
        )
    ).fetchone()
    role = found[0] if found else f"bot_{token_hex(6)}"
    await _login_role(connection, role, verifier, is_new=found is None)
    if found:
        await connection.execute(
            "update kbots.bot_logins set book_id = %s, retired_at = null where db_role = %s",
            [book_id, role],
        )
    else:
        await connection.execute(
            "insert into kbots.bot_logins (db_role, bot_uid, namespace, name, book_id)"
            " values (%s, %s, %s, %s, %s)",
            [role, binding.bot_uid, binding.namespace, binding.name, book_id],
        )
    return role


async def retire_login(connection: AsyncConnection, bot_uid: str) -> bool:
    """Close the bot's login and end its sessions; returns whether there was one. Needs autocommit.

    The role can't log in any more before its sessions are ended, so that none can slip in between.
    A retired login is bound to no book: what a session left over could still do is nothing.
    """
    rows = await (
        await connection.execute(
            "select db_role::text from kbots.bot_logins where bot_uid = %s and retired_at is null",
            [bot_uid],
        )
    ).fetchall()
    for (role,) in rows:
        async with connection.transaction():
            await connection.execute(sql.SQL("alter role {} nologin").format(sql.Identifier(role)))
            await connection.execute(
                "update kbots.bot_logins set retired_at = now() where db_role = %s", [role]
            )
        await _end_sessions(connection, role)
    return bool(rows)


async def ensure_partitions(connection: AsyncConnection) -> None:
    """Make this month's and the next two months' partitions."""
    await connection.execute("select kbots.ensure_partitions()")


async def _account(connection: AsyncConnection, binding: LoginBinding) -> int:
    values = [binding.venue, binding.environment, binding.account_uid]
    await connection.execute(
        "insert into kbots.exchange_accounts (venue, environment, account_uid) values (%s, %s, %s)"
        " on conflict do nothing",
        values,
    )
    return await _id(
        connection,
        "select id from kbots.exchange_accounts"
        " where venue = %s and environment = %s and account_uid = %s",
        values,
    )


async def _book(connection: AsyncConnection, owner: str, account_id: int) -> int:
    await connection.execute(
        "insert into kbots.books (owner, account_id) values (%s, %s) on conflict do nothing",
        [owner, account_id],
    )
    return await _id(
        connection,
        "select id from kbots.books where owner = %s and account_id = %s",
        [owner, account_id],
    )


async def _id(connection: AsyncConnection, query: LiteralString, values: Sequence[object]) -> int:
    row = await (await connection.execute(query, values)).fetchone()
    if row is None:
        raise InvariantBroken("a row that was just written is not there")
    return int(row[0])


async def _refuse_second(
    connection: AsyncConnection, binding: LoginBinding, account_id: int
) -> None:
    other = await (
        await connection.execute(
            "select l.namespace, l.name from kbots.bot_logins l join kbots.books b on b.id = l.book_id"
            " where b.account_id = %s and l.bot_uid <> %s and l.retired_at is null",
            [account_id, binding.bot_uid],
        )
    ).fetchone()
    if other is not None:
        raise Conflict(f"the exchange account is used by {other[0]}/{other[1]}")


async def _refuse_beyond(connection: AsyncConnection, bot_uid: str, most: int | None) -> None:
    if most is None:
        return
    # Until the transaction ends nobody else counts: two bots can't take the last place.
    await connection.execute("select pg_advisory_xact_lock(hashtextextended('kbots/logins', 0))")
    row = await (
        await connection.execute(
            "select count(*) from kbots.bot_logins where bot_uid <> %s and retired_at is null",
            [bot_uid],
        )
    ).fetchone()
    if row is None or row[0] >= most:
        raise QuotaExceeded(f"there is room for {most} bots at a time, and every place is taken")


async def _login_role(
    connection: AsyncConnection, role: str, verifier: str, *, is_new: bool
) -> None:
    statement = sql.SQL("{} role {} login connection limit {} password {}{}").format(
        sql.SQL("create" if is_new else "alter"),
        sql.Identifier(role),
        sql.Literal(CONNECTION_LIMIT),
        sql.Literal(verifier),
        sql.SQL(" in role kbots_bot" if is_new else ""),
    )
    await connection.execute(statement)
    if is_new:
        await connection.execute(
            sql.SQL("alter role {} set statement_timeout = '5s'").format(sql.Identifier(role))
        )


async def _end_sessions(connection: AsyncConnection, role: str) -> None:
    name, me = sql.Identifier(role), sql.Identifier(connection.info.user)
    # Who made a role may give it to others, but may end its sessions only with its rights.
    await connection.execute(
        sql.SQL("grant {} to {} with inherit true, set false").format(name, me)
    )
    try:
        await connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", [role]
        )
    finally:
        await connection.execute(sql.SQL("revoke {} from {}").format(name, me))
