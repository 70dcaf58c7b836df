"""The platform's own Secrets on the API server."""

from collections.abc import Mapping

from botoperator.adapters.kube_client import KubeClient
from botoperator.plan.manifests import decode_data, encode_data

__all__ = ["KubeSecrets"]

FIELD_MANAGER = "kbots-set-up"


class KubeSecrets:
    """Makes Secrets and reads them back; changes none."""

    def __init__(self, client: KubeClient) -> None:
        self._client = client

    async def find(self, namespace: str, name: str) -> Mapping[str, str] | None:
        """Read a Secret's decoded data."""
        found = await self._client.find(f"{_collection(namespace)}/{name}")
        return None if found is None else decode_data(found.get("data") or {})

    async def create(self, namespace: str, name: str, data: Mapping[str, str]) -> None:
        """Make a Secret of plain texts.

        Raises:
            Conflict: it is there.
        """
        labels = {
            "app.kubernetes.io/name": name,
            "app.kubernetes.io/part-of": "kbots",
            "app.kubernetes.io/managed-by": FIELD_MANAGER,
        }
        body = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": namespace, "labels": labels},
            "type": "Opaque",
            "data": encode_data(data),
        }
        await self._client.request(
            "POST", _collection(namespace), query={"fieldManager": FIELD_MANAGER}, body=body
        )


def _collection(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/secrets"
