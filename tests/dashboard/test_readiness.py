"""Ready is a dashboard whose database answers, and whoever asks needs no account."""

import time

import httpx
import pytest

from tests.dashboard.process import Dashboard
from tests.dashboard.proxy import Proxy
from tests.support.waiting import wait_until

pytestmark = pytest.mark.postgres


@pytest.fixture
def proxy(database):
    made = Proxy(database.host, database.port)
    yield made
    made.close()


@pytest.fixture
def distant(database, proxy, tmp_path):
    running = Dashboard(database, tmp_path, KBOTS_DASHBOARD_DATABASE_PORT=str(proxy.port))
    running.start()
    yield running
    running.stop()


def readiness(dashboard):
    return httpx.get(f"{dashboard.url}/readyz", timeout=5).status_code


def test_database_that_answers_makes_ready(distant):
    assert readiness(distant) == 200


def test_silent_database_makes_unready_within_seconds_and_the_process_lives(distant, proxy):
    assert readiness(distant) == 200
    proxy.freeze()

    started = time.monotonic()
    assert readiness(distant) == 503
    assert time.monotonic() - started < 3
    assert distant.answers()

    proxy.thaw()
    wait_until(lambda: readiness(distant) == 200, "it is ready again")


def test_database_that_is_away_makes_unready_until_it_is_back(distant, proxy):
    assert readiness(distant) == 200
    proxy.close()

    assert readiness(distant) == 503

    proxy.reopen()
    wait_until(lambda: readiness(distant) == 200, "it is ready again")
