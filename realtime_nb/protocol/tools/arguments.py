"""What a model wrote as a function's arguments, made into Python values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import orjson

from realtime_nb.errors import RealtimeError
from realtime_nb.protocol.config.shapes import nearest
from realtime_nb.protocol.summary import shorten
from realtime_nb.protocol.tools.signature import read_signature
from realtime_nb.protocol.whole_text import whole_text

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable, Mapping, Sequence

_TOLD: Final = 5
_LONGEST_INPUT: Final = 60
_LONGEST_TOLD: Final = 300


class BadArguments(RealtimeError):
    """Arguments that do not fit a function; the text is for the model, which can mend them.

    Parameters
    ----------
    tool
        What the function is called.
    why
        Which argument is wrong, what was given, and what is wanted.
    """

    def __init__(self, tool: str, why: str = "") -> None:
        super().__init__(f"{tool}(): {why}" if why else tool)
        self.tool = tool


def read_arguments(function: Callable[..., Any], text: str) -> dict[str, Any]:
    """Return the arguments that a model wrote, as the values that the function takes.

    They are read as pydantic reads JSON: enums, dataclasses, dates and models are built, and
    a number written as text becomes one. A parameter that was not given is left to the
    function's own default. No text at all, and ``null``, stand for no arguments.

    Parameters
    ----------
    function
        As for `define_function`.
    text
        JSON, as the model wrote it.

    Raises
    ------
    BadArguments
        When the text is no JSON, is no object, or does not fit the function's parameters.
    ConfigError
        When the function cannot be described.
    """
    # Imported here: pydantic takes a moment to load.
    from pydantic import ValidationError  # noqa: PLC0415

    signature = read_signature(function)
    adapter = signature.adapter
    given = _object(signature.name, text)
    try:
        values = adapter.validate_json(text if given else "{}")
    except ValidationError as error:
        known = [one.name for one in signature.parameters]
        told = [_told(dict(one), known) for one in error.errors(include_url=False)]
        raise BadArguments(signature.name, _joined(told)) from None
    own = {one.name for one in signature.parameters if _has_default(one)}
    return {name: value for name, value in values.items() if name in given or name not in own}


def _object(tool: str, text: str) -> dict[str, Any]:
    try:
        given: Any = orjson.loads(text) if text.strip() else {}
    except ValueError as error:
        why = f"the arguments are no JSON ({error}); write one JSON object"
        raise BadArguments(tool, whole_text(why)) from None
    if given is None:
        return {}
    if not isinstance(given, dict):
        shown = shorten(text, _LONGEST_INPUT)
        raise BadArguments(tool, f"the arguments are {shown}; write a JSON object of them by name")
    return cast("dict[str, Any]", given)


def _has_default(parameter: inspect.Parameter) -> bool:
    """Whether Python itself fills in a parameter; what a `Field` says, pydantic fills in."""
    from pydantic.fields import FieldInfo  # noqa: PLC0415 -- as above

    return parameter.default is not parameter.empty and not isinstance(parameter.default, FieldInfo)


def _told(error: Mapping[str, Any], known: Sequence[str]) -> str:
    """Return one of pydantic's findings: which argument, what was given, what is wanted."""
    path = "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" for step in error["loc"]
    ).removeprefix(".")
    where = f"`{shorten(path)}`" if path else "the arguments"
    if error["type"] in ("missing_keyword_only_argument", "missing"):
        return f"{where} is missing"
    if error["type"] == "unexpected_keyword_argument":
        near = nearest(path, known) or f"; {_listed(known)}"
        return f"{where} is no argument of it{near}"
    said = shorten(str(error["msg"]), _LONGEST_TOLD)
    return f"{where} was {_shown(error.get('input'))}: {said[:1].lower()}{said[1:]}"


def _listed(known: Sequence[str]) -> str:
    return f"there are {', '.join(known)}" if known else "it takes none"


def _shown(value: Any) -> str:
    try:
        text = orjson.dumps(value).decode()
    except (TypeError, ValueError):
        text = repr(value)
    return shorten(text, _LONGEST_INPUT)


def _joined(told: Sequence[str]) -> str:
    more = len(told) - _TOLD
    end = [f"{more} more of the kind"] if more > 0 else []
    return whole_text("; ".join([*told[:_TOLD], *end]))
