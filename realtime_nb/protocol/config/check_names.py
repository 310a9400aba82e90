"""What to say of a name that does not stand where the service has one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from realtime_nb.protocol.config.catalogue import FIELDS, field_names, find_field, general
from realtime_nb.protocol.config.migrate_names import BETA_FIELDS, BETA_FORMATS
from realtime_nb.protocol.config.problem import Problem
from realtime_nb.protocol.config.shapes import REPLY_ONLY, nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from realtime_nb.protocol.config.problem import SessionKind

_BETA_END: Final = "gone since 2026-05-12"
_FLAT_FUNCTION: Final = (
    "a session's functions are flat: its name, description and parameters stand beside `type`"
)
_SHORT: Final = 30  # characters of a value that advice repeats
_FEW: Final = 8  # as many names as are listed when none is near


def unknown_name(
    path: str, name: str, known: Collection[str], kind: SessionKind, value: Any = None
) -> Problem:
    """Return the problem of a name that the object at `path` does not have.

    Parameters
    ----------
    path
        The object's place, ``""`` for the session itself.
    name
        As it is written.
    known
        The names it does have.
    kind
        Of the session.
    value
        What stands there, for advice that repeats it.
    """
    where = f"{path}.{name}" if path else name
    if not path and name in REPLY_ONLY:
        message = f"`{name}` is set by the service alone"
        return Problem(where, message, "leave it out")
    if not path and name in BETA_FIELDS:
        return _beta(name, value)
    inside = f"`{path}`" if path else "a session"
    message = f"{inside} has no field {name!r}"
    if name == "function" and path.startswith("tools["):
        return Problem(where, message, _FLAT_FUNCTION)
    if owners := _owners(where):
        message = f"a {kind} session has no `{where}`"
        short = find_field(name, kind)
        if not path and short is not None and short.short_name(kind) == name:
            return Problem(where, message, f"its place is `{short.path}`")
        return Problem(where, message, f"{' and '.join(sorted(owners))} sessions have it")
    # What a cell may write at the top are the short names, too.
    names = {*known, *(field_names(kind) if not path else ())}
    near = nearest(name, names).removeprefix("; ")
    advice = _elsewhere(name, where, kind) or near or _listing(known)
    return Problem(where, message, advice)


def wrong_place(path: str, name: str, kind: Any, owners: Sequence[str]) -> Problem:
    """Return the problem of a name that only another `type` of the object at `path` has."""
    owner = " or ".join(owners)
    of = f" of type {kind!r}" if isinstance(kind, str) else ""
    message = f"`{path}`{of} has no field {name!r}"
    return Problem(f"{path}.{name}", message, f"only type {owner!r} has it")


def nested(path: str, text: str = "…") -> str:
    """Return a path as YAML in one line: ``audio: {output: {voice: …}}``."""
    first, _, rest = path.partition(".")
    return f"{first}: {{{nested(rest, text)}}}" if rest else f"{first}: {text}"


def _beta(name: str, value: Any) -> Problem:
    now = BETA_FIELDS[name]
    message = f"`{name}` at the top of a session is a name of the beta API, {_BETA_END}"
    if not now:
        return Problem(name, message, "leave it out: it was removed")
    written = f"`{nested(now, _now(name, value))}`"
    advice = f"write `{now}`, that is {written}" if "." in now else f"write {written}"
    return Problem(name, message, advice)


def _now(name: str, value: Any) -> str:
    """Return what a beta value is called now, ``…`` where that takes more than a word."""
    if name == "modalities":
        return "[text]" if value == ["text"] else "[audio]"
    if isinstance(value, str) and value in BETA_FORMATS:
        entries = BETA_FORMATS[value].items()
        return f"{{{', '.join(f'{key}: {entry}' for key, entry in entries)}}}"
    plain = isinstance(value, int | float) or (isinstance(value, str) and value.isidentifier())
    return str(value) if plain and len(str(value)) < _SHORT else "…"


def _elsewhere(name: str, where: str, kind: SessionKind) -> str:
    """Return the advice for a name that stands somewhere else in a session of this kind."""
    places = [
        field.path
        for field in FIELDS.values()
        if kind in field.kinds and field.path != where and "[]" not in field.path
        and name in (field.path.rpartition(".")[2], field.short_name(kind))
    ]  # fmt: skip
    if not places and name in BETA_FIELDS:
        places = [path for path in [BETA_FIELDS[name]] if path and kind in FIELDS[path].kinds]
    return f"its place is `{places[0]}`" if len(places) == 1 else ""


def _owners(where: str) -> set[SessionKind]:
    """Return the kinds of session that have something at a place."""
    place = general(where)
    return {
        kind
        for field in FIELDS.values()
        if field.path == place or field.path.startswith((f"{place}.", f"{place}["))
        for kind in field.kinds
    }


def _listing(known: Collection[str]) -> str:
    names = sorted(known)
    return f"it has {', '.join(names)}" if len(names) <= _FEW else f"there are {', '.join(names)}"
