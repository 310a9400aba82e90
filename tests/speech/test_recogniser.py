"""The recogniser hears synthetic users on the card and refuses what is not on it."""

from __future__ import annotations

import gc
import threading
from typing import Any

import numpy as np
import pytest

from realtime_nb.audio.pcm import float_to_int16
from realtime_nb.errors import UsageError
from realtime_nb.speech import recogniser as module
from realtime_nb.speech.interfaces import Heard
from realtime_nb.speech.recogniser import PocketsphinxRecogniser
from realtime_nb.speech.voices import say_as_user

PATTERNS = (
    "what is {number} plus {number}",
    "what time is it",
    "tell me a story",
    "my name is {name}",
    "what is the weather in {city}",
    "where is my order {digits}",
    "set a timer for {duration}",
    "spell the word jupyter",
    "what can you do",
    "goodbye",
)


@pytest.fixture(scope="module")
def recogniser() -> PocketsphinxRecogniser:
    return PocketsphinxRecogniser()


def samples(text: str, variant: str = "klatt4", noise: float = 0.0) -> np.ndarray:
    clip = say_as_user(text, variant).resample(24_000).resample(16_000)
    pause = np.zeros(4_800, np.float32)
    sound = np.concatenate([pause, clip.samples, pause])
    sound = sound + np.random.default_rng(0).standard_normal(len(sound)) * noise
    return float_to_int16(sound.astype(np.float32))


def hear(recogniser: PocketsphinxRecogniser, pcm: np.ndarray, prompt: str = "") -> Heard:
    recognition = recogniser.start(PATTERNS, prompt=prompt)
    for start in range(0, len(pcm), 320):
        recognition.feed(pcm[start : start + 320])
    return recognition.finish()


CARD = (
    "what is seven plus five",
    "what is twenty three plus forty",
    "what is nine plus sixty",
    "what is two plus eighty",
    "my name is grace",
    "what is the weather in paris",
    "where is my order four two seven",
    "set a timer for two minutes",
    "spell the word jupyter",
    "tell me a story",
    "what time is it",
)


@pytest.mark.parametrize(
    ("variant", "noise"), [("klatt3", 0.0), ("klatt4", 0.003), ("klatt5", 0.0)]
)
def test_what_is_on_the_card_is_heard(
    recogniser: PocketsphinxRecogniser, variant: str, noise: float
) -> None:
    # The voices add noise of their own, no two utterances are equal: one may go wrong.
    heard = [hear(recogniser, samples(text, variant, noise)) for text in CARD]
    wrong = [(text, got) for text, got in zip(CARD, heard, strict=True) if got.text != text]
    assert len(wrong) <= 1, wrong
    assert sum(got.source == "grammar" for got in heard) >= len(CARD) - 1


@pytest.mark.parametrize(
    "text",
    [
        "please book a table for two at eight",
        "how do i reset my password",
        "my sister plays the violin in an orchestra",
    ],
)
def test_what_is_not_on_the_card_is_left_to_the_general_model(
    recogniser: PocketsphinxRecogniser, text: str
) -> None:
    heard = hear(recogniser, samples(text))
    assert heard.source == "open"
    assert heard.text


def test_words_grow_while_they_are_spoken(recogniser: PocketsphinxRecogniser) -> None:
    recognition = recogniser.start(PATTERNS)
    pcm = samples("what is seven plus five")
    partials = [recognition.feed(pcm[at : at + 512]) for at in range(0, len(pcm), 512)]
    assert sum(partial is not None for partial in partials) > 1
    assert recognition.finish() == recognition.finish()
    assert recognition.feed(pcm) is None


def test_silence_and_nothing_are_no_words(recogniser: PocketsphinxRecogniser) -> None:
    assert recogniser.start(PATTERNS).finish().text == ""
    assert hear(recogniser, np.zeros(16_000, np.int16)).source != "grammar"


def test_a_prompt_adds_phrases(recogniser: PocketsphinxRecogniser) -> None:
    said = "the quick brown fox jumps over the lazy dog"
    assert hear(recogniser, samples(said), prompt=said) == Heard(said, "grammar")


def test_unknown_words_and_no_phrases_are_fine_and_unknown_slots_are_said(
    recogniser: PocketsphinxRecogniser,
) -> None:
    assert recogniser.start(["xyzzy plugh", "na\u00efve caf\u00e9", ""]).finish().text == ""
    with pytest.raises(UsageError, match="no slot"):
        recogniser.start(["turn {colour}"])
    assert hear(recogniser, samples("goodbye")).text == "goodbye"


