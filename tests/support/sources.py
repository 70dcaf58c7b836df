"""The repository's own files, for tests of its shape."""

import ast
import subprocess
from functools import cache
from pathlib import Path

__all__ = [
    "PACKAGES",
    "ROOT",
    "module_of",
    "package_files",
    "python_files",
    "tracked_files",
    "tree_of",
]

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = {
    "core": "botcore",
    "operator": "botoperator",
    "botrunner": "botrunner",
    "dashboard": "botdashboard",
    "exchange": "botexchange",
}


@cache
def tracked_files() -> tuple[Path, ...]:
    """Return what git holds or would hold; what .gitignore names is not ours."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return tuple(sorted({ROOT / name for name in listed.split("\0") if (ROOT / name).is_file()}))


def python_files(*folders: str) -> list[Path]:
    """Return the Python files below these folders of the repository."""
    wanted = tuple(ROOT / folder for folder in folders)
    return [
        path
        for path in tracked_files()
        if path.suffix == ".py" and any(path.is_relative_to(folder) for folder in wanted)
    ]


def package_files() -> list[Path]:
    """Return every Python file of the five packages."""
    return python_files(*(f"{folder}/src" for folder in PACKAGES))


@cache
def tree_of(path: Path) -> ast.Module:
    """Parse a file once for all tests."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def module_of(path: Path) -> str:
    """Return the dotted name of a package's file."""
    inside = path.relative_to(ROOT).parts
    parts = inside[inside.index("src") + 1 :] if "src" in inside else inside
    return ".".join(parts).removesuffix(".py").removesuffix(".__init__")
