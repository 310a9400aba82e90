"""The units of a config: what is asked for, compared and replaced as one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from realtime_nb.protocol.credentials import CREDENTIALS

_RELATIVE: Final = 1e-6  # a service may keep numbers in 32 bits


def units(config: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the path and value of every unit of a GA session but its `type`.

    Units are the fields of ``audio.input`` and ``audio.output`` and the others of the top
    level: ``audio.input.turn_detection`` is one, whatever it holds.
    """
    for name, value in config.items():
        if name == "audio" and isinstance(value, Mapping):
            yield from _audio_units(cast("Mapping[str, Any]", value))
        elif name != "type":
            yield name, value


def _audio_units(audio: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for side, fields in audio.items():
        if side in {"input", "output"} and isinstance(fields, Mapping):
            for name, value in cast("Mapping[str, Any]", fields).items():
                yield f"audio.{side}.{name}", value
        else:
            yield f"audio.{side}", fields


@dataclass(frozen=True, slots=True)
class Match:
    """How what is in force answers what was asked for.

    Attributes
    ----------
    differing
        Parts that were asked for and are in force otherwise: path inside the unit (``""``
        for the whole), asked, in force.
    untold
        Parts that were asked for and are not there.
    added
        Parts that are there and were not asked for, nulls apart.
    """

    differing: tuple[tuple[str, Any, Any], ...] = ()
    untold: tuple[str, ...] = ()
    added: tuple[str, ...] = ()

    @property
    def covered(self) -> bool:
        """Whether all that was asked for is in force."""
        return not self.differing and not self.untold


def match(asked: Any, got: Any) -> Match:
    """Compare a unit as asked for with the same as it is in force.

    Numbers are compared by value, an empty text or list and null mean the same nothing, and
    the tools of a list are told by their names.
    """
    matcher = _Matcher()
    matcher.visit(asked, got, "")
    return Match(tuple(matcher.differing), tuple(matcher.untold), tuple(matcher.added))


class _Matcher:
    def __init__(self) -> None:
        self.differing: list[tuple[str, Any, Any]] = []
        self.untold: list[str] = []
        self.added: list[str] = []

    def visit(self, asked: Any, got: Any, path: str) -> None:
        if isinstance(asked, Mapping) and isinstance(got, Mapping):
            self._objects(cast("Mapping[str, Any]", asked), cast("Mapping[str, Any]", got), path)
        elif isinstance(asked, list) and isinstance(got, list):
            self._lists(cast("list[Any]", asked), cast("list[Any]", got), path)
        elif not _same(asked, got):
            self.differing.append((path, cast("Any", asked), got))

    def _objects(self, asked: Mapping[str, Any], got: Mapping[str, Any], path: str) -> None:
        for name, value in asked.items():
            where = f"{path}.{name}" if path else name
            if name in got and not (got[name] is None and name in CREDENTIALS):
                self.visit(value, got[name], where)
            elif not _is_nothing(value) and name not in CREDENTIALS:
                self.untold.append(where)
        self.added += [
            f"{path}.{name}" if path else name
            for name, value in got.items()
            if name not in asked and value is not None
        ]

    def _lists(self, asked: list[Any], got: list[Any], path: str) -> None:
        if len(asked) != len(got):
            self.differing.append((path, asked, got))
            return
        by_name = {name: entry for entry in got if (name := _name_of(entry))}
        for place, entry in enumerate(asked):
            self.visit(entry, by_name.get(_name_of(entry), got[place]), f"{path}[{place}]")


def _name_of(entry: Any) -> str:
    if not isinstance(entry, Mapping):
        return ""
    tool = cast("Mapping[str, Any]", entry)
    name = tool.get("name") or tool.get("server_label")
    return name if isinstance(name, str) else ""


def _same(asked: Any, got: Any) -> bool:
    if _is_nothing(asked) and _is_nothing(got):
        return True
    if isinstance(asked, bool) or isinstance(got, bool):
        return asked is got
    if isinstance(asked, int | float) and isinstance(got, int | float):
        return math.isclose(asked, got, rel_tol=_RELATIVE)
    if isinstance(asked, str) and isinstance(got, str):
        return asked == got or asked.strip() == got.strip()
    return asked == got or _voice_id(asked) == _voice_id(got) != ""


def _voice_id(value: Any) -> str:
    """Return the id of a custom voice, which may be written with its object or without."""
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, Any]", value)
        value = fields.get("id") if len(fields) == 1 else ""
    return value if isinstance(value, str) else ""


def _is_nothing(value: Any) -> bool:
    return value is None or value in ("", [], {})
