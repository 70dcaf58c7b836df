"""`kbots get`, `describe` and `logs`."""

import asyncio
import json
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from botcore.domain.errors import NotFound
from botcore.ledger.connect import listen
from botcore.ledger.halts import list_active_halts
from botcore.ledger.resources import StoredBot, find_bot, list_bots
from botcore.resources.names import child_names
from botcore.runtime.clock import Clock
from botoperator.cli.session import Session
from botoperator.cli.tables import COLUMNS, WIDE_COLUMNS, bot_row, describe, table

__all__ = ["Selection", "describe_bot", "find", "get", "show_logs", "watch"]

POLL_SECONDS = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which bots, and how to show them; no namespace means all, no name every bot."""

    namespace: str | None
    name: str | None
    output: str = ""

    @property
    def header(self) -> tuple[str, ...]:
        """The columns of the table."""
        columns = WIDE_COLUMNS if self.output == "wide" else COLUMNS
        return columns if self.namespace else ("NAMESPACE", *columns)

    def row(self, bot: StoredBot, now: datetime) -> tuple[str, ...]:
        """Write one bot's line."""
        return bot_row(
            bot.to_manifest(),
            now,
            wide=self.output == "wide",
            with_namespace=self.namespace is None,
        )


async def find(session: Session, namespace: str, name: str) -> StoredBot:
    """Find one bot.

    Raises:
        NotFound: in the API server's words.
    """
    bot = await find_bot(session.connection, namespace, name)
    if bot is None:
        raise NotFound(f'tradingbots.kbots.dev "{name}" not found')
    return bot


async def get(session: Session, selection: Selection, clock: Clock) -> str:
    """Show the selected bots."""
    bots = await _selected(session, selection)
    if selection.output == "json":
        return json.dumps(_document(bots, selection), indent=4)
    if selection.output == "yaml":
        return str(yaml.safe_dump(_document(bots, selection), sort_keys=False)).rstrip()
    if not bots:
        place = f" in {selection.namespace} namespace" if selection.namespace else ""
        return f"No resources found{place}."
    return table(selection.header, [selection.row(bot, clock.now()) for bot in bots])


async def watch(session: Session, selection: Selection, clock: Clock) -> None:
    """Show the selected bots, and each again when it changes, until interrupted."""
    print(await get(session, selection, clock), flush=True)
    async for _, payload in listen(session.address, ("kbots_resources",), lambda: None):
        namespace, _, name = payload.partition("/")
        if selection.namespace not in {None, namespace} or selection.name not in {None, name}:
            continue
        bot = await find_bot(session.connection, namespace, name)
        if bot is not None:
            lines = table(selection.header, [selection.row(bot, clock.now())])
            print(lines.split("\n")[1], flush=True)


async def describe_bot(session: Session, namespace: str, name: str, clock: Clock) -> str:
    """Show one bot in full."""
    bot = await find(session, namespace, name)
    subjects = {("bot", str(bot.uid)), ("owner", bot.spec["owner"]), ("all", "*")}
    halts = [
        f"{halt.scope}: {halt.reason} (by {halt.set_by} at {halt.set_at:%Y-%m-%d %H:%M:%S} UTC)"
        for halt in await list_active_halts(session.connection)
        if (halt.scope, halt.subject) in subjects
    ]
    return describe(bot.to_manifest(), halts, clock.now())


async def show_logs(data: Path, name: str, *, lines: int, follow: bool) -> None:
    """Show the end of a bot's log, and go on with `follow` until interrupted.

    Raises:
        NotFound: the bot has never run here.
    """
    path = data / "logs" / f"{child_names(name).pod}.log"
    if not path.exists():
        raise NotFound(f"{path}: the bot has not run yet")
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in deque(file, maxlen=lines):
            print(line, end="", flush=True)
        while follow:
            text = file.read()
            print(text, end="", flush=True)
            await asyncio.sleep(POLL_SECONDS)


async def _selected(session: Session, selection: Selection) -> tuple[StoredBot, ...]:
    if selection.name is None:
        return await list_bots(session.connection, selection.namespace)
    return (await find(session, selection.namespace or "", selection.name),)


def _document(bots: tuple[StoredBot, ...], selection: Selection) -> dict[str, Any]:
    if selection.name is not None:
        return bots[0].to_manifest()
    return {"apiVersion": "v1", "kind": "List", "items": [bot.to_manifest() for bot in bots]}
