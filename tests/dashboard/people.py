"""Signed-in people for tests below HTTP."""

import secrets
import uuid

from botdashboard.access.policy import Actor
from tests.support.postgres import Database

__all__ = ["an_actor", "end_session"]


def an_actor(database: Database, user_id: uuid.UUID, name: str, role: str = "trader") -> Actor:
    """Begin a session for a user and answer who acts in it."""
    session = secrets.token_bytes(32)
    with database.connect() as connection:
        connection.execute(
            "insert into kbots.sessions (token_hash, user_id, csrf_token, expires_at)"
            " values (%s, %s, 'token', now() + interval '1 hour')",
            (session, user_id),
        )
    return Actor(user_id=user_id, name=name, role=role, session=session, csrf_token="token")


def end_session(database: Database, session: bytes) -> None:
    """Sign someone out."""
    with database.connect() as connection:
        connection.execute("delete from kbots.sessions where token_hash = %s", (session,))
