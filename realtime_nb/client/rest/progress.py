"""How far a request is: what has come so far of an answer, of speech, of a transcript."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.audio.spool import PcmSpool


@dataclass(frozen=True, slots=True)
class Progress:
    """What has come so far.

    Attributes
    ----------
    transcript
        All words so far.
    sound
        All sound so far, PCM16; it goes on growing. None where none is expected.
    state
        What is happening, in a few words for people: ``"part 2 of 9"``.
    """

    transcript: str = ""
    sound: PcmSpool | None = None
    state: str = ""


def report(on_progress: Callable[[Progress], object] | None, progress: Progress) -> None:
    """Give progress to whoever listens; a listener that fails does not end the request."""
    if on_progress is not None:
        with contextlib.suppress(Exception):
            on_progress(progress)
