"""Dataclasses as JSON and back, each value checked against its type on the way in.

A tuple is a list, a dict whose keys are no text a list of pairs. Fields that a file has and
the class has not are left out; those that the class has and the file has not keep their
default: so files of an earlier or a later version can be read.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Final, Literal, Union, cast, get_args, get_origin, get_type_hints

MOST: Final = 2**53
"""Numbers beyond this are not believed: nothing counted here comes near it."""

Names = Mapping[str, Any]


def to_plain(value: Any) -> Any:
    """Return a value of dataclasses, lists, tuples, dicts and scalars as JSON has it."""
    if is_dataclass(value):
        return {part.name: to_plain(getattr(value, part.name)) for part in fields(value)}
    if isinstance(value, Mapping):
        # A copy: of a running session it may change meanwhile.
        entries = dict(cast("Mapping[Any, Any]", value))
        if all(isinstance(key, str) for key in entries):
            return {key: to_plain(entry) for key, entry in entries.items()}
        return [[to_plain(key), to_plain(entry)] for key, entry in entries.items()]
    if isinstance(value, list | tuple):
        return [to_plain(entry) for entry in tuple(cast("Sequence[Any]", value))]
    return value


def from_plain(kind: Any, value: Any, names: Names, where: str = "") -> Any:
    """Return `value` as what `kind` says.

    Parameters
    ----------
    kind
        A type, as an annotation has it.
    value
        As JSON has it.
    names
        What the classes' annotations name and their modules do not hold when they run.
    where
        What it is called in an error.

    Raises
    ------
    ValueError
        When it is something else.
    """
    if kind is Any:
        return value
    if is_dataclass(kind):
        return _object(cast("type", kind), value, names, where)
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _one_of(parts, value, names, where)
    if origin is Literal:
        if value in parts:
            return value
    elif origin is not None:
        return _many(origin, parts, value, names, where)
    elif _is(kind, value):
        return float(value) if kind is float else value
    raise ValueError(f"{where} is {_shown(value)}")


def hints_of(kind: type, names: Names) -> dict[str, Any]:
    """Return the types of a dataclass's fields."""
    return get_type_hints(kind, localns=dict(names))


def _is(kind: Any, value: Any) -> bool:
    if kind in (int, float):
        sort = int if kind is int else (int, float)
        if isinstance(value, bool) or not isinstance(value, sort):
            return False
        return abs(value) <= MOST  # false for nan and infinity; whole numbers may be past any float
    return isinstance(value, kind)


def _object(kind: type, value: Any, names: Names, where: str) -> Any:
    if not isinstance(value, Mapping):
        raise ValueError(f"{where} is {_shown(value)}, no object")  # noqa: TRY004 -- of a file
    entries = cast("Mapping[str, Any]", value)
    hints = hints_of(kind, names)
    given: dict[str, Any] = {}
    for part in fields(kind):
        place = f"{where}.{part.name}".removeprefix(".")
        if part.name in entries:
            given[part.name] = from_plain(hints[part.name], entries[part.name], names, place)
        elif part.default is MISSING and part.default_factory is MISSING:
            raise ValueError(f"{place} is missing")
    return kind(**given)


def _one_of(kinds: tuple[Any, ...], value: Any, names: Names, where: str) -> Any:
    for kind in kinds:
        try:
            return from_plain(kind, value, names, where)
        except ValueError:
            continue
    raise ValueError(f"{where} is {_shown(value)}")


def _many(origin: Any, parts: tuple[Any, ...], value: Any, names: Names, where: str) -> Any:
    if origin is dict:
        return _pairs(parts, value, names, where)
    if not isinstance(value, list):
        raise ValueError(f"{where} is {_shown(value)}, no list")  # noqa: TRY004 -- as above
    entries = cast("list[Any]", value)
    if origin is tuple and parts[-1] is not Ellipsis:
        if len(entries) != len(parts):
            raise ValueError(f"{where} has {len(entries)} entries instead of {len(parts)}")
        kinds = list(parts)
    else:
        kinds = [parts[0]] * len(entries)
    read = [
        from_plain(kind, entry, names, f"{where}[{place}]")
        for place, (kind, entry) in enumerate(zip(kinds, entries, strict=True))
    ]
    return tuple(read) if origin is tuple else read


def _pairs(parts: tuple[Any, ...], value: Any, names: Names, where: str) -> dict[Any, Any]:
    key_kind, kind = parts
    if isinstance(value, dict):
        pairs = [[key, entry] for key, entry in cast("dict[str, Any]", value).items()]
    else:
        pairs = cast("list[Any]", value)
    pair = tuple[key_kind, kind]
    return dict(from_plain(list[pair], pairs, names, where))


def _shown(value: Any) -> str:
    if isinstance(value, str | int | float | None):
        text = repr(value)
        return text if len(text) <= 40 else f"{text[:39]}…"  # noqa: PLR2004 -- of one line
    return f"a {type(value).__name__}"
