"""One conversation in one file: its events, its sound, its config, in a zip that any tool opens.

``manifest.json`` says what it is, ``config.json``, ``conversation.json`` and ``notes.json``
what a talk knows beside its events, ``events.jsonl`` has a line for each event, and
``audio/*.wav`` the sound of those lines, or of a call (``recorded.json`` says where it lies).
The format is described in ``docs/inspection.md``.
"""

from __future__ import annotations

import datetime as dt
import os
import zipfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.audio.whole_file import whole_file
from realtime_nb.errors import UsageError
from realtime_nb.inspection.archive.call import NAME as CALL_NAME
from realtime_nb.inspection.archive.call import CallSound
from realtime_nb.inspection.archive.events import dumps, event_lines
from realtime_nb.inspection.archive.facts import (
    items_to_plain,
    notes_to_plain,
    timings_to_plain,
)
from realtime_nb.inspection.archive.reading import FORMAT, VERSION, Saved, read
from realtime_nb.inspection.archive.secrets import blot_keys, without_secrets
from realtime_nb.inspection.archive.sound import SoundWriter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from realtime_nb.inspection.talk import Talk

__all__ = ["SUFFIX", "Saved", "read", "save"]

SUFFIX: Final = ".rtnb"


def save(talk: Talk, path: str | os.PathLike[str], *, endpoint: str = "") -> Path:
    """Write a conversation into one file, which is whole or not there; return its path.

    Parameters
    ----------
    talk
        The conversation; of a running one, what has been said so far.
    path
        The file. One that is there is replaced; ``.rtnb`` is added to a name without suffix.
    endpoint
        What the service is called. Neither its address nor a key goes into the file.

    Raises
    ------
    UsageError
        For a name that ends in another suffix, or a place that cannot be written.
    """
    target = Path(path).expanduser()
    if target.name in ("", ".."):
        raise UsageError(f"cannot write {os.fspath(path)!r}: it is a folder; write a file's name.")
    if not target.suffix:
        target = target.with_name(f"{target.name}{SUFFIX}")
    if target.suffix.lower() != SUFFIX:
        raise UsageError(
            f"a conversation is saved as {SUFFIX}, not {target.suffix!r}: "
            f"write save({os.fspath(target.with_suffix(SUFFIX))!r})."
        )
    try:
        with whole_file(target) as file, zipfile.ZipFile(file, "w") as archive:
            _write(archive, talk, endpoint)
    except OSError as error:
        reason = (error.strerror or str(error)).rstrip(".")
        raise UsageError(f"cannot write {os.fspath(path)!r}: {reason}.") from error
    return target


def _write(archive: zipfile.ZipFile, talk: Talk, endpoint: str) -> None:
    log = talk.log
    # What is small comes first, so that a file cut short still has it.
    _put(archive, "manifest.json", _manifest(talk, endpoint))
    _put(archive, "config.json", _config(talk))
    notes = None if talk.notes is None else notes_to_plain(talk.notes)
    _put(archive, "notes.json", {"notes": notes, "timings": timings_to_plain(talk.timings)})
    conversation = talk.conversation
    _put(
        archive,
        "conversation.json",
        {
            "items": items_to_plain(conversation.items),
            "input_audio_ms": conversation.input_audio_ms,
            "sent_audio_ms": conversation.sent_audio_ms,
        },
    )
    call = CallSound(log.recorded)
    if log.recorded:
        _put(archive, CALL_NAME, call.plain())
    sound = SoundWriter()
    _stream(archive, "events.jsonl", event_lines(log, sound), deflated=True)
    for stream in sound.streams:
        # As it is: a zip makes speech a fifth smaller and the file many times slower.
        _stream(archive, stream.name, stream.blocks(), deflated=False)
    for name, blocks in call.files():
        _stream(archive, name, blocks, deflated=False)


def _manifest(talk: Talk, endpoint: str) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "readable_from": VERSION,
        "written_by": _program(),
        "saved_at": dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"),
        "name": talk.name,
        "kind": talk.kind,
        "model": talk.model,
        "practice": talk.practice,
        "endpoint": endpoint,
        "dropped_records": talk.log.dropped_records,
        "dropped_audio": talk.log.dropped_audio,
    }


def _program() -> str:
    try:
        return f"realtime_nb {metadata.version('realtime-nb')}"
    except metadata.PackageNotFoundError:  # run from a checkout
        return "realtime_nb"


def _config(talk: Talk) -> dict[str, Any]:
    session = talk.conversation.session
    rows = [{**row, **_clean_row(row)} for row in talk.config_rows]
    return {
        "session": None if session is None else without_secrets({"session": session})["session"],
        "rows": rows,
    }


def _clean_row(row: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a row as a session would hold them, without its secrets."""
    path = str(row.get("path"))
    return {
        name: without_secrets({path: row[name], "session": None})[path]
        for name in ("requested", "effective", "was")
        if name in row
    }


def _put(archive: zipfile.ZipFile, name: str, value: Any) -> None:
    _stream(archive, name, [blot_keys(dumps(value))], deflated=True)


def _stream(
    archive: zipfile.ZipFile, name: str, blocks: Iterable[bytes], *, deflated: bool
) -> None:
    # Without a time: what is in the file says when it was saved.
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
    info.external_attr = 0o644 << 16
    with archive.open(info, "w", force_zip64=True) as member:
        for block in blocks:
            member.write(block)
