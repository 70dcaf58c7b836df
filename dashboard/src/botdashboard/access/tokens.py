"""Random tokens of sessions, links and forms; the database holds hashes alone (SEC-18, SEC-37)."""

import hashlib
import hmac
import re
import secrets
from datetime import timedelta

__all__ = [
    "IDLE",
    "INVITE_LIFETIME",
    "LIFETIME",
    "MOST_SESSIONS",
    "RENEWAL_LIFETIME",
    "SETUP_LIFETIME",
    "hash_token",
    "is_api_token",
    "is_same",
    "new_api_token",
    "new_token",
    "safe_path",
]

IDLE = timedelta(minutes=30)
LIFETIME = timedelta(hours=12)
MOST_SESSIONS = 10
INVITE_LIFETIME = timedelta(hours=72)
RENEWAL_LIFETIME = timedelta(hours=24)
SETUP_LIFETIME = timedelta(hours=24)

_API_TOKEN = re.compile(r"kbots_pat_[A-Za-z0-9_-]{43}")
_PATH = re.compile(r"/(?!/)[a-z0-9/_-]*")


def new_token() -> str:
    """Make a token of 256 random bits."""
    return secrets.token_urlsafe(32)


def new_api_token() -> str:
    """Make a personal access token: what searches for leaked secrets knows it by how it begins."""
    return f"kbots_pat_{new_token()}"


def is_api_token(text: str) -> bool:
    """Tell whether a text can be one at all."""
    return _API_TOKEN.fullmatch(text) is not None


def hash_token(token: str) -> bytes:
    """Answer what is stored of a token; it is random, so a plain hash tells nothing."""
    return hashlib.sha256(token.encode()).digest()


def is_same(given: str, expected: str) -> bool:
    """Compare two tokens in constant time."""
    return hmac.compare_digest(given.encode(), expected.encode())


def safe_path(path: str) -> str:
    """Answer a path of our own to go to after sign-in, never another place (SEC-54)."""
    return path if _PATH.fullmatch(path) else "/"
