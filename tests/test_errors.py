from __future__ import annotations

import pytest

from realtime_nb import errors


@pytest.mark.parametrize("name", [name for name in errors.__all__ if name != "ConfigWarning"])
def test_every_error_prints_as_one_line(name: str) -> None:
    error = getattr(errors, name)("what went wrong")
    assert error._render_traceback_() == [f"{name}: what went wrong"]
    assert isinstance(error, errors.RealtimeError)


def test_the_docstring_draws_every_error() -> None:
    assert errors.__doc__ is not None
    assert all(name in errors.__doc__ for name in errors.__all__)


def test_a_refusal_names_its_field_once() -> None:
    assert str(errors.ServerError("Invalid value: 'x'.", param="session.voice")) == (
        "session.voice: Invalid value: 'x'."
    )
    said = "Unknown parameter: 'session.voice'."
    assert str(errors.ServerError(said, param="session.voice")) == said
