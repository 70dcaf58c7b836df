"""Fixtures of every test folder, and the one line of counts that ends a run."""

import gc
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hack.standalone.programs import Tuning
from tests.support.cluster.commands import open_cluster
from tests.support.cluster.platform import running_platform as cluster_platform
from tests.support.platform import Platform
from tests.support.postgres import Database, Server, running_server
from tests.support.run_folders import run_folder
from tests.support.standalone import running_platform

# The first restarts come quickly, so that a test sees many of them.
TUNING = Tuning(
    durable=False,
    operator={
        "KBOTS_OPERATOR_RESTART_BACKOFF_SECONDS": "0.05",
    },
)
# What test folders share of their assertions explains itself, whichever folder imports it first.
pytest.register_assert_rewrite("tests.e2e.agreement")
_CLUSTER_TESTS = Path(__file__).with_name("cluster")
_COUNTED = {"passed": ("passed",), "failed": ("failed", "error"), "skipped": ("skipped",)}


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """One Postgres for the whole run: embedded, or the one of KBOTS_TEST_DSN."""
    with running_server() as server:
        yield server


@pytest.fixture
def database(postgres_server: Server) -> Iterator[Database]:
    """A freshly migrated database of its own for every test."""
    made = postgres_server.create()
    yield made
    postgres_server.drop(made)


@pytest.fixture(scope="session")
def platform(request: pytest.FixtureRequest) -> Iterator[Platform]:
    """The real programs: started once for all end-to-end tests, or the release on the cluster."""
    on_cluster = request.config.getoption("--platform") == "cluster"
    with cluster_platform(open_cluster()) if on_cluster else host_platform(request) as running:
        yield running


@contextmanager
def host_platform(request: pytest.FixtureRequest) -> Iterator[Platform]:
    """Start the programs on this host; kept on disk where a test failed."""
    with run_folder("kbots-e2e-") as folder, running_platform(folder, TUNING) as running:
        yield running
    if request.session.testsfailed:
        print(f"\nthe programs' logs are kept in {folder / 'logs'}")  # noqa: T201 for whoever reads the failure
    else:
        shutil.rmtree(folder)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say where end-to-end tests find the platform."""
    parser.addoption(
        "--platform",
        choices=("host", "cluster"),
        default="host",
        help="start it on this host, or use the cluster of `make up` (then tests/cluster is run too)",
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the cluster's tests out where there is no cluster to run them on."""
    on_cluster = config.getoption("--platform") == "cluster"
    return True if collection_path == _CLUSTER_TESTS and not on_cluster else None


def pytest_configure(config: pytest.Config) -> None:
    """Name the marks that go with --platform; treat SIGTERM as Ctrl-C, so that what was started is stopped."""
    config.addinivalue_line("markers", "standalone: of `make run` alone, not for a cluster")
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark by what a test asks for.

    The platform's tests are long and wait more than they work: in several processes they come first, else last.
    """
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "postgres_server" in fixtures:
            item.add_marker("postgres")
        if "platform" in fixtures:
            item.add_marker("e2e")
    is_beside = bool(os.environ.get("PYTEST_XDIST_WORKER"))  # noqa: TID251 set by pytest
    items.sort(key=lambda item: (item.get_closest_marker("e2e") is None) == is_beside)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """What a file's tests left open is told as theirs, not as a later file's."""
    if nextitem is None or nextitem.path != item.path:
        gc.collect()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Print the counts, alone on the last line; an error in a fixture counts as a failure."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or config.option.collectonly:
        return
    counts = {
        word: sum(len(reporter.stats.get(name, ())) for name in names)
        for word, names in _COUNTED.items()
    }
    print(", ".join(f"{count} {word}" for word, count in counts.items()), flush=True)  # noqa: T201 the line CI reads
