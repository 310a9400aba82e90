"""Decoders that are not kept cost nothing once they are gone."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip("pocketsphinx")

from realtime_nb.speech import recogniser
from realtime_nb.speech.decoders import Decoders
from realtime_nb.speech.memory import trim_memory

if TYPE_CHECKING:
    from collections.abc import Callable

SILENCE = np.zeros(1600, np.int16)


@pytest.mark.parametrize("end", [lambda heard: heard.finish(), lambda heard: heard.close()])
def test_decoders_that_are_not_kept_are_gone_when_memory_is_given_back(
    end: Callable[[recogniser.PocketsphinxRecognition], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[weakref.ref[Decoders]] = []
    there: list[bool] = []

    class Watched(Decoders):
        def __init__(self) -> None:
            super().__init__()
            made.append(weakref.ref(self))

    monkeypatch.setattr(recogniser, "Decoders", Watched)
    monkeypatch.setattr(recogniser, "_KEPT", 1)
    monkeypatch.setattr(recogniser, "trim_memory", lambda: there.append(made[-1]() is not None))
    ears = recogniser.PocketsphinxRecogniser()
    first, second = ears.start(), ears.start()
    first.feed(SILENCE)
    second.feed(SILENCE)
    end(first)
    assert there == []
    end(second)
    assert there == [False]
    assert made[0]() is not None


def test_asking_for_memory_back_is_harmless() -> None:
    assert trim_memory() in (True, False)
