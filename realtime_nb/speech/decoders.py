"""The three decoders of pocketsphinx that hear an utterance side by side."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from realtime_nb.speech.cepstral_mean import CepstralMeter
from realtime_nb.speech.grammar import to_jsgf, usable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

WORD_PENALTY: Final = 0.01
"""What each word costs in the grammar, as a factor of probability."""

_DITHER: Final = 20.0  # RMS in int16 steps; digital silence upsets the cepstral mean
_MODELS_MEAN: Final = ",".join(("40", "3", "-1", *("0" * 10)))
_KEPT_GRAMMARS: Final = 8

# Words of the practice card that the dictionary lacks, in its phones (ARPAbet).
_PRONUNCIATIONS: Final = {"jupyter": "JH UW P IH T ER", "realtime": "R IY L T AY M"}


class Decoders:
    """Three decoders that hear one utterance at a time."""

    def __init__(self) -> None:
        import pocketsphinx  # noqa: PLC0415 -- optional

        model = Path(pocketsphinx.__file__).parent / "model" / "en-us"
        common = {
            "hmm": str(model / "en-us"),
            "loglevel": "FATAL",
            "logfn": os.devnull,
            # The slow passes after the end cost up to half a second and win little.
            "fwdflat": False,
            "bestpath": False,
        }
        words = {"dict": str(model / "cmudict-en-us.dict")}

        def make(**options: Any) -> Any:
            sphinx: Any = pocketsphinx
            return sphinx.Decoder(sphinx.Config(**common, **options))

        # A price on every word: else the end of "forty" is heard as "forty eight". The wide
        # beams cost half as much again and halve the errors in noise.
        self.grammar = make(
            **words, lm=None, wip=WORD_PENALTY, beam=1e-80, pbeam=1e-80, wbeam=1e-60
        )
        self.general = make(**words, lm=str(model / "en-us.lm.bin"))
        phones = str(model / "en-us-phone.lm.bin")
        self.phones = make(dict=None, lm=None, allphone=phones, lw=1.0, pip=0.1)
        for word, sound in _PRONUNCIATIONS.items():
            if not self.knows(word):
                self.grammar.add_word(word, sound, True)
        self._meter = CepstralMeter(self.grammar)
        self._searches: dict[tuple[str, ...], str] = {}
        self._made = 0

    def adapt(self, mean: str | None) -> None:
        """Begin the next utterance at a cepstral mean; at that of the models for None."""
        for decoder in (self.grammar, self.general, self.phones):
            # Anew: the front end's estimate of the noise outlives an utterance.
            decoder.reinit_feat()
            decoder.set_cmn(mean or _MODELS_MEAN)

    def mean_of(self, sound: NDArray[np.int16]) -> str | None:
        """Return the cepstral mean of a sound of shape (n,)."""
        return self._meter.mean(dithered(sound, np.random.default_rng(0)))

    def knows(self, word: str) -> bool:
        """Whether the dictionary has a word."""
        return self.grammar.lookup_word(word) is not None

    def expect(self, phrases: Sequence[str]) -> bool:
        """Make the grammar one of `phrases`; false when none of them can be heard."""
        known = tuple(usable(phrases, self.knows))
        if not known:
            return False
        name = self._searches.get(known)
        if name is None:
            name = f"phrases-{self._made}"
            self._made += 1
            self.grammar.add_jsgf_string(name, to_jsgf(known))
            self._searches[known] = name
        self.grammar.activate_search(name)
        while len(self._searches) > _KEPT_GRAMMARS:
            oldest = next(iter(self._searches))
            self.grammar.remove_search(self._searches.pop(oldest))
        return True


def dithered(pcm: NDArray[np.int16], noise: np.random.Generator) -> NDArray[np.int16]:
    """Return sound of shape (n,) with the noise that no silence is without."""
    sound = pcm.astype(np.float32) + noise.standard_normal(len(pcm), np.float32) * _DITHER
    return np.clip(sound, -32768, 32767).astype(np.int16)
