"""Errors name what the caller must do."""

from botcore.domain import errors
from botcore.domain.errors import InvalidInput, PlatformError, Problem, Transient


def test_every_exported_error_is_of_the_platform() -> None:
    kinds = [getattr(errors, name) for name in errors.__all__ if name != "Problem"]

    assert all(issubclass(kind, PlatformError) for kind in kinds)


def test_invalid_input_names_subject_and_every_field() -> None:
    error = InvalidInput(
        [
            Problem(field="spec.owner", message="is immutable"),
            Problem(field="", message="too long"),
        ],
        subject="TradingBot alice",
    )

    assert str(error) == "TradingBot alice is invalid: spec.owner: is immutable; too long"
    assert str(InvalidInput.of("port", "is missing")) == "port: is missing"


def test_transient_says_how_long_to_wait() -> None:
    assert Transient("away").after_seconds == 1.0
    assert Transient("banned", after_seconds=120).after_seconds == 120
