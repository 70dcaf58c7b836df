"""Codes of a second factor."""

import pyotp
import pytest

from botdashboard.access.codes import (
    enrolment_uri,
    is_time_code,
    new_recovery_code,
    new_secret,
    normalised,
    step_of,
)

NOW = 1_800_000_015.0  # in the middle of a step
STEP = int(NOW) // 30


@pytest.fixture
def secret():
    return new_secret()


# SEC-27
def test_secret_has_160_bits_and_is_never_the_same(secret):
    assert len(secret) == 32
    assert new_secret() != secret
    assert enrolment_uri(secret, "alice") == (
        f"otpauth://totp/kbots:alice?secret={secret}&issuer=kbots"
    )


# SEC-29
@pytest.mark.parametrize(("offset", "counts"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])  # fmt: skip
def test_code_counts_one_step_early_or_late(secret, offset, counts):
    code = pyotp.TOTP(secret).generate_otp(STEP + offset)

    assert step_of(secret, code, NOW) == (STEP + offset if counts else None)


# SEC-32
def test_code_is_judged_by_the_time_it_is_given(secret):
    code = pyotp.TOTP(secret).at(int(NOW))

    assert step_of(secret, code, NOW) == STEP
    assert step_of(secret, code, NOW + 3600) is None


# SEC-33
def test_recovery_code_has_80_bits_and_may_be_typed_as_one_likes():
    code = new_recovery_code()

    assert len(normalised(code)) * 5 == 80
    assert normalised(code.lower().replace("-", " ")) == normalised(code)
    assert len({new_recovery_code() for _ in range(100)}) == 100


def test_six_digits_are_a_code_by_time_and_nothing_else_is():
    assert is_time_code("012345")
    for other in ("01234", "0123456", "abcdef", "٠١٢٣٤٥", ""):
        assert not is_time_code(other)
