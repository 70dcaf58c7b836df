"""Live grants as their owner gives, sees and takes them back (I8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from psycopg.rows import class_row

from botcore.ledger.connect import Connection
from botcore.ledger.report_rows import GrantRow

__all__ = ["NewGrant", "grant_live", "list_grants", "revoke_live_grant"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGrant:
    """A person's leave for one bot to trade real money."""

    bot_uid: UUID
    key_id: UUID
    quote_asset: str
    symbols: Sequence[str]
    most_notional: Decimal
    """Most that may be invested at once, in the quote asset."""
    lasts: timedelta


async def grant_live(connection: Connection, new: NewGrant) -> UUID:
    """Write a grant of the acting person; the bot's former one gives way.

    Raises:
        NotAllowed: nobody acts, the bot is another's, or the key may not be used.
    """
    cursor = await connection.execute(
        "select kbots.grant_live(%s, %s, %s, %s, %s, now() + %s)",
        [
            new.bot_uid,
            new.key_id,
            new.quote_asset,
            list(new.symbols),
            new.most_notional,
            new.lasts,
        ],
    )
    row = await cursor.fetchone()
    assert row is not None  # noqa: S101 a function answers one row
    return UUID(str(row[0]))


async def revoke_live_grant(connection: Connection, grant_id: UUID) -> bool:
    """Take a grant of the acting person back; false when there is none in force."""
    cursor = await connection.execute("select kbots.revoke_live_grant(%s)", [grant_id])
    row = await cursor.fetchone()
    return bool(row and row[0])


async def list_grants(connection: Connection, bot_uid: UUID) -> list[GrantRow]:
    """List the acting person's grants for a bot, newest first."""
    async with connection.cursor(row_factory=class_row(GrantRow)) as cursor:
        await cursor.execute(
            "select g.id, g.key_id, coalesce(k.label, 'a key in a Secret') as key_label, g.quote_asset,"
            " g.symbols, g.most_notional, g.granted_at, g.expires_at, g.revoked_at, g.revoked_by,"
            " g.revoked_at is null and g.expires_at > now() as in_force"
            " from kbots.live_grants g left join kbots.sealed_keys k on k.id = g.key_id"
            " where g.bot_uid = %s order by g.granted_at desc, g.id limit 20",
            [bot_uid],
        )
        return await cursor.fetchall()
