"""The images of our four programs, each tagged by what it is made from."""

from dataclasses import dataclass

from hack.cluster.context import Context
from hack.cluster.paths import ROOT
from hack.cluster.recipe import digest, files_below

__all__ = ["PROGRAMS", "Images", "ensure_programs", "program_tag"]

PROGRAMS = ("operator", "botrunner", "dashboard", "exchange")
_SHARED = (".dockerignore", "requirements/build.txt", "core/pyproject.toml", "core/src")


@dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """What a cluster is made from and what runs in it."""

    node: str
    postgres: str
    programs: dict[str, str]
    """Program -> image with its tag."""
    built: tuple[str, ...]
    """Those that exist on this machine alone and have to be loaded."""


def program_tag(program: str, base: str) -> str:
    """Return the image of a program as its sources are now."""
    own = (
        f"{program}/Dockerfile",
        f"requirements/{program}.txt",
        f"{program}/pyproject.toml",
        f"{program}/src",
    )
    inputs = files_below(ROOT, *_SHARED, *own)
    return f"kbots/{program}:dev-{digest([*inputs, ('base', base.encode())])}"


def ensure_programs(context: Context, base: str | None) -> dict[str, str]:
    """Build the programs' images that are missing, on a base of our own or on the one their Dockerfile names.

    Raises:
        StepFailed: a build failed.
    """
    tags = {program: program_tag(program, base or "") for program in PROGRAMS}
    arguments = () if base is None else ("--build-arg", f"PYTHON_IMAGE={base}")
    for program, tag in tags.items():
        if context.docker.has_image(tag):
            continue
        with context.report.step(f"image kbots/{program}"):
            file = ("--file", str(ROOT / program / "Dockerfile"))
            context.docker.build(tag, ROOT, log=f"image-{program}", arguments=(*file, *arguments))
    return tags
