"""From words with their times to cues that can be read: two lines, a few seconds.

Services tell the times of bare words; punctuation stands in the text only. It is brought back
here, since it says where a cue may end.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from realtime_nb.protocol.audio_api.transcript_times import Word

Spoken: TypeAlias = tuple[float, float, str, str]
"""Start and end in seconds, words, speaker."""

LINE: Final = 42
"""Characters of a line at the most."""

LONGEST_S: Final = 7.0
"""Seconds that a cue lasts at the most, unless one word does."""

_PAUSE_S: Final = 1.0
_BREATH_S: Final = 0.3
_AHEAD: Final = 4
_SENTENCE_END: Final = re.compile(r"[.!?…。！？।؟][\"'”’»)\]]*$")  # noqa: RUF001 -- wide ones
# Scripts that are written without spaces: kana, Han, Thai, Lao, Khmer, Burmese.
_UNSPACED: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u9fff]")


def fit(text: str) -> list[str]:
    """Return a text in at most two lines of much the same length; empty where it needs more."""
    if len(text) <= LINE:
        return [text]
    # Hours have tens of thousands of words, each of which asks this.
    least, most = len(text) - LINE - 1, LINE
    breaks = [at for at in range(max(1, least), most + 1) if text[at : at + 1] == " "]
    if not breaks:
        return []
    middle = min(breaks, key=lambda at: abs(2 * at - len(text)))
    return [text[:middle], text[middle + 1 :]]


def cues_of_words(words: Sequence[Word], text: str) -> Iterator[Spoken]:
    """Yield cues of words.

    Parameters
    ----------
    words
        In the order in which they are said.
    text
        The same words with their punctuation.
    """
    spoken = [word for word in punctuated(words, text) if word.text]
    held: list[Word] = []
    for word in spoken:
        if held and _ends(held, word):
            yield _cue(held)
            held = []
        held.append(word)
    if held:
        yield _cue(held)


def punctuated(words: Sequence[Word], text: str) -> Iterator[Word]:
    """Yield the words as the text writes them, as far as both agree."""
    tokens = text.split()
    keys = [_key(token) for token in tokens]
    place = 0
    for word in words:
        key = _key(word.text)
        ahead = range(place, min(place + _AHEAD, len(keys)))
        found = next((index for index in ahead if key and keys[index] == key), None)
        if found is None:
            yield word
        else:
            place = found + 1
            yield replace(word, text=tokens[found])


def joined(texts: Sequence[str]) -> str:
    """Return words in a row, with spaces where their script has any."""
    said = ""
    for text in texts:
        spaced = said and not (_UNSPACED.match(said[-1]) and _UNSPACED.match(text[:1]))
        said += f" {text}" if spaced else text
    return said


def _ends(held: Sequence[Word], word: Word) -> bool:
    """Whether a cue ends before a word."""
    last, first = held[-1], held[0]
    pause_s = word.start_s - last.end_s
    if word.speaker != last.speaker or pause_s > _PAUSE_S or word.end_s - first.start_s > LONGEST_S:
        return True
    said = joined([one.text for one in held])
    if not fit(joined([said, word.text])):
        return True
    return bool(_SENTENCE_END.search(said)) and (pause_s >= _BREATH_S or len(said) >= LINE)


def _cue(held: Sequence[Word]) -> Spoken:
    said = joined([one.text for one in held])
    return held[0].start_s, max(one.end_s for one in held), said, held[0].speaker


def _key(word: str) -> str:
    return re.sub(r"[^\w]+", "", word).casefold()
