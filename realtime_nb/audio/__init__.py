"""Sound as numpy arrays: PCM16, G.711, resampling, level, WAV, and clips that play."""

from __future__ import annotations

from realtime_nb.audio.clip import AudioClip

__all__ = ["AudioClip"]
