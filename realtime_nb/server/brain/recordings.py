"""What the card brain tells of a recording: its words, its length, how loud it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from realtime_nb.audio.level import SILENCE_DBFS

if TYPE_CHECKING:
    from realtime_nb.server.brain.interface import ContextItem, Recording
    from realtime_nb.server.brain.skills import Scene

_SOUND: Final = r"(?:recordings?|audio|clips?|sound|file|voice message|hear)"
_ASKED: Final = re.compile(
    rf"\b(?:what|who|describe|tell|transcribe|summari[sz]e|how (?:long|loud))\b.*\b{_SOUND}\b"
    r"|\btranscribe\b",
    re.IGNORECASE | re.DOTALL,
)
_LONGEST_QUESTION: Final = 2_000  # characters looked at
_QUIET_DBFS: Final = -45.0
_LOUD_DBFS: Final = -12.0


def describe_recording(scene: Scene) -> str | None:
    """Return what is known of the recordings asked about, None when nobody asks.

    Those of the newest message are meant; without any, those of the one before.
    """
    user = scene.request.last_user
    if user is None:
        return None
    question = user.typed if user.recordings else user.text
    if not _ASKED.search(question[:_LONGEST_QUESTION]):
        return None
    recordings = user.recordings or _earlier(scene.request.items)
    if not recordings:
        return None
    told = [_described(number, len(recordings), one) for number, one in enumerate(recordings, 1)]
    return scene.persona.cut(
        " ".join(told), "I am a local practice voice, not a model: that is all I can tell."
    )


def _earlier(items: tuple[ContextItem, ...]) -> tuple[Recording, ...]:
    return next((item.recordings for item in reversed(items) if item.recordings), ())


def _described(number: int, count: int, recording: Recording) -> str:
    which = "The recording" if count == 1 else f"Recording {number}"
    length = f"{which} is {recording.duration_s:.1f} seconds long"
    if recording.silent:
        return f"{length} and silent: nothing was understood."
    level = recording.level_dbfs
    manner = "quiet" if level < _QUIET_DBFS else "loud" if level > _LOUD_DBFS else "of usual level"
    heard = (
        f"I understood these words: {recording.text}."
        if recording.text
        else "I understood no words in it."
    )
    return f"{length} and {manner}, {max(level, SILENCE_DBFS):.0f} decibels. {heard}"
