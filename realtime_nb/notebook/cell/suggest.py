"""What may be written next in a ``%%realtime`` cell or after ``%realtime``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from realtime_nb.notebook.cell.fields import CELL_FIELDS
from realtime_nb.notebook.cell.front_matter_place import (
    Place,
    front_matter_before,
    kind_of,
    names_given,
    place_in,
)
from realtime_nb.notebook.transports.choice import CHOICES
from realtime_nb.protocol.config.catalogue import FIELDS, field_names, field_values, find_field
from realtime_nb.protocol.config.models import names_for
from realtime_nb.protocol.config.problem import KINDS, SessionKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_LINE: Final = re.compile(r"\s*(?:\w+\s*=\s*)?%realtime\s+(?P<rest>.*)$")
_CELL: Final = "%%realtime"
_OF_A_CHAT: Final = ("events", "cost", "check", "timeline", "tools")
_COMMANDS: Final = (
    *("help", "secret", "prompt", *_OF_A_CHAT),
    *("save", "open", "transports", "page", "which"),
)
_PROMPT_COMMANDS: Final = ("new", "check", "critique")
_SECRET_OPTIONS: Final = ("--expires", "--endpoint")
_ANSWERS: Final = ("low-latency", "no-hurry", "talk", "script", "in", "out", "stream", "none")
_TRANSCRIBER: Final = "audio.input.transcription.model"


@dataclass(frozen=True, slots=True)
class Known:
    """What there is beside the fields of a session.

    Attributes
    ----------
    options
        The options of ``%%realtime``, such as ``--model``.
    flags
        Those of them that take no value.
    endpoints
        Gives the names of the endpoints; called only when they are asked for.
    chats
        The names of the chats there are.
    lines
        Those of the telephone lines.
    """

    options: tuple[str, ...] = ()
    flags: frozenset[str] = frozenset()
    endpoints: Callable[[], tuple[str, ...]] = tuple
    chats: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Words that may stand at the cursor.

    Attributes
    ----------
    fragment
        What they replace: the text before the cursor ends with it.
    words
        The words, best first.
    kind
        ``command``, ``option``, ``endpoint``, ``model``, ``chat``, ``field`` or ``value``.
    """

    fragment: str
    words: tuple[str, ...]
    kind: str


def suggest(text: str, cursor: int, known: Known) -> Suggestion | None:
    """Return what may be written at the cursor; None where this is not ours to say.

    Parameters
    ----------
    text
        The whole cell.
    cursor
        A place in it, counted in characters from 0.
    known
        What there is beside the fields.
    """
    before = text[:cursor].split("\n")
    first = next((place for place, line in enumerate(before) if line.strip()), None)
    if first is None:
        return None
    head = before[first]
    if head.startswith(_CELL) and head[len(_CELL) :][:1] in ("", " ", "\t"):
        if first == len(before) - 1:
            return _in_head(head[len(_CELL) :], known)
        return _in_body(text, before[first + 1 :])
    found = _LINE.match(before[-1])
    return _after_line_magic(found["rest"], known) if found else None


def _chosen(fragment: str, words: Iterable[str], kind: str) -> Suggestion | None:
    fitting = tuple(word for word in words if word.lower().startswith(fragment.lower()))
    return Suggestion(fragment, fitting, kind) if fitting else None


# -- the magics' own lines


def _in_head(rest: str, known: Known) -> Suggestion | None:
    if not rest:
        return None
    *done, fragment = re.split(r"\s+", rest.lstrip())
    option, equals, given = fragment.partition("=")
    if equals:
        return _option_value(option, given, known)
    last = done[-1] if done else ""
    if last in known.options and last not in known.flags:
        return _option_value(last, fragment, known)
    if fragment.startswith("-"):
        return _chosen(fragment, (one for one in known.options if one not in done), "option")
    return _chosen(fragment, known.chats, "chat") if fragment else None


def _option_value(option: str, fragment: str, known: Known) -> Suggestion | None:
    match option:
        case "--endpoint":
            return _chosen(fragment, known.endpoints(), "endpoint")
        case "--model":
            return _chosen(fragment, (*names_for("realtime"), *names_for("translation")), "model")
        case "--transport":
            return _chosen(fragment, CHOICES, "value")
        case "--phone":
            return _chosen(fragment, known.lines, "value")
        case _:
            return None


