"""Hashes under the pepper."""

from botdashboard.access.keyed_hashes import KeyedHashes


def test_hash_is_of_one_purpose_and_one_pepper():
    hashes = KeyedHashes(b"pepper")

    assert hashes.of("name", "alice") == hashes.of("name", "alice")
    assert hashes.of("name", "alice") != hashes.of("address", "alice")
    assert hashes.of("name", "alice") != KeyedHashes(b"other").of("name", "alice")


# SEC-15
def test_mark_of_a_browser_is_of_one_account_and_can_not_be_made_up():
    hashes = KeyedHashes(b"pepper")
    mark = hashes.new_device_mark("alice")

    assert hashes.is_device_of("alice", mark)
    assert not hashes.is_device_of("bob", mark)
    assert not KeyedHashes(b"other").is_device_of("alice", mark)
    assert hashes.new_device_mark("alice") != mark
    for made_up in ("", ".", "x", "nonce.", mark + "0", "ä." + "0" * 64):
        assert not hashes.is_device_of("alice", made_up)
