from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_nb.errors import UsageError
from realtime_nb.speech.grammar import SLOTS, normalise, to_jsgf, usable, words_of


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
    assert re.fullmatch(r"([a-z']+|\{\w+\}|\s)*", normalise(text))
