"""A talk that is cut anywhere and restored is the talk, but for what was lost."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_nb.bridge.recording.recording import decoded, sort_sound
from realtime_nb.inspection.talk import Talk as Told
from realtime_nb.inspection.timeline.notes import notes_of
from realtime_nb.protocol.conversation.items import Item
from realtime_nb.protocol.conversation.reducer import Conversation
from realtime_nb.protocol.rules.check import check
from tests.protocol.restored_talk import CHUNK_MS, Talk, Turn, cut, whole

_SETTINGS = settings(max_examples=40, deadline=None)
_WORDS = st.lists(st.sampled_from(("one", "two", "three")), min_size=1, max_size=3).map(tuple)
_TURNS = st.lists(
    st.builds(
        Turn,
        kind=st.sampled_from(("voice", "typed")),
        said=_WORDS,
        answer=_WORDS,
        lead=st.integers(0, 7),
        speech=st.integers(2, 7),
        cut=st.booleans(),
    ),
    min_size=1,
    max_size=4,
).map(tuple)


def _told(talk: Talk) -> Told:
    return Told(talk.log, talk.conversation)


def _words(item: Item) -> tuple[str | None, str, str]:
    return item.role, item.text.strip(), item.heard_text


def _sound(talk: Talk) -> bytes:
    notes = notes_of(_told(talk))
    sent, _, _ = sort_sound(talk.log, notes, None)
    return b"".join(pcm.tobytes() for pcm in decoded(sent, ("audio/pcm", 24_000, 1)))


def _told_as_sound(talk: Talk) -> set[str]:
    """Return the items that were given to a new session as what the user said."""
    items = [
        record.event.get("item") or {}
        for record in talk.log
        if record.direction == "sent" and record.event.type == "conversation.item.create"
    ]
    return {
        item["id"]
        for item in items
        if item.get("role") == "user"
        and [part["type"] for part in item["content"]] == ["input_audio"]
    }


def _same(one: Item, other: Item) -> bool:
    return _words(one) == _words(other) and not one.lost


def _check(turns: tuple[Turn, ...], restored: Talk, *, cuts: int) -> None:
    plain = whole(turns)
    left = list(plain.conversation.items)
    odd = list[Item]()
    for item in restored.conversation.items:
        if left and _same(item, left[0]):
            del left[0]
            continue
        odd.append(item)
        # What was said and not yet written down is told to the new session as its sound.
        assert item.lost or (not item.text and item.id in _told_as_sound(restored))
        # What came of it is what the whole talk has there, as far as it came.
        assert left
        assert item.role == left[0].role
        assert left[0].text.startswith(item.text.strip())
        if item.role == "user":
            # It was not written down: it is told of as that, and not again.
            assert item.error or item.status == "incomplete" or not item.lost
            del left[0]
    assert left == []
    assert len(odd) <= cuts
    ids = [item.id for item in restored.conversation.items]
    assert len(ids) == len(set(ids))


@_SETTINGS
@given(_TURNS, st.integers(1, 60))
def test_what_was_said_is_the_same_but_for_what_was_lost(turns: tuple[Turn, ...], at: int) -> None:
    _check(turns, cut(turns, at), cuts=1)


@_SETTINGS
@given(_TURNS, st.lists(st.integers(1, 60), min_size=2, max_size=4))
def test_as_often_as_it_breaks(turns: tuple[Turn, ...], places: list[int]) -> None:
    _check(turns, cut(turns, *sorted(set(places))), cuts=len(places))


@_SETTINGS
@given(_TURNS, st.lists(st.integers(1, 60), min_size=1, max_size=3))
def test_the_sound_is_the_same_and_the_turns_lie_in_it(
    turns: tuple[Turn, ...], places: list[int]
) -> None:
    plain, restored = whole(turns), cut(turns, *sorted(set(places)))
    assert restored.conversation.input_audio_ms == plain.conversation.input_audio_ms
    assert _sound(restored) == _sound(plain)
    spoken, again = (list(notes_of(_told(talk)).turns.values()) for talk in (plain, restored))
    assert [place for place in again if place not in spoken] == []
    assert len(again) == len(spoken)
    assert restored.conversation.sent_audio_ms >= restored.sent * CHUNK_MS


@_SETTINGS
@given(_TURNS, st.lists(st.integers(1, 60), min_size=1, max_size=3))
def test_no_rule_is_broken_and_the_log_tells_the_same(
    turns: tuple[Turn, ...], places: list[int]
) -> None:
    restored = cut(turns, *sorted(set(places)))
    found = {one.rule for one in check(restored.log)}
    assert found - {one.rule for one in check(whole(turns).log)} == set()
    assert Conversation.replay(restored.log).items == restored.conversation.items
