from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_nb.audio.clip import AudioClip
from realtime_nb.protocol.audio_api.transcript import COLUMNS, Transcript
from realtime_nb.protocol.audio_api.transcript_join import join_transcripts, sum_usage
from realtime_nb.protocol.audio_api.transcript_read import TranscriptStream, read_transcript
from realtime_nb.protocol.audio_api.transcript_times import Segment, Word

CLIP = AudioClip(np.sin(np.arange(16_000) / 9).astype(np.float32) * 0.3, 16_000)


def test_every_shape_of_answer_is_read():
    srt = (
        "1\n00:00:00,500 --> 00:00:01,000\nHello,\nyou.\n\n2\n01:00:00,000 --> 01:00:02,250\nBye.\n"
    )
    vtt = "WEBVTT\n\n00:00.500 --> 00:01.000\n<v Ann>Hello &amp; you.</v>\n"
    assert read_transcript('{"text": "Hi"}').text == "Hi"
    assert read_transcript("Hi there\n", "text/plain").text == "Hi there"
    assert read_transcript('"Hi"').text == "Hi"
    assert read_transcript(srt, "text/plain").segments == (
        Segment("Hello, you.", 0.5, 1.0),
        Segment("Bye.", 3600.0, 3602.25),
    )
    assert read_transcript(vtt, "text/vtt").segments == (Segment("Hello & you.", 0.5, 1.0, "Ann"),)
    assert read_transcript("").text == ""


@pytest.mark.parametrize(
    "told",
    [
        {"text": None, "segments": 7, "words": {"a": 1}, "duration": "much", "usage": []},
        {"segments": [None, 3, {"text": "a"}, {"text": 4, "start": 0}, {"start": 1, "end": 2}]},
        {"words": [{"word": "a", "start": "x"}, {"word": "b", "start": -1, "end": -5}]},
        {"languages": ["en", {"code": "de"}, {"code": 3}, None], "logprobs": [1, {"token": "a"}]},
    ],
)
def test_what_is_of_another_kind_does_no_harm(told):
    transcript = read_transcript(json.dumps(told))
    assert transcript.text == ""
    assert transcript.segments == ()
    assert [word.text for word in transcript.words] in ([], ["b"])
    assert transcript.languages in ((), ("en", "de"))
    assert transcript.duration_s is None


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "text", "delta", "segments", "words", "word", "start", "end"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_nothing_that_comes_breaks_the_reader(value):
    read_transcript(json.dumps(value))
    stream = TranscriptStream()
    kinds = ("transcript.text.delta", "transcript.text.segment", "transcript.text.done")
    for kind in kinds:
        told = value if isinstance(value, dict) else {}
        stream.add({**told, "type": kind})
    page = stream.transcript()._repr_html_()
    assert page.startswith("<div>")


def test_parts_are_joined_with_their_times_and_known_speakers():
    first = Transcript(
        text="Hello.",
        segments=(Segment("Hello.", 0, 1, "Ann"),),
        words=(Word("Hello", 0, 1),),
        usage={"type": "tokens", "input_tokens": 3, "input_token_details": {"audio_tokens": 3}},
        languages=("en",),
    )
    second = Transcript(
        text="Bye.",
        segments=(Segment("Bye.", 0.5, 1, "A"),),
        words=(Word("Bye", 0.5, 1),),
        usage={"type": "tokens", "input_tokens": 4, "input_token_details": {"audio_tokens": 4}},
        languages=("en", "de"),
    )
    whole = join_transcripts([(0.0, first), (60.0, second)], {"Ann"})
    assert whole.text == "Hello. Bye."
    assert whole.segments == (
        Segment("Hello.", 0, 1, "Ann"),
        Segment("Bye.", 60.5, 61, "A (part 2)"),
    )
    assert whole.words[1] == Word("Bye", 60.5, 61)
    assert whole.languages == ("en", "de")
    assert whole.usage == {
        "type": "tokens",
        "input_tokens": 7,
        "input_token_details": {"audio_tokens": 7},
    }


def test_a_sum_with_something_untold_is_untold():
    assert sum_usage([{"seconds": 1}, None]) is None
    assert sum_usage([]) is None


def test_a_page_of_hostile_words_shows_them_and_runs_nothing():
    bad = '<img src=x onerror="alert(1)">\u202e\x07'
    segments = (Segment(bad, 0, 0.5, bad), Segment("fine", 0.5, 1, "B"))
    page = Transcript(
        text=bad, language=bad, model=bad, segments=segments, sound=CLIP, partial=True, problem=bad
    )._repr_html_()
    assert "<img src=x" not in page
    assert "\u202e" not in page
    assert "\x07" not in page
    assert "&lt;img src=x" in page


def test_speakers_have_the_same_colours_in_legend_rows_and_under_the_waveform():
    segments = tuple(Segment(f"said {n}", n / 4, n / 4 + 0.2, "ABC"[n % 3]) for n in range(4))
    transcript = Transcript(text="x", segments=segments, sound=CLIP)
    page = transcript._repr_html_()
    assert transcript.speakers == ("A", "B", "C")
    from realtime_nb.audio.waveform_marks import colour_of  # noqa: PLC0415

    for number, times in ((0, 2), (1, 1), (2, 1)):
        # In the legend once, in each of its rows, and under the waveform.
        assert page.count(colour_of(number)) >= 1 + 2 * times
    assert "said 3" in page
    assert "0:00.8" in page


def test_a_page_of_hours_is_bounded_and_says_what_it_left_out():
    segments = tuple(Segment("word " * 400, n, n + 1.0) for n in range(10_000))
    transcript = Transcript(text="word " * 100_000, segments=segments, sound=CLIP)
    page = transcript._repr_html_()
    assert "9,880 more" in page
    assert len(page) < 500_000


def test_frames_have_the_same_columns_whatever_is_known():
    words = Transcript(text="a", words=(Word("a", 0, 1),)).df
    text, nothing = Transcript(text="a").df, Transcript().df
    for frame in (words, text, nothing):
        assert list(frame.columns) == list(COLUMNS)
        assert frame["start_s"].dtype == "float64"
    assert (len(words), len(text), len(nothing)) == (1, 1, 0)
    assert np.isnan(text["start_s"][0])


def test_half_a_character_can_be_saved(tmp_path):
    transcript = Transcript(text="a\ud800b", segments=(Segment("a\ud800b", 0, 1),))
    for suffix in ("txt", "srt", "vtt", "json"):
        assert "a\ufffdb" in transcript.save(tmp_path / f"x.{suffix}").read_text("utf-8")


def test_a_file_that_nothing_decodes_is_no_clip(tmp_path):
    path = tmp_path / "x.webm"
    path.write_bytes(b"\x1aE\xdf\xa3 and no more")
    assert Transcript(text="a", sound=path).clip is None
    assert Transcript(text="a", sound=tmp_path / "gone").clip is None
