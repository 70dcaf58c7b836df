"""What every image keeps to: a replaceable base, hashes, no root, and nothing only one of the builders knows."""

import re

import pytest

from tests.support.sources import PACKAGES, ROOT

PROGRAMS = sorted(PACKAGES.keys() - {"core"})
STAND_INS = sorted(path.parent.name for path in (ROOT / "hack/images").glob("*/Dockerfile"))
DOCKERFILES = [f"{program}/Dockerfile" for program in PROGRAMS]
DOCKERFILES += [f"hack/images/{name}/Dockerfile" for name in STAND_INS]
# The classic builder knows none of these; a URL comes without a hash.
REFUSED = {
    "ADD of a URL": r"^ADD\s.*\w://",
    "mount": r"^RUN\s+--",
    "COPY --chmod": r"^(COPY|ADD)\s.*--chmod",
    "here-document": r"<<",
}


def instructions(name: str) -> list[str]:
    """Return a Dockerfile's instructions, one a line, without comments."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    return [line for line in re.sub(r"\s*\\\n\s*", " ", text).splitlines() if line]


def last(name: str, word: str) -> str:
    return [line for line in instructions(name) if line.split()[0] == word][-1]


@pytest.mark.parametrize("program", PROGRAMS)
def test_base_is_an_argument_of_every_stage(program: str) -> None:
    lines = instructions(f"{program}/Dockerfile")

    assert lines[0] == "ARG PYTHON_IMAGE=python:3.13-slim-trixie"
    bases = [line.split()[1] for line in lines if line.startswith("FROM ")]
    assert bases == ["${PYTHON_IMAGE}", "dependencies", "${PYTHON_IMAGE}"]


@pytest.mark.parametrize("name", [*DOCKERFILES[: len(PROGRAMS)], "hack/images/postgres/Dockerfile"])
def test_image_runs_as_a_numeric_user_that_is_not_root(name: str) -> None:
    lines = instructions(name)

    assert re.fullmatch(r"USER [1-9]\d*:[1-9]\d*", last(name, "USER"))
    assert not [line for line in lines[lines.index(last(name, "USER")) :] if line[:4] == "RUN "]


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_package_from_outside_is_checked_by_its_hash(program: str) -> None:
    installs = [
        command
        for line in instructions(f"{program}/Dockerfile")
        for command in line.split(" && ")
        if re.search(r"\bpip\b.*\b(install|wheel)\b", command)
    ]

    assert len(installs) == 4  # tools, dependencies, wheels of the members, the members
    assert [
        command
        for command in installs
        if "--require-hashes" not in command and "--no-deps" not in command
    ] == []
    assert f"-r requirements/{program}.txt" in installs[1]


@pytest.mark.parametrize("program", PROGRAMS)
def test_image_gets_the_core_and_its_own_program_alone(program: str) -> None:
    lines = instructions(f"{program}/Dockerfile")
    copied = {
        line.split()[1] for line in lines if line.startswith("COPY ") and "--from" not in line
    }

    assert copied == {"requirements/build.txt", f"requirements/{program}.txt", "core", program}


@pytest.mark.parametrize("name", DOCKERFILES)
def test_both_builders_know_every_instruction(name: str) -> None:
    found = [
        f"{what}: {line}"
        for line in instructions(name)
        for what, pattern in REFUSED.items()
        if re.search(pattern, line)
    ]

    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", ["build", *PROGRAMS])
def test_requirements_hold_pins_with_hashes_and_nothing_else(name: str) -> None:
    text = (ROOT / f"requirements/{name}.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    pin = r"[\w.-]+==[\w.]+( ; [^#]+?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*"

    assert text.splitlines()
    assert [line[:80] for line in text.splitlines() if not re.fullmatch(pin, line)] == []
