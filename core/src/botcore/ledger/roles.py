"""The fixed database roles, made by the set-up step as the database's administrator."""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from hashlib import pbkdf2_hmac, sha256
from secrets import token_bytes
from typing import Final

import psycopg
from psycopg import sql

__all__ = ["EXCHANGE", "LEDGER_ROLES", "LOGIN_ROLES", "ensure_roles", "scram_verifier"]

LEDGER_ROLES: Final = ("kbots_operator", "kbots_dashboard", "kbots_admin")
EXCHANGE: Final = "kbots_exchange"
"""The paper exchange's role and its own database, which no other role enters, as it enters no other."""
LOGIN_ROLES: Final = (*LEDGER_ROLES, EXCHANGE)

_SALT_BYTES: Final = 16
_ITERATIONS: Final = 4096  # Postgres' own default


def scram_verifier(password: str) -> str:
    """Return the SCRAM verifier of an ASCII password, as Postgres stores it.

    Made on this side so that the password never reaches the server's log. libpq makes the same in twice the time, and
    keeps every thread of the process waiting for it.
    """
    salt = token_bytes(_SALT_BYTES)
    salted = pbkdf2_hmac("sha256", password.encode("ascii"), salt, _ITERATIONS)
    stored = sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    salt_text, stored_text, server_text = (
        b64encode(one).decode() for one in (salt, stored, server)
    )
    return f"SCRAM-SHA-256${_ITERATIONS}:{salt_text}${stored_text}:{server_text}"


async def ensure_roles(connection: psycopg.AsyncConnection, passwords: Mapping[str, str]) -> None:
    """Create the owner, the bots' group and the four logins, or set their passwords anew.

    `kbots_operator` may create logins and hand out `kbots_bot` without being able to use it.
    """
    async with connection.transaction():
        for role, options in (("kbots_owner", "nologin"), ("kbots_bot", "nologin")):
            await _ensure(connection, role, sql.SQL(options))
        for role in LOGIN_ROLES:
            createrole = sql.SQL("createrole " if role == "kbots_operator" else "")
            # Passwords that people chose may need more preparation than ASCII does.
            verifier = connection.pgconn.encrypt_password(
                passwords[role].encode(), role.encode(), b"scram-sha-256"
            ).decode()
            await _ensure(
                connection,
                role,
                sql.SQL("login {}password {}").format(createrole, sql.Literal(verifier)),
            )
        await connection.execute(
            "grant kbots_bot to kbots_operator with admin option, inherit false, set false"
        )
        name = sql.Identifier(connection.info.dbname)
        await connection.execute(sql.SQL("revoke all on database {} from public").format(name))
        await connection.execute(
            sql.SQL(
                "grant connect on database {} to kbots_bot, kbots_operator, kbots_dashboard, kbots_admin"
            ).format(name)
        )
        await connection.execute(sql.SQL("grant create on database {} to kbots_owner").format(name))
        await connection.execute("grant create, usage on schema public to kbots_owner")


async def _ensure(
    connection: psycopg.AsyncConnection, role: str, options: sql.SQL | sql.Composed
) -> None:
    found = await (
        await connection.execute("select 1 from pg_roles where rolname = %s", [role])
    ).fetchone()
    verb = sql.SQL("alter" if found else "create")
    await connection.execute(sql.SQL("{} role {} {}").format(verb, sql.Identifier(role), options))
