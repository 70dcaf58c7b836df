"""Small secrets in rows."""

import os

import pytest

from botcore.domain.errors import NotAllowed
from botcore.sealing.fields import open_field, seal_field

KEY = os.urandom(32)


def test_field_opens_with_its_key_for_what_it_is_bound_to():
    sealed = seal_field(KEY, "the secret", "alice")

    assert open_field(KEY, sealed, "alice") == "the secret"
    assert b"the secret" not in sealed
    assert seal_field(KEY, "the secret", "alice") != sealed


# SEC-36
def test_field_of_another_account_key_or_content_does_not_open():
    sealed = seal_field(KEY, "the secret", "alice")

    for key, given, bound_to in (
        (KEY, sealed, "bob"),
        (os.urandom(32), sealed, "alice"),
        (KEY, sealed[:-1] + bytes([sealed[-1] ^ 1]), "alice"),
        (KEY, b"", "alice"),
    ):
        with pytest.raises(NotAllowed):
            open_field(key, given, bound_to)
