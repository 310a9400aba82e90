"""A file of one conversation read again, as far as it is there; nothing in it is believed."""

from __future__ import annotations

import datetime as dt
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, TypeVar, cast

from realtime_nb.errors import UsageError
from realtime_nb.inspection.archive.call import NAME as CALL_NAME
from realtime_nb.inspection.archive.call import read_call
from realtime_nb.inspection.archive.events import loads, read_lines
from realtime_nb.inspection.archive.facts import (
    SavedConversation,
    items_from_plain,
    notes_from_plain,
    rows_from_plain,
    timings_from_plain,
)
from realtime_nb.inspection.archive.sound import FOLDER
from realtime_nb.inspection.archive.zip import UNREADABLE, Members
from realtime_nb.inspection.talk import Talk, config_rows
from realtime_nb.protocol.config.problem import KINDS
from realtime_nb.protocol.conversation.reducer import Conversation
from realtime_nb.protocol.log.event_log import EventLog
from realtime_nb.protocol.summary import shorten
from realtime_nb.protocol.told import as_object, as_objects

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.inspection.archive.sound import Place
    from realtime_nb.protocol.config.problem import SessionKind

FORMAT: Final = "realtime_nb.talk"
VERSION: Final = 1
LIMIT_BYTES: Final = 2 * 2**30
"""What a file may unpack to unless its reader says otherwise."""

_SMALL: Final = 64 * 2**20  # of every member but events and sound
_MOST_PROBLEMS: Final = 100
_NO_BOUND: Final = sys.maxsize  # the file is bounded as a whole
_LONGEST: Final = 200

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Saved:
    """What was in a file.

    Attributes
    ----------
    talk
        The conversation.
    problems
        What could not be read, a line each; empty for a file that is whole.
    endpoint
        What the service is called; ``""`` where nobody said.
    saved_at
        When it was saved; None where nobody said.
    """

    talk: Talk
    problems: tuple[str, ...] = ()
    endpoint: str = ""
    saved_at: dt.datetime | None = None


def read(path: str | os.PathLike[str], *, limit_bytes: int = LIMIT_BYTES) -> Saved:
    """Read what `save` wrote, as far as it is there.

    Parameters
    ----------
    path
        The file.
    limit_bytes
        What it may unpack to.

    Raises
    ------
    UsageError
        When there is no such file, when it is none of this kind or of a version that cannot
        be read here, when it would unpack to more than `limit_bytes`, or holds no events.
    """
    source, shown = Path(path).expanduser(), repr(os.fspath(path))
    if "\0" in str(source):
        raise UsageError(f"cannot read {shown}: embedded null byte.")
    try:
        with source.open("rb") as file, Members(file, shown, limit_bytes) as members:
            return _Reading(members, shown, source.stem).finish()
    except FileNotFoundError:
        raise UsageError(f"there is no file {shown} in {Path.cwd()}.") from None
    except OSError as error:
        reason = (error.strerror or str(error)).rstrip(".")
        raise UsageError(f"cannot read {shown}: {reason}.") from error


