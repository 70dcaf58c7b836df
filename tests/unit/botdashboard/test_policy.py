"""Who may do what."""

import uuid

import pytest

from botdashboard.access.policy import Action, Actor, Scope, may

ADMINS = {Action.MANAGE_USERS, Action.VIEW_ALL_AUDIT}
OWNED = [action for action in Action if action not in ADMINS]


def an_actor(name="alice", role="trader", scopes=None):
    return Actor(
        user_id=uuid.uuid4(), name=name, role=role, session=b"s", csrf_token="t",
        scopes=None if scopes is None else frozenset(scopes),
    )  # fmt: skip


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


@pytest.mark.parametrize("action", sorted(ADMINS))
def test_only_an_admin_manages_users_and_reads_everybodys_lines(action):
    assert may(an_actor(role="admin"), action)
    assert not may(an_actor(role="trader"), action)
    assert not may(an_actor(role="viewer"), action)


def test_actor_never_shows_its_session():
    actor = Actor(
        user_id=uuid.uuid4(), name="alice", role="trader", session=b"hidden", csrf_token="secret"
    )

    assert "hidden" not in repr(actor)
    assert "secret" not in repr(actor)


def test_viewer_looks_and_stops_and_changes_nothing():
    allowed = {one for one in Action if may(an_actor(role="viewer"), one, "alice")}

    assert allowed == {
        Action.VIEW_BOT, Action.VIEW_KEY, Action.VIEW_AUDIT, Action.MANAGE_TOKENS,
        Action.HALT, Action.REVOKE_KEY, Action.REVOKE_LIVE,
    }  # fmt: skip
    assert not any(may(an_actor("bob", "viewer"), one, "alice") for one in Action)


def allowed_to(role, *scopes):
    return {one for one in Action if may(an_actor(role=role, scopes=scopes), one, "alice")}


def test_token_may_what_its_scopes_name_and_nothing_for_everybody_or_real_money():
    assert allowed_to("trader", Scope.READ) == {
        Action.VIEW_BOT,
        Action.VIEW_KEY,
        Action.VIEW_AUDIT,
    }
    assert allowed_to("trader", Scope.KEYS) == {Action.ADD_KEY, Action.REVOKE_KEY}
    never = {Action.GRANT_LIVE, Action.REVOKE_LIVE, Action.MANAGE_TOKENS, *ADMINS}
    assert not allowed_to("admin", *Scope) & never
    assert allowed_to("admin") == set()


def test_token_may_never_more_than_its_person():
    for scopes in [(one,) for one in Scope] + [tuple(Scope)]:
        for role in ("viewer", "trader", "admin"):
            mine = {one for one in Action if may(an_actor(role=role), one, "alice")}
            assert allowed_to(role, *scopes) <= mine
    assert not any(may(an_actor("bob", scopes=Scope), one, "alice") for one in Action)