def test_two_utterances_at_once_do_not_mix(recogniser: PocketsphinxRecogniser) -> None:
    texts = ["what time is it", "what can you do"]
    found: dict[str, str] = {}

    def listen(text: str) -> None:
        found[text] = hear(recogniser, samples(text)).text

    threads = [threading.Thread(target=listen, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {text: text for text in texts}


def test_many_grammars_are_bounded(recogniser: PocketsphinxRecogniser) -> None:
    for word in ("apple", "pear", "plum", "grape", "lemon", "melon", "peach", "cherry", "fig"):
        recogniser.start([f"give me a {word}"]).finish()
    (decoders,) = {id(idle): idle for idle in recogniser._idle[-1:]}.values()
    assert len(decoders._searches) == 8
    assert hear(recogniser, samples("goodbye")).text == "goodbye"


def test_decoders_come_back_whether_finished_or_dropped(
    recogniser: PocketsphinxRecogniser,
) -> None:
    before = list(recogniser._idle)
    one = recogniser.start(PATTERNS)
    one.feed(samples("goodbye")[:8000])
    one.close()
    one.close()
    assert one.finish().text == ""
    two = recogniser.start(PATTERNS)
    two.finish()
    two.close()
    assert set(map(id, recogniser._idle)) == set(map(id, before))


def test_idle_decoders_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_KEPT", 2)
    monkeypatch.setattr(module, "_PATIENCE_S", 0.01)
    recogniser = PocketsphinxRecogniser()
    for recognition in [recogniser.start(PATTERNS) for _ in range(3)]:
        recognition.finish()
    assert len(recogniser._idle) == 2
    assert len(recogniser._out) == 0


def test_decoders_that_are_never_given_back_are_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_KEPT", 1)
    monkeypatch.setattr(module, "_PATIENCE_S", 600.0)
    recogniser = PocketsphinxRecogniser()
    lost = recogniser.start(PATTERNS)
    del lost
    gc.collect()
    recogniser.start(PATTERNS).close()


def test_who_finds_all_decoders_in_use_waits_for_one_rather_than_make_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_KEPT", 1)
    monkeypatch.setattr(module, "_PATIENCE_S", 60.0)
    recogniser = PocketsphinxRecogniser()
    first = recogniser.start(PATTERNS)
    second: list[Any] = []
    waiting = threading.Thread(target=lambda: second.append(recogniser.start(PATTERNS)))
    waiting.start()
    waiting.join(0.2)
    assert waiting.is_alive()
    used = first._decoders
    first.close()
    waiting.join(30)
    assert second[0]._decoders is used
    second[0].close()
    assert recogniser._idle == [used]


@pytest.mark.parametrize("text", ["stop sign ahead", "count the sheep in the field"])
def test_the_beginning_of_a_phrase_is_not_the_phrase(
    recogniser: PocketsphinxRecogniser, text: str
) -> None:
    recognition = recogniser.start(["stop", "count to {number}", "goodbye"])
    recognition.feed(samples(text, "klatt3"))
    assert recognition.finish().source == "open"


def test_words_come_with_their_times(recogniser: PocketsphinxRecogniser) -> None:
    sentence = "Please read the letter again before you sign it."
    pcm = samples(sentence)
    heard = hear(recogniser, pcm, sentence)
    assert " ".join(word.text for word in heard.words) == heard.text
    # The synthesiser says when it begins these; 300 ms of silence stand before.
    spoken = [0.300, 0.698, 0.987, 1.123, 1.470, 1.876, 2.250, 2.382, 2.806]
    assert [word.start_s for word in heard.words] == pytest.approx(spoken, abs=0.06)


def test_words_of_a_guess_have_times_too(recogniser: PocketsphinxRecogniser) -> None:
    pcm = samples("Please read the letter again before you sign it.")
    heard = hear(recogniser, pcm)
    assert heard.source == "open"
    assert " ".join(word.text for word in heard.words) == heard.text
    edges = [edge for word in heard.words for edge in (word.start_s, word.end_s)]
    assert edges == sorted(edges)
    assert edges[0] >= 0.25
    assert edges[-1] <= len(pcm) / 16_000


def hear_whole(recogniser: PocketsphinxRecogniser, pcm: np.ndarray) -> Heard:
    recognition = recogniser.start(whole=pcm)
    recognition.feed(pcm)
    return recognition.finish()


FOX = "the quick brown fox jumps over the lazy dog"


def test_a_whole_sound_is_heard_the_same_whatever_was_heard_before() -> None:
    fox = samples(FOX, "klatt4")
    other = samples("my sister plays the violin in an orchestra", "klatt5")
    recogniser = PocketsphinxRecogniser()
    first = hear_whole(recogniser, fox)
    # How well, depends on the noise that this voice adds: it is never twice the same.
    assert len(first.words) >= 5, first
    hear_whole(recogniser, other)
    hear(recogniser, (other * 0.1).astype(np.int16))
    again = hear_whole(recogniser, fox)
    assert (again, again.words) == (first, first.words)


def test_a_whole_sound_changes_nothing_for_what_comes_live() -> None:
    recogniser = PocketsphinxRecogniser()
    assert hear(recogniser, samples("what time is it")).text == "what time is it"
    before = recogniser._mean
    assert before is not None
    hear_whole(recogniser, (samples(FOX, "klatt5") * 0.05).astype(np.int16))
    assert recogniser._mean == before
    hear(recogniser, samples("goodbye", "klatt5"))
    assert recogniser._mean != before


def test_the_first_words_of_all_are_understood() -> None:
    # Of eleven phrases, each the first that a recogniser ever hears, four were lost once.
    recogniser = PocketsphinxRecogniser()
    wrong = []
    for text in CARD:
        recogniser._mean = None
        if (heard := hear(recogniser, samples(text, "klatt3"))).text != text:
            wrong.append((text, heard))
    assert len(wrong) <= 1, wrong


def test_the_mean_is_the_sounds_own() -> None:
    recogniser = PocketsphinxRecogniser()
    (decoders,) = recogniser._idle
    sound = samples("what is seven plus five")

    def mean(pcm: np.ndarray) -> np.ndarray:
        text = decoders.mean_of(pcm)
        assert text is not None
        return np.array([float(value) for value in text.split(",")])

    loud = mean(sound)
    assert loud.shape == (13,)
    # Twice as long is the same sound; another level is another sum of the logarithms.
    assert mean(np.concatenate([sound, sound])) == pytest.approx(loud, abs=3.0)
    assert list(mean(sound)) == list(loud)
    assert mean((sound * 0.25).astype(np.int16))[0] < loud[0] - 2.0
    assert decoders.mean_of(np.zeros(0, np.int16)) is None


def test_silence_has_no_words(recogniser: PocketsphinxRecogniser) -> None:
    assert hear(recogniser, np.zeros(16_000, np.int16)).words == ()
