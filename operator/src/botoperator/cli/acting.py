"""`kbots delete`, `halt` and `clear-halt`."""

import asyncio

from botcore.domain.errors import NotFound, Transient
from botcore.ledger.halts import HaltSubject, clear_halt, set_halt
from botcore.ledger.resources import find_bot, mark_deleted
from botcore.runtime.clock import Clock
from botoperator.cli.reading import find
from botoperator.cli.session import Session

__all__ = ["clear", "delete", "halt", "subject_of", "wait_until_gone"]

POLL_SECONDS = 0.2


async def delete(session: Session, namespace: str, name: str) -> str:
    """Ask for a bot's deletion; it carries out onStop first.

    Raises:
        NotFound: in the API server's words.
    """
    if not await mark_deleted(session.connection, namespace, name):
        raise NotFound(f'tradingbots.kbots.dev "{name}" not found')
    return f'tradingbot.kbots.dev "{name}" deleted'


async def wait_until_gone(
    session: Session, namespace: str, name: str, seconds: float, clock: Clock
) -> None:
    """Wait until a deleted bot is gone.

    Raises:
        Transient: it was not within the time.
    """
    end = clock.boottime() + seconds
    while await find_bot(session.connection, namespace, name) is not None:
        if clock.boottime() >= end:
            raise Transient(f"timed out waiting for the deletion of {name}")
        await asyncio.sleep(POLL_SECONDS)


async def subject_of(
    session: Session, namespace: str, name: str | None, owner: str | None
) -> tuple[HaltSubject, str]:
    """Work out whom a halt is about, and how to call it; neither name nor owner means everyone."""
    if name is not None:
        bot = await find(session, namespace, name)
        subject = HaltSubject.of_bot(str(bot.uid), bot.spec["owner"])
        return subject, f"tradingbot.kbots.dev/{name}"
    if owner is not None:
        return HaltSubject.of_owner(owner), f"owner/{owner}"
    return HaltSubject.of_all(), "all bots"


async def halt(session: Session, subject: HaltSubject, reason: str) -> str:
    """Set a halt latch; answers what happened."""
    is_new = await set_halt(session.connection, subject, reason=reason, set_by=session.actor)
    return "halted" if is_new else "was halted already"


async def clear(session: Session, subject: HaltSubject) -> str:
    """Clear a halt latch; answers what happened."""
    was_set = await clear_halt(session.connection, subject, cleared_by=session.actor)
    return "halt cleared" if was_set else "was not halted"
