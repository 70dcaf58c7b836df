"""Secrets, ConfigMaps and pods on the API server."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from botcore.domain.errors import Conflict, NotFound
from botcore.resources.meta import GROUP
from botoperator.adapters.kube_client import (
    APPLY_PATCH,
    MERGE_PATCH,
    METADATA_ALONE,
    KubeClient,
)
from botoperator.adapters.kube_resources import FIELD_MANAGER
from botoperator.plan.manifests import BOT_LABEL, Kind, Manifest
from botoperator.plan.observed import Children, ObservedPod, Survey, tell_apart
from botoperator.plan.pod_state import observe_pod
from botoperator.ports import BotKey, ChildKeys

__all__ = ["MANAGED", "KubeChildren"]

OURS = (f"{GROUP}/", "app.kubernetes.io/")
MANAGED = "app.kubernetes.io/managed-by=kbots-operator"
KEPT = ("name", "namespace", "uid", "resourceVersion", "labels")
PLURALS = {Kind.SECRET: "secrets", Kind.CONFIG_MAP: "configmaps", Kind.POD: "pods"}


class KubeChildren:
    """Reads live objects by name and writes them; nothing is cached."""

    def __init__(self, client: KubeClient, namespaces: Sequence[str]) -> None:
        self._client = client
        self._namespaces = namespaces

    async def observe(self, names: ChildKeys) -> Children:
        """Read what is there under these names."""
        secret, config_map, *pods = await asyncio.gather(
            self._find(Kind.SECRET, names.namespace, names.secret),
            self._find(Kind.CONFIG_MAP, names.namespace, names.config_map),
            *(self._find(Kind.POD, names.namespace, name) for name in names.pods),
        )
        pod, left = tell_apart([observe_pod(one.body) for one in pods if one is not None])
        return Children(secret=secret, config_map=config_map, pod=pod, left=left)

    async def pods_of(self, key: BotKey) -> tuple[ObservedPod, ...]:
        """List every pod that bears the bot's label, whatever its name."""
        pods = self._client.list_objects(
            _collection(Kind.POD, key.namespace), f"{BOT_LABEL}={key.name}"
        )
        return tuple([observe_pod({**body, "kind": Kind.POD.value}) async for body in pods])

    async def create(self, manifest: Manifest) -> None:
        """Make an object.

        Raises:
            Conflict: one of this name is there.
            QuotaExceeded: the namespace takes no more.
        """
        await self._client.request(
            "POST",
            _collection(manifest.kind, manifest.namespace),
            query={"fieldManager": FIELD_MANAGER},
            body=dict(manifest.body),
        )

    async def patch(self, manifest: Manifest) -> None:
        """Apply an object's data, and its labels and annotations of ours, under our field manager.

        It must be there: apply alone would make a missing object, and keep what others added to the data.

        Raises:
            NotFound: it is not there.
            Conflict: another object has this name by now.
        """
        live = await self._find(manifest.kind, manifest.namespace, manifest.name)
        if live is None:
            raise NotFound(f"{manifest.kind} {manifest.name} is not there")
        if live.owner_uid != manifest.owner_uid:
            raise Conflict(f"{manifest.kind} {manifest.name} belongs to another bot by now")
        await self._client.request(
            "PATCH",
            _path(manifest),
            query={"fieldManager": FIELD_MANAGER, "force": "true"},
            body=_applied(live, manifest),
            headers=APPLY_PATCH,
        )
        foreign = dict.fromkeys(live.data.keys() - manifest.data.keys())
        if foreign:
            await self._client.request(
                "PATCH",
                _path(manifest),
                query={"fieldManager": FIELD_MANAGER},
                body={"metadata": {"uid": live.uid}, "data": foreign},
                headers=MERGE_PATCH,
            )

    async def delete(self, manifest: Manifest) -> None:
        """Remove an object, a pod gracefully; none is no error.

        Raises:
            Conflict: another object has this name by now.
        """
        conditions = {"preconditions": {"uid": manifest.uid}} if manifest.uid else {}
        body = {"apiVersion": "v1", "kind": "DeleteOptions", **conditions}
        try:
            await self._client.request("DELETE", _path(manifest), body=body)
        except NotFound:
            return

    async def survey(self) -> Survey:
        """Read the metadata of every object of the operator's at once: no key is among them."""
        found = []
        for namespace in self._namespaces:
            for kind in PLURALS:
                path = _collection(kind, namespace)
                async for body in self._client.list_objects(path, MANAGED, METADATA_ALONE):
                    found.append(_named(kind, body["metadata"]))  # noqa: PERF401 one by one, to keep little
        return Survey(found)

    async def _find(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        body = await self._client.find(f"{_collection(kind, namespace)}/{name}")
        return Manifest(body=body) if body is not None else None


def _named(kind: Kind, metadata: Mapping[str, Any]) -> Manifest:
    return Manifest(
        body={"kind": kind.value, "metadata": {name: metadata.get(name) for name in KEPT}}
    )


def _applied(live: Manifest, wanted: Manifest) -> dict[str, Any]:
    metadata = {
        "name": wanted.name,
        "namespace": wanted.namespace,
        "uid": live.uid,
        "labels": _ours(wanted.labels),
        "annotations": _ours(wanted.annotations),
    }
    head = {"apiVersion": "v1", "kind": wanted.kind.value, "metadata": metadata}
    return head if wanted.kind is Kind.POD else {**head, "data": dict(wanted.data)}


def _ours(marks: Mapping[str, str]) -> dict[str, str]:
    # An observed object also carries what others have noted on it; that stays theirs.
    return {key: value for key, value in marks.items() if key.startswith(OURS)}


def _collection(kind: Kind, namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/{PLURALS[kind]}"


def _path(manifest: Manifest) -> str:
    return f"{_collection(manifest.kind, manifest.namespace)}/{manifest.name}"
