"""Sound of the wire as a clip."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from realtime_nb.audio.clip import AudioClip
from realtime_nb.audio.g711 import alaw_decode, ulaw_decode

if TYPE_CHECKING:
    from collections.abc import Mapping

_G711_RATE: Final = 8_000
_PCM_RATE: Final = 24_000


def clip_of(sound: bytes, audio_format: Mapping[str, Any] | None, caption: str = "") -> AudioClip:
    """Return sound of a session as a clip.

    Parameters
    ----------
    sound
        Raw bytes as the wire has them.
    audio_format
        The session's format object; PCM16 at 24 kHz when None. G.711 has 8 kHz.
    caption
        As for `AudioClip`.
    """
    told = audio_format or {}
    kind = told.get("type")
    if kind in ("audio/pcmu", "audio/pcma"):
        decode = ulaw_decode if kind == "audio/pcmu" else alaw_decode
        pcm = np.ascontiguousarray(decode(sound), dtype="<i2").tobytes()
        return AudioClip.from_pcm16(pcm, _G711_RATE, caption=caption)
    rate = told.get("rate")
    whole = sound[: len(sound) // 2 * 2]
    hz = rate if isinstance(rate, int) and rate > 0 else _PCM_RATE
    return AudioClip.from_pcm16(whole, hz, caption=caption)
