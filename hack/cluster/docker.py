"""The docker client, with the mark by which our images are found again."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hack.cluster.commands import Commands, Job

__all__ = ["LABEL", "Docker", "leftovers"]

LABEL = "dev.kbots.made-by=hack.cluster"
"""Every image that this tool builds carries it."""
_FIX = "read the log, then run again: what is finished is not built twice"


@dataclass(slots=True, kw_only=True)
class Docker:
    """Asks the engine and builds images."""

    commands: Commands
    _builder: dict[str, str] = field(default_factory=dict)

    def ask(self, *arguments: str) -> str | None:
        """Return what docker answers, or None where it refuses."""
        answer = self.commands.ask("docker", *arguments)
        return answer.text if answer.code == 0 else None

    def inspect(self, name: str) -> dict[str, Any] | None:
        """Return what the engine knows about a container, or None where there is none."""
        text = self.ask("container", "inspect", name)
        return json.loads(text)[0] if text else None

    def has_image(self, tag: str) -> bool:
        """Tell whether the engine has an image of this tag."""
        return self.ask("image", "inspect", "--format", "{{.Id}}", tag) is not None

    def build(self, tag: str, folder: Path, *, log: str, arguments: tuple[str, ...] = ()) -> None:
        """Build an image from a folder.

        Raises:
            StepFailed: the build failed.
        """
        command = ("docker", "build", "--tag", tag, "--label", LABEL, *arguments, str(folder))
        self.run(*command[1:], log=log, environment=self._builder_environment())

    def run(
        self,
        *arguments: str,
        log: str,
        stdin: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Run a docker command that takes its time.

        Raises:
            StepFailed: it failed.
        """
        self.commands.run(
            Job(command=("docker", *arguments), log=log, fix=_FIX, stdin=stdin, environment=environment or {})
        )  # fmt: skip

    def _builder_environment(self) -> Mapping[str, str]:
        # A client without buildx builds with the engine's classic builder, when told so.
        if not self._builder:
            self._builder = {
                "DOCKER_BUILDKIT": "0" if self.ask("buildx", "version") is None else "1"
            }
        return self._builder


def leftovers(parents: Mapping[str, str], untagged: Iterable[str], ours: set[str]) -> list[str]:
    """Return the untagged images that were built on one of ours."""

    def is_ours(image: str) -> bool:
        while image and image not in ours:
            image = parents.get(image, "")
        return bool(image)

    return [image for image in untagged if is_ours(image)]
