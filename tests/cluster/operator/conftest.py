"""Fixtures: a namespace of the cluster for every test, and the bot most of them begin with."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from botcore.resources.meta import CRD_NAME
from botcore.resources.trading_bot import TradingBot
from botoperator.adapters.kube_client import KubeClient
from botoperator.plan.stored import parse_stored
from tests.cluster.operator.api import Api, namespace_for_test, operator_kubeconfig
from tests.cluster.operator.lives import Lives
from tests.cluster.operator.process import Operator
from tests.cluster.operator.restarting import KeptOperator, kept_running
from tests.support.cluster.commands import Cluster, CommandFailed
from tests.support.faults.proxy import FaultProxy, running_proxy
from tests.support.lone_runner import LoneExchange, lone_exchange
from tests.support.postgres import Database
from tests.support.sources import ROOT


@pytest.fixture(scope="session")
def kubeconfig(cluster: Cluster) -> Path:
    """The cluster, which knows TradingBots also where no platform is installed."""
    try:
        cluster.kubectl("get", "crd", CRD_NAME)
    except CommandFailed:
        cluster.kubectl("apply", "--server-side", "-f", str(ROOT / "crds" / "tradingbots.yaml"))
        cluster.kubectl("wait", "--for=condition=Established", f"crd/{CRD_NAME}")
    return cluster.kubeconfig


@pytest.fixture
def api(kubeconfig: Path) -> Iterator[Api]:
    with namespace_for_test(kubeconfig) as made:
        yield made


@pytest.fixture
async def client(api: Api) -> AsyncIterator[KubeClient]:
    async with api.client() as opened:
        yield opened


@pytest.fixture
def bot(api: Api) -> TradingBot:
    """A stored bot; children need a true owner, or the cluster collects them."""
    return parse_stored(api.create_bot())


@pytest.fixture(scope="session")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoneExchange]:
    with lone_exchange(tmp_path_factory.mktemp("exchange"), "--seed", "7") as running:
        yield running


@pytest.fixture
def operator(
    tmp_path: Path, api: Api, database: Database, exchange: LoneExchange
) -> Iterator[Operator]:
    made = Operator(
        folder=tmp_path,
        api=api,
        database=database,
        exchange=exchange,
        kubeconfig=operator_kubeconfig(api, tmp_path / "kubeconfig"),
    )
    made.start()
    try:
        yield made
    finally:
        made.clear()


@pytest.fixture
def proxy(kubeconfig: Path, tmp_path: Path) -> Iterator[FaultProxy]:
    with running_proxy(kubeconfig, tmp_path) as running:
        yield running


@pytest.fixture
def kept(
    tmp_path: Path, api: Api, database: Database, exchange: LoneExchange, proxy: FaultProxy
) -> Iterator[KeptOperator]:
    direct = operator_kubeconfig(api, tmp_path / "direct")
    operator = Operator(
        folder=tmp_path,
        api=api,
        database=database,
        exchange=exchange,
        kubeconfig=proxy.kubeconfig(direct, tmp_path / "kubeconfig"),
        settings={"RESYNC_SECONDS": "10"},
    )
    with kept_running(operator) as running:
        yield running


@pytest.fixture
def lives(api: Api, kept: KeptOperator, proxy: FaultProxy) -> Lives:
    return Lives(api=api, operator=kept.operator, proxy=proxy)
