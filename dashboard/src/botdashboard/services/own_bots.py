"""Bots of who acts: asking for somebody else's finds none, and is written down (SEC-40)."""

from botcore.domain.errors import NotFound
from botdashboard.access.policy import Action, Actor
from botdashboard.ports import BotGateway
from botdashboard.services.audit import Audit
from botdashboard.views.records import BotKey, BotRecord

__all__ = ["OwnBots"]


class OwnBots:
    """Finds them, and lets the policy decide."""

    def __init__(self, bots: BotGateway, audit: Audit) -> None:
        self._bots = bots
        self._audit = audit

    async def find(self, actor: Actor, action: Action, key: BotKey) -> BotRecord:
        """Find a bot of his.

        Raises:
            NotFound: he has none of this name.
        """
        try:
            return await self._bots.get(actor, key)
        except NotFound:
            await self._audit.note(actor, action, str(key), result="not found")
            raise

    async def require(self, actor: Actor, action: Action, key: BotKey) -> BotRecord:
        """Find a bot of his with which he may do this.

        Raises:
            NotFound: he has none of this name.
            NotAllowed: his role may not do it.
        """
        record = await self.find(actor, action, key)
        await self._audit.require(actor, action, record.owner, str(key))
        return record
