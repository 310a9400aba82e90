"""Recognition with pocketsphinx: expected phrases first, the general model behind.

Three decoders hear each utterance side by side: a grammar of the expected phrases, the general
language model, and one that only makes out phones. The grammar always finds some phrase; its
answer is taken when its score is not much worse, per frame, than that of the free phones, and
when it does not pass over speech as if it were silence. Otherwise the general model's words are
taken, which are often wrong: it is a fallback, not a transcription.

All three take the mean of the cepstra off. Of a whole sound that is its own, so that it is heard
as the same words whatever was heard before. What comes live is heard with the mean of what came
live before; the very first utterance is heard a second time when it is over, with its own.

Both limits were chosen on synthetic voices, clean and with light noise: they take 98 % of what
was in the grammar and refuse 95 to 98 % of what was not; what passes sounds alike ("never again"
for "never mind"). People speak less evenly; a limit too strict for them errs to the general model.
"""

from __future__ import annotations

import math
import re
import threading
from typing import TYPE_CHECKING, Any, Final, Literal
from weakref import WeakSet

import numpy as np

from realtime_nb.speech.decoders import WORD_PENALTY, Decoders, dithered
from realtime_nb.speech.grammar import phrases_of
from realtime_nb.speech.interfaces import Heard, HeardWord
from realtime_nb.speech.memory import trim_memory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

RATE: Final = 16_000

MAX_EXCESS: Final = 24.0
"""How much better, per frame, the free phones may score than the grammar (log base 1.0001)."""

MAX_PASSED_OVER: Final = 40
"""Frames of 10 ms in a row that may be phones to the one and silence to the grammar."""

_PIECE: Final = 512  # samples fed at a time: longer pieces hold the interpreter's lock for long
_LOG_BASE: Final = math.log(1.0001)
# What that penalty takes off a score for each word; scores are kept in 1024ths.
_WORD_PRICE: Final = -math.log(WORD_PENALTY) / _LOG_BASE / 1024
_MOST_AGAIN: Final = 20 * RATE  # an utterance that is heard twice is kept until then
_KEPT: Final = 4  # sets of decoders, at some 130 MB each
# How long an utterance waits for one of these before it gets its own: making one holds the
# interpreter for about as long, and everybody with it.
_PATIENCE_S: Final = 1.0

# What a decoder calls silence, noise, and steps without sound.
_NO_SOUND: Final = ("SIL", "+", "<", "[", "(")

# The second pronunciation of a word is told as "read(2)".
_VARIANT: Final = re.compile(r"\(\d+\)$")
_FRAMES_PER_S: Final = 100

# Whether an utterance comes live, and whether it is the first that does.
_Live = Literal["first", "yes", "no"]


class PocketsphinxRecogniser:
    """Hears English with the models that the ``pocketsphinx`` package carries.

    Loads about a second's worth of models for each of the utterances that are heard at the same
    time, and keeps some; when those are in use, the next utterance waits a little for one.

    Raises
    ------
    ImportError
        When the package is not installed.
    """

    rate = RATE
    name = "pocketsphinx"

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._idle = [Decoders()]
        # In use; who loses one to an engine's fault never gives it back.
        self._out: WeakSet[Decoders] = WeakSet()
        self._mean: str | None = None  # of what came live
        self._dropped = False

    def start(
        self,
        phrases: Sequence[str] = (),
        *,
        prompt: str = "",
        whole: NDArray[np.int16] | None = None,
    ) -> PocketsphinxRecognition:
        """Begin an utterance; see `Recogniser.start`. Phrases with unknown words are left out.

        Raises
        ------
        UsageError
            When a phrase has a slot that does not exist.
        """
        decoders, mean = self._take()
        expected = [*phrases, *phrases_of(prompt)]
        try:
            decoders.adapt(mean if whole is None else decoders.mean_of(whole))
            has_grammar = decoders.expect(expected)
        except BaseException:
            self.give_back(decoders)
            raise
        live: _Live = "no" if whole is not None else "first" if mean is None else "yes"
        return PocketsphinxRecognition(self, decoders, live, has_grammar=has_grammar)

    def _take(self) -> tuple[Decoders, str | None]:
        with self._lock:
            if len(self._out) >= _KEPT:
                self._lock.wait_for(lambda: bool(self._idle), _PATIENCE_S)
            decoders = self._idle.pop() if self._idle else None
            mean = self._mean
        decoders = decoders or Decoders()
        with self._lock:
            self._out.add(decoders)
        return decoders, mean

    def give_back(self, decoders: Decoders, mean: str | None = None) -> None:
        """Take decoders back for the next utterance, and what was learnt from the last."""
        with self._lock:
            self._mean = mean or self._mean
            self._out.discard(decoders)
            if len(self._idle) < _KEPT:
                self._idle.append(decoders)
                self._lock.notify()
                return
            self._dropped = True

    def tidy(self) -> None:
        """Give the memory of decoders that were not kept back to the system.

        For who has just let go of them. The C library would keep it, for a thread that may be
        gone: with eight who speak at once the process grew by a gigabyte.
        """
        with self._lock:
            dropped, self._dropped = self._dropped, False
        if dropped:
            trim_memory()


