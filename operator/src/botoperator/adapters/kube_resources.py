"""TradingBots on the API server.

Every write names the uid it is for, so that a recreated bot of the same name is never written by mistake. A merge
patch of /status ignores a uid in its body; only a `test` of JSON patch is heeded there.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from botcore.domain.errors import Conflict, InvalidInput, NotFound
from botcore.resources.meta import GROUP, KIND, PLURAL, VERSION, ObjectMeta
from botoperator.adapters.kube_client import JSON_PATCH, MERGE_PATCH, KubeClient
from botoperator.plan.manifests import FINALIZER
from botoperator.ports import BotKey

__all__ = ["FIELD_MANAGER", "KubeResources"]

FIELD_MANAGER = "kbots-operator"
ATTEMPTS = 5
METADATA_LISTED = ("name", "namespace", "uid", "resourceVersion")
SPEC_LISTED = ("owner", "desiredState", "mode", "exchange", "credentials")


class KubeResources:
    """The TradingBots of some namespaces."""

    def __init__(self, client: KubeClient, namespaces: Sequence[str]) -> None:
        self._client = client
        self._namespaces = namespaces

    async def list(self) -> tuple[Mapping[str, Any], ...]:
        """List all bots: of each what a full look at them asks for, since a thousand are a lot to hold."""
        return tuple(
            [
                _brief(manifest)
                for namespace in self._namespaces
                async for manifest in self._client.list_objects(_collection(namespace))
            ]
        )

    async def get(self, key: BotKey) -> Mapping[str, Any] | None:
        """Read a bot's manifest as it is stored."""
        return await self._client.find(_path(key))

    async def write_status(self, key: BotKey, uid: str, status: Mapping[str, Any]) -> None:
        """Replace the status."""
        operations = [
            {"op": "test", "path": "/metadata/uid", "value": uid},
            {"op": "add", "path": "/status", "value": dict(status)},
        ]
        try:
            await self._patch(f"{_path(key)}/status", operations, JSON_PATCH)
        except (InvalidInput, NotFound):
            # The answer to a failed test says no more than that the patch is invalid.
            if await self._read(key, uid) is not None:
                raise

    async def add_finalizer(self, key: BotKey, seen: ObjectMeta) -> None:
        """Hold the bot until `release`; it is read anew only if it was changed since it was `seen`."""
        await self._change_finalizers(key, str(seen.uid), wanted=True, seen=seen.to_manifest())

    async def release(self, key: BotKey, uid: str) -> None:
        """Remove our finalizer, so that a bot whose deletion was asked for goes."""
        await self._change_finalizers(key, uid, wanted=False)

    async def drop_annotation(self, key: BotKey, uid: str, annotation: str) -> None:
        """Remove one annotation."""
        body = {"metadata": {"uid": uid, "annotations": {annotation: None}}}
        try:
            await self._patch(_path(key), body, MERGE_PATCH)
        except NotFound:
            return

    async def _change_finalizers(
        self, key: BotKey, uid: str, *, wanted: bool, seen: Mapping[str, Any] | None = None
    ) -> None:
        for _ in range(ATTEMPTS):
            metadata = seen or await self._read(key, uid)
            seen = None
            if metadata is None or (FINALIZER in metadata.get("finalizers", ())) == wanted:
                return
            others = [one for one in metadata.get("finalizers", ()) if one != FINALIZER]
            change = {
                "uid": uid,
                "resourceVersion": metadata["resourceVersion"],
                "finalizers": [*others, FINALIZER] if wanted else others,
            }
            try:
                await self._patch(_path(key), {"metadata": change}, MERGE_PATCH)
            except Conflict:
                continue  # somebody else wrote; their finalizers must stay
            except NotFound:
                return
            return
        raise Conflict(f"the finalizers of {key} change too fast")

    async def _read(self, key: BotKey, uid: str) -> dict[str, Any] | None:
        found = await self._client.find(_path(key))
        if found is None or found["metadata"]["uid"] != uid:
            return None
        metadata: dict[str, Any] = found["metadata"]
        return metadata

    async def _patch(self, path: str, body: object, headers: Mapping[str, str]) -> None:
        await self._client.request(
            "PATCH", path, query={"fieldManager": FIELD_MANAGER}, body=body, headers=headers
        )


def _brief(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata, spec, status = manifest["metadata"], manifest["spec"], manifest.get("status") or {}
    conditions = [
        {"type": one["type"], "status": one["status"]} for one in status.get("conditions") or ()
    ]
    trading = {"asOf": (status.get("trading") or {}).get("asOf")}
    return {
        "kind": KIND,
        "metadata": {name: metadata.get(name) for name in METADATA_LISTED},
        "spec": {name: spec[name] for name in SPEC_LISTED if name in spec},
        "status": {"phase": status.get("phase"), "conditions": conditions, "trading": trading},
    }


def _collection(namespace: str) -> str:
    return f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/{PLURAL}"


def _path(key: BotKey) -> str:
    return f"{_collection(key.namespace)}/{key.name}"
