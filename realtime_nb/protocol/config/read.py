"""Reading a session config as people write it, into the shape the service takes.

Three spellings may be mixed: the GA shape (``audio: {output: {voice: marin}}``), a flat
short form (``voice: marin``, ``turn_detection: semantic_vad``), and a whole event as the
documentation prints it (``{"type": "session.update", "session": {…}}``). Nothing is refused
here: names and values are the check's business, and what it refuses can still be sent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from realtime_nb.protocol.config.paths import MISSING, get, put
from realtime_nb.protocol.config.plain import PlainReader
from realtime_nb.protocol.config.problem import KINDS, Problem, SessionKind
from realtime_nb.protocol.config.spelling import (
    COMPLETED,
    KIND_SHORT_FORMS,
    PLURAL_LANGUAGE,
    SHORT_FORMS,
    complete_object,
    expand_word,
)
from realtime_nb.protocol.config.write import request_of, write_config

__all__ = ["SHORT_FORMS", "Draft", "read_config", "request_of", "write_config"]

# What may stand beside `session` in an event or in the body that asks for a client secret.
_ENVELOPE: Final = frozenset({"type", "event_id", "expires_after"})

_REPORTS: Final = ("session.created", "session.updated")
_LANGUAGE: Final = "audio.input.transcription.language"
_SHORT_LANGUAGE: Final = frozenset({"language", "session.language"})
_LONGEST_SHOWN: Final = 40


@dataclass(frozen=True, slots=True)
class Draft:
    """A config as it was written, in the shape of the service; not checked yet.

    Attributes
    ----------
    config
        The session object in the GA shape, always with a `type`. Names that do not exist,
        and those of the beta API, stand where they were written.
    kind
        What `type` says; ``realtime`` where it says nothing known.
    origins
        GA path → path as written, such as ``audio.output.voice`` → ``voice``, for every
        place that was written.
    problems
        What reading itself found: a field given twice, a name that is no text, a value that
        JSON does not have.
    """

    config: dict[str, Any]
    kind: SessionKind = "realtime"
    origins: Mapping[str, str] = field(default_factory=dict[str, str])
    problems: tuple[Problem, ...] = ()

    def written(self, path: str) -> str:
        """Return how the nearest place at or above a GA `path` was written, else ``""``."""
        while path and path not in self.origins:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.origins.get(path, "")


def read_config(written: Mapping[str, Any]) -> Draft:
    """Return what `written` means, in the GA shape.

    Parameters
    ----------
    written
        GA names, flat short names, or both; see `SHORT_FORMS`. A bare word stands for an
        object where the service wants one (``turn_detection: semantic_vad``); ``none``,
        ``off`` or ``manual`` is null where null switches something off; a part of an object
        that says which it is gets its `type` (``turn_detection: {eagerness: low}``). A
        transcription session has its transcriber's names at the top (``model``,
        ``language``), a translation has ``language`` for the one it speaks. What is no
        mapping is told as a problem.
    """
    plain = PlainReader()
    if not isinstance(written, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
        kind = type(written).__name__
        message = f"a session config is a set of names and values, not a {kind}"
        return Draft(
            {"type": "realtime"},
            problems=(Problem("", message, "write one `name: value` a line"),),
        )
    fields = cast("dict[str, Any]", plain.read(written, ""))
    entries = _unwrapped(fields)
    reader = _Reader(_kind_of(entries))
    reader.problems += _expiry(fields)
    for path, name, value in entries:
        reader.take(path, name, value)
    reader.finish()
    return Draft(reader.config, reader.kind, reader.origins, (*plain.problems, *reader.problems))


Entry = tuple[str, str, Any]  # the path as written, the name, what stands there


def _unwrapped(written: dict[str, Any], place: str = "") -> list[Entry]:
    """Return the session's entries; an event around them falls away."""
    session = written.get("session")
    if not isinstance(session, dict):
        return [(f"{place}{name}", name, value) for name, value in written.items()]
    inner = cast("dict[str, Any]", session)
    event = written.get("type")
    entries = _unwrapped(request_of(inner) if event in _REPORTS else inner, f"{place}session.")
    if event == "transcription_session.update" and "type" not in inner:
        entries.insert(0, (f"{place}type", "type", "transcription"))
    outer = (name for name in written if name not in _ENVELOPE and name != "session")
    return entries + [(f"{place}{name}", name, written[name]) for name in outer]


