"""espeak-ng through ctypes: text in, samples and the times of its words out.

The library has one state for the whole process, so one lock guards it, and an utterance is
made in one go: it takes under a thousandth of its own length. Its data path may not be long
(160 characters fail), so a long one is reached through a link in a short folder.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import re
import shutil
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from realtime_nb.speech.interfaces import WordTime

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SYNCHRONOUS: Final = 2  # AUDIO_OUTPUT_SYNCHRONOUS
_DO_NOT_EXIT: Final = 0x8000  # espeakINITIALIZE_DONT_EXIT
_UTF8: Final = 1  # espeakCHARS_UTF8
_RATE, _PITCH = 1, 3  # espeak_PARAMETER
_WORD: Final = 1  # espeakEVENT_WORD
_CHARACTER: Final = 1  # POS_CHARACTER
_LONGEST_PATH: Final = 150
_BUFFER_MS: Final = 60


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


@dataclass(frozen=True, slots=True)
class Utterance:
    """Speech, whole.

    Attributes
    ----------
    pcm
        Samples of shape (n,), mono, at the library's rate.
    words
        Where and when each word begins: what stands between blanks, each once and in the
        order of the text. What is not spoken, such as a dash, is not among them.
    """

    pcm: NDArray[np.int16]
    words: tuple[WordTime, ...]


class Espeak:
    """The library, loaded once for the process; see `shared`.

    Raises
    ------
    ImportError
        When ``espeakng-loader`` is not installed.
    OSError
        When its library does not load.

    Attributes
    ----------
    rate
        Samples a second, in Hz.
    """

    _shared: ClassVar[Espeak | None] = None
    _shared_lock: ClassVar[threading.Lock] = threading.Lock()
    _loaded: ClassVar[bool] = False

    def __init__(self) -> None:
        import espeakng_loader  # noqa: PLC0415 -- optional

        if Espeak._loaded:
            raise RuntimeError("espeak-ng has one state for the process: use Espeak.shared()")
        self._lock = threading.Lock()
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self._library.espeak_Synth.argtypes = [
            ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int,
            ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p,
        ]  # fmt: skip
        path = _short(espeakng_loader.get_data_path())
        # The library takes an unknown variant for none, and says nothing.
        variants = Path(path) / "voices" / "!v"
        self._variants = frozenset(variant.name for variant in variants.iterdir())
        self.rate: int = self._library.espeak_Initialize(
            _SYNCHRONOUS, _BUFFER_MS, os.fsencode(path), _DO_NOT_EXIT
        )
        if self.rate <= 0:
            raise OSError(f"espeak-ng found no data at {path}")
        Espeak._loaded = True
        self._sound: list[bytes] = []
        self._events: list[tuple[int, int]] = []
        # Referenced for as long as the library may call it.
        self._callback = _Callback(self._take)
        self._library.espeak_SetSynthCallback(self._callback)

    @classmethod
    def shared(cls) -> Espeak:
        """Return the one library of this process, loading it on first use."""
        with cls._shared_lock:
            if cls._shared is None:
                cls._shared = cls()
            return cls._shared

    def _take(self, samples: Any, count: int, events: Any) -> int:
        if samples and count > 0:
            self._sound.append(ctypes.string_at(samples, 2 * count))
        place = 0
        while events[place].type:
            event = events[place]
            if event.type == _WORD:
                self._events.append((event.text_position - 1, event.audio_position))
            place += 1
        return 0

    def speak(self, text: str, *, voice: str, wpm: int, pitch: int = 50) -> Utterance:
        """Return `text` as speech.

        Parameters
        ----------
        text
            What to say; characters it cannot say are silent.
        voice
            A voice and perhaps a variant, such as ``en-us+f3``.
        wpm
            Words a minute.
        pitch
            0 to 100, 50 being the voice's own.

        Raises
        ------
        ValueError
            When there is no such voice or variant.
        """
        data = text.replace("\0", " ").encode()
        variant = voice.partition("+")[2]
        if variant and variant not in self._variants:
            raise ValueError(f"espeak-ng has no variant {variant!r}")
        with self._lock:
            if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
                raise ValueError(f"espeak-ng has no voice {voice!r}")
            self._library.espeak_SetParameter(_RATE, wpm, 0)
            self._library.espeak_SetParameter(_PITCH, pitch, 0)
            self._sound, self._events = [], []
            self._library.espeak_Synth(data, len(data) + 1, 0, _CHARACTER, 0, _UTF8, None, None)
            sound, events = b"".join(self._sound), self._events
        return Utterance(np.frombuffer(sound, np.int16), _words(text, events))


def _words(text: str, events: list[tuple[int, int]]) -> tuple[WordTime, ...]:
    """Return when each word begins, from events of (character, ms).

    The library tells one word several times (a number for each word it is read as, "it's"
    as two), sometimes on the blank behind it: the first time told is when it begins.
    """
    words: list[WordTime] = []
    waiting = 0
    for found in re.finditer(r"\S+", text):
        start, end = found.span()
        while waiting < len(events) and events[waiting][0] < start:
            waiting += 1
        if waiting < len(events) and events[waiting][0] < end:
            words.append(WordTime(start, end - start, float(events[waiting][1])))
    return tuple(words)


def _short(path: str) -> str:
    """Return a path to the same folder that the library can take."""
    if len(os.fsencode(path)) < _LONGEST_PATH:
        return path
    folder = tempfile.mkdtemp(prefix="rnb-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    link = Path(folder) / "d"
    os.symlink(path, link)  # noqa: PTH211 -- says the order of its arguments plainly
    return str(link)
