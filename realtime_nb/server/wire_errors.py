"""Refusals as the wire words them: codes, dotted parameters and messages.

The tables of codes and the message patterns are those recorded from the service; where
nothing was recorded the message says what is wrong in the same manner and the code is
one that the service uses for its kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_nb.errors import RealtimeError

if TYPE_CHECKING:
    from collections.abc import Sequence

Json = dict[str, Any]

_SHOWN = 120  # characters of a client's value that an error message repeats


class WireError(RealtimeError):
    """A client event is refused; it becomes an `error` event and changes nothing.

    Parameters
    ----------
    message
        What the event's `error.message` says.
    code, param
        `error.code` and `error.param`, either may be None.
    names_event
        False where the service leaves `error.event_id` null although the client's event
        had an id (truncations, duplicate item ids).
    """

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        names_event: bool = True,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.param = param
        self.names_event = names_event

    def body(self, event_id: str | None) -> Json:
        """Return the `error` object; `event_id` is the id of the client's event."""
        return error_body(
            self.message,
            code=self.code,
            param=self.param,
            event_id=event_id if self.names_event else None,
        )


def error_body(
    message: str,
    *,
    code: str | None = None,
    param: str | None = None,
    event_id: str | None = None,
    kind: str = "invalid_request_error",
) -> Json:
    """Return an `error` object in the wire's key order."""
    return {"type": kind, "code": code, "message": message, "param": param, "event_id": event_id}


def unknown_parameter(path: str) -> WireError:
    """Return the refusal of a field that does not exist."""
    return WireError(f"Unknown parameter: '{path}'.", code="unknown_parameter", param=path)


def missing_parameter(path: str) -> WireError:
    """Return the refusal of an object without a required field."""
    return WireError(
        f"Missing required parameter: '{path}'.", code="missing_required_parameter", param=path
    )


def unsupported_value(path: str, value: Any, choices: Sequence[str]) -> WireError:
    """Return the refusal of a value that is not among `choices`."""
    return WireError(
        f"Invalid value: '{shown(value)}'. Supported values are: {listed(choices)}.",
        code="invalid_value",
        param=path,
    )


def invalid_value(path: str, why: str) -> WireError:
    """Return the refusal of a value, with the reason in words."""
    return WireError(f"Invalid '{path}': {why}", code="invalid_value", param=path)


def invalid_type(path: str, expected: str, value: Any) -> WireError:
    """Return the refusal of a value of the wrong JSON type; `expected` as "a string"."""
    return WireError(
        f"Invalid type for '{path}': expected {expected}, but got {type_name(value)} instead.",
        code="invalid_type",
        param=path,
    )


def out_of_range(path: str, value: float, *, low: float | None, high: float | None) -> WireError:
    """Return the refusal of a number below `low` or above `high` (whichever it passed)."""
    below = low is not None and value < low
    noun = "integer" if isinstance(value, int) and _whole(low) and _whole(high) else "decimal"
    side, sign, bound = ("below minimum", ">=", low) if below else ("above maximum", "<=", high)
    return WireError(
        f"Invalid '{path}': {noun} {side} value. "
        f"Expected a value {sign} {bound}, but got {value} instead.",
        code=f"{noun}_{'below_min' if below else 'above_max'}_value",
        param=path,
    )


def too_long(path: str, what: str, length: int, limit: int) -> WireError:
    """Return the refusal of a string, array or object with more than `limit` entries."""
    a = "an" if what[0] in "aeiou" else "a"
    return WireError(
        f"Invalid '{path}': {what} too long. Expected {a} {what} with maximum length {limit}, "
        f"but got {a} {what} with length {length} instead.",
        code=f"{what}_above_max_length",
        param=path,
    )


def listed(choices: Sequence[str]) -> str:
    """Return choices as the wire lists them: ``'a', 'b', and 'c'``."""
    quoted = [f"'{choice}'" for choice in choices]
    if len(quoted) <= 1:
        return "".join(quoted)
    if len(quoted) == 2:  # noqa: PLR2004 -- two are joined without a comma
        return " and ".join(quoted)
    return f"{', '.join(quoted[:-1])}, and {quoted[-1]}"


def shown(value: Any) -> str:
    """Return a client's value for use in a message, cut to a readable length."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def type_name(value: Any) -> str:
    """Return the JSON type of a value with its article, as the wire's messages say it."""
    names: list[tuple[type, str]] = [
        (bool, "a boolean"),
        (int, "an integer"),
        (float, "a decimal"),
        (str, "a string"),
        (list, "an array"),
        (dict, "an object"),
    ]
    return next((name for kind, name in names if isinstance(value, kind)), "null")


def _whole(bound: float | None) -> bool:
    return bound is None or isinstance(bound, int)
