from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from realtime_nb.protocol.audio_api.event_stream import EventStream
from realtime_nb.protocol.audio_api.speech_models import longest_text
from realtime_nb.protocol.audio_api.speech_text import split_text


def test_a_short_text_is_one_part():
    assert split_text("  Hello. ", 100) == ["Hello."]
    assert split_text(" \n", 100) == []


def test_paragraphs_go_before_sentences_before_clauses_before_words():
    assert split_text("One two. Three.\n\nFour five six.", 22) == [
        "One two. Three.",
        "Four five six.",
    ]
    assert split_text("One two. Three four five six.", 20) == ["One two.", "Three four five six."]
    assert split_text("One two three, four five six", 20) == ["One two three,", "four five six"]
    assert split_text("One two three four five", 14) == ["One two three", "four five"]
    assert split_text("これは文です。これも文です。", 8) == ["これは文です。", "これも文です。"]


def test_a_word_that_is_too_long_is_all_that_is_cut():
    assert split_text("a" * 25, 10) == ["a" * 10, "a" * 10, "a" * 5]


def test_numbers_and_abbreviations_without_a_space_are_not_cut():
    assert split_text("It costs 3.50 in e.g.x all", 20) == ["It costs 3.50 in", "e.g.x all"]


@given(st.text(st.sampled_from("ab .!?,\n。" + "é"), max_size=300), st.integers(5, 60))
def test_no_word_is_lost_and_no_part_is_too_long(text, longest):
    parts = split_text(text, longest)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(0 < len(part) <= longest for part in parts)


def test_scripts_of_many_tokens_are_read_in_smaller_parts():
    assert longest_text("Hello " * 900, "gpt-4o-mini-tts") == 4_096
    assert longest_text("これは文です。" * 900, "gpt-4o-mini-tts") < 2_000
    assert longest_text("これは文です。" * 900, "tts-1") == 4_096


@given(st.lists(st.integers(1, 9), max_size=40))
def test_events_are_the_same_however_bytes_are_cut(cuts):
    data = (
        b': hi\r\ndata: {"a": 1}\r\n\r\nevent: x\ndata: {"b":\ndata: 2}\n\n'
        b'data: [DONE]\n\ndata: {"c": 3}'
    )
    stream, found, at = EventStream(), [], 0
    for cut in [*cuts, len(data)]:
        found += stream.feed(data[at : at + cut])
        at += cut
    assert [*found, *stream.finish()] == [{"a": 1}, {"b": 2}, {"c": 3}]
