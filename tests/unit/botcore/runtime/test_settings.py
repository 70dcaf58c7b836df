"""Settings from the environment refuse clearly; secret files never show their content."""

from pathlib import Path

import pytest

from botcore.domain.errors import InvalidInput
from botcore.runtime.settings import EnvSettings, read_secret_file


class Sample(EnvSettings):
    port: int = 8080
    host: str


def test_environment_is_read_under_its_prefix_only() -> None:
    found = Sample.load("KBOTS_X_", {"KBOTS_X_PORT": "9000", "KBOTS_X_HOST": "a", "PORT": "1"})

    assert (found.port, found.host) == (9000, "a")


def test_given_values_outrank_the_environment_and_none_does_not() -> None:
    environment = {"KBOTS_X_PORT": "9000", "KBOTS_X_HOST": "a"}

    assert Sample.load("KBOTS_X_", environment, port=1).port == 1
    assert Sample.load("KBOTS_X_", environment, port=None).port == 9000


def test_empty_variable_counts_as_absent() -> None:
    assert Sample.load("KBOTS_X_", {"KBOTS_X_PORT": "", "KBOTS_X_HOST": "a"}).port == 8080


def test_refusal_names_every_bad_variable_but_not_its_value() -> None:
    with pytest.raises(InvalidInput) as caught:
        Sample.load("KBOTS_X_", {"KBOTS_X_PORT": "hunter2"})

    assert {problem.field for problem in caught.value.problems} == {"KBOTS_X_PORT", "KBOTS_X_HOST"}
    assert "hunter2" not in str(caught.value)


def test_real_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KBOTS_X_HOST", "from-env")

    assert Sample.load("KBOTS_X_").host == "from-env"


def test_secret_is_read_without_its_newline(tmp_path: Path) -> None:
    file = tmp_path / "api-key"
    file.write_text("s3cret\n", encoding="utf-8")

    assert read_secret_file(file) == "s3cret"


@pytest.mark.parametrize("content", [None, "", "\n"])
def test_missing_or_empty_secret_names_the_path(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "api-key"
    if content is not None:
        file.write_text(content, encoding="utf-8")

    with pytest.raises(InvalidInput, match="api-key"):
        read_secret_file(file)
