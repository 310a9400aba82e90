"""The fields of a form, which are all text, as the values that JSON would have."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.server.wire_errors import WireError, invalid_type, invalid_value

if TYPE_CHECKING:
    from realtime_nb.server.http.multipart import Form

Json = dict[str, Any]

_LISTS: Final = frozenset(
    ("languages", "keywords", "timestamp_granularities", "include",
     "known_speaker_names", "known_speaker_references")
)  # fmt: skip
_CHUNKING: Final = "chunking_strategy"
_NESTED: Final = re.compile(r"(\w+)\[(\w+)\]")
_NUMBERS: Final = frozenset(
    ("temperature", "prefix_padding_ms", "silence_duration_ms", "threshold")
)


def form_values(form: Form) -> Json:
    """Return a form's fields as JSON would have them.

    Lists come as ``name[]`` or as a repeated ``name``, objects as JSON or as ``name[key]``. The
    file itself is not among them.

    Raises
    ------
    WireError
        When a field is given twice that is no list, or a file where none is asked for.
    """
    values: Json = {}
    for name, given in form.fields.items():
        base = name.removesuffix("[]")
        if base in _LISTS:
            values.setdefault(base, []).extend(given)
        elif len(given) > 1:
            raise invalid_value(name, f"it was given {len(given)} times. Give it once.")
        else:
            _put(values, name, given[0])
    if "file" in values:
        raise invalid_type("file", "a file with a name", "")
    for name in form.files:
        if name != "file":
            raise invalid_type(name, "a string", {})
    return values


def _put(values: Json, name: str, text: str) -> None:
    """Add a field that was given once to `values`; an empty one is none."""
    nested = _NESTED.fullmatch(name)
    if nested is not None and nested[1] == _CHUNKING:
        parts = values.setdefault(_CHUNKING, {})
        if not isinstance(parts, dict):
            raise _given_twice()
        parts[nested[2]] = _plain(nested[2], text, name)
    elif name == _CHUNKING and name in values:
        raise _given_twice()
    elif name == _CHUNKING:
        values[name] = _object(text) if text.lstrip().startswith("{") else text
    elif name == "stream":
        values[name] = text.lower()
    elif text:
        values[name] = _plain(name, text, name)


def _given_twice() -> WireError:
    return invalid_value(_CHUNKING, "it was given in two ways. Give it in one.")


def _plain(key: str, text: str, path: str) -> Any:
    """Return a field's text, as a number where it is one."""
    if key not in _NUMBERS:
        return text
    try:
        return int(text) if text.lstrip("-").isdecimal() else float(text)
    except ValueError:
        raise invalid_type(path, "a decimal", text) from None


def _object(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise invalid_value(
            "chunking_strategy", "it is neither 'auto' nor a JSON object."
        ) from None
