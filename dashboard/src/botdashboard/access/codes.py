"""Codes of a second factor: by time, and for recovery. Nothing here is remembered."""

import base64
import hmac
import secrets

import pyotp

__all__ = [
    "RECOVERY_CODES",
    "enrolment_uri",
    "is_time_code",
    "new_recovery_code",
    "new_secret",
    "normalised",
    "step_of",
]

STEP = 30  # seconds a code is shown
AROUND = (0, -1, 1)  # steps that count, for clocks that differ (SEC-29)
RECOVERY_CODES = 10
_RECOVERY_BYTES = 10  # 80 bits, 16 characters


def new_secret() -> str:
    """Make a secret of 160 bits, in base32 (SEC-27)."""
    return pyotp.random_base32()


def enrolment_uri(secret: str, name: str) -> str:
    """Answer what an authenticator app reads from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name="kbots")


def step_of(secret: str, code: str, now: float) -> int | None:
    """Answer the step, counted from the epoch, whose code this is; `now` in seconds since then."""
    current = int(now) // STEP
    made = pyotp.TOTP(secret)
    for offset in AROUND:
        if hmac.compare_digest(made.generate_otp(current + offset).encode(), code.encode()):
            return current + offset
    return None


def new_recovery_code() -> str:
    """Make a code for one use, in groups of four."""
    text = base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def normalised(code: str) -> str:
    """Drop what people type between the characters of a code."""
    return code.replace(" ", "").replace("-", "").upper()


def is_time_code(code: str) -> bool:
    """Tell whether this looks like a code by time; everything else is for recovery."""
    return len(code) == 6 and code.isascii() and code.isdecimal()
