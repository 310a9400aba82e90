from __future__ import annotations

import os
import subprocess
import sys
import threading

import espeakng_loader
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


def test_every_voice_of_the_service_is_there_and_differs() -> None:
    speaker = EspeakSpeaker()
    assert len(set(VOICES.values())) == len(VOICES)
    for name in VOICES:
        assert sum(len(piece.pcm) for piece in speaker.say("Hello.", voice=name)) > 2_000


def test_an_unknown_voice_speaks_as_alloy(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    speak = Espeak.speak

    def listen(self: Espeak, text: str, *, voice: str, **options: int) -> Utterance:
        asked.append(voice)
        return speak(self, text, voice=voice, **options)

    monkeypatch.setattr(Espeak, "speak", listen)
    list(EspeakSpeaker().say("Hello.", voice="nobody"))
    assert asked == [VOICES["alloy"][0]]


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


def test_the_library_speaks_with_its_data_far_away(tmp_path) -> None:
    data = tmp_path / ("d" * 100) / ("e" * 100)
    data.parent.mkdir(parents=True)
    data.symlink_to(espeakng_loader.get_data_path())
    code = (
        "import sys, espeakng_loader; espeakng_loader.get_data_path = lambda: sys.argv[1]\n"
        "from realtime_nb.speech.espeak import Espeak\n"
        "print(len(Espeak.shared().speak('hello', voice='en-us', wpm=160).pcm))"
    )
    done = subprocess.run(  # noqa: S603 -- our own interpreter and a fixed text
        [sys.executable, "-c", code, str(data)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert int(done.stdout) > 4_000
    assert sorted(tmp_path.iterdir()) == [data.parent], "the link is taken away at the end"


def test_each_word_is_told_once_whatever_it_is_read_as() -> None:
    text = "It's 42\u2014no, 10:30 \U0001f600 and twenty-five \u00e9clairs \u2014 cost $5.50.\nOK?"
    made = Espeak.shared().speak(text, voice="en-us", wpm=165)
    words = [text[word.text_offset : word.text_offset + word.length] for word in made.words]
    assert words == [word for word in text.split() if word != "\u2014"]
    times = [word.audio_ms for word in made.words]
    assert times == sorted(times)
    assert len(set(times)) == len(times)


def test_the_library_is_asked_for_what_it_can_do(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def speak(_self, _text: str, *, voice: str, wpm: int, pitch: int) -> Utterance:
        assert voice
        assert pitch
        asked.append(wpm)
        return Utterance(np.zeros(0, np.int16), ())

    monkeypatch.setattr(Espeak, "speak", speak)
    for speed in (0.25, 1.0, 4.0):
        list(EspeakSpeaker().say("Hello.", speed=speed))
    assert asked == [82, 165, 330]


@pytest.mark.parametrize("speed", [0.25, 0.5, 2.0, 4.0])
def test_speech_is_as_quick_as_was_asked(speed: float) -> None:
    speaker = EspeakSpeaker()
    text = "Please read the letter again before you sign it."

    def say(speed: float) -> tuple[int, float]:
        spoken = list(speaker.say(text, speed=speed))
        last = [word for piece in spoken for word in piece.words][-1]
        return sum(len(piece.pcm) for piece in spoken), last.audio_ms

    length, last_ms = say(1.0)
    quick, quick_ms = say(speed)
    assert length / quick == pytest.approx(speed, rel=0.05)
    assert last_ms / quick_ms == pytest.approx(speed, rel=0.05)
