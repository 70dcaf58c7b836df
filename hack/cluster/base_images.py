"""Images made of Debian packages: stand-ins for Python and Postgres, and the root file system of the node."""

import shutil
from collections.abc import Callable
from pathlib import Path

from hack.cluster.commands import Job
from hack.cluster.context import Context
from hack.cluster.host_packages import BUILDER, install_missing
from hack.cluster.paths import ROOT
from hack.cluster.recipe import digest, files_below, mmdebstrap

__all__ = ["build_root", "copy_plain", "ensure_postgres", "ensure_python", "words"]

RECIPES = ROOT / "hack" / "images"
_OWN_AUTHORITIES = Path("/usr/local/share/ca-certificates")
_FIX = "read the log; packages come from the Debian mirror. Run again"


def ensure_python(context: Context) -> str:
    """Build the base of our programs' images where it is missing; returns its tag.

    It gets this machine's own certificate authorities, without which pip can't reach its index from a build.
    """
    authorities = sorted(_OWN_AUTHORITIES.glob("*.crt"))
    inputs = [(f"certificates/{path.name}", path.read_bytes()) for path in authorities]

    def add_authorities(folder: Path) -> None:
        for path in authorities:
            copy_plain(path, folder / "certificates" / path.name)

    return _ensure(context, "python", "kbots/python:3.13-trixie", inputs, add_authorities)


def ensure_postgres(context: Context) -> str:
    """Build the stand-in for the official Postgres image where it is missing; returns its tag."""
    return _ensure(context, "postgres", "kbots/postgres:17-debian", [], lambda _folder: None)


def build_root(context: Context, folder: Path, packages: list[str], extra: list[str]) -> None:
    """Make `root.tar` in the folder, unless an earlier run finished it.

    Raises:
        StepFailed: mmdebstrap is missing and can't be installed, or failed.
    """
    done, partial = folder / "root.tar", folder / "root.tar.partial"
    if done.exists():
        return
    install_missing(context, BUILDER, why="without an image registry, images are made of packages")
    context.commands.run(
        Job(
            command=mmdebstrap(partial, packages, extra),
            log=f"root-of-{folder.name}",
            fix=_FIX,
        )
    )
    partial.replace(done)


def words(file: Path) -> list[str]:
    """Return a file's lines, none where there is no file."""
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def copy_plain(source: Path, target: Path, mode: int = 0o644) -> None:
    """Copy a file's bytes with a mode of our own: neither the caller's umask nor the module cache's modes matter."""
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(mode)


def _ensure(
    context: Context,
    name: str,
    prefix: str,
    more: list[tuple[str, bytes]],
    prepare: Callable[[Path], None],
) -> str:
    recipe = RECIPES / name
    made_from = digest([*files_below(recipe), *more])
    tag = f"{prefix}-{made_from}"
    if context.docker.has_image(tag):
        return tag
    with context.report.step(f"image {prefix}"):
        folder = context.work_folder(f"{name}-{made_from}")
        build_root(
            context, folder, words(recipe / "packages.txt"), words(recipe / "mmdebstrap.args")
        )
        (folder / "certificates").mkdir(exist_ok=True)
        for file in recipe.iterdir():
            copy_plain(file, folder / file.name)
        prepare(folder)
        context.docker.build(tag, folder, log=f"image-{name}")
        shutil.rmtree(folder)
    return tag
