"""Subtitles, read back by a parser of the test's own that knows the two formats' rules only."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_nb.errors import UsageError
from realtime_nb.protocol.audio_api.subtitle_read import read_subtitles
from realtime_nb.protocol.audio_api.transcript import Transcript
from realtime_nb.protocol.audio_api.transcript_times import Segment, Word

SRT_TIME = re.compile(r"(\d{2,}):(\d\d):(\d\d),(\d{3}) --> (\d{2,}):(\d\d):(\d\d),(\d{3})")
VTT_TIME = re.compile(r"(\d{2,}):(\d\d):(\d\d)\.(\d{3}) --> (\d{2,}):(\d\d):(\d\d)\.(\d{3})")


def _ms(h, m, s, ms):
    assert int(m) < 60
    assert int(s) < 60
    return ((int(h) * 60 + int(m)) * 60 + int(s)) * 1000 + int(ms)


def _span(found):
    assert found, "a cue's second line is its time"
    parts = found.groups()
    return _ms(*parts[:4]), _ms(*parts[4:])


def parse_srt(text):
    cues = []
    for number, block in enumerate(text.split("\n\n") if text else [], 1):
        index, time, *lines = block.rstrip("\n").split("\n")
        assert index == str(number)
        assert lines
        assert all("-->" not in line for line in lines)
        cues.append((*_span(SRT_TIME.fullmatch(time)), lines))
    return cues


def parse_vtt(text):
    head, *blocks = text.rstrip("\n").split("\n\n")
    assert head == "WEBVTT"
    cues = []
    for block in blocks:
        time, *lines = block.split("\n")
        start, end = _span(VTT_TIME.fullmatch(time))
        raw = "\n".join(lines)
        assert "-->" not in raw
        voice = re.match(r"<v ([^<>\n]+)>(.*)</v>$", raw, re.DOTALL)
        speaker, raw = (voice[1], voice[2]) if voice else ("", raw)
        assert "<" not in raw
        assert not re.search(r"&(?!amp;|lt;|gt;)", raw)
        plain = [_unescaped(line) for line in raw.split("\n")]
        cues.append((start, end, _unescaped(speaker), plain))
    starts = [cue[0] for cue in cues]
    assert starts == sorted(starts)
    return cues


def _unescaped(text):
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def said(*texts, each_s=0.4, gap_s=0.0):
    words, at = [], 0.0
    for text in texts:
        words.append(Word(text, at, at + each_s))
        at += each_s + gap_s
    return tuple(words)


def test_nothing_said_is_an_empty_file_of_each_kind():
    assert Transcript().srt() == ""
    assert parse_vtt(Transcript().vtt()) == []


def test_segments_are_cues_with_hours_and_thousandths():
    segments = (Segment("One.", 0.0, 1.2345), Segment("Two.", 3_600.5, 3_661.001))
    transcript = Transcript(text="One. Two.", segments=segments)
    assert [cue[:2] for cue in parse_srt(transcript.srt())] == [(0, 1234), (3_600_500, 3_661_001)]
    assert "01:00:00.500 --> 01:01:01.001\nTwo." in transcript.vtt()


def test_words_become_cues_of_two_lines_of_42_characters_and_seven_seconds():
    text = "The quick brown fox jumps over the lazy dog and runs away from here. " * 8
    bare = [re.sub(r"\W", "", word) for word in text.split()]
    transcript = Transcript(text=text, words=said(*bare))
    cues = parse_srt(transcript.srt())
    assert len(cues) > 4
    for start, end, lines in cues:
        assert len(lines) <= 2
        assert all(len(line) <= 42 for line in lines)
        assert end - start <= 7_000
    assert " ".join(" ".join(lines) for *_, lines in cues).split() == text.split()


def test_a_pause_and_a_sentence_end_a_cue():
    words = (Word("Yes", 0, 0.3), Word("Now", 0.8, 1.0), Word("go", 2.5, 2.9))
    transcript = Transcript(text="Yes. Now go!", words=words)
    assert [cue[2] for cue in parse_srt(transcript.srt())] == [["Yes."], ["Now"], ["go!"]]


def test_words_without_spaces_stay_without():
    transcript = Transcript(text="こんにちは世界", words=said("こんにちは", "世界"))
    assert parse_srt(transcript.srt())[0][2] == ["こんにちは世界"]


def test_markup_arrows_and_speakers_are_escaped_in_vtt():
    segment = Segment("a < b && c --> d </v><b>", 0, 2, "Tom & <Jerry>\n\nX")
    transcript = Transcript(text="x", segments=(segment,))
    ((start, end, speaker, lines),) = parse_vtt(transcript.vtt())
    assert (start, end, speaker) == (0, 2000, "Tom & <Jerry> X")
    assert lines == ["a < b && c --> d </v><b>"]


def test_arrows_and_blank_lines_do_not_break_srt():
    segments = (Segment("one\n\n2\n00:00:01,000 --> 00:00:02,000\nfake", 0, 2, "Ann"),)
    ((_, _, lines),) = parse_srt(Transcript(text="x", segments=segments).srt())
    assert " ".join(lines) == "Ann: one 2 00:00:01,000 → 00:00:02,000 fake"


def test_cues_of_one_speaker_do_not_overlap_and_none_is_empty():
    segments = (Segment("b", 1.0, 1.0), Segment("a", 0.0, 1.5), Segment(" ", 2, 3))
    cues = parse_vtt(Transcript(text="a b", segments=segments).vtt())
    assert [(start, end, lines) for start, end, _, lines in cues] == [
        (0, 1000, ["a"]),
        (1000, 1001, ["b"]),
    ]


def test_speakers_may_talk_at_the_same_time():
    segments = (Segment("a", 0.0, 1.5, "A"), Segment("b", 1.0, 2.0, "B"))
    cues = parse_vtt(Transcript(text="a b", segments=segments).vtt())
    assert [cue[:3] for cue in cues] == [(0, 1500, "A"), (1000, 2000, "B")]


def test_words_without_times_make_no_subtitles():
    with pytest.raises(UsageError, match="no times"):
        Transcript(text="Hello").srt()


TEXTS = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)
SPANS = st.tuples(st.floats(0, 90_000), st.floats(0, 20), TEXTS, TEXTS)


@given(st.lists(SPANS, min_size=1, max_size=8))
def test_whatever_is_said_can_be_read_back(spans):
    segments = tuple(Segment(text, at, at + for_s, who) for at, for_s, text, who in spans)
    transcript = Transcript(text="x", segments=segments)
    cues = parse_vtt(transcript.vtt())
    assert len(parse_srt(transcript.srt())) == len(cues)
    transcript.vtt().encode()
    back = read_subtitles(transcript.vtt())
    assert [one.text for one in back] == [" ".join(" ".join(cue[3]).split()) for cue in cues]


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0, 3), TEXTS), max_size=30))
def test_whatever_words_are_said_each_stands_in_a_cue(told):
    words, at = [], 0.0
    for gap_s, for_s, text in told:
        words.append(Word(text, at + gap_s, at + gap_s + for_s))
        at += gap_s + for_s
    transcript = Transcript(text=" ".join(text for *_, text in told), words=tuple(words))
    parse_vtt(transcript.vtt())
    parse_srt(transcript.srt())
