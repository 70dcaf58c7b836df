"""Secrets with exchange keys on the API server; they belong to people, and only reading them is offered."""

from botoperator.adapters.kube_client import KubeClient
from botoperator.plan.key_secret import KeySecret
from botoperator.plan.manifests import decode_data

__all__ = ["KubeKeySecrets"]


class KubeKeySecrets:
    """Reads a Secret by its name; nothing is cached."""

    def __init__(self, client: KubeClient) -> None:
        self._client = client

    async def find(self, namespace: str, name: str) -> KeySecret | None:
        """Read a Secret that is there to stay.

        Raises:
            NotAllowed: the operator has no right to.
        """
        found = await self._client.find(f"/api/v1/namespaces/{namespace}/secrets/{name}")
        if found is None or found["metadata"].get("deletionTimestamp") is not None:
            return None
        return KeySecret(
            uid=found["metadata"]["uid"],
            namespace=namespace,
            name=name,
            labels=found["metadata"].get("labels") or {},
            data=decode_data(found.get("data") or {}),
        )
