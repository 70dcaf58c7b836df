"""What happened to bots, as Kubernetes Events: one object for each bot and reason, counted."""

from datetime import datetime
from typing import Any

import structlog

from botcore.domain.errors import Conflict, PlatformError
from botcore.resources.meta import API_VERSION, KIND
from botcore.runtime.clock import Clock
from botoperator.adapters.kube_client import MERGE_PATCH, KubeClient
from botoperator.adapters.kube_resources import FIELD_MANAGER
from botoperator.plan.notes import Note
from botoperator.ports import BotKey

__all__ = ["KubeEvents"]

log = structlog.get_logger(__name__)

LONGEST_MESSAGE = 1000


class KubeEvents:
    """Writes notes where `kubectl describe` shows them, and to the log."""

    def __init__(self, client: KubeClient, clock: Clock, instance: str) -> None:
        self._client = client
        self._clock = clock
        self._instance = instance

    async def record(self, key: BotKey, uid: str, note: Note) -> None:
        """Tell it; a note that can't be told is dropped, never an error."""
        tell = log.warning if note.is_warning else log.info
        tell("bot_event", bot=str(key), reason=note.reason, message=note.message)
        try:
            await self._write(key, uid, note)
        except PlatformError as error:
            log.warning("event_dropped", bot=str(key), reason=note.reason, error=str(error))

    async def _write(self, key: BotKey, uid: str, note: Note) -> None:
        collection = f"/api/v1/namespaces/{key.namespace}/events"
        name = f"{key.name}.{uid[:8]}.{note.reason.lower()}"
        latest = {
            "type": "Warning" if note.is_warning else "Normal",
            "message": note.message[:LONGEST_MESSAGE],
            "lastTimestamp": _instant(self._clock.now()),
        }
        first = {"firstTimestamp": latest["lastTimestamp"], "count": 1, **latest}
        try:
            await self._client.request(
                "POST",
                collection,
                query={"fieldManager": FIELD_MANAGER},
                body=self._event(key, uid, name, {"reason": note.reason, **first}),
            )
        except Conflict:
            # The answer tells the count: the operator may write events, not read them.
            there = await self._patch(f"{collection}/{name}", latest)
            count = int(there.get("count") or 0) + 1
            await self._patch(f"{collection}/{name}", {"count": count})

    async def _patch(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return await self._client.request(
            "PATCH", path, query={"fieldManager": FIELD_MANAGER}, body=body, headers=MERGE_PATCH
        )

    def _event(self, key: BotKey, uid: str, name: str, content: dict[str, Any]) -> dict[str, Any]:
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": name, "namespace": key.namespace},
            "involvedObject": {
                "apiVersion": API_VERSION,
                "kind": KIND,
                "name": key.name,
                "namespace": key.namespace,
                "uid": uid,
            },
            "source": {"component": FIELD_MANAGER},
            "reportingComponent": FIELD_MANAGER,
            "reportingInstance": self._instance,
            **content,
        }


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
