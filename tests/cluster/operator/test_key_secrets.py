"""Secrets with exchange keys on a real API server: read with their labels, whoever made them, and never written."""

from botcore.resources.meta import EXCHANGE_KEY_LABEL, OWNER_LABEL
from botoperator.adapters.kube_client import KubeClient
from botoperator.adapters.kube_key_secrets import KubeKeySecrets
from tests.cluster.operator.api import Api

LABELS = {OWNER_LABEL: "alice", EXCHANGE_KEY_LABEL: "testnet"}


async def test_secret_is_read_with_its_labels_and_its_data(client: KubeClient, api: Api) -> None:
    made = api.create(
        "secrets",
        {
            "metadata": {"name": "mine", "labels": LABELS},
            "stringData": {"api-key": "a", "api-secret": "b"},
        },
    )

    found = await KubeKeySecrets(client).find(api.namespace, "mine")

    assert found is not None
    assert found.uid == made["metadata"]["uid"]
    assert (found.owner, found.environment) == ("alice", "testnet")
    assert dict(found.data) == {"api-key": "a", "api-secret": "b"}
    now = api.get("secrets", "mine") or {}
    assert now["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


async def test_secret_that_is_not_there_or_on_its_way_out_is_none(
    client: KubeClient, api: Api
) -> None:
    held = {"name": "held", "labels": LABELS, "finalizers": ["example.org/hold"]}
    api.create("secrets", {"metadata": held})
    api.delete("secrets", "held")

    try:
        assert await KubeKeySecrets(client).find(api.namespace, "held") is None
        assert await KubeKeySecrets(client).find(api.namespace, "none") is None
    finally:
        api.patch("secrets", "held", {"metadata": {"finalizers": None}})
