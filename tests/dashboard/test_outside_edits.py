"""Edits with kubectl reach the audit log by the managed fields, each once, however often they are seen."""

import asyncio
import uuid
from contextlib import suppress

import pytest
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.config import load_kube_config

from botcore.ledger.connect import open_pool
from botdashboard.adapters.gate import LedgerGate
from botdashboard.adapters.kube_api import KubeApi
from botdashboard.adapters.kube_bots import KubeBots
from botdashboard.views.outside_edits import outside_edits
from tests.operator.api_server import running_api_server
from tests.support.logins import a_user
from tests.support.manifests import a_bot

KUBECTL = {
    "manager": "kubectl-edit", "operation": "Update", "time": "2026-01-02T03:04:05Z",
    "fieldsV1": {
        "f:metadata": {"f:labels": {"f:a": {}}},
        "f:spec": {
            "f:risk": {".": {}, "f:maxOpenOrders": {}},
            "f:strategies": {'k:{"name":"trend"}': {".": {}, "f:capital": {}}},
        },
    },
}  # fmt: skip
OTHERS = [
    KUBECTL | {"manager": "kbots-dashboard"},
    KUBECTL | {"manager": "kbots-operator"},
    KUBECTL | {"subresource": "status"},
    KUBECTL | {"fieldsV1": {"f:metadata": {"f:annotations": {}}}},
]


def test_edit_says_which_program_when_and_which_fields():
    (edit,) = outside_edits([*OTHERS, KUBECTL])

    assert (edit.manager, edit.operation, edit.at) == (
        "kubectl-edit",
        "Update",
        "2026-01-02T03:04:05Z",
    )
    assert edit.fields == ("spec.risk.maxOpenOrders", "spec.strategies[trend].capital")


@pytest.mark.postgres
async def test_each_edit_is_written_once_for_its_owner(database, tmp_path):
    a_user(database, "alice")
    manifest = a_bot("trend", owner="alice")
    manifest["metadata"] |= {"uid": str(uuid.uuid4()), "managedFields": [*OTHERS, KUBECTL]}
    async with (
        running_api_server() as server,
        open_pool(database.address("kbots_dashboard")) as pool,
    ):
        server.objects["tradingbots"] = [manifest]
        configuration = Configuration()
        await load_kube_config(
            config_file=str(server.kubeconfig(tmp_path / "config")),
            client_configuration=configuration,
        )
        async with ApiClient(configuration) as client:
            for later in ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z", "2026-01-02T04:00:00Z"):
                edited = KUBECTL | {"time": later}
                manifest["metadata"]["managedFields"] = [*OTHERS, edited]
                # A gateway of its own: what it wrote before a restart it does not know.
                await looked(KubeBots(LedgerGate(pool), KubeApi(client), "kbots-bots"))

    lines = database.rows(
        "select actor, action, object, person, detail ->> 'at' from kbots.audit_log order by id"
    )
    line = ("kubernetes:kubectl-edit", "bot.change", "kbots-bots/trend", "alice")
    assert lines == [(*line, "2026-01-02T03:04:05Z"), (*line, "2026-01-02T04:00:00Z")]


async def looked(bots):
    """Watch until the first look has been taken in whole: an event comes only after it."""
    task = asyncio.create_task(bots.watch(lambda _key: None))
    async with asyncio.timeout(30):
        while not bots._written:
            assert not task.done()
            await asyncio.sleep(0.01)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
