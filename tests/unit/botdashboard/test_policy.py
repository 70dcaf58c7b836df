"""Who may do what."""

import uuid

import pytest

from botdashboard.access.policy import Action, Actor, may

OWNED = [action for action in Action if action is not Action.MANAGE_USERS]


def an_actor(name="alice", role="trader"):
    return Actor(user_id=uuid.uuid4(), name=name, role=role, session=b"s", csrf_token="t")


@pytest.mark.parametrize("action", OWNED)
def test_owner_may_do_everything_with_his_own(action):
    assert may(an_actor(), action, "alice")


# SEC-39
@pytest.mark.parametrize("action", OWNED)
@pytest.mark.parametrize("role", ["trader", "admin"])
def test_nobody_touches_what_another_owns_not_even_an_admin(action, role):
    assert not may(an_actor("bob", role), action, "alice")


@pytest.mark.parametrize("action", OWNED)
def test_what_has_no_owner_is_nobodys(action):
    assert not may(an_actor(name=""), action, "")


def test_only_an_admin_manages_users():
    assert may(an_actor(role="admin"), Action.MANAGE_USERS)
    assert not may(an_actor(role="trader"), Action.MANAGE_USERS)


def test_actor_never_shows_its_session():
    actor = Actor(
        user_id=uuid.uuid4(), name="alice", role="trader", session=b"hidden", csrf_token="secret"
    )

    assert "hidden" not in repr(actor)
    assert "secret" not in repr(actor)


def test_viewer_looks_and_stops_and_changes_nothing():
    allowed = {one for one in Action if may(an_actor(role="viewer"), one, "alice")}

    looking, stopping = {Action.VIEW_BOT, Action.VIEW_KEY}, {Action.REVOKE_KEY, Action.REVOKE_LIVE}
    assert allowed == looking | stopping | {Action.HALT}
    assert not any(may(an_actor("bob", "viewer"), one, "alice") for one in Action)
