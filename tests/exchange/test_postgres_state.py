"""The exchange on Postgres: one writer, and no life without its database."""

import asyncio
import json
import subprocess
import time
import urllib.error
import urllib.request

import psycopg
import pytest

from botcore.ledger.roles import EXCHANGE
from hack.standalone.embedded_postgres import EmbeddedPostgres
from tests.exchange.storm import Storm
from tests.support.postgres import free_port

pytestmark = pytest.mark.e2e
PASSWORD = "of-this-test"


class OwnServer:
    """A Postgres of the test's own, as durable as in production."""

    def __init__(self, folder):
        self.inner = EmbeddedPostgres(folder=folder, port=free_port())
        self.inner.initialise(PASSWORD)
        self.log = folder / "postgres.log"
        self.start()
        with self.connect("postgres") as connection:
            connection.execute(f"create role {EXCHANGE} login password '{PASSWORD}'")
            connection.execute(f"create database {EXCHANGE} owner {EXCHANGE}")
        (folder / "password").write_text(PASSWORD)
        self.options = [
            "--database-host=127.0.0.1",
            f"--database-port={self.inner.port}",
            f"--database-password-file={folder / 'password'}",
        ]

    def start(self):
        end = time.monotonic() + 20
        while True:
            try:
                self.process = self.inner.start(self.log)
                break
            except RuntimeError:  # what a killed server left still ends
                assert time.monotonic() < end

    def kill(self):
        self.process.kill()
        self.process.wait()

    def connect(self, dbname=EXCHANGE):
        return psycopg.connect(
            host="127.0.0.1",
            port=self.inner.port,
            user="postgres",
            password=PASSWORD,
            dbname=dbname,
            autocommit=True,
        )

    def remove(self):
        self.process.kill()
        self.process.wait()
        self.inner.remove()


@pytest.fixture
def own_server(tmp_path):
    server = OwnServer(tmp_path)
    yield server
    server.remove()


async def test_kill_of_postgres_during_a_storm_keeps_everything_that_was_answered(
    run_exchange, own_server
):
    admin_port = free_port()
    server = run_exchange(*own_server.options, "--seed=7", f"--admin-port={admin_port}", data=None)
    storm = await Storm.begin(server, "storm")

    await storm.answers(60)
    own_server.kill()
    await storm.end()
    assert server.wait() == 1
    starting = asyncio.create_task(asyncio.to_thread(server.start))
    assert await asyncio.to_thread(wait_for_health, admin_port) == (
        503,
        {"status": "waiting for the database"},
    )
    own_server.start()
    await starting

    storm.check(server)


def test_exchange_that_lost_its_connection_ends_without_being_asked(
    run_exchange, postgres_server, database_options
):
    server = run_exchange(*database_options, data=None)
    with postgres_server.database("postgres").connect() as connection:
        connection.execute(
            "select pg_terminate_backend(l.pid) from pg_locks l join pg_database d on d.oid = l.database"
            " where l.locktype = 'advisory' and d.datname = %s",
            [dbname_of(database_options)],
        )

    assert server.wait() == 1


async def test_second_exchange_waits_for_the_first_and_goes_on_where_it_was_killed(
    run_exchange, postgres_server, database_options
):
    first = run_exchange(*database_options, "--seed=7", data=None)
    storm = await Storm.begin(first, "storm")
    starting = asyncio.create_task(
        asyncio.to_thread(run_exchange, *database_options, "--seed=7", data=None)
    )

    waiting = "select 1 from pg_stat_activity where datname = %s and query like '%%try_advisory%%'"
    while not postgres_server.database("postgres").rows(waiting, (dbname_of(database_options),)):
        await storm.answers(len(storm.answered) + 1)
    await storm.answers(len(storm.answered) + 60)
    assert not starting.done(), "two wrote at a time"
    first.kill()
    await storm.end()
    second = await starting

    assert any("waiting_for_writer" in line for line in second.lines)
    storm.check(second)


def test_state_without_a_place_is_said_to_be_in_memory(run_exchange):
    server = run_exchange(data=None)
    server.account("somebody", USDT="1")

    assert any("exchange_state_in_memory" in line for line in server.lines)
    server.kill()
    server.start()
    assert server.account("somebody", USDT="1")["created"]


def test_password_is_in_no_log_and_no_process_list(run_exchange, postgres_server, database_options):
    server = run_exchange(*database_options, data=None)

    command = subprocess.run(
        ["ps", "-ww", "-o", "args=", str(server.process.pid)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    server.stop()
    assert postgres_server.passwords[EXCHANGE] not in command + "".join(server.lines)


def dbname_of(options):
    """Find the database's name among the options."""
    return options[2].partition("=")[2]


def wait_for_health(port):
    """Give the first answer of the admin port: its status and body."""
    end = time.monotonic() + 10
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)
        except OSError:
            assert time.monotonic() < end
            time.sleep(0.05)
