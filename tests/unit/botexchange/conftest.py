"""Stores of both kinds."""

import pytest

from botexchange.storage.postgres import open_postgres
from botexchange.storage.sqlite import open_sqlite
from tests.unit.botexchange.stores import address_of


@pytest.fixture(params=["folder", "postgres"])
def reopen(request, tmp_path):
    """Give a function that opens the store, also again once it is closed."""
    if request.param == "folder":

        async def open_folder():
            return open_sqlite(tmp_path)

        yield open_folder
        return
    server = request.getfixturevalue("postgres_server")
    database = server.create_for_exchange()

    async def open_database():
        return await open_postgres(address_of(database), writer_wait_seconds=0.3)

    yield open_database
    server.drop(database)


@pytest.fixture
async def store(reopen):
    """Give a new store."""
    store = await reopen()
    yield store
    await store.close()
