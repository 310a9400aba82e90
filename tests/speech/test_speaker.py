from __future__ import annotations

import threading

import numpy as np
import pytest

from realtime_nb.speech.espeak import Espeak, Utterance, _short
from realtime_nb.speech.speaker import VOICES, EspeakSpeaker, ToneSpeaker

SPEAKERS = [EspeakSpeaker, ToneSpeaker]
TEXT = "Seven plus five is twelve. Shall I go on?"


@pytest.mark.parametrize("make", SPEAKERS)
def test_words_begin_where_they_stand_and_in_order(make: type) -> None:
    speaker = make()
    spoken = list(speaker.say(TEXT))
    words = [word for piece in spoken for word in piece.words]
    assert [TEXT[w.text_offset : w.text_offset + w.length].strip(".?") for w in words] == [
        word.strip(".?") for word in TEXT.split()
    ]
    times = [word.audio_ms for word in words]
    assert times == sorted(times)
    total_ms = sum(len(piece.pcm) for piece in spoken) * 1000 / speaker.rate
    assert 1_000 < total_ms < 10_000
    assert times[-1] < total_ms
    assert all(len(piece.pcm) <= speaker.rate * 0.06 for piece in spoken)


@pytest.mark.parametrize("make", SPEAKERS)
def test_each_word_comes_with_the_piece_it_begins_in(make: type) -> None:
    speaker = make()
    at_ms = 0.0
    for piece in speaker.say(TEXT):
        end_ms = at_ms + len(piece.pcm) * 1000 / speaker.rate
        assert all(word.audio_ms < end_ms + 60 for word in piece.words)
        at_ms = end_ms


@pytest.mark.parametrize("make", SPEAKERS)
@pytest.mark.parametrize("text", ["", "   ", "…", "😀", "a\0b", "naïve café", "x" * 5000])
def test_no_text_breaks_a_voice(make: type, text: str) -> None:
    for piece in make().say(text):
        assert piece.pcm.dtype == np.int16


@pytest.mark.parametrize("make", SPEAKERS)
def test_faster_is_shorter(make: type) -> None:
    speaker = make()

    def length(speed: float) -> int:
        return sum(len(piece.pcm) for piece in speaker.say(TEXT, speed=speed))

    assert length(1.5) < length(1.0) < length(0.5)


def test_every_voice_of_the_service_is_one_of_its_own() -> None:
    # Not by comparing sound: the library adds a little noise, no two utterances are equal.
    assert len(set(VOICES.values())) == len(VOICES)
    speaker = EspeakSpeaker()
    for voice in VOICES:
        pcm = np.concatenate([piece.pcm for piece in speaker.say("Hello.", voice=voice)])
        assert np.abs(pcm).max() > 1_000


def test_an_unknown_voice_is_spoken_by_alloy(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []

    def speak(_self, _text: str, *, voice: str, wpm: int, pitch: int) -> Utterance:
        asked.append((voice, pitch))
        return Utterance(np.full(wpm, 1, np.int16), ())

    monkeypatch.setattr(Espeak, "speak", speak)
    list(EspeakSpeaker().say("Hello.", voice="nobody"))
    list(EspeakSpeaker().say("Hello.", voice="cedar"))
    assert asked == [VOICES["alloy"], VOICES["cedar"]]


def test_an_unknown_voice_of_the_library_is_said() -> None:
    with pytest.raises(ValueError, match="no voice 'zz-nobody'"):
        Espeak.shared().speak("Hello", voice="zz-nobody", wpm=160)


def test_the_library_is_loaded_once() -> None:
    Espeak.shared()
    with pytest.raises(RuntimeError, match="shared"):
        Espeak()


def test_threads_take_turns() -> None:
    speaker = EspeakSpeaker()
    texts = ["Hello.", TEXT, f"{TEXT} {TEXT}"]
    alone = {text: sum(len(piece.pcm) for piece in speaker.say(text)) for text in texts}
    found: list[tuple[str, int]] = []

    def speak(text: str) -> None:
        found.extend((text, sum(len(piece.pcm) for piece in speaker.say(text))) for _ in range(5))

    threads = [threading.Thread(target=speak, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 15
    # The same text is a few samples longer or shorter each time.
    assert all(abs(length - alone[text]) < 0.02 * alone[text] for text, length in found)


def test_a_long_data_path_is_reached_through_a_short_one(tmp_path) -> None:
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    (deep / "file").write_text("here")
    short = _short(str(deep))
    assert len(short) < 150
    assert (type(deep)(short) / "file").read_text() == "here"
    assert _short("/short") == "/short"
