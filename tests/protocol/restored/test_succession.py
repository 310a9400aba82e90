"""What becomes of single items when their session is lost; whole talks: test_restored_talk."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_nb.protocol.conversation.reducer import Conversation
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.restored.restored import (
    Restored,
    lost_event,
    restored_event,
    successor_event,
)

SESSION = {"type": "realtime", "audio": {"input": {"transcription": {"model": "whisper-1"}}}}


class Told:
    """A conversation, event by event."""

    def __init__(self) -> None:
        self.conversation = Conversation()
        self.receive("session.updated", session=SESSION)

    def receive(self, kind: str, **fields: Any) -> frozenset[str]:
        return self.take(Event({"type": kind, **fields}))

    def take(self, event: Event) -> frozenset[str]:
        return self.conversation.apply("received", event, 1.0)

    def adds(self, item_id: str, previous: str | None, **fields: Any) -> frozenset[str]:
        item = {"id": item_id, "type": "message", "role": "user", "status": "completed", **fields}
        return self.receive("conversation.item.added", item=item, previous_item_id=previous)

    def says(self, item_id: str, previous: str | None, text: str) -> None:
        self.adds(item_id, previous, content=[{"type": "input_text", "text": text}])

    def speaks(self, item_id: str, at_ms: float) -> frozenset[str]:
        kind = "input_audio_buffer.speech_started"
        return self.receive(kind, item_id=item_id, audio_start_ms=at_ms)

    def succeed(self, *items: str, audio_ms: float = 0.0, resent_ms: float = 0.0) -> frozenset[str]:
        changed = self.take(lost_event("lost"))
        successor = successor_event(1, items=items, audio_ms=audio_ms, resent_ms=resent_ms)
        changed |= self.take(successor)
        self.receive("session.created", session={"type": "realtime"})
        self.receive("session.updated", session=SESSION)
        return changed

    @property
    def ids(self) -> list[str]:
        return [item.id for item in self.conversation.items]


def test_what_follows_is_put_behind_what_the_service_does_not_know() -> None:
    told = Told()
    for before, item_id in ((None, "a"), ("a", "b"), ("b", "c")):
        told.says(item_id, before, item_id)
    told.succeed("a")
    told.says("a", None, "another text")
    told.says("d", "a", "d")
    told.says("e", "d", "e")
    assert told.ids == ["a", "b", "c", "d", "e"]
    assert told.conversation.items[0].text == "a"


def test_what_the_service_refused_is_unknown_to_it_as_well() -> None:
    told = Told()
    told.says("a", None, "a")
    told.says("b", "a", "b")
    told.succeed("a", "b")
    told.take(restored_event(Restored("lost", refused=("b",))))
    told.says("c", "a", "c")
    assert told.ids == ["a", "b", "c"]


def test_copies_are_cut_and_deleted_by_their_ids() -> None:
    told = Told()
    told.says("a", None, "a")
    told.adds("b", "a", role="assistant", content=[{"type": "output_audio", "transcript": "b"}])
    told.succeed("a", "b")
    cut = {"item_id": "b", "content_index": 0, "audio_end_ms": 300}
    assert told.receive("conversation.item.truncated", **cut) == {"b"}
    assert told.conversation.items[1].truncated_ms == 300
    assert told.receive("conversation.item.deleted", item_id="a") == {"a"}
    told.says("a", None, "new")
    again = told.conversation.item("a")
    assert again is not None
    assert again.text == "new"


def test_an_answer_that_plays_on_is_cut_although_the_service_has_only_its_words() -> None:
    told = Told()
    told.receive("response.created", response={"id": "r"})
    about = {"response_id": "r", "item_id": "a", "content_index": 0}
    told.receive("response.output_audio.delta", **about, delta="AAAA" * 12_000)
    told.receive("response.output_audio_transcript.done", **about, transcript="one two three four")
    cut = Event({"type": "conversation.item.truncate", "item_id": "a", "audio_end_ms": 375})
    assert told.conversation.apply("sent", cut, 1.0) == frozenset()
    told.succeed("a")
    assert told.conversation.apply("sent", cut, 1.0) == {"a"}
    assert told.conversation.items[0].heard_text == "one two"


def test_a_copy_that_is_told_again_as_it_was_cut_stays_what_and_where_it_is() -> None:
    told = Told()
    told.says("u", None, "Hello?")
    told.adds("b", "u", role="assistant", content=[{"type": "output_audio", "transcript": "b b"}])
    told.says("c", "b", "Stop.")
    told.succeed("u", "b", "c")
    told.take(restored_event(Restored("lost", carried=3)))
    assert told.conversation.is_copy("b")
    assert told.conversation.known_before("b") == "u"
    assert told.conversation.known_before("u") == "root"
    words = {"id": "b", "type": "message", "role": "assistant"}
    create = {"type": "conversation.item.create", "item": words, "previous_item_id": "root"}
    for _ in range(2):
        told.conversation.apply("sent", Event(create), 1.0)
        assert told.receive("conversation.item.deleted", item_id="b") == frozenset()
        told.adds("b", "u", role="assistant", content=[{"type": "output_text", "text": "b"}])
    assert told.ids == ["u", "b", "c"]
    assert told.conversation.items[1].text == "b b"
    assert told.receive("conversation.item.deleted", item_id="b") == {"b"}
    assert not told.conversation.is_copy("b")


def test_what_was_cut_off_before_does_not_come_back_with_a_later_cut() -> None:
    told = Told()
    told.receive("response.created", response={"id": "r"})
    about = {"response_id": "r", "item_id": "a", "content_index": 0}
    told.receive("response.output_audio.delta", **about, delta="AAAA" * 12_000)
    told.succeed("a")
    for end_ms in (300, 600, None):
        cut = {"type": "conversation.item.truncate", "item_id": "a", "audio_end_ms": end_ms}
        told.conversation.apply("sent", Event(cut), 1.0)
        assert told.conversation.items[0].truncated_ms == 300


def test_a_turn_that_is_sent_again_becomes_the_one_that_is_heard_again() -> None:
    told = Told()
    told.speaks("a", 1000.0)
    kind = "conversation.item.input_audio_transcription.delta"
    told.receive(kind, item_id="a", delta="hel")
    assert told.conversation.begun_id == "a"
    told.succeed(audio_ms=1000.0, resent_ms=400.0)
    assert told.ids == ["a"]
    assert told.speaks("b", 20.0) == {"a", "b"}
    assert told.ids == ["b"]
    assert told.conversation.dropped("a")


def test_a_turn_whose_sound_is_not_sent_again_says_so_and_stays() -> None:
    told = Told()
    told.speaks("a", 1000.0)
    assert told.succeed(audio_ms=90_000.0, resent_ms=500.0) == {"a"}
    told.speaks("b", 0.0)
    first, second = told.conversation.items
    assert (first.id, first.error, first.lost) == ("a", None, True)
    assert (second.id, second.lost) == ("b", False)


@pytest.mark.parametrize("refused", [(), ("a",)])
def test_a_turn_whose_words_never_came_is_lost_until_its_sound_is_told_again(
    refused: tuple[str, ...],
) -> None:
    told = Told()
    told.adds("a", None, content=[{"type": "input_audio", "transcript": None}])
    told.receive("input_audio_buffer.committed", item_id="a")
    told.succeed("a")
    (item,) = told.conversation.items
    assert (item.error, item.lost, item.awaits_transcript) == (None, True, False)
    changed = told.take(restored_event(Restored("lost", refused=refused)))
    assert item.lost == bool(refused)
    assert changed == (frozenset() if refused else {"a"})


def test_words_that_had_begun_are_written_down_anew() -> None:
    told = Told()
    told.adds("a", None, content=[{"type": "input_audio", "transcript": None}])
    kind = "conversation.item.input_audio_transcription"
    told.receive(f"{kind}.delta", item_id="a", delta="hel")
    told.succeed("a")
    assert told.conversation.items[0].lost
    told.receive(f"{kind}.delta", item_id="a", delta="hello")
    told.receive(f"{kind}.completed", item_id="a", transcript="hello")
    (item,) = told.conversation.items
    assert (item.text, item.error, item.lost) == ("hello", None, False)


def test_an_answer_under_way_stays_as_far_as_it_came_and_nothing_blocks_the_next() -> None:
    told = Told()
    told.receive("response.created", response={"id": "r"})
    about = {"response_id": "r", "item_id": "a", "content_index": 0}
    told.receive("response.output_audio_transcript.delta", **about, delta="one two")
    assert "a" in told.succeed("a")
    assert told.conversation.active_response_id is None
    (item,) = told.conversation.items
    assert (item.status, item.lost, item.heard_text) == ("incomplete", True, "one two")


def test_a_server_s_tools_are_listed_once() -> None:
    told = Told()
    listed = {"type": "mcp_list_tools", "role": None, "server_label": "files"}
    told.adds("a", None, **listed, tools=[{"name": "read"}])
    told.says("b", "a", "b")
    told.succeed("b")
    assert told.adds("c", None, **listed) == {"a", "c"}
    assert sorted(told.ids) == ["b", "c"]


def test_a_translation_goes_on_in_its_own_sound_and_with_its_own_paragraphs() -> None:
    told = Told()
    kind = "session.input_transcript.delta"
    told.receive(kind, delta="one", elapsed_ms=60_000)
    written = "session.output_transcript.delta"
    told.receive(written, delta="Un.", elapsed_ms=60_400)
    changed = told.take(successor_event(1, items=(), audio_ms=60_500.0, resent_ms=0.0))
    assert changed == {"source_1", "translation_1"}
    told.receive(kind, delta="two", elapsed_ms=200)
    told.receive(written, delta="Deux.", elapsed_ms=400)
    told.receive(kind, delta=", three", elapsed_ms=1_200)
    told.receive(written, delta=" Trois.", elapsed_ms=1_400)
    items = told.conversation.items
    assert [item.text for item in items] == ["one", "Un.", "two, three", "Deux. Trois."]
    assert [item.status for item in items[:2]] == ["completed"] * 2
