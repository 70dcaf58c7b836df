"""Settings from the environment, each with a clear refusal; the only importer of the environment."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from botcore.domain.errors import InvalidInput, Problem

__all__ = ["EnvSettings", "read_secret_file"]


class EnvSettings(BaseModel):
    """A program's settings.

    Field `port` of prefix `KBOTS_OPERATOR_` is read from `KBOTS_OPERATOR_PORT`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def load(
        cls, prefix: str, environment: Mapping[str, str] | None = None, /, **given: Any
    ) -> Self:
        """Read the environment; `given` values (command-line options) outrank it.

        Raises:
            InvalidInput: a variable is missing or malformed; the message names it.
        """
        source = os.environ if environment is None else environment  # noqa: TID251 the one place
        values: dict[str, Any] = {}
        for field in cls.model_fields:
            text = source.get(prefix + field.upper())
            if text is not None and text != "":
                values[field] = text
        values.update({key: value for key, value in given.items() if value is not None})
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise InvalidInput(
                [
                    Problem(field=prefix + str(item["loc"][0]).upper(), message=item["msg"])
                    for item in error.errors(include_input=False, include_url=False)
                ],
                subject="environment",
            ) from None


def read_secret_file(path: Path) -> str:
    """Read a secret from its file, without the final newline.

    Raises:
        InvalidInput: the file is missing or empty; the message names the path, never the content.
    """
    try:
        text = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise InvalidInput.of(str(path), f"can't be read: {error.strerror}") from None
    if not text:
        raise InvalidInput.of(str(path), "is empty")
    return text
