"""The sound that a cell names: a variable, a file, or an expression of the notebook's."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.audio.clip import AudioClip
from realtime_nb.audio.plain_file import open_plain, reason
from realtime_nb.audio.sniff import HEAD_BYTES, is_text, sniff
from realtime_nb.errors import RealtimeError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_SHOWN: Final = 80


def read_input(
    text: str, option: str, names: Mapping[str, Any], evaluate: Callable[[str], Any]
) -> AudioClip | Path:
    """Return the sound that a word of a line stands for.

    Parameters
    ----------
    text
        A variable's name, a path, or an expression.
    option
        Where it stands, for errors: ``--in``.
    names
        The notebook's variables.
    evaluate
        Gives the value of an expression.

    Returns
    -------
    AudioClip or Path
        A path is left to its reader, so that a file can go as it is.

    Raises
    ------
    UsageError
        For what is no sound, or not there; one line.
    """
    shown = f"{option} {_short(text)}"
    if text in names:
        return sound_of(names[text], shown)
    path = _path(text)
    if path is not None:
        _refuse_text(path, shown)
        return path
    _refuse_place(text, shown)
    unknown = _unknown_names(text, names)
    if unknown is None or unknown:
        raise UsageError(
            f"{shown}: there is no variable and no file of that name in {Path.cwd()}; run the cell"
            " that makes it first, or give the path of a sound file."
        )
    try:
        value = evaluate(text)
    except Exception as error:  # noqa: BLE001 -- the author's own code
        why = " ".join(str(error).split()) or type(error).__name__
        raise UsageError(f"{shown}: {why[:200]}.") from None
    return sound_of(value, shown)


def sound_of(value: Any, shown: str) -> AudioClip | Path:
    """Return the sound in a value: a clip, what has one, a path, a file's bytes, an array.

    Raises
    ------
    UsageError
        For what holds none.
    """
    if isinstance(value, AudioClip):
        return value
    if hasattr(value, "clip") and not callable(value.clip):  # a table's `clip` is a function
        if isinstance(value.clip, AudioClip):
            return value.clip
        raise UsageError(f"{shown} holds no sound yet: record something first.")
    if isinstance(value, str | os.PathLike):
        path = _path(os.fspath(value))
        if path is None:
            _refuse_place(f"{os.fspath(value)}", shown)
            raise UsageError(f"{shown}: there is no file {_short(os.fspath(value))!r}.")
        return path
    try:
        return AudioClip.read(value)
    except RealtimeError as error:
        raise UsageError(f"{shown}: {error}") from None


def _path(text: str | bytes) -> Path | None:
    try:
        path = Path(os.fsdecode(text)).expanduser()
        return path if path.is_file() else None
    except (OSError, RuntimeError, ValueError):  # too long, ~nobody, a null in it
        return None


def _refuse_text(path: Path, shown: str) -> None:
    """Refuse a file of text before it is sent; what it says is not quoted."""
    try:
        with open_plain(path) as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise UsageError(f"{shown}: cannot read it: {reason(error)}.") from None
    if head and not sniff(head) and is_text(head):
        raise UsageError(f"{shown}: that file holds text; give the path of a sound file.")


def _refuse_place(text: str, shown: str) -> None:
    """Say what is wrong with a folder, or an address on the web."""
    if re.match(r"https?://", text):
        raise UsageError(f"{shown}: nothing is downloaded; save it, and give the file's path.")
    try:
        is_folder = Path(text).expanduser().is_dir()
    except (OSError, RuntimeError, ValueError):
        return
    if is_folder:
        raise UsageError(f"{shown}: that is a folder; give the path of a sound file in it.")


def _unknown_names(text: str, names: Mapping[str, Any]) -> set[str] | None:
    """Return the names in an expression that the notebook lacks; None where it is none."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    builtins = names.get("__builtins__")
    known = vars(builtins) if hasattr(builtins, "__dict__") else (builtins or {})
    bound = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    own = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return {name for name in bound - own if name not in names and name not in known}


def refuse_path(path: str, option: str) -> None:
    """Refuse a file that cannot be written, before it is paid for.

    Raises
    ------
    UsageError
        Where there is no such folder, or the path is one itself.
    """
    place = Path(path).expanduser()
    if place.is_dir():
        raise UsageError(f"{option} {_short(path)}: that is a folder; add the file's name.")
    if not place.parent.is_dir():
        raise UsageError(
            f"{option} {_short(path)}: there is no folder {_short(str(place.parent))}; make it"
            " first, or give another path."
        )


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