class PocketsphinxRecognition:
    """One utterance; feed and finish it on one thread."""

    def __init__(
        self,
        owner: PocketsphinxRecogniser,
        decoders: Decoders,
        live: _Live,
        *,
        has_grammar: bool,
    ) -> None:
        self._owner = owner
        self._live = live
        # The first one live, for a second hearing; None when it is not needed or too long.
        self._kept: list[NDArray[np.int16]] | None = [] if live == "first" else None
        self._decoders: Decoders | None = decoders
        self._has_grammar = has_grammar
        self._leading: Any = decoders.grammar if has_grammar else decoders.general
        self._all = [decoders.general]
        if has_grammar:
            self._all += [decoders.grammar, decoders.phones]
        self._samples = 0
        self._partial = ""
        self._heard = Heard("", "none")
        self._noise = np.random.default_rng(0)
        for decoder in self._all:
            decoder.start_utt()

    def feed(self, pcm: NDArray[np.int16]) -> str | None:
        """Take samples of shape (n,) at 16 kHz; return the words so far where they changed."""
        if self._decoders is None:
            return None
        self._keep(pcm)
        self._process(pcm)
        text = _text(self._leading.hyp())
        if text == self._partial:
            return None
        self._partial = text
        return text

    def finish(self) -> Heard:
        """End the utterance and return its words; asking again gives the same."""
        decoders, self._decoders = self._decoders, None
        if decoders is None:
            return self._heard
        learnt = None
        try:
            self._end(decoders)
            if self._kept:
                self._hear_again(decoders, np.concatenate(self._kept))
            if self._live != "no" and self._heard.text:
                learnt = decoders.general.get_cmn(True)
        finally:
            self._owner.give_back(decoders, learnt)
            self._let_go()
            del decoders
            self._owner.tidy()
        return self._heard

    def close(self) -> None:
        """Drop the utterance without asking what was said; may follow `finish`."""
        decoders, self._decoders = self._decoders, None
        if decoders is None:
            return
        self._end_utterance()
        self._owner.give_back(decoders)
        self._let_go()
        del decoders
        self._owner.tidy()

    def _let_go(self) -> None:
        self._all.clear()
        self._leading = None

    def _keep(self, pcm: NDArray[np.int16]) -> None:
        self._samples += len(pcm)
        if self._samples > _MOST_AGAIN:
            self._kept = None
        elif self._kept is not None:
            self._kept.append(pcm.copy())

    def _process(self, pcm: NDArray[np.int16]) -> None:
        for start in range(0, len(pcm), _PIECE):
            data = dithered(pcm[start : start + _PIECE], self._noise).astype("<i2").tobytes()
            for decoder in self._all:
                decoder.process_raw(data)

    def _end_utterance(self) -> None:
        for decoder in self._all:
            decoder.end_utt()

    def _end(self, decoders: Decoders) -> None:
        self._end_utterance()
        self._heard = self._choose(decoders)

    def _hear_again(self, decoders: Decoders, pcm: NDArray[np.int16]) -> None:
        """Hear all of it at its own mean: nobody knew the voice while it came."""
        decoders.adapt(decoders.mean_of(pcm))
        for decoder in self._all:
            decoder.start_utt()
        self._process(pcm)
        self._end(decoders)

    def _choose(self, decoders: Decoders) -> Heard:
        if self._has_grammar and _fits(decoders):
            return Heard(_text(decoders.grammar.hyp()), "grammar", words=_words(decoders.grammar))
        text = _text(decoders.general.hyp())
        return Heard(text, "open" if text else "none", words=_words(decoders.general))


def _fits(decoders: Decoders) -> bool:
    """Whether the grammar's phrase scores nearly as well as the free phones."""
    phrase, phones = decoders.grammar.hyp(), decoders.phones.hyp()
    if not _text(phrase):
        return False
    if phones is None:
        return True
    frames = max(1, decoders.grammar.n_frames())
    price = _WORD_PRICE * len(phrase.hypstr.split())
    excess = _log(phones.best_score) - _log(phrase.best_score) - price
    if excess / frames > MAX_EXCESS:
        return False
    # Its model of silence is broad: for "stop sign ahead" the grammar hears "stop" and silence.
    passed_over = _sounding(decoders.phones, frames) & ~_sounding(decoders.grammar, frames)
    return _longest_run(passed_over) <= MAX_PASSED_OVER


def _words(decoder: Any) -> tuple[HeardWord, ...]:
    """Return when each word was said: the decoder's frames, which end with their last one."""
    return tuple(
        HeardWord(
            _VARIANT.sub("", segment.word),
            segment.start_frame / _FRAMES_PER_S,
            (segment.end_frame + 1) / _FRAMES_PER_S,
        )
        for segment in decoder.seg() or ()
        if not segment.word.startswith(_NO_SOUND) and segment.start_frame >= 0
    )


def _sounding(decoder: Any, frames: int) -> NDArray[np.bool_]:
    """Return for each frame whether the decoder heard a word or a phone in it."""
    sounding = np.zeros(frames, np.bool_)
    for segment in decoder.seg():
        if not segment.word.startswith(_NO_SOUND) and segment.start_frame >= 0:
            sounding[segment.start_frame : segment.end_frame + 1] = True
    return sounding


def _longest_run(marks: NDArray[np.bool_]) -> int:
    """Return how many marks in a row are set, at most."""
    edges = np.diff(np.concatenate(([0], marks.astype(np.int8), [0])))
    lengths = np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)
    return int(lengths.max(initial=0))


def _log(score: float) -> float:
    """Return a score, which pocketsphinx gives out of the log domain, in its log base."""
    return math.log(score) / _LOG_BASE if score > 0 else -1e6


def _text(hypothesis: Any) -> str:
    return hypothesis.hypstr.strip() if hypothesis is not None and hypothesis.hypstr else ""
