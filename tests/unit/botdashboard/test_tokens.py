"""Tokens and where a sign-in may lead."""

import pytest

from botdashboard.access.tokens import hash_token, is_same, new_token, safe_path


def test_tokens_are_long_and_never_the_same():
    made = {new_token() for _ in range(100)}

    assert len(made) == 100
    assert all(len(token) >= 43 for token in made)


def test_hash_hides_the_token():
    token = new_token()

    assert token.encode() not in hash_token(token)
    assert is_same(token, token)
    assert not is_same(token, token + "x")
    assert not is_same("ä", "a")


@pytest.mark.parametrize("path", ["/", "/trades", "/bots/kbots-bots/my-bot"])
def test_own_path_is_kept(path):
    assert safe_path(path) == path


# SEC-54
@pytest.mark.parametrize(
    "path",
    ["//evil.example", "https://evil.example", "javascript:alert(1)", "/\\evil.example", "/a\r\nX: y", "", "/x?y=//z"],
)  # fmt: skip
def test_path_of_somewhere_else_leads_home(path):
    assert safe_path(path) == "/"
