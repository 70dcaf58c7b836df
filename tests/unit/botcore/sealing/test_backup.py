"""The backup of the sealing keys."""

import json
import uuid

import pytest

from botcore.domain.errors import InvalidInput, NotAllowed
from botcore.sealing.backup import RingBackup, pack, unpack
from botcore.sealing.keyring import KeyRing, new_private_key

PASSPHRASE = "correct horse battery"
RING = KeyRing([new_private_key(), new_private_key()])
BACKUP = RingBackup(installation=uuid.uuid4(), ring=RING)


def test_backup_gives_back_every_key_and_the_installation() -> None:
    text = pack(BACKUP, PASSPHRASE)

    back = unpack(text, PASSPHRASE)

    assert (back.installation, back.ring.kids) == (BACKUP.installation, RING.kids)
    for kid in RING.kids:
        assert back.ring.find(kid).private_bytes_raw() == RING.find(kid).private_bytes_raw()
        assert kid not in text
    assert "\n" not in text


def test_wrong_passphrase_and_changed_backup_do_not_open() -> None:
    text = pack(BACKUP, PASSPHRASE)
    document = json.loads(text)
    changed = json.dumps({**document, "ct": "AAAA" + document["ct"][4:]})

    for one, phrase in ((text, "another passphrase"), (changed, PASSPHRASE)):
        with pytest.raises(NotAllowed, match="passphrase is another"):
            unpack(one, phrase)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "x"}', '{"format": 1, "salt": 2}'])
def test_anything_else_is_no_backup(text: str) -> None:
    with pytest.raises(InvalidInput, match="backup"):
        unpack(text, PASSPHRASE)


def test_short_passphrase_and_empty_ring_are_refused() -> None:
    with pytest.raises(InvalidInput, match="12 characters"):
        pack(BACKUP, "too short")
    with pytest.raises(InvalidInput, match="no sealing key"):
        pack(RingBackup(installation=uuid.uuid4(), ring=KeyRing([])), PASSPHRASE)
