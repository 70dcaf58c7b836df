"""Other people's programs, each in an environment of its own made from its lock file.

Nothing of one meets another's versions, and the product imports none: they judge it (`make conformance`), are
measured beside it (`make bench-runner`) or read its source (`make imports`: with that one's libraries installed beside
the product, a runner here would weigh 4 MB more than in its pod). `python -m hack.environments NAME` makes one and
tells where it is.
"""

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Final

__all__ = ["ROOT", "lock", "python_of"]

ROOT: Final = Path(__file__).resolve().parents[1]
_FOLDERS: Final = tuple(ROOT / "requirements" / name for name in ("conformance", "bench", "tools"))
_PLACE: Final = ROOT / ".venv" / "conformance"
_NEWER: Final = {"nautilus": "3.12"}
"""Programs that need a newer Python than our own least one."""
_UV: Final = Path(sys.executable).with_name("uv")
_LOCK_OPTIONS: Final = (
    "--quiet", "--universal", "--generate-hashes", "--no-header", "--no-annotate",
    "--no-emit-index-url", "--no-emit-find-links",
)  # fmt: skip


def python_of(name: str) -> Path:
    """Give the interpreter of an environment; it is made again when its lock file changed.

    Raises:
        ValueError: the lock file is missing or lacks what was asked for.
        subprocess.CalledProcessError: it can't be installed.
    """
    folder, wanted = _PLACE / name, _locked(name)
    _check_pins(wanted)
    digest = hashlib.sha256(wanted.read_bytes() + sys.version.encode()).hexdigest()
    stamp, python = folder / "lock.sha256", folder / "bin" / "python"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == digest:
        return python
    interpreter = f">={_NEWER[name]}" if name in _NEWER else sys.executable
    _uv("venv", "--clear", "--no-python-downloads", "--python", interpreter, folder)
    _uv(
        "pip", "install", "--compile-bytecode", "--python", python, "--require-hashes", "-r", wanted
    )
    stamp.write_text(digest, encoding="utf-8")
    return python


def lock() -> None:
    """Pin every environment's dependencies anew, with hashes."""
    for wanted in sorted(path for folder in _FOLDERS for path in folder.glob("*.in")):
        version, output = _NEWER.get(wanted.stem, "3.11"), wanted.with_suffix(".txt")
        _uv("pip", "compile", *_LOCK_OPTIONS, "--python-version", version, wanted, "-o", output)


def _locked(name: str) -> Path:
    for folder in _FOLDERS:
        if (path := folder / f"{name}.txt").exists():
            return path
    raise ValueError(f"there is no lock file for {name}")


def _check_pins(locked: Path) -> None:
    """Refuse a lock file that lacks what was asked for."""
    pins = locked.with_suffix(".in").read_text(encoding="utf-8").split()
    text = locked.read_text(encoding="utf-8").replace("_", "-")
    if missing := [pin for pin in pins if f"{pin.replace('_', '-')} " not in text]:
        raise ValueError(f"{locked.name} lacks {missing}: run `make lock`")


def _uv(*words: str | Path) -> None:
    command = [str(word) for word in (_UV, "--quiet", *words)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    print(python_of(sys.argv[1]).parent)
