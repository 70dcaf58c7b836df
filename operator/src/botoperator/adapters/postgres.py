"""Postgres behind the ports: TradingBots where there is no API server, the ledger and the sealed keys."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from secrets import token_urlsafe
from typing import Any

from botcore.ledger import books, halts, recordings, resources
from botcore.ledger.connect import Connection, DatabaseAddress, Pool, connect, translated
from botcore.resources.meta import ObjectMeta
from botcore.resources.trading_bot import BotMode
from botoperator.plan.admission import LiveGrant
from botoperator.plan.inputs import Account, BotIdentity
from botoperator.plan.manifests import FINALIZER
from botoperator.plan.observed import Figures, Halt, Heartbeat, Lease, LedgerView, Login
from botoperator.ports import AskedBot, BotKey, Halted, LoginSecret

__all__ = ["PostgresLedger", "TableResources", "transaction"]

SET_BY = "operator"


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    """Lend a connection for one transaction, its errors translated."""
    with translated():
        async with pool.connection() as connection:
            yield connection


class TableResources:
    """TradingBots in the table kbots.trading_bots."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def list(self) -> tuple[Mapping[str, Any], ...]:
        """List the manifests of all bots as they are stored."""
        async with transaction(self._pool) as connection:
            found = await resources.list_bots(connection)
        return tuple(one.to_manifest() for one in found)

    async def get(self, key: BotKey) -> Mapping[str, Any] | None:
        """Read a bot's manifest as it is stored."""
        async with transaction(self._pool) as connection:
            found = await resources.find_bot(connection, key.namespace, key.name)
        return found.to_manifest() if found else None

    async def write_status(self, key: BotKey, uid: str, status: Mapping[str, Any]) -> None:  # noqa: ARG002 the API server goes by the name
        """Replace the status."""
        async with transaction(self._pool) as connection:
            await resources.write_status(connection, uid, status)

    async def add_finalizer(self, key: BotKey, seen: ObjectMeta) -> None:  # noqa: ARG002 as above
        """Hold the bot that was read with this metadata until `release`."""
        async with transaction(self._pool) as connection:
            await resources.add_finalizer(connection, str(seen.uid), FINALIZER)

    async def release(self, key: BotKey, uid: str) -> None:  # noqa: ARG002 as above
        """Remove our finalizer, so that a bot whose deletion was asked for goes."""
        async with transaction(self._pool) as connection:
            await resources.remove_bot(connection, uid, FINALIZER)

    async def drop_annotation(self, key: BotKey, uid: str, annotation: str) -> None:  # noqa: ARG002 as above
        """Remove one annotation."""
        async with transaction(self._pool) as connection:
            await resources.drop_annotation(connection, uid, annotation)


class PostgresLedger:
    """Logins, leases, heartbeats, halts and figures."""

    def __init__(self, pool: Pool, address: DatabaseAddress, max_bots: int | None) -> None:
        self._pool = pool
        self._address = address
        self._max_bots = max_bots

    async def observe(self, asked: Sequence[AskedBot]) -> Mapping[str, LedgerView]:
        """Read everything about these bots at once, by their uids."""
        questions = [
            books.BotAsked(bot_uid=one.uid, owner=one.owner, with_figures=one.with_figures)
            for one in asked
        ]
        async with transaction(self._pool) as connection:
            found = await books.observe_bots(connection, questions)
        return {uid: _view(record) for uid, record in found.items()}

    async def find_halt(self, halt_id: str) -> Halted | None:
        """Find whom a halt or a live grant concerns, whether it is in force or not."""
        async with transaction(self._pool) as connection:
            found = await halts.find_halt_subject(connection, halt_id)
        return Halted(scope=found.scope, subject=found.subject) if found else None

    async def bind_login(self, bot: BotIdentity, account: Account) -> LoginSecret:
        """Make or renew the bot's login for the account.

        Raises:
            Conflict: another bot is on the account.
            QuotaExceeded: as many bots as may have one have one.
        """
        binding = books.LoginBinding(
            bot_uid=bot.uid,
            namespace=bot.namespace,
            name=bot.name,
            owner=bot.owner,
            venue=account.venue,
            environment=account.environment.value,
            account_uid=account.uid,
        )
        password = token_urlsafe(32)
        async with transaction(self._pool) as connection:
            role = await books.bind_login(connection, binding, password, most=self._max_bots)
        return LoginSecret(role=role, password=password)

    async def retire_login(self, uid: str) -> None:
        """Close the bot's login and end its sessions; none is no error."""
        with translated():
            async with await connect(self._address) as connection:
                await books.retire_login(connection, uid)

    async def halt_bot(self, bot: BotIdentity, reason: str) -> None:
        """Set the bot's halt latch."""
        await self._halt(halts.HaltSubject.of_bot(bot.uid, bot.owner), reason)

    async def halt_owner(self, owner: str, reason: str) -> None:
        """Set the halt latch of all of an owner's bots."""
        await self._halt(halts.HaltSubject.of_owner(owner), reason)

    async def keep_partitions(self) -> None:
        """Make the next months' partitions and forget recordings that are too old."""
        async with transaction(self._pool) as connection:
            await books.ensure_partitions(connection)
        has_more = True
        while has_more:
            async with transaction(self._pool) as connection:
                has_more = await recordings.forget_recordings(connection)

    async def _halt(self, subject: halts.HaltSubject, reason: str) -> None:
        async with transaction(self._pool) as connection:
            await halts.set_halt(connection, subject, reason=reason, set_by=SET_BY)


def _view(record: books.BotRecord) -> LedgerView:
    return LedgerView(
        owner_is_known=record.owner_is_known,
        owner_is_disabled=record.owner_is_disabled,
        login=_login(record),
        lease=_lease(record),
        lease_over_seconds=record.lease_over_seconds,
        heartbeat=_heartbeat(record),
        halts=tuple(
            Halt(scope=scope, reason=reason)
            for scope, reason in zip(record.halt_scopes, record.halt_reasons, strict=True)
        ),
        figures=Figures(
            equity=record.equity,
            today_pnl=record.today_pnl,
            total_pnl=record.total_pnl,
            open_positions=record.open_positions,
            open_orders=record.open_orders,
        ),
        grant=_grant(record),
    )


def _grant(record: books.BotRecord) -> LiveGrant | None:
    if record.grant_key is None or record.grant_expires_at is None:
        return None
    return LiveGrant(
        key_id=str(record.grant_key),
        quote_asset=record.grant_quote_asset or "",
        symbols=frozenset(record.grant_symbols or ()),
        most_notional=record.grant_most_notional or Decimal(),
        expires_at=record.grant_expires_at,
        is_revoked=record.grant_revoked_at is not None,
    )


def _login(record: books.BotRecord) -> Login | None:
    if not record.is_active or not record.role or not record.environment or not record.account_uid:
        return None
    account = Account(environment=BotMode(record.environment), uid=record.account_uid)
    return Login(role=record.role, account=account)


def _lease(record: books.BotRecord) -> Lease | None:
    if record.lease_holder is None or record.lease_epoch is None:
        return None
    return Lease(holder=str(record.lease_holder), epoch=record.lease_epoch)


def _heartbeat(record: books.BotRecord) -> Heartbeat | None:
    if record.state is None or record.beat_at is None or record.generation is None:
        return None
    return Heartbeat(
        state=record.state,
        reason=record.reason or "",
        generation=record.generation,
        at=record.beat_at,
        age_seconds=record.beat_age or 0.0,
        problems=tuple((str(reason), str(message)) for reason, message in record.problems),
        key_version=record.key_version or "",
    )
