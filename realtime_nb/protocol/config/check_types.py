"""Whether the names and types in a session are those of the ``openai`` package."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.protocol.config.catalogue import FIELDS, general
from realtime_nb.protocol.config.check_names import unknown_name, wrong_place
from realtime_nb.protocol.config.problem import Problem
from realtime_nb.protocol.config.shapes import (
    arms,
    dicts_of,
    entry_of,
    fitting,
    members,
    nearest,
    session_type,
    tags_of,
    value_of,
    words_of,
)
from realtime_nb.protocol.credentials import CREDENTIALS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from realtime_nb.protocol.config.problem import SessionKind

# Null is taken here on the wire, whatever the package's types say.
_NULLABLE: Final = frozenset({"truncation.token_limits"}) | {
    path for path, field in FIELDS.items() if field.nullable
}

# A bare word in `tools` is the name of a registered function: not a matter of types.
_TOOL: Final = "tools[]"

_ALIKE: Final = 0.8  # how like a word must be to be taken for a slip of it

# The value of a credential is not repeated.
_SECRET: Final = re.compile(rf"(?:^|\.)(?:{'|'.join(CREDENTIALS)})(?![^.\[])")
_BLOT: Final = "[not shown]"

_SHOWN: Final = 60  # characters of a value that a message repeats


def check_types(config: Mapping[str, Any], kind: SessionKind) -> Iterator[Problem]:
    """Yield what in a session of this kind has a name or a type that the package has not."""
    yield from _Types(kind).check(config, session_type(kind), "")


def shown(value: Any) -> str:
    """Return a value as a message repeats it: as JSON writes it, and not all of a long one."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        value = [shown(entry).strip("'") for entry in cast("list[Any]", value)[:8]]
        text = f"[{', '.join(value)}]"
    else:
        # Cut before it is quoted: a prompt may be a megabyte long.
        text = repr(value[: 2 * _SHOWN] if isinstance(value, str) else value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


class _Types:
    def __init__(self, kind: SessionKind) -> None:
        self._kind: SessionKind = kind

    def check(self, value: Any, hint: Any, path: str) -> Iterator[Problem]:
        """Yield what is wrong with `value` at `path`, where the package has `hint`."""
        if object in arms(hint) or (isinstance(value, str) and general(path) == _TOOL):
            return
        if value is None:
            if type(None) not in arms(hint) and general(path) not in _NULLABLE:
                yield _null(path)
        elif isinstance(value, dict) and (dicts := dicts_of(hint)):
            yield from self._object(cast("dict[str, Any]", value), dicts, path)
        elif isinstance(value, dict) and (inner := value_of(hint)) is not None:
            for name, entry in cast("dict[str, Any]", value).items():
                yield from self.check(entry, inner, f"{path}.{name}")
        elif isinstance(value, list) and (inner := entry_of(hint)) is not None:
            for place, entry in enumerate(cast("list[Any]", value)):
                yield from self.check(entry, inner, f"{path}[{place}]")
        elif not _scalar_fits(value, hint):
            yield _misfit(_BLOT if _SECRET.search(path) else value, hint, path)

    def _object(self, value: dict[str, Any], dicts: Sequence[Any], path: str) -> Iterator[Problem]:
        """Yield what is wrong with an object that one of several shapes must fit."""
        chosen = fitting(dicts, value)
        tags = [tag for shape in dicts for tag in tags_of(shape)]
        untold = len(dicts) > 1 and not chosen and all(tags_of(shape) for shape in dicts)
        if untold:
            yield _tag_problem(value, tags, path)
            # What is meant cannot be told; the shapes that have all the names come closest.
            chosen = tuple(s for s in dicts if set(value) <= {*members(s), "type"})
        chosen = chosen or tuple(dicts)
        known = {name: member for shape in chosen for name, member in members(shape).items()}
        for name, entry in value.items():
            where = f"{path}.{name}" if path else name
            if untold and name == "type":
                continue
            if name in known:
                yield from self.check(entry, known[name].hint, where)
            elif others := [s for s in dicts if name in members(s)]:
                yield wrong_place(path, name, value.get("type"), tags_of(others[0]))
            else:
                yield unknown_name(path, name, known, self._kind, entry)
        for name, member in known.items():
            if member.required and name not in value and len(chosen) == 1:
                yield _missing(path, name, words_of(member.hint), tags)


def _scalar_fits(value: Any, hint: Any) -> bool:
    if any(type(value) is type(word) and value == word for word in words_of(hint)):
        return True
    types = {arm for arm in arms(hint) if isinstance(arm, type)}
    return type(value) in types or (type(value) is int and float in types)


def _tag_problem(value: Mapping[str, Any], tags: Sequence[str], path: str) -> Problem:
    inside = f"`{path}`" if path else "the session"
    if "type" not in value:
        return Problem(f"{path}.type", f"{inside} has no `type`", f"write {_written('type', tags)}")
    return _misfit_word(value["type"], tags, f"{path}.type")


def _missing(path: str, name: str, words: Sequence[Any], tags: Sequence[str]) -> Problem:
    where = f"{path}.{name}" if path else name
    inside = f"`{path}`" if path else "the session"
    words = words or (tags if name == "type" else ())
    advice = f"write {_written(name, words or ['…'])} into it"
    return Problem(where, f"{inside} has no `{name}`, and must have one", advice)


def _null(path: str) -> Problem:
    field = FIELDS.get(general(path))
    clear = field.clear if field is not None else ""
    advice = f"write {clear} to clear it" if clear else "leave it out to keep what is in force"
    return Problem(path, f"`{path}` cannot be null", advice)


def _misfit(value: Any, hint: Any, path: str) -> Problem:
    words = words_of(hint)
    if words and isinstance(value, str) and not {int, float, bool} & set(arms(hint)):
        return _misfit_word(value, words, path, _wanted(hint, path) if dicts_of(hint) else "")
    wanted = _wanted(hint, path)
    message, advice = f"`{path}` is {shown(value)}, and takes {wanted}", ""
    if isinstance(value, bool) and str in arms(hint):
        meant = "yes, on or true" if value else "no, off or false"
        advice = f"put the word in quotes: YAML reads {meant} as {shown(value)}"
    elif isinstance(value, int | float) and str in arms(hint):
        advice = f'put it in quotes: "{value}"'
    elif isinstance(value, str) and entry_of(hint) is str:
        advice = f"write a list: [{value[:_SHOWN]}]"
    if not advice:
        return Problem(path, f"`{path}` is {shown(value)}", f"it takes {wanted}")
    return Problem(path, message, advice)


def _misfit_word(value: Any, words: Sequence[Any], path: str, wanted: str = "") -> Problem:
    near = nearest(value, map(str, words), _ALIKE) if isinstance(value, str) else ""
    takes = f"it takes {wanted or _either(words)}"
    return Problem(path, f"`{path}` is {shown(value)}", near.removeprefix("; ") or takes)


def _wanted(hint: Any, path: str) -> str:
    field = FIELDS.get(general(path))
    if field is not None:
        return field.takes
    if entry_of(hint) is not None:
        return "a list"
    if dicts_of(hint) or value_of(hint) is not None:
        return "an object"
    names = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}
    known = [names[arm] for arm in arms(hint) if arm in names]
    return " or ".join(known) if known else _either(words_of(hint))


def _either(words: Sequence[Any]) -> str:
    """Return words as a choice: ``a, b or c``."""
    *first, last = dict.fromkeys(map(str, words))
    return f"{', '.join(first)} or {last}" if first else last


def _written(name: str, words: Sequence[Any]) -> str:
    return " or ".join(f"`{name}: {word}`" for word in dict.fromkeys(map(str, words)))
