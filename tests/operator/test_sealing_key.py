"""The sealing-key commands against a real Postgres: rotate, seal anew, back up, restore into another installation."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from psycopg.types.json import Jsonb

from botcore.ledger.connect import connect
from botcore.ledger.installation import bind_installation
from botcore.ledger.keys import newest_public_key
from botcore.ledger.sealed_keys import publish_sealing_key
from botcore.sealing.envelope import Envelope, SealingContext, seal
from botcore.sealing.keyring import load_keyring, new_private_key, write_key
from tests.support.logins import a_user
from tests.support.postgres import Database, Server, run_async

pytestmark = pytest.mark.postgres

PASSPHRASE = "correct horse battery"
CANARY = "canary-secret-of-a-key"


@dataclass(frozen=True, kw_only=True)
class Installation:
    """A database and the folder of its sealing keys."""

    database: Database
    folder: Path
    home: Path

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        password = self.home / "kbots_operator"
        if not password.exists():
            password.touch(mode=0o600)
            password.write_text(self.database.passwords["kbots_operator"])
        values = {
            "DATABASE_HOST": self.database.host,
            "DATABASE_PORT": str(self.database.port),
            "DATABASE_NAME": self.database.dbname,
            "PASSWORD_FILE": str(password),
        }
        action, *more = words
        return subprocess.run(
            [
                *(sys.executable, "-m", "botoperator.main", "sealing-key", action),
                *("--dir", str(self.folder), *more),
            ],
            input=f"{PASSPHRASE}\n",
            env={"PATH": os.environ["PATH"]}  # noqa: TID251 a bare environment
            | {f"KBOTS_OPERATOR_{name}": value for name, value in values.items()},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def publish(self) -> None:
        """Do what the operator does when it starts."""

        async def work() -> None:
            async with await connect(self.database.address("kbots_operator")) as connection:
                ring = load_keyring(self.folder)
                for kid in ring.kids:
                    public = ring.find(kid).public_key().public_bytes_raw()
                    await publish_sealing_key(connection, kid, public)

        run_async(work())

    def newest(self) -> str:
        """The sealing key the dashboard seals for."""

        async def work() -> bytes | None:
            async with await connect(self.database.address("kbots_dashboard")) as connection:
                return await newest_public_key(connection)

        public, ring = run_async(work()), load_keyring(self.folder)
        kids = [k for k in ring.kids if ring.find(k).public_key().public_bytes_raw() == public]
        return kids[0]

    def _sealed(self, key_id: str, revision: int) -> Envelope:
        context = SealingContext(
            installation=str(self.database.rows("select id from kbots.installation")[0][0]),
            owner="alice",
            key_id=key_id,
            exchange="binance",
            environment="live",
            revision=revision,
        )
        public = load_keyring(self.folder).find(self.newest()).public_key()
        return seal(public, json.dumps({"apiKey": "k", "apiSecret": CANARY}).encode(), context)

    def replace(self, key_id: str) -> None:
        """Store a newer secret that waits for its check."""
        envelope = self._sealed(key_id, 2)
        self.database.rows(
            "insert into kbots.key_replacements (key_id, revision, owner, api_key_last4, envelope, kid)"
            " values (%s, 2, 'alice', 'next', %s, %s) returning 1",
            (key_id, Jsonb(envelope.to_document()), envelope.kid),
        )

    def store(self, status: str = "Verified") -> str:
        """Store a key as the dashboard does."""
        key_id = str(uuid.uuid4())
        envelope = self._sealed(key_id, 1)
        self.database.rows(
            "insert into kbots.sealed_keys (id, owner, label, exchange, environment, api_key_last4,"
            " envelope, kid, status) values (%s, 'alice', %s, 'binance', 'live', 'last', %s, %s, %s)"
            " returning 1",
            (key_id, key_id, Jsonb(envelope.to_document()), envelope.kid, status),
        )
        return key_id

    def kids(self) -> list[tuple[str, str]]:
        return self.database.rows(
            "select kid, envelope ->> 'kid' from kbots.sealed_keys union all"
            " select kid, envelope ->> 'kid' from kbots.key_replacements"
        )


@pytest.fixture
def here(database: Database, tmp_path: Path) -> Installation:
    a_user(database, "alice")
    made = Installation(database=database, folder=tmp_path / "sealing", home=tmp_path)
    write_key(made.folder, new_private_key())
    made.publish()
    return made


@pytest.fixture
def elsewhere(postgres_server: Server, tmp_path: Path) -> Iterator[Installation]:
    """Another cluster: a database that has an installation id of its own, and no sealing key."""
    database = postgres_server.create()
    home = tmp_path / "elsewhere"
    home.mkdir()
    yield Installation(database=database, folder=home / "sealing", home=home)
    postgres_server.drop(database)


def test_rotation_seals_every_key_anew_and_the_old_sealing_key_opens_none(
    here: Installation,
) -> None:
    old = here.newest()
    here.replace(here.store())
    here.store(status="Revoked")

    assert here.run("new").returncode == 0
    here.publish()
    new = here.newest()
    assert new != old
    first = here.run("reseal")
    again = here.run("reseal")

    assert "sealed anew: 3; not opened: 0" in first.stdout
    assert "sealed anew: 0; not opened: 0" in again.stdout
    assert here.kids() == [(new, new)] * 3
    retired = here.database.rows(
        "select kid from kbots.sealing_public_keys where retired_at is not null"
    )
    assert retired == [(old,)]
    (here.folder / f"{old}.key").unlink()
    assert here.run("check").returncode == 0
    assert CANARY not in first.stdout + first.stderr


def test_new_key_as_a_patch_of_the_secret_is_one_the_ring_takes(here: Installation) -> None:
    patch = json.loads(here.run("new", "--patch").stdout)

    ((name, text),) = patch["stringData"].items()
    path = here.folder / name
    path.touch(mode=0o600)
    path.write_text(text)
    assert path.stem in load_keyring(here.folder).kids


def test_key_that_does_not_open_is_named_and_left_as_it_is(here: Installation) -> None:
    good, bad = here.store(), here.store()
    here.database.rows(
        "update kbots.sealed_keys set owner = 'alice', revision = 2 where id = %s returning 1",
        (bad,),
    )

    done = here.run("check")

    assert done.returncode == 1
    assert bad in done.stderr
    assert good not in done.stderr


def test_reseal_waits_until_the_newest_key_is_published_here(here: Installation) -> None:
    for path in here.folder.glob("*.key"):
        path.unlink()
    write_key(here.folder, new_private_key())

    done = here.run("reseal")

    assert done.returncode == 1
    assert "lacks the newest sealing key that was published" in done.stderr


def test_backup_restores_into_another_cluster_with_its_installation(
    here: Installation, elsewhere: Installation
) -> None:
    key_id = here.store()
    backup = here.run("backup", "--passphrase-file", "-")
    assert backup.returncode == 0, backup.stderr
    file = elsewhere.home / "backup"
    file.write_text(backup.stdout)
    private = load_keyring(here.folder).find(here.newest()).private_bytes_raw()
    assert private.hex() not in backup.stdout

    restored = elsewhere.run("restore", "--passphrase-file", "-", str(file))

    assert restored.returncode == 0, restored.stderr
    assert load_keyring(elsewhere.folder).kids == load_keyring(here.folder).kids
    assert {oct(p.stat().st_mode & 0o777) for p in elsewhere.folder.iterdir()} == {"0o600"}
    installation = uuid.UUID((elsewhere.folder / "installation-id").read_text().strip())
    # The migration's step with the Secret made of this folder, then the database's rows from its own backup.
    a_user(elsewhere.database, "alice")

    async def bind() -> None:
        async with await connect(elsewhere.database.address()) as connection:
            await connection.execute("set role kbots_owner")
            await bind_installation(connection, installation)

    run_async(bind())
    columns = "id, owner, label, exchange, environment, api_key_last4, envelope, kid, revision"
    (row,) = here.database.rows(f"select {columns} from kbots.sealed_keys where id = %s", (key_id,))  # noqa: S608 names
    values = [Jsonb(one) if isinstance(one, dict) else one for one in row]
    elsewhere.database.rows(
        f"insert into kbots.sealed_keys ({columns}) values (%s, %s, %s, %s, %s, %s, %s, %s, %s) returning 1",  # noqa: S608 names
        tuple(values),
    )
    done = elsewhere.run("check")
    assert "not opened: 0" in done.stdout, done.stderr


def test_restored_rows_do_not_open_under_another_installation(
    here: Installation, elsewhere: Installation
) -> None:
    here.store()
    (elsewhere.home / "backup").write_text(here.run("backup", "--passphrase-file", "-").stdout)
    elsewhere.run("restore", "--passphrase-file", "-", str(elsewhere.home / "backup"))

    here.database.rows("update kbots.installation set id = gen_random_uuid() returning 1")

    done = Installation(database=here.database, folder=elsewhere.folder, home=here.home).run(
        "check"
    )
    assert "not opened: 1" in done.stdout


def test_restore_never_mixes_installations_nor_takes_a_wrong_passphrase(
    here: Installation, elsewhere: Installation
) -> None:
    file = elsewhere.home / "backup"
    file.write_text(here.run("backup", "--passphrase-file", "-").stdout)
    elsewhere.folder.mkdir(mode=0o700)
    (elsewhere.folder / "installation-id").write_text(str(uuid.uuid4()))

    mixed = elsewhere.run("restore", "--passphrase-file", "-", str(file))
    (elsewhere.home / "wrong").write_text("quite another phrase")
    wrong = elsewhere.run("restore", "--passphrase-file", str(elsewhere.home / "wrong"), str(file))

    assert (mixed.returncode, wrong.returncode) == (1, 1)
    assert "holds the keys of installation" in mixed.stderr + mixed.stdout
    assert "passphrase is another" in wrong.stderr + wrong.stdout
    assert list(elsewhere.folder.glob("*.key")) == []
