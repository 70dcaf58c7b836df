"""What the use cases need from outside."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from botcore.ledger.connect import Connection
from botcore.resources.trading_bot import DesiredState
from botdashboard.access.policy import Actor
from botdashboard.views.records import BotKey, BotRecord

__all__ = ["BotGateway", "Ledger"]


class Ledger(Protocol):
    """The one gate to the database: what is read and written in a block is one transaction."""

    def as_user(self, actor: Actor) -> AbstractAsyncContextManager[Connection]:
        """Open a transaction that sees the actor's rows only.

        Raises:
            NotAllowed: the session has ended.
        """
        ...

    def as_nobody(self) -> AbstractAsyncContextManager[Connection]:
        """Open a transaction for sign-in and accounts; it sees no one's bots, trades or keys."""
        ...


class BotGateway(Protocol):
    """TradingBots of the acting person, wherever they live.

    Every call of a person raises NotAllowed when his session has ended, and Transient when the place
    they live in is away. One that writes raises OutcomeUnknown when the answer is missing.
    """

    async def list(self, actor: Actor) -> tuple[BotRecord, ...]:
        """List his bots by name."""
        ...

    async def get(self, actor: Actor, key: BotKey) -> BotRecord:
        """Find one of his bots.

        Raises:
            NotFound: he has none of this name.
        """
        ...

    async def create(self, actor: Actor, key: BotKey, spec: Mapping[str, Any]) -> BotRecord:
        """Make a bot.

        Raises:
            InvalidInput: the API server would refuse it, in its words.
            Conflict: the name is taken.
        """
        ...

    async def apply(
        self, actor: Actor, key: BotKey, spec: Mapping[str, Any], expected_generation: int
    ) -> BotRecord:
        """Replace the spec that was read at `expected_generation`.

        Raises:
            InvalidInput: the API server would refuse it, in its words.
            Conflict: the spec has changed since.
            NotFound: he has none of this name.
        """
        ...

    async def set_desired_state(self, actor: Actor, key: BotKey, state: DesiredState) -> None:
        """Change what the bot should do, whatever else has changed meanwhile.

        Raises:
            NotFound: he has none of this name.
        """
        ...

    async def delete(self, actor: Actor, key: BotKey) -> None:
        """Ask for the bot's deletion.

        Raises:
            NotFound: he has none of this name.
        """
        ...

    async def watch(self, changed: Callable[[BotKey | None], None]) -> None:
        """Tell of every bot that changed, for ever; None after a gap: look at all of them."""
        ...
