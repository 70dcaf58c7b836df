import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore.domain.errors import InvalidInput, NotAllowed, NotFound
from botcore.sealing.envelope import SUITE_ID, Envelope, SealingContext, seal, unseal
from botcore.sealing.keyring import KeyRing, kid_of, new_private_key

KEY = new_private_key()
OTHER_KEY = new_private_key()
RING = KeyRing([KEY, OTHER_KEY])
SECRET = b'{"apiKey":"k-4711","secret":"s-0815"}'
CONTEXT = SealingContext(
    installation="3b5e8f1c",
    owner="alice",
    key_id="0b8f2f5e-95a5-4d5a-8a39-1f0a54f3c111",
    exchange="binance",
    environment="live",
    revision=3,
)
OTHERS = [
    replace(CONTEXT, installation="9c"),
    replace(CONTEXT, owner="bob"),
    replace(CONTEXT, key_id="0b8f2f5e-95a5-4d5a-8a39-1f0a54f3c112"),
    replace(CONTEXT, exchange="other"),
    replace(CONTEXT, environment="testnet"),
    replace(CONTEXT, revision=2),
]


def an_envelope(secret: bytes = SECRET) -> Envelope:
    return seal(KEY.public_key(), secret, CONTEXT)


def test_sealed_secret_opens_for_its_context():
    stored = json.loads(json.dumps(an_envelope().to_document()))

    assert unseal(RING, Envelope.from_document(stored), CONTEXT) == SECRET


@pytest.mark.parametrize("context", OTHERS, ids=repr)
def test_envelope_stays_closed_for_another_context(context: SealingContext):
    with pytest.raises(NotAllowed) as caught:
        unseal(RING, an_envelope(), context)

    assert caught.value.__cause__ is None
    assert "k-4711" not in str(caught.value)


def test_envelope_relabelled_for_another_key_stays_closed():
    moved = replace(an_envelope(), kid=kid_of(OTHER_KEY.public_key()))

    with pytest.raises(NotAllowed):
        unseal(RING, moved, CONTEXT)


def test_unknown_key_is_not_found_and_no_other_is_tried():
    with pytest.raises(NotFound):
        unseal(RING, replace(an_envelope(), kid="0" * 16), CONTEXT)
    with pytest.raises(NotFound):
        unseal(KeyRing([OTHER_KEY]), an_envelope(), CONTEXT)


def test_every_changed_byte_is_noticed():
    envelope = an_envelope()

    for index in range(len(envelope.ciphertext)):
        changed = bytearray(envelope.ciphertext)
        changed[index] ^= 1
        with pytest.raises(NotAllowed):
            unseal(RING, replace(envelope, ciphertext=bytes(changed)), CONTEXT)


@pytest.mark.parametrize("length", [0, 1, 31, 47, 100])
def test_cut_envelope_is_refused(length: int):
    envelope = an_envelope()

    with pytest.raises(NotAllowed):
        unseal(RING, replace(envelope, ciphertext=envelope.ciphertext[:length]), CONTEXT)


def test_length_of_the_secret_is_hidden_within_a_block():
    lengths = {len(an_envelope(b"x" * n).ciphertext) for n in (0, 1, 100, 252)}

    assert lengths == {256 + 32 + 16}
    assert len(an_envelope(b"x" * 253).ciphertext) == 512 + 32 + 16


def test_same_secret_is_sealed_differently_each_time():
    assert an_envelope().ciphertext != an_envelope().ciphertext


def test_too_long_secret_is_refused_without_being_shown():
    with pytest.raises(InvalidInput) as caught:
        an_envelope(b"secret" * 3000)

    assert "secretsecret" not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [{"v": 2}, {"suite": "rot13"}, {"kid": 7}, {"ct": None}, {"ct": "no base64!"}, {"ct": "ä"}],
    ids=repr,
)
def test_document_of_another_shape_is_refused(change: dict[str, object]):
    with pytest.raises(InvalidInput):
        Envelope.from_document({**an_envelope().to_document(), **change})


def test_envelope_of_another_suite_is_refused():
    with pytest.raises(InvalidInput):
        unseal(RING, replace(an_envelope(), suite="rot13"), CONTEXT)


@pytest.mark.parametrize("change", [{"owner": ""}, {"installation": ""}, {"revision": 0}], ids=repr)
def test_context_with_a_hole_is_refused(change: dict[str, object]):
    with pytest.raises(InvalidInput):
        replace(CONTEXT, **change)


def test_nothing_shows_what_is_sealed():
    envelope = an_envelope()

    assert envelope.to_document()["suite"] == SUITE_ID
    assert "k-4711" not in repr(envelope)
    assert "ciphertext" not in repr(envelope)


@given(
    secret=st.binary(max_size=1500),
    owner=st.text(min_size=1, max_size=20),
    revision=st.integers(min_value=1, max_value=2**62),
)
def test_any_secret_comes_back_for_its_context_alone(secret: bytes, owner: str, revision: int):
    context = replace(CONTEXT, owner=owner, revision=revision)
    envelope = seal(KEY.public_key(), secret, context)

    assert unseal(RING, envelope, context) == secret
    assert (len(envelope.ciphertext) - 48) % 256 == 0
    with pytest.raises(NotAllowed):
        unseal(RING, envelope, replace(context, revision=revision + 1))
