"""TradingBots on a cluster; the API server keeps them, and kubectl changes them too."""

import asyncio
import random
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NoReturn
from uuid import UUID

import structlog

from botcore.domain.errors import Conflict, NotAllowed, NotFound, PlatformError
from botcore.ledger.users import AuditEntry, write_audit
from botcore.resources.meta import API_VERSION, PLURAL
from botcore.resources.trading_bot import DesiredState
from botdashboard.access.policy import Actor
from botdashboard.adapters.kube_api import Expired, KubeApi, Manifest
from botdashboard.adapters.manifests import (
    judged_spec,
    manifest_of,
    spec_with_defaults,
    status_of,
)
from botdashboard.ports import Ledger
from botdashboard.views.merge import merge_patch
from botdashboard.views.outside_edits import outside_edits
from botdashboard.views.records import BotKey, BotRecord

__all__ = ["KubeBots"]

FIELD_MANAGER = "kbots-dashboard"
ATTEMPTS = 5
PAGE = "250"  # bots of one answer
FIRST_PAUSE = 0.2  # seconds, between two watches
LONGEST_PAUSE = 5.0
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,48}[a-z0-9])?")
_WRITING = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict"}

_log = structlog.get_logger(__name__)


class KubeBots:
    """The gateway of the platform on Kubernetes.

    The dashboard's own rights reach every bot of its namespaces; whose bot it is decides `spec.owner`,
    and whether the person may still ask the session, which is looked up before every call. Bots are made in
    `namespace`; `tenants` are namespaces in which one person alone has bots, with that person.
    """

    def __init__(
        self, ledger: Ledger, api: KubeApi, namespace: str, tenants: Mapping[str, str] | None = None
    ) -> None:
        self._ledger = ledger
        self._api = api
        self._namespace = namespace
        self._tenants = tenants or {}
        self._written: dict[
            tuple[str, str], str
        ] = {}  # by bot and manager, the last that stands in the log

    async def list(self, actor: Actor) -> tuple[BotRecord, ...]:
        """List his bots by name."""
        await self._check(actor)
        theirs = [space for space, owner in self._tenants.items() if owner == actor.name]
        found = [await self._api.read(_folder(one)) for one in (self._namespace, *theirs)]
        own = [one for part in found for one in part["items"] if _owner(one) == actor.name]
        return tuple(sorted(map(_record, own), key=lambda record: record.key))

    async def get(self, actor: Actor, key: BotKey) -> BotRecord:
        """Find one of his bots."""
        await self._check(actor)
        return _record(await self._find(actor, key))

    async def create(self, actor: Actor, key: BotKey, spec: Mapping[str, Any]) -> BotRecord:
        """Make a bot."""
        judged = judged_spec(key, spec)
        await self._check(actor)
        if judged["owner"] != actor.name:
            raise NotAllowed("a bot belongs to whoever makes it")
        if key.namespace != self._namespace:
            raise _not_found(key)
        folder = _folder(key.namespace)
        made = await self._api.write("POST", folder, manifest_of(key, judged), **_WRITING)
        return _record(made)

    async def apply(
        self, actor: Actor, key: BotKey, spec: Mapping[str, Any], expected_generation: int
    ) -> BotRecord:
        """Replace the spec that was read at `expected_generation`.

        Only fields that differ are sent, so that the others stay whose they are. The version they
        were compared with is sent too: a status or an annotation written meanwhile makes it try again.
        """
        await self._check(actor)
        for _ in range(ATTEMPTS):
            found = await self._find(actor, key)
            current = _record(found)
            if current.generation != expected_generation:
                raise Conflict(f"{key} is at generation {current.generation} now")
            changes = merge_patch(found["spec"], judged_spec(key, spec, current.spec))
            if not changes:
                return current
            try:
                return _record(await self._patch(found, "resourceVersion", changes))
            except Conflict:
                continue
        raise Conflict(f"{key} changes all the time: try again")

    async def set_desired_state(self, actor: Actor, key: BotKey, state: DesiredState) -> None:
        """Change what the bot should do, whatever else has changed meanwhile."""
        await self._check(actor)
        found = await self._find(actor, key)
        await self._patch(found, "uid", {"desiredState": state.value})

    async def delete(self, actor: Actor, key: BotKey) -> None:
        """Ask for the bot's deletion."""
        await self._check(actor)
        found = await self._find(actor, key)
        options = {"preconditions": {"uid": found["metadata"]["uid"]}}
        await self._api.write("DELETE", self._path(key), options)

    async def watch(self, changed: Callable[[BotKey | None], None]) -> None:
        """Tell of every bot that changed; a watch that broke goes on where it was, if it can."""
        async with asyncio.TaskGroup() as group:
            for namespace in (self._namespace, *self._tenants):
                group.create_task(self._watch(_folder(namespace), changed))

    async def _watch(self, folder: str, changed: Callable[[BotKey | None], None]) -> NoReturn:
        version, pause = "", FIRST_PAUSE
        while True:
            try:
                if not version:
                    version = await self._look_at_all(folder, changed)
                async for event in self._api.watch(folder, version):
                    if event["type"] != "BOOKMARK":
                        changed(_key(event["object"]))
                        await self._write_edits(event["object"])
                    version = event["object"]["metadata"]["resourceVersion"]
                pause = FIRST_PAUSE
            except Expired:
                version = ""
            except PlatformError as error:
                _log.warning("watch_broken", reason=str(error))
                pause = min(pause * 2, LONGEST_PAUSE)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 jitter, no secret

    async def _look_at_all(self, folder: str, changed: Callable[[BotKey | None], None]) -> str:
        """Have everything read anew, and write what happened while nobody watched; answers as of which version."""
        version, further = "", ""
        while not version or further:
            more = {"continue": further} if further else {}
            listed = await self._api.read(folder, limit=PAGE, **more)
            if not version:
                changed(None)
            version, further = (
                listed["metadata"]["resourceVersion"],
                listed["metadata"].get("continue", ""),
            )
            for one in listed["items"]:
                await self._write_edits(one)
        return version

    async def _write_edits(self, found: Manifest) -> None:
        """Write what others than the dashboard changed of a spec into its owner's audit log, each once."""
        metadata = found["metadata"]
        for edit in outside_edits(metadata.get("managedFields", ())):
            whose = (metadata["uid"], f"{edit.manager}/{edit.operation}")
            if self._written.get(whose) == edit.at:
                continue
            entry = AuditEntry(
                # No account of a person has a colon in its name.
                actor=f"kubernetes:{edit.manager}",
                action="bot.change",
                object=str(_key(found)),
                concerns=_owner(found),
                detail={"at": edit.at, "fields": list(edit.fields)},
                source="/".join((*whose, edit.at)),
            )
            async with self._ledger.as_nobody() as connection:
                await write_audit(connection, entry)
            self._written[whose] = edit.at

    async def _check(self, actor: Actor) -> None:
        """Look the session up; the connection is given back before the API server is called."""
        async with self._ledger.as_user(actor):
            pass

    def _path(self, key: BotKey) -> str:
        """Answer where a bot is; a name that none can have never becomes a path."""
        is_known = key.namespace == self._namespace or key.namespace in self._tenants
        if not is_known or not _NAME.fullmatch(key.name):
            raise _not_found(key)
        return f"{_folder(key.namespace)}/{key.name}"

    async def _find(self, actor: Actor, key: BotKey) -> Manifest:
        found = await self._api.read(self._path(key))
        if _owner(found) != actor.name:
            raise _not_found(key)
        return found

    async def _patch(self, found: Manifest, held: str, changes: Mapping[str, Any]) -> Manifest:
        metadata = found["metadata"]
        body = {"metadata": {held: metadata[held]}, "spec": changes}
        return await self._api.write("PATCH", self._path(_key(found)), body, **_WRITING)


def _folder(namespace: str) -> str:
    return f"/apis/{API_VERSION}/namespaces/{namespace}/{PLURAL}"


def _not_found(key: BotKey) -> NotFound:
    return NotFound(f'{PLURAL}.kbots.dev "{key.name}" not found')


def _owner(found: Manifest) -> str:
    return str(found["spec"]["owner"])


def _key(found: Manifest) -> BotKey:
    metadata = found["metadata"]
    return BotKey(namespace=metadata["namespace"], name=metadata["name"])


def _record(found: Manifest) -> BotRecord:
    key, metadata = _key(found), found["metadata"]
    return BotRecord(
        key=key,
        uid=UUID(metadata["uid"]),
        generation=metadata["generation"],
        spec=spec_with_defaults(key, found["spec"]),
        status=status_of(found.get("status", {})),
        created_at=datetime.fromisoformat(metadata["creationTimestamp"]),
        is_deleting="deletionTimestamp" in metadata,
    )
