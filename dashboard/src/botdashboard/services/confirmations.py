"""Changes that wait until who asked for them has proved it again.

They wait in this process: the server is one, and after a restart they are simply asked for anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from botcore.domain.errors import NotFound
from botcore.runtime.clock import Clock
from botdashboard.access.policy import Actor
from botdashboard.access.tokens import new_token
from botdashboard.services.bots import Bots
from botdashboard.services.proofs import Proof, Proofs
from botdashboard.views.merge import Difference
from botdashboard.views.records import BotKey

__all__ = ["Confirmations", "HeldChange"]

WAITS = timedelta(minutes=10)
MOST_WAITING = 1000  # the oldest gives way
_GONE = "this change is not waiting any more: make it again in the bot's settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldChange:
    """A new spec for what was read at one generation."""

    user_id: UUID
    key: BotKey
    spec: Mapping[str, Any]
    generation: int
    riskier: tuple[Difference, ...]
    until: datetime


class Confirmations:
    """Holds changes and applies each once, after its own step-up (SEC-43)."""

    def __init__(self, bots: Bots, proofs: Proofs, clock: Clock) -> None:
        self._bots = bots
        self._proofs = proofs
        self._clock = clock
        self._held: dict[str, HeldChange] = {}

    def hold(
        self,
        actor: Actor,
        key: BotKey,
        spec: Mapping[str, Any],
        generation: int,
        riskier: tuple[Difference, ...],
    ) -> str:
        """Keep a change and answer the token of the page that asks for the proof."""
        now = self._clock.now()
        self._held = {token: one for token, one in self._held.items() if one.until > now}
        while len(self._held) >= MOST_WAITING:
            del self._held[next(iter(self._held))]
        token = new_token()
        self._held[token] = HeldChange(
            user_id=actor.user_id,
            key=key,
            spec=spec,
            generation=generation,
            riskier=riskier,
            until=now + WAITS,
        )
        return token

    def find(self, actor: Actor, token: str) -> HeldChange:
        """Find a change of his that waits.

        Raises:
            NotFound: there is none, or it waited too long.
        """
        held = self._held.get(token)
        if held is None or held.user_id != actor.user_id or held.until <= self._clock.now():
            raise NotFound(_GONE)
        return held

    async def confirm(self, actor: Actor, token: str, proof: Proof) -> HeldChange:
        """Apply a change once.

        Raises:
            InvalidInput: the proof is refused, and the change goes on waiting; or its spec is.
            Conflict: somebody has changed the bot meanwhile.
            NotFound: it does not wait any more.
        """
        self.find(actor, token)
        await self._proofs.require(actor, proof, needs_factor=True)
        held = self.find(actor, token)  # of two at once one is left
        del self._held[token]
        await self._bots.apply(actor, held.key, held.spec, held.generation, is_proved=True)
        return held
