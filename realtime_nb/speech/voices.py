"""Voices of users, for tests, the doctor and tutorials: somebody to speak to the machine."""

from __future__ import annotations

from typing import Final

from realtime_nb.audio.clip import AudioClip
from realtime_nb.audio.pcm import int16_to_float
from realtime_nb.errors import UsageError
from realtime_nb.speech.espeak import Espeak

INSTALL: Final = 'pip install "realtime-nb[local]"'


def say_as_user(text: str, variant: str = "klatt4", wpm: int = 145) -> AudioClip:
    """Return `text` spoken by a synthetic user.

    Parameters
    ----------
    text
        What to say.
    variant
        A variant of espeak-ng's American English; ``klatt3`` to ``klatt5`` are those the
        local recogniser hears best.
    wpm
        Words a minute.

    Returns
    -------
    AudioClip
        Mono, 22,050 Hz.

    Raises
    ------
    UsageError
        When espeak-ng is not installed, or has no such variant.
    """
    try:
        espeak = Espeak.shared()
    except (ImportError, OSError) as error:
        raise UsageError(f"a synthetic user needs espeak-ng ({error}): {INSTALL}") from None
    try:
        made = espeak.speak(text, voice=f"en-us+{variant}", wpm=wpm)
    except ValueError as error:
        raise UsageError(f"{error}; write a variant such as klatt4") from None
    return AudioClip(int16_to_float(made.pcm), espeak.rate)
