from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_nb.errors import UsageError
from realtime_nb.speech.decoders import Decoders
from realtime_nb.speech.grammar import SLOTS, normalise, phrases_of, to_jsgf, usable, words_of


def test_slots_become_rules_and_words_stay() -> None:
    grammar = to_jsgf(["What is {number} plus {number}?", "stop"])
    assert "( what is <number> plus <number> ) | ( stop )" in grammar
    assert grammar.startswith("#JSGF V1.0;")


def test_a_slot_that_does_not_exist_is_said() -> None:
    with pytest.raises(UsageError, match=r"no slot \{colour\}; there are: \{number\}"):
        to_jsgf(["turn the light {colour}"])
    with pytest.raises(UsageError, match="no slot"):
        words_of("turn the light {colour}")


def test_no_phrase_is_no_grammar() -> None:
    with pytest.raises(UsageError):
        to_jsgf([])


def test_phrases_with_unknown_words_are_left_out_and_twins_merged() -> None:
    known = {"hello", "there"}
    assert usable(["Hello, there!", "hello there", "hello xyzzy", "…"], known.__contains__) == [
        "hello there"
    ]


def test_the_words_of_a_slot_are_all_its_words() -> None:
    assert {"minutes", "forty", "zero", "half"} <= words_of("set a timer for {duration}")
    assert all(words_of(f"{{{slot}}}") for slot in SLOTS)


@given(st.text())
def test_any_text_is_normalised_to_words_and_slots(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
    assert not re.search(r"[A-Z\d.,!?]", normalise(text), re.ASCII)


@pytest.mark.parametrize(
    ("phrase", "words"),
    [
        ("Order 42, please", "order forty two please"),
        ("0 or 10 or 90", "zero or ten or ninety"),
        ("room 101, flight 007", "room one zero one flight zero zero seven"),
        ("it\u2019s twenty-five", "it's twenty five"),
        ("my name is {name}!", "my name is {name}"),
    ],
)
def test_phrases_are_written_as_they_are_said(phrase: str, words: str) -> None:
    assert normalise(phrase) == words


def test_a_foreign_word_is_unknown_and_not_cut_into_known_ones() -> None:
    known = {"a", "an", "na", "ve", "idea"}
    assert usable(["a na\u00efve idea", "an idea"], known.__contains__) == ["an idea"]


def test_a_prompt_gives_its_sentences() -> None:
    prompt = "Names: Ada and Bob. Open the pod bay doors!\n\nPlease {sing}; now"
    assert phrases_of(prompt) == ["Names", "Ada and Bob", "Open the pod bay doors", "now"]
    assert phrases_of("") == []


def test_every_word_of_every_slot_is_in_the_dictionary() -> None:
    decoders = Decoders()
    words = set().union(*(words_of(f"{{{slot}}}") for slot in SLOTS))
    assert [word for word in sorted(words) if not decoders.knows(word)] == []
