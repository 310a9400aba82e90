"""Hear what a page plays: the Python side of `ears.js`."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from playwright.sync_api import Page

EARS_JS = Path(__file__).with_name("ears.js").read_text(encoding="utf-8")


class NothingHeardError(AssertionError):
    """The page connected nothing to its loudspeaker, or sounded nowhere."""


@dataclass(frozen=True)
class Heard:
    """What one AudioContext played, mixed to mono.

    Attributes
    ----------
    samples
        float32 of shape (n,). While nothing was connected there is silence here.
    rate
        Hz, the context's own.
    start_ms
        The page's clock (epoch ms, as ``performance.timeOrigin + performance.now()``) when the
        first sample was rendered. The loudspeaker follows by `output_latency_ms`.
    output_latency_ms
        The context's outputLatency.
    state
        ``running``, ``suspended`` or ``closed``.
    skipped
        Samples that Chromium never rendered between the first and the last. It does so in the
        first 100 ms or so after a context's first worklet was loaded; later it is a glitch.
    """

    samples: NDArray[np.float32]
    rate: int
    start_ms: float
    output_latency_ms: float
    state: str
    skipped: int

    @property
    def duration_ms(self) -> float:
        """Length in ms."""
        return len(self.samples) * 1000 / self.rate

    def ms_at(self, sample: int) -> float:
        """Return the page's clock at a sample."""
        return self.start_ms + sample * 1000 / self.rate

    def between(self, from_ms: float, to_ms: float) -> NDArray[np.float32]:
        """Return the samples rendered between two times of the page's clock."""
        first = max(0, round((from_ms - self.start_ms) * self.rate / 1000))
        last = max(first, round((to_ms - self.start_ms) * self.rate / 1000))
        return self.samples[first:last]

    def sound(self, threshold: float = 1e-3) -> tuple[int, int]:
        """Return the first sample above the threshold and the one after the last.

        Raises
        ------
        NothingHeardError
            No sample is above it.
        """
        loud = np.flatnonzero(np.abs(self.samples) > threshold)
        if not len(loud):
            raise NothingHeardError(
                f"{self.duration_ms:.0f} ms heard, all below {threshold} (context {self.state})"
            )
        return int(loud[0]), int(loud[-1]) + 1


class Ears:
    """The recorder in one page."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def heard_in_each(self) -> list[Heard]:
        """Return what was heard so far, one entry per AudioContext that played anything."""
        contexts: list[dict[str, Any]] = self._page.evaluate("() => window.__ears.collect()")
        if failures := [context["failed"] for context in contexts if context["failed"]]:
            raise RuntimeError(f"ears could not listen: {failures}")
        return [_heard(context) for context in contexts if context["chunks"]]

    def heard(self) -> Heard:
        """Return what was heard so far in the context that played the most.

        Raises
        ------
        NothingHeardError
            No context of the page played anything.
        """
        everything = self.heard_in_each()
        if not everything:
            raise NothingHeardError("nothing in this page is connected to the loudspeaker")
        return max(everything, key=lambda heard: float(np.sum(heard.samples**2)))

    def forget(self) -> None:
        """Drop what was heard so far."""
        self._page.evaluate("() => window.__ears.forget()")


def _heard(context: dict[str, Any]) -> Heard:
    rate = int(context["rate"])
    recorded = np.frombuffer(base64.b64decode(context["samples"]), "<f4")
    chunks: list[list[float]] = context["chunks"]
    origin = int(chunks[0][0])
    last_frame, _, last_length = chunks[-1]
    samples = np.zeros(int(last_frame + last_length) - origin, np.float32)
    at = 0
    for frame, _, length in chunks:
        start = int(frame) - origin
        samples[start : start + int(length)] = recorded[at : at + int(length)]
        at += int(length)
    # A chunk's stamp is never early, and late by as much as the thread was: the least is true.
    start_ms = min(epoch_ms - (frame - origin) * 1000 / rate for frame, epoch_ms, _ in chunks)
    return Heard(
        samples=samples,
        rate=rate,
        start_ms=start_ms,
        output_latency_ms=float(context["outputLatencyMs"]),
        state=context["state"],
        skipped=int(context["skipped"]),
    )