def _expiry(written: dict[str, Any]) -> list[Problem]:
    """Tell of what concerns a client secret, where its whole request was pasted."""
    if "expires_after" not in written or not isinstance(written.get("session"), dict):
        return []
    message = "`expires_after` belongs to a client secret, not to the session, and was left out"
    return [Problem("expires_after", message, severity="warning")]


def _kind_of(entries: list[Entry]) -> SessionKind:
    word = next((value for _, name, value in entries if name == "type"), "realtime")
    for kind in KINDS:
        if word == kind:
            return kind
    return "realtime"


class _Reader:
    """Puts entries where they belong, and keeps how each was written."""

    def __init__(self, kind: SessionKind) -> None:
        self.kind: SessionKind = kind
        self.config: dict[str, Any] = {"type": kind}
        self.origins: dict[str, str] = {}
        self.problems: list[Problem] = []
        self._short = {**SHORT_FORMS, **KIND_SHORT_FORMS[kind]}

    def take(self, written: str, name: str, value: Any) -> None:
        """Read one entry of the top level."""
        if name == "type":
            self.config["type"] = value
            self.origins["type"] = written
            return
        *parents, last = self._keys(name)
        place = self.config
        for depth, parent in enumerate(parents):
            inner = place.setdefault(parent, {})
            if not isinstance(inner, dict):
                self._twice(".".join(parents[: depth + 1]), inner, value, written)
                return
            place = cast("dict[str, Any]", inner)
        self._lay(place, last, ".".join([*parents, last]), value, written)

    def _keys(self, name: str) -> list[str]:
        if name.startswith("audio."):  # the place as the help prints it
            return name.split(".")
        return self._short[name].split(".") if name in self._short else [name]

    def _lay(self, place: dict[str, Any], name: str, path: str, value: Any, written: str) -> None:
        meant = expand_word(path, value)
        old = place.get(name, MISSING)
        if isinstance(meant, dict) and (old is MISSING or isinstance(old, dict)):
            self.origins.setdefault(path, written)
            inner = cast("dict[str, Any]", place.setdefault(name, {}))
            for key, entry in cast("dict[str, Any]", meant).items():
                where = f"{written}.{key}" if meant is value else written
                self._lay(inner, key, f"{path}.{key}", entry, where)
        elif old is MISSING:
            place[name] = meant
            self._note(path, value, written)
        elif old != meant:
            self._twice(path, old, meant, written)

    def _note(self, path: str, value: Any, written: str) -> None:
        self.origins.setdefault(path, written)
        if isinstance(value, list):
            for place, entry in enumerate(cast("list[Any]", value)):
                self._note(f"{path}[{place}]", entry, f"{written}[{place}]")
        elif isinstance(value, dict):
            for key, entry in cast("dict[str, Any]", value).items():
                self._note(f"{path}.{key}", entry, f"{written}.{key}")

    def _twice(self, path: str, first: Any, second: Any, written: str) -> None:
        place = self.origins.get(path, path)
        message = (
            f"`{path}` is given twice, as {_shown(first)} (`{place}`)"
            f" and as {_shown(second)} (`{written}`)"
        )
        self.problems.append(Problem(path, message, "keep one"))

    def finish(self) -> None:
        """Complete what was written in part, once everything is there."""
        for path in COMPLETED:
            value = get(self.config, path)
            if isinstance(value, dict):
                put(self.config, path, complete_object(path, cast("dict[str, Any]", value)))
        tools = self.config.get("tools")
        if isinstance(tools, list):
            self.config["tools"] = [
                complete_object(f"tools[{place}]", cast("dict[str, Any]", tool))
                if isinstance(tool, dict)
                else tool
                for place, tool in enumerate(cast("list[Any]", tools))
            ]
        self._move_language()

    def _move_language(self) -> None:
        """Put the short `language` where the transcriber takes it, as one or as a list."""
        transcription = get(self.config, "audio.input.transcription")
        if self.origins.get(_LANGUAGE) not in _SHORT_LANGUAGE or not isinstance(
            transcription, dict
        ):
            return
        fields = cast("dict[str, Any]", transcription)
        model = fields.get("model")
        if isinstance(model, str) and model in PLURAL_LANGUAGE and "languages" not in fields:
            fields["languages"] = [fields.pop("language")]
            self.origins[f"{_LANGUAGE}s"] = self.origins.pop(_LANGUAGE)


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