class _Reading:
    """Reads one file, and gathers what is wrong with it."""

    def __init__(self, members: Members, shown: str, name: str) -> None:
        self._members = members
        self._shown = shown
        self._name = name
        self._problems: list[str] = []
        self._more = 0

    def finish(self) -> Saved:
        manifest = self._manifest()
        if self._members.cut:
            self._wrong("the file is cut short; what lies before the cut has been read")
        log = self._log(manifest)
        if CALL_NAME in self._members:
            for problem in read_call(self._object(CALL_NAME), self._members, log):
                self._wrong(problem)
        config = self._object("config.json")
        facts = self._object("notes.json")
        conversation = self._conversation(log, config.get("session"))
        talk = Talk(
            log=log,
            conversation=conversation,
            notes=self._read("notes", notes_from_plain, facts.get("notes")),
            timings=self._read("timings", timings_from_plain, facts.get("timings")) or (),
            model=_text(manifest.get("model")),
            kind=_kind(manifest.get("kind")),
            config_rows=config_rows(rows_from_plain(as_objects(config.get("rows")))),
            name=_text(manifest.get("name")) or self._name,
            practice=manifest.get("practice") is True,
        )
        if self._more:
            self._problems.append(f"and {self._more:,} more")
        return Saved(
            talk,
            tuple(self._problems),
            endpoint=_text(manifest.get("endpoint")),
            saved_at=_date(manifest.get("saved_at")),
        )

    def _manifest(self) -> dict[str, Any]:
        try:
            manifest = loads(self._members.read("manifest.json", _SMALL))
        except UNREADABLE as error:
            if "events.jsonl" not in self._members:
                raise UsageError(f"{self._shown} is no .rtnb file: it has no manifest.") from None
            self._wrong(f"manifest.json: {_said(error)}")
            return {}
        told = as_object(manifest)
        if told.get("format") != FORMAT:
            raise UsageError(f"{self._shown} is no .rtnb file: its manifest says something else.")
        version, needed = told.get("version"), told.get("readable_from", told.get("version"))
        by = shorten(_text(told.get("written_by")), 40) or "a newer realtime_nb"
        if not isinstance(version, int) or not isinstance(needed, int):
            self._wrong("manifest.json says no version")
        elif needed > VERSION:
            raise UsageError(
                f"{self._shown} is of version {version} and was written by {by}; this realtime_nb"
                f" reads version {VERSION}. Upgrade it, or unzip the file: its events.jsonl is"
                " plain JSON."
            )
        elif version > VERSION:
            self._wrong(f"it was written by {by}, which is newer: what is new in it is left out")
        return told

    # -- events and their sound

    def _log(self, manifest: dict[str, Any]) -> EventLog:
        log = EventLog(max_audio_bytes=_NO_BOUND, max_bytes=_NO_BOUND)
        log.dropped_records = _count(manifest.get("dropped_records"))
        log.dropped_audio = dropped = _count(manifest.get("dropped_audio"))
        sounds = _Sounds(self._members)
        if "events.jsonl" not in self._members:
            raise UsageError(f"{self._shown} holds no events: it ends before them.")
        try:
            with self._members.open("events.jsonl") as file:
                for problem in read_lines(file, log, sounds.at):
                    self._wrong(f"events.jsonl, {problem}")
        except UNREADABLE as error:
            self._wrong(f"events.jsonl cannot be read beyond event {len(log):,}: {_said(error)}")
        finally:
            sounds.close()
        if log.dropped_audio > dropped:
            self._wrong(f"the sound of {log.dropped_audio - dropped:,} events is missing")
        return log

    def _conversation(self, log: EventLog, session: Any) -> Conversation:
        told = self._object("conversation.json")
        items = self._read("conversation", items_from_plain, told.get("items"))
        if items is None:
            return Conversation.replay(log)
        counted, sent = (_ms(told.get(name)) for name in ("input_audio_ms", "sent_audio_ms"))
        return SavedConversation(
            items,
            cast("dict[str, Any]", session) if isinstance(session, dict) else None,
            counted,
            sent,
        )

    # -- the rest

    def _object(self, name: str) -> dict[str, Any]:
        try:
            value = loads(self._members.read(name, _SMALL))
        except UNREADABLE as error:
            self._wrong(f"{name}: {_said(error)}")
            return {}
        if isinstance(value, dict):
            return cast("dict[str, Any]", value)
        self._wrong(f"{name} holds no object")
        return {}

    def _read(self, what: str, reader: Callable[[Any], T], plain: Any) -> T | None:
        if plain is None:
            return None
        try:
            return reader(plain)
        except (ValueError, RecursionError) as error:
            self._wrong(f"the {what} could not be read: {_said(error)}")
            return None

    def _wrong(self, problem: str) -> None:
        if len(self._problems) < _MOST_PROBLEMS:
            self._problems.append(shorten(problem, _LONGEST))
        else:
            self._more += 1


class _Sounds:
    """The sound of a file's events, read from its beginning to its end."""

    def __init__(self, members: Members) -> None:
        self._members = members
        self._open: dict[str, IO[bytes] | None] = {}
        self._read_to: dict[str, int] = {}

    def at(self, place: Place) -> bytes | None:
        """Return the sound at a place; None when it is not there, whole."""
        name, at, size = place.get("in"), place.get("at"), place.get("bytes")
        if not isinstance(name, str) or not name.startswith(FOLDER) or name not in self._members:
            return None
        if not isinstance(at, int) or not isinstance(size, int):
            return None
        # Backwards would mean to unpack the member once more for each event.
        if at < self._read_to.get(name, 0) or not 0 < size <= self._members.size(name) - at:
            return None
        try:
            if name not in self._open:
                self._open[name] = self._members.open(name)
            file = self._open[name]
            if file is None:
                return None
            file.seek(at)
            sound = file.read(size)
        except UNREADABLE:
            self._open[name] = None
            return None
        self._read_to[name] = at + size
        return sound if len(sound) == size else None

    def close(self) -> None:
        for file in self._open.values():
            if file is not None:
                file.close()


def _said(error: BaseException) -> str:
    return shorten(str(error)) or type(error).__name__


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _count(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value < 2**53 else 0


def _kind(value: Any) -> SessionKind:
    return value if value in KINDS else "realtime"


def _date(value: Any) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(_text(value))
    except ValueError:
        return None


def _ms(value: Any) -> float:
    known = isinstance(value, int | float) and 0 <= value < 2**53
    return float(value) if known else 0.0
