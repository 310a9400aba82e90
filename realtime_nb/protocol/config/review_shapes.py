"""Whether an object of an event has the names and types of the ``openai`` package."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Any, Final, Union, cast, get_args, get_origin

from typing_extensions import is_typeddict

from realtime_nb.protocol.config.check_types import shown
from realtime_nb.protocol.config.problem import Problem
from realtime_nb.protocol.config.shapes import members, nearest, value_of, words_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_NAMES: Final[Mapping[Any, str]] = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
}


def check_shape(
    value: Any, hint: Any, path: str, *, skip: Collection[str] = ()
) -> Iterator[Problem]:
    """Yield what in `value` does not fit the package's type `hint`.

    Parameters
    ----------
    value
        As it would be sent.
    hint
        A `TypedDict`, a union of them, or the type of one of their values.
    path
        Where `value` stands, for the messages; ``""`` for the event itself.
    skip
        Names of the outermost object whose values are somebody else's to check.
    """
    if object in _arms(hint) or value is None:
        return
    entry = _entry_of(hint)
    if isinstance(value, Mapping) and _dicts_of(hint):
        yield from _object(cast("Mapping[str, Any]", value), hint, path, skip)
    elif isinstance(value, list) and entry is not None:
        for place, part in enumerate(cast("list[Any]", value)):
            yield from check_shape(part, entry, f"{path}[{place}]")
    elif not (isinstance(value, Mapping) and value_of(hint) is not None) and not _fits(value, hint):
        yield _misfit(value, hint, path)


def join(path: str, name: str) -> str:
    """Return the path of a name inside the object at `path`."""
    return f"{path}.{name}" if path else name


def _object(
    value: Mapping[str, Any], hint: Any, path: str, skip: Collection[str]
) -> Iterator[Problem]:
    chosen = _meant(_dicts_of(hint), value)
    known = {name: member for shape in chosen for name, member in members(shape).items()}
    inside = f"`{path}`" if path else "the event"
    for name, part in value.items():
        where = join(path, name)
        if name not in known:
            advice = nearest(name, known).removeprefix("; ") or f"it has {', '.join(sorted(known))}"
            yield Problem(where, f"{inside} has no field {name!r}", advice)
        elif name not in skip:
            yield from check_shape(part, known[name].hint, where)
    for name, member in known.items():
        needed = all(name in members(shape) and members(shape)[name].required for shape in chosen)
        if needed and value.get(name) is None:
            yield missing(path, name, words_of(member.hint))


def missing(path: str, name: str, words: Collection[Any] = ()) -> Problem:
    """Return the problem of a field that must be there and is not."""
    inside = f"`{path}`" if path else "the event"
    advice = f"write one of {', '.join(map(str, words))}" if len(words) > 1 else ""
    if len(words) == 1:
        advice = f"write `{name}: {next(iter(words))}`"
    return Problem(join(path, name), f"{inside} has no `{name}`, and must have it", advice)


def _meant(dicts: tuple[Any, ...], value: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the shapes that the words in `value`, its type and role, leave possible."""
    left = dicts
    for tag in ("type", "role"):
        word = value.get(tag)
        fitting = tuple(
            shape
            for shape in left
            if tag in members(shape) and word in words_of(members(shape)[tag].hint)
        )
        left = fitting or left
    return left


@cache
def _arms(hint: Any) -> tuple[Any, ...]:
    """Return the members of a union; the package's lists are Iterables, which stay whole."""
    if get_origin(hint) not in (Union, UnionType):
        return (hint,)
    return tuple(arm for part in get_args(hint) for arm in _arms(part))


@cache
def _dicts_of(hint: Any) -> tuple[Any, ...]:
    return tuple(arm for arm in _arms(hint) if is_typeddict(arm))


def _entry_of(hint: Any) -> Any:
    for arm in _arms(hint):
        origin = get_origin(arm)
        if isinstance(origin, type) and issubclass(origin, Iterable) and origin is not dict:
            return get_args(arm)[0]
    return None


def _fits(value: Any, hint: Any) -> bool:
    if any(type(value) is type(word) and value == word for word in words_of(hint)):
        return True
    return type(value) in _arms(hint) or (type(value) is int and float in _arms(hint))


def _misfit(value: Any, hint: Any, path: str) -> Problem:
    words = [word for word in words_of(hint) if isinstance(word, str)]
    near = nearest(value, words) if isinstance(value, str) else ""
    takes = [_NAMES[arm] for arm in _arms(hint) if arm in _NAMES]
    takes += ["a list"] if _entry_of(hint) is not None else []
    takes += ["an object"] if _dicts_of(hint) or value_of(hint) is not None else []
    wanted = " or ".join([*words, *takes])
    advice = near.removeprefix("; ") or f"it takes {wanted}"
    return Problem(path, f"`{path}` is {shown(value)}", advice)
