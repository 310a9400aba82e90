"""The mean of a sound's cepstra, which the recogniser takes off before it compares.

It stands for the voice, the microphone and the level. A decoder that is told none begins with
one of its models' and drifts to the true one over some seconds; its first sentence is then often
lost. Of sound that is there as a whole, the mean is known beforehand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_COEFFICIENTS: Final = 13
_ZERO: Final = ",".join("0" * _COEFFICIENTS)
# A mean that is set counts as much as so many frames, and is forgotten little by little above
# 800 of them: pieces are well below that.
_WEIGHT: Final = 500
_PIECE: Final = 8000  # samples; some 3 ms of work, for which the interpreter is held

_PROBE: Final = "probe"
_PROBE_GRAMMAR: Final = "#JSGF V1.0;\ngrammar probe;\npublic <probe> = a ;\n"


class CepstralMeter:
    """Measures with a decoder between two utterances; what it searches for stays as it was.

    Parameters
    ----------
    decoder
        A `pocketsphinx.Decoder` for grammars, at its live mean.
    """

    def __init__(self, decoder: Any) -> None:
        self._decoder = decoder
        # The front end cannot be had alone; a grammar of one word costs next to nothing.
        decoder.add_jsgf_string(_PROBE, _PROBE_GRAMMAR)
        # Asked for the search of a decoder that has none, pocketsphinx crashes.
        decoder.activate_search(_PROBE)

    def mean(self, sound: NDArray[np.int16]) -> str | None:
        """Return the mean as `Decoder.set_cmn` takes it; None of too little sound.

        Parameters
        ----------
        sound
            Shape (n,), at the decoder's rate.
        """
        decoder = self._decoder
        before = decoder.current_search()
        decoder.activate_search(_PROBE)
        total, frames = np.zeros(_COEFFICIENTS), 0
        try:
            for first in range(0, len(sound), _PIECE):
                decoder.reinit_feat()  # forgets the noise of what was heard before
                decoder.set_cmn(_ZERO)
                decoder.start_utt()
                decoder.process_raw(
                    sound[first : first + _PIECE].astype("<i2").tobytes(), no_search=True
                )
                decoder.end_utt()
                count = decoder.n_frames()
                if count:
                    total += np.fromstring(decoder.get_cmn(True), sep=",") * (_WEIGHT + count)
                    frames += count
        finally:
            decoder.activate_search(before)
        if not frames:
            return None
        return ",".join(f"{value:.5f}" for value in total / frames)
