"""Make the platform's secrets once: whatever is there already stays as it is."""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import uuid4

import structlog

from botcore.domain.errors import Conflict, InvalidInput, InvariantBroken, Transient
from botcore.ledger.roles import LEDGER_ROLES
from botcore.sealing.keyring import key_file, new_private_key
from botoperator.ports import Secrets

__all__ = ["SetUp", "SetUpNames"]

log = structlog.get_logger(__name__)

INSTALLATION_ID = "installation-id"
POSTGRES, DATABASE, EXCHANGE, SEALING, DASHBOARD = (
    "kbots-postgres",
    "kbots-database",
    "kbots-exchange",
    "kbots-sealing",
    "kbots-dashboard",
)
RETRY_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUpNames:
    """The namespaces of the platform and of its web tier."""

    system: str
    web: str


class SetUp:
    """Makes five Secrets, each whole or not at all; a run that was cut short is simply run again."""

    def __init__(self, store: Secrets, names: SetUpNames) -> None:
        self._store = store
        self._names = names

    async def run(self, deadline_seconds: float = 120.0) -> None:
        """Make what is missing.

        Raises:
            InvalidInput: a Secret of this name holds something else; the message says what to do.
            Transient: the API server did not answer within the deadline.
        """
        end = asyncio.get_running_loop().time() + deadline_seconds
        while True:
            try:
                await self._make_all()
            except Transient as error:
                if asyncio.get_running_loop().time() >= end:
                    raise
                log.warning("set_up_postponed", error=str(error))
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    async def _make_all(self) -> None:
        system, web = self._names.system, self._names.web
        await self._ensure(system, POSTGRES, _postgres)
        database = await self._ensure(system, DATABASE, _database)
        # A Secret of its own: the exchange's pod must not hold the ledger's passwords.
        await self._ensure(system, EXCHANGE, _exchange)
        await self._ensure(system, SEALING, _sealing)
        # The dashboard's copy of a password comes after the original, so that it can't be another one.
        password = database["kbots_dashboard"]
        dashboard = await self._ensure(web, DASHBOARD, lambda: _dashboard(password))
        if dashboard["database-password"] != password:
            raise InvalidInput.of(
                f"Secret {web}/{DASHBOARD}",
                "key database-password differs from key kbots_dashboard of Secret"
                f" {system}/{DATABASE}: set it to that value, and leave password-pepper as it is",
            )

    async def _ensure(
        self, namespace: str, name: str, make: Callable[[], Mapping[str, str]]
    ) -> Mapping[str, str]:
        wanted = make()
        try:
            await self._store.create(namespace, name, wanted)
        except Conflict:
            found = await self._store.find(namespace, name)
            if found is None:
                raise Transient(f"Secret {namespace}/{name} was deleted meanwhile") from None
            _check(namespace, name, found, wanted)
            log.info("secret_kept", namespace=namespace, name=name)
            return found
        log.info("secret_made", namespace=namespace, name=name)
        return wanted


def _check(namespace: str, name: str, found: Mapping[str, str], wanted: Mapping[str, str]) -> None:
    missing = sorted(key for key in wanted if not _holds(found, key))
    if missing:
        raise InvalidInput.of(
            f"Secret {namespace}/{name}",
            f"was made by somebody else and lacks {', '.join(missing)}: add the keys, or delete it"
            " if nothing uses it yet",
        )


def _holds(found: Mapping[str, str], key: str) -> bool:
    # The files of the ring are named by their keys, of which any will do.
    suffix = ".key"
    if key.endswith(suffix):
        return any(one.endswith(suffix) for one in found)
    return bool(found.get(key))


def _postgres() -> Mapping[str, str]:
    return {"postgres-password": _password()}


def _database() -> Mapping[str, str]:
    return {role: _password() for role in LEDGER_ROLES}


def _exchange() -> Mapping[str, str]:
    return {"database-password": _password()}


def _sealing() -> Mapping[str, str]:
    name, text = key_file(new_private_key())
    return {INSTALLATION_ID: str(uuid4()), name: text}


def _dashboard(database_password: str) -> Mapping[str, str]:
    if not database_password:
        raise InvariantBroken("the dashboard's database role has a password")
    return {"database-password": database_password, "password-pepper": secrets.token_hex(32) + "\n"}


def _password() -> str:
    return secrets.token_urlsafe(32)
