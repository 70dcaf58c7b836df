"""All sealed keys at once: whether the ring opens them, and putting them under its newest key."""

from dataclasses import dataclass
from uuid import UUID

from botcore.domain.errors import InvalidInput, NotAllowed, NotFound
from botcore.ledger import keys, sealed_keys
from botcore.ledger.connect import Connection, DatabaseAddress, connect, translated
from botcore.sealing.envelope import Envelope, SealingContext, seal, unseal
from botcore.sealing.keyring import KeyRing

__all__ = ["KeyCensus", "Resealing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCensus:
    """How many keys there are by sealing key, which of them don't open, and how many were sealed anew."""

    by_kid: dict[str, int]
    closed: tuple[str, ...]
    resealed: int = 0


class Resealing:
    """Works as the operator's role, key by key, so that it may be ended at any moment and run again."""

    def __init__(self, address: DatabaseAddress, ring: KeyRing) -> None:
        self._address = address
        self._ring = ring

    async def installation(self) -> UUID:
        """Answer what this database's envelopes are bound to."""
        with translated():
            async with await connect(self._address) as connection:
                return UUID(await keys.installation_id(connection))

    async def check(self) -> KeyCensus:
        """Open every key, and forget it."""
        with translated():
            async with await connect(self._address) as connection:
                return await self._each(connection, current=None)

    async def reseal(self) -> KeyCensus:
        """Put every key under the newest published sealing key, and have nobody seal for another one.

        Raises:
            InvalidInput: the newest published sealing key is not in the ring.
        """
        with translated():
            async with await connect(self._address) as connection:
                public = await keys.newest_public_key(connection)
                current = self._kid_of(public)
                if current is None:
                    raise InvalidInput.of(
                        "keyring",
                        "lacks the newest sealing key that was published; start the operator with a new"
                        " key first",
                    )
                census = await self._each(connection, current=current)
                await sealed_keys.retire_sealing_keys(connection, current)
                return census

    def _kid_of(self, public: bytes | None) -> str | None:
        halves = {
            kid: self._ring.find(kid).public_key().public_bytes_raw() for kid in self._ring.kids
        }
        return next((kid for kid, half in halves.items() if half == public), None)

    async def _each(self, connection: Connection, *, current: str | None) -> KeyCensus:
        installation = await keys.installation_id(connection)
        closed, resealed = [], 0
        for row in await _rows(connection):
            context = _context(row, installation)
            try:
                envelope = Envelope.from_document(row.envelope)
                plaintext = unseal(self._ring, envelope, context)
            except (NotAllowed, NotFound, InvalidInput):
                closed.append(str(row.id))
                continue
            if current is None or envelope.kid == current:
                continue
            anew = seal(self._ring.find(current).public_key(), plaintext, context)
            document = anew.to_document()
            resealed += await sealed_keys.replace_envelope(connection, row, document, current)
        by_kid = await sealed_keys.list_kids(connection)
        return KeyCensus(by_kid=by_kid, closed=tuple(closed), resealed=resealed)


async def _rows(connection: Connection) -> list[sealed_keys.SealedKeyRow]:
    found = [
        await sealed_keys.find_envelopes(connection, key_id)
        for key_id in await sealed_keys.list_sealed_keys(connection)
    ]
    return [row for rows in found for row in rows]


def _context(row: sealed_keys.SealedKeyRow, installation: str) -> SealingContext:
    return SealingContext(
        installation=installation,
        owner=row.owner,
        key_id=str(row.id),
        exchange=row.exchange,
        environment=row.environment,
        revision=row.revision,
    )