def _after_line_magic(rest: str, known: Known) -> Suggestion | None:
    *done, fragment = re.split(r"\s+", rest)
    match done:
        case []:
            return _chosen(fragment, _COMMANDS, "command")
        case ["help"]:
            return _chosen(fragment, _every_field(), "field")
        case ["prompt"] | ["which", *_]:
            words = _PROMPT_COMMANDS if done[0] == "prompt" else _ANSWERS
            return _chosen(fragment, (word for word in words if word not in done), "command")
        case ["prompt", _] | [
            "events" | "cost" | "check" | "tools" | "save" | "transports" | "page"
        ]:
            return _chosen(fragment, known.chats, "chat")
        case ["secret", *_]:
            return _after_secret(done[-1], fragment, known)
        case _:
            return None


def _after_secret(last: str, fragment: str, known: Known) -> Suggestion | None:
    if last == "--endpoint":
        return _chosen(fragment, known.endpoints(), "endpoint")
    if last in _SECRET_OPTIONS:
        return None
    if fragment.startswith("-"):
        return _chosen(fragment, _SECRET_OPTIONS, "option")
    return _chosen(fragment, known.chats, "chat")


def _every_field() -> tuple[str, ...]:
    """Return all that `%realtime help` takes: what one writes at a line's start comes first."""
    names = dict.fromkeys(name for kind in KINDS for name in field_names(kind))
    return tuple(dict.fromkeys((*sorted({*names, *CELL_FIELDS}), *FIELDS)))


# -- the front matter


def _in_body(text: str, before: list[str]) -> Suggestion | None:
    inside = front_matter_before(before)
    place = place_in(inside) if inside is not None else None
    if inside is None or place is None:
        return None
    whole = _whole_front_matter(text)
    kind = _kind(kind_of(whole))
    if place.is_value:
        return _values(place, kind)
    return _names(place, kind, names_given([*whole[: len(inside) - 1], *whole[len(inside) :]]))


def _whole_front_matter(text: str) -> list[str]:
    """Return the front matter with what stands below the cursor, too."""
    lines = text.split("\n")
    start = next(place for place, line in enumerate(lines) if line.rstrip() == "---")
    rest = lines[start + 1 :]
    end = next((place for place, line in enumerate(rest) if line.rstrip() == "---"), len(rest))
    return rest[:end]


def _kind(written: str) -> SessionKind:
    kinds: dict[str, SessionKind] = {kind: kind for kind in KINDS}
    return kinds.get(written, "realtime")


def _names(place: Place, kind: SessionKind, given: frozenset[str]) -> Suggestion | None:
    if not place.path:
        names = sorted({*field_names(kind), *CELL_FIELDS})
        words = [name for name in names if name not in given]
        return _chosen(place.fragment, words, "field")
    above = f"{_ga_path(place.path, kind)}."
    below = (path.removeprefix(above) for path in FIELDS if path.startswith(above))
    names = dict.fromkeys(re.split(r"[.\[]", path)[0] for path in below)
    fitting = [name for name in names if _is_in(f"{above}{name}", kind)]
    return _chosen(place.fragment, fitting, "field")


def _is_in(path: str, kind: SessionKind) -> bool:
    """Whether the field, or one below it, is of this kind of session."""
    return any(
        kind in field.kinds
        for field in FIELDS.values()
        if field.path == path or field.path.startswith((f"{path}.", f"{path}["))
    )


def _values(place: Place, kind: SessionKind) -> Suggestion | None:
    path = _ga_path(place.path, kind)
    if path == "model":
        return _chosen(place.fragment, names_for(kind), "model")
    if path == _TRANSCRIBER:
        return _chosen(place.fragment, names_for("transcription"), "model")
    if path.endswith("[]"):
        listed = field_values(path.removesuffix("[]"))
        return _chosen(place.fragment, (word.strip("[]") for word in listed), "value")
    return _chosen(place.fragment, field_values(path), "value")


def _ga_path(written: str, kind: SessionKind) -> str:
    """Return the place in the GA shape of a path whose first word may be a short name."""
    first, dot, rest = written.partition(".")
    bare = first.removesuffix("[]")
    short = next((f for f in FIELDS.values() if f.short_name(kind) == bare), None)
    field = short or find_field(bare, kind)
    return (field.path if field else bare) + first.removeprefix(bare) + dot + rest
