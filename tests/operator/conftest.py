"""Fixtures: one paper exchange for all, one platform for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.operator.platform import Platform
from tests.support.lone_runner import LoneExchange, lone_exchange
from tests.support.postgres import Database


@pytest.fixture(scope="session")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoneExchange]:
    with lone_exchange(tmp_path_factory.mktemp("exchange"), "--seed", "7") as running:
        yield running


@pytest.fixture
def platform(tmp_path: Path, database: Database, exchange: LoneExchange) -> Iterator[Platform]:
    """A platform whose operator is not started yet."""
    made = Platform(data=tmp_path / "data", database=database, exchange=exchange)
    made.prepare()
    try:
        yield made
    finally:
        made.clear()
