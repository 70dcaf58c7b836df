"""Signatures (Binance's documented vectors), keys and timestamps."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from botcore.matching.refusals import VenueError
from botexchange.auth import (
    check_encoding,
    check_signature,
    check_time,
    find_key,
    key_kind,
    rest_payload,
    ws_payload,
)
from botexchange.ports import ApiKey, KeyKind, KeyPermissions

DOC_KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
DOC_SECRET = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
HMAC = ApiKey(key=DOC_KEY, uid=1, kind=KeyKind.HMAC, secret=DOC_SECRET)
QUERY = (
    "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1"
    "&recvWindow=5000&timestamp=1499827319559"
)
QUERY_SIGNATURE = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"
WS_LIMIT = {
    "symbol": "BTCUSDT",
    "side": "SELL",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.01000000",
    "price": "52000.00",
    "recvWindow": 100,
    "timestamp": 1645423376532,
    "apiKey": DOC_KEY,
}
WS_UNICODE = {
    **WS_LIMIT,
    "symbol": "１２３４５６",  # noqa: RUF001 the documented full-width symbol
    "side": "BUY",
    "quantity": "1.00000000",
    "price": "0.10000000",
    "recvWindow": 5000,
}


def pem_of(private):
    public = private.public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def test_documented_rest_vector_is_accepted():
    check_signature(HMAC, rest_payload(QUERY, ""), QUERY_SIGNATURE)


def test_query_and_body_are_joined_without_separator():
    query, body = QUERY[:60], QUERY[60:]

    assert rest_payload(query, f"{body}&signature=abc") == QUERY


def test_documented_percent_encoded_vector_is_accepted():
    symbol = "%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96"
    payload = QUERY.replace("LTCBTC", symbol)

    check_signature(
        HMAC, payload, "e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3"
    )


@pytest.mark.parametrize(
    ("params", "signature"),
    [
        (WS_LIMIT, "aa1b5712c094bc4e57c05a1a5c1fd8d88dcd628338ea863fec7b88e59fe2db24"),
        (WS_UNICODE, "b33892ae8e687c939f4468c6268ddd4c40ac1af18ad19a064864c47bae0752cd"),
    ],
)
def test_documented_websocket_vectors_are_accepted(params, signature):
    check_signature(HMAC, ws_payload({**params, "signature": signature}), signature)


def test_json_booleans_are_signed_as_json_text():
    assert ws_payload({"returnRateLimits": False, "a": 1}) == "a=1&returnRateLimits=false"


def test_hex_signature_may_be_upper_case():
    check_signature(HMAC, QUERY, QUERY_SIGNATURE.upper())


@pytest.mark.parametrize("signature", ["", "00", "é", QUERY_SIGNATURE[:-1] + "0"])
def test_wrong_signature_is_refused(signature):
    with pytest.raises(VenueError) as refused:
        check_signature(HMAC, QUERY, signature)

    assert refused.value.code == -1022


def test_ed25519_signature_is_checked():
    private = Ed25519PrivateKey.generate()
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    key = ApiKey(key="k", uid=1, kind=KeyKind.ED25519, secret=pem.decode())
    signature = base64.b64encode(private.sign(QUERY.encode())).decode()

    check_signature(key, QUERY, signature)

    for wrong in (QUERY_SIGNATURE, "not base64", signature[:-4]):
        with pytest.raises(VenueError):
            check_signature(key, QUERY, wrong)
    with pytest.raises(VenueError):
        check_signature(key, QUERY + "0", signature)


def test_signature_may_stand_anywhere():
    first, rest = QUERY.split("&", 1)

    assert rest_payload(f"{first}&signature=ab%2Bc&{rest}", "") == QUERY
    assert rest_payload(f"signature=abc&{QUERY}", "") == QUERY
    assert rest_payload("", f"{QUERY}&signature=abc") == QUERY


def test_rsa_signature_is_checked():
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = pem_of(private)
    key = ApiKey(key="k", uid=1, kind=KeyKind.RSA, secret=pem)
    signature = base64.b64encode(private.sign(QUERY.encode(), PKCS1v15(), SHA256())).decode()

    check_signature(key, QUERY, signature)

    for wrong in (QUERY_SIGNATURE, "not base64", signature[:-4] + "AAA="):
        with pytest.raises(VenueError):
            check_signature(key, QUERY, wrong)


def test_kind_of_a_public_key_is_told():
    assert key_kind(pem_of(Ed25519PrivateKey.generate())) is KeyKind.ED25519
    assert key_kind(pem_of(rsa.generate_private_key(65537, 2048))) is KeyKind.RSA
    assert key_kind(pem_of(rsa.generate_private_key(65537, 1024))) is None  # noqa: S505 too short
    assert key_kind("nonsense") is None


@pytest.mark.parametrize(
    "payload", [QUERY, "symbol=%EF%BC%91", "a=1&b=-_.~!$'()*+,;:@/?", "", "symbols=%5B%22A%22%5D"]
)
def test_percent_encoded_payload_is_accepted(payload):
    check_encoding(payload)


@pytest.mark.parametrize(
    "payload",
    ["a=[1]", 'a="b"', "a=b c", "a={}", "a=１", "a=%zz", "a=%2", "a=<b>", "a=b|c", "a=\n"],  # noqa: RUF001
)
def test_payload_that_should_have_been_encoded_is_refused(payload):
    with pytest.raises(VenueError) as refused:
        check_encoding(payload)

    assert refused.value.code == -1022


def test_key_is_bound_to_its_addresses():
    bound = ApiKey(
        key=DOC_KEY, uid=1, kind=KeyKind.HMAC, secret=DOC_SECRET,
        permissions=KeyPermissions(addresses=("10.0.0.1",)),
    )  # fmt: skip

    assert find_key({DOC_KEY: bound}, DOC_KEY, "10.0.0.1") is bound
    with pytest.raises(VenueError) as refused:
        find_key({DOC_KEY: bound}, DOC_KEY, "10.0.0.2")
    assert (refused.value.code, refused.value.status) == (-2015, 401)


@pytest.mark.parametrize(("name", "code"), [(None, -2014), ("a b", -2014), ("unknown", -2015)])
def test_unknown_key_is_refused_with_401(name, code):
    with pytest.raises(VenueError) as refused:
        find_key({DOC_KEY: HMAC}, name)

    assert (refused.value.code, refused.value.status) == (code, 401)


NOW = 1_700_000_000_000


@pytest.mark.parametrize(
    "timestamp", [NOW, NOW + 999, NOW - 5000, NOW * 1_000, (NOW - 5000) * 1_000]
)
def test_timestamp_within_the_window_is_accepted(timestamp):
    check_time(timestamp, 5_000, NOW)


@pytest.mark.parametrize(
    ("timestamp", "window", "message"),
    [
        (NOW + 1_000, 5_000, "1000ms ahead of the server's time"),
        (NOW - 5_001, 5_000, "outside of the recvWindow"),
        (NOW - 5_000, 4_999.999, "outside of the recvWindow"),
        (NOW, 60_001, "recvWindow must be less than 60000"),
    ],
)
def test_timestamp_outside_the_window_is_refused(timestamp, window, message):
    with pytest.raises(VenueError, match=message):
        check_time(timestamp, window, NOW)
