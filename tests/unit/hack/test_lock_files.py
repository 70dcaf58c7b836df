from pathlib import Path

import pytest

from hack import lock_files


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder in (".", *lock_files.MEMBERS):
        (tmp_path / folder).mkdir(exist_ok=True)
        text = '[project]\nname = "x"\nversion = "1"\ndependencies = ["a==1"]\n'
        (tmp_path / folder / "pyproject.toml").write_text(text)
    (tmp_path / "requirements").mkdir()
    for name in lock_files.SETS:
        (tmp_path / "requirements" / f"{name}.txt").write_text("a==1 --hash=sha256:0\n")
    monkeypatch.setattr(lock_files, "ROOT", tmp_path)
    monkeypatch.setattr(lock_files, "LOCKS", tmp_path / "requirements")
    return tmp_path


def changed(root: Path, name: str, text: str) -> set[str]:
    """Return whose digest changes when this file gets this text."""
    before = lock_files.digests()
    (root / name).write_text(text)
    after = lock_files.digests()
    return {key for key in before if before[key] != after[key]}


def test_changed_dependency_makes_the_locks_stale(root: Path) -> None:
    text = '[project]\nname = "x"\nversion = "1"\ndependencies = ["a==2"]\n'

    assert changed(root, "operator/pyproject.toml", text) == {"operator/pyproject.toml"}


def test_changed_tool_setting_or_version_does_not(root: Path) -> None:
    text = '[project]\nname = "x"\nversion = "2"\ndependencies = ["a==1"]\n[tool.ruff]\nline-length = 9\n'

    assert changed(root, "core/pyproject.toml", text) == set()


@pytest.mark.parametrize("name", ["run", "operator", "botrunner", "dashboard", "exchange"])
def test_lock_file_edited_by_hand_is_noticed(root: Path, name: str) -> None:
    assert changed(root, f"requirements/{name}.txt", "a==2\n") == {f"requirements/{name}.txt"}


def test_missing_lock_file_is_noticed(root: Path) -> None:
    (root / "requirements" / "dev.txt").unlink()

    assert lock_files.digests()["requirements/dev.txt"] == "missing"
