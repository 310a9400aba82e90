"""The names and types a session config may hold, read off the ``openai`` package's own types.

The service refuses an update whole for one unknown key and goes on with its defaults, so a
wrong name must be found before anything is sent. The types take half a second to load and
are imported on first use.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    Literal,
    Required,
    TypedDict,
    get_args,
    get_origin,
    get_type_hints,
)

from typing_extensions import is_typeddict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from realtime_nb.protocol.config.problem import SessionKind

REPLY_ONLY: Final = frozenset({"id", "object", "expires_at"})
"""Names of a session object that only the service sets."""

# The package writes a list that is no string as a Sequence.
_LISTS: Final = (list, Sequence)


@cache
def session_type(kind: SessionKind = "realtime") -> Any:
    """Return the `TypedDict` of a session of this kind.

    The translation session's joins what may be created (``model``) with what may be updated
    (``audio``), and a ``type`` by which a config says its kind.
    """
    if kind == "translation":
        return _translation_type()
    # Imported here: the types take most of a second to load.
    from openai.types import realtime  # noqa: PLC0415

    if kind == "transcription":
        return realtime.RealtimeTranscriptionSessionCreateRequestParam
    return realtime.RealtimeSessionCreateRequestParam


def _translation_type() -> Any:
    from openai.types.realtime import (  # noqa: PLC0415 -- as above
        realtime_translation_session_update_request_param as update,
    )

    names = {"type": Required[Literal["translation"]], "model": str, "audio": update.Audio}
    make: Any = TypedDict
    return make("TranslationSession", names, total=False)


@cache
def session_keys(kind: SessionKind = "realtime") -> frozenset[str]:
    """Return the names a session of this kind has at its top level."""
    return frozenset(members(session_type(kind)))


def nearest(name: str, known: Iterable[str], likeness: float = 0.6) -> str:
    """Return ``; did you mean 'x'?`` for the known name closest to `name`, else ``""``.

    Parameters
    ----------
    name, known
        What was written, and what exists.
    likeness
        How alike they must be, 0 to 1.
    """
    close = difflib.get_close_matches(name, sorted(known), n=1, cutoff=likeness)
    return f"; did you mean {close[0]!r}?" if close else ""


@dataclass(frozen=True, slots=True)
class Member:
    """One key of a `TypedDict`: the type of its value, and whether it must be there."""

    hint: Any
    required: bool


@cache
def members(typed_dict: Any) -> Mapping[str, Member]:
    """Return the keys of a `TypedDict`, evaluated."""
    hints = get_type_hints(typed_dict, include_extras=True)
    return {
        name: Member(get_args(hint)[0] if get_origin(hint) is Required else hint,
                     get_origin(hint) is Required)
        for name, hint in hints.items()
    }  # fmt: skip


@cache
def arms(hint: Any) -> tuple[Any, ...]:
    """Return the members of a union, nested ones flattened; the hint itself otherwise."""
    whole = is_typeddict(hint) or get_origin(hint) in (*_LISTS, dict, Literal)
    if whole or not get_args(hint):
        return (hint,)
    return tuple(arm for part in get_args(hint) for arm in arms(part))


def dicts_of(hint: Any) -> tuple[Any, ...]:
    """Return the `TypedDict` arms of a hint."""
    return tuple(arm for arm in arms(hint) if is_typeddict(arm))


def entry_of(hint: Any) -> Any:
    """Return the type of a list's entries, None where `hint` allows no list."""
    for arm in arms(hint):
        if get_origin(arm) in _LISTS:
            return get_args(arm)[0]
    return None


def value_of(hint: Any) -> Any:
    """Return the type of the values of an open object, None where `hint` allows none."""
    return next((get_args(arm)[1] for arm in arms(hint) if get_origin(arm) is dict), None)


def words_of(hint: Any) -> tuple[Any, ...]:
    """Return the literal values that a hint allows."""
    return tuple(word for arm in arms(hint) if get_origin(arm) is Literal for word in get_args(arm))


def tags_of(typed_dict: Any) -> tuple[str, ...]:
    """Return what ``type`` may be in a `TypedDict`, nothing where it has no such tag."""
    tag = members(typed_dict).get("type")
    return words_of(tag.hint) if tag is not None else ()


def fitting(dicts: Sequence[Any], value: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return those of several `TypedDict` arms that the ``type`` in `value` is for."""
    kind = value.get("type")
    return tuple(arm for arm in dicts if isinstance(kind, str) and kind in tags_of(arm))
