from __future__ import annotations

import base64
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from realtime_nb.protocol.conversation.captions import LONG, LONGEST, PAUSE_MS
from realtime_nb.protocol.conversation.reducer import MAX_ITEMS, Conversation
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.summary import payload_bytes, summarise


def source(delta: Any, elapsed_ms: Any = None) -> dict[str, Any]:
    return {"type": "session.input_transcript.delta", "delta": delta, "elapsed_ms": elapsed_ms}


def translated(delta: Any, elapsed_ms: Any = None) -> dict[str, Any]:
    return {"type": "session.output_transcript.delta", "delta": delta, "elapsed_ms": elapsed_ms}


CLOSED = {"type": "session.closed"}


def told(*events: dict[str, Any], step_ms: float = 1.0) -> Conversation:
    conversation = Conversation()
    for number, data in enumerate(events):
        conversation.apply("received", Event(data), number * step_ms)
    return conversation


def shown(conversation: Conversation) -> list[tuple[str | None, str]]:
    return [(item.role, item.text) for item in conversation.items]


def test_fragments_are_joined_as_they_are() -> None:
    conversation = told(source("Good mor", 200), source("ning", 400), source(", all.", 400))
    assert shown(conversation) == [("user", "Good morning, all.")]


def test_both_texts_stand_side_by_side_whichever_comes_first() -> None:
    conversation = told(
        translated("Bon", 400), source("Good", 200), translated("jour", 600), source("ness", 400)
    )
    assert shown(conversation) == [("user", "Goodness"), ("assistant", "Bonjour")]


def test_a_pause_begins_a_paragraph_in_its_own_text_only() -> None:
    conversation = told(
        source("One.", 1000),
        translated("Un.", 1400),
        source("Two.", 1001 + PAUSE_MS),
        translated(" Et demi.", 1400 + PAUSE_MS),
        translated("Deux.", 1401 + 2 * PAUSE_MS),
    )
    assert shown(conversation) == [
        ("user", "One."),
        ("assistant", "Un. Et demi."),
        ("user", "Two."),
        ("assistant", "Deux."),
    ]


def test_a_paragraph_is_done_when_the_next_begins_or_the_session_ends() -> None:
    conversation = told(source("One.", 0), source("Two.", 9000))
    assert [item.status for item in conversation.items] == ["completed", "in_progress"]
    changed = conversation.apply("received", Event(CLOSED), 3.0)
    assert changed == {conversation.items[1].id}
    assert conversation.items[1].status == "completed"
    assert conversation.apply("received", Event(CLOSED), 3.0) == frozenset()


def test_a_paragraph_that_begins_names_the_one_it_ends() -> None:
    conversation = told(source("One.", 0))
    changed = conversation.apply("received", Event(source("Two.", 9000)), 1.0)
    assert changed == {item.id for item in conversation.items}


def test_without_a_place_in_the_sound_time_stands_in() -> None:
    assert len(told(source("a"), source("b"), step_ms=1000).items) == 1
    assert len(told(source("a"), source("b"), step_ms=1600).items) == 2
    # A place that is named counts, however slowly the events come.
    assert len(told(source("a", 200), source("b", 400), step_ms=9000).items) == 1


def test_who_never_pauses_gets_paragraphs_of_whole_sentences() -> None:
    words = ["word ", "and ", "then. "] * LONG
    conversation = told(*(source(word, 200 * n) for n, word in enumerate(words)))
    texts = [item.text for item in conversation.items]
    assert "".join(texts) == "".join(words)
    assert len(texts) > 1
    assert all(text.endswith(". ") and LONG < len(text) < LONG + 20 for text in texts[:-1])
    endless = told(*(source("la ", 200 * n) for n in range(LONGEST)))
    assert all(LONGEST < len(item.text) < LONGEST + 5 for item in endless.items[:-1])
    assert len(endless.items) == 3


def test_what_says_nothing_changes_nothing() -> None:
    assert told(source(None, 0), source(7, 0), source("", 0), source("x", "soon")).items[0].text
    assert told(source(None), translated("")).items == []


@given(
    st.lists(
        st.tuples(st.booleans(), st.text(min_size=1, max_size=3), st.integers(0, 20_000)),
        max_size=30,
    )
)
def test_no_word_is_lost_or_changes_places(fragments: list[tuple[bool, str, int]]) -> None:
    conversation = told(*((translated if t else source)(text, ms) for t, text, ms in fragments))
    by_number = {"user": [], "assistant": []}
    for item in sorted(conversation.items, key=lambda one: int(one.id.rpartition("_")[2])):
        by_number[item.role or ""].append(item.parts[0].text)
    for role, is_translation in (("user", False), ("assistant", True)):
        said = "".join(text for t, text, _ in fragments if t is is_translation)
        assert "".join(by_number[role]) == said


def test_the_sound_of_a_translation_is_counted_and_never_shown() -> None:
    payload = base64.b64encode(bytes(4800)).decode()
    sent = Event({"type": "session.input_audio_buffer.append", "audio": payload})
    heard = Event({"type": "session.output_audio.delta", "delta": payload, "elapsed_ms": 200})
    conversation = Conversation()
    conversation.apply("sent", sent, 0.0)
    conversation.apply("received", heard, 0.0)
    assert conversation.input_audio_ms == 100
    assert conversation.last_assistant_audio() is None
    assert payload_bytes(heard) == 4800
    assert summarise(sent) == summarise(heard) == "4,800 bytes of sound"
    assert summarise(Event(source("Good\nmorning"))) == "Good morning"


def test_paragraphs_are_bounded_and_the_first_one_goes() -> None:
    conversation = Conversation()
    for number in range(MAX_ITEMS + 3):
        event = Event(source(f"Line {number}.", 2 * PAUSE_MS * number))
        changed = conversation.apply("received", event, float(number))
    assert len(conversation.items) == len(conversation._captions._starts) == MAX_ITEMS
    assert conversation.items[0].text == "Line 3."
    assert changed == {"source_3", f"source_{number}", f"source_{number + 1}"}
