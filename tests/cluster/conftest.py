"""The cluster under test: the one of `make up`, or the one KBOTS_TEST_KUBECONFIG names."""

import itertools
from collections.abc import Callable, Iterator

import pytest

from tests.cluster.tenants import with_tenants
from tests.support.cluster.commands import Cluster, open_cluster
from tests.support.cluster.platform import ClusterPlatform
from tests.support.manifests import a_bot, a_dca, a_name

NUMBERS = itertools.count(1)


@pytest.fixture(scope="session", autouse=True)
def cluster() -> Iterator[Cluster]:
    """Give the cluster; what tests start themselves finds it, too."""
    found = open_cluster()
    with pytest.MonkeyPatch.context() as environment:
        for name in ("KUBECONFIG", "PATH"):
            environment.setenv(name, found.environment()[name])
        yield found


@pytest.fixture(scope="session")
def kubectl(cluster: Cluster) -> Callable[..., str]:
    """Give the administrator's kubectl: returns what it prints, raises CommandFailed."""
    return cluster.kubectl


@pytest.fixture(scope="session")
def helm(cluster: Cluster) -> Callable[..., str]:
    """Give helm: returns what it prints, raises CommandFailed."""
    return cluster.helm


@pytest.fixture(scope="session")
def tenants(cluster: Cluster) -> Iterator[None]:
    """Let the release have two tenants for the rest of the tests."""
    with with_tenants(cluster):
        yield


@pytest.fixture
def running_bot(platform: ClusterPlatform, request: pytest.FixtureRequest) -> Iterator[str]:
    """Give a bot of the test's own that is ready and trades; deleted afterwards."""
    stem = request.function.__name__.removeprefix("test_").replace("_", "-")
    # The number tells a parametrized test's bots from each other.
    name = a_name(f"{stem[:36].strip('-')}-{next(NUMBERS)}")
    platform.apply(a_bot(name, strategies=[a_dca("SOLUSDT")]))
    platform.wait_condition(name, "Ready")
    yield name
    if platform.get(name) is not None:
        platform.delete(name)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the test that takes the release away come last."""
    items.sort(key=lambda item: item.path.name == "test_release.py")
