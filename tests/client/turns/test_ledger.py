from __future__ import annotations

import pytest

from realtime_nb.client.testing import error
from realtime_nb.client.turns.ledger import Ledger
from realtime_nb.errors import ConnectionLost
from realtime_nb.protocol.events import Event


class Book:
    """A ledger, and what became of each entry."""

    def __init__(self):
        self.ledger = Ledger()
        self.outcome = {}

    def enter(self, name, **event):
        def note(value):
            assert name not in self.outcome, "an entry ends once"
            self.outcome[name] = value

        self.ledger.enter({"event_id": name, **event}, note, note)
        return self

    def received(self, **event):
        return self.ledger.received(Event(event))

    def error(self, *args, **kwargs):
        return self.ledger.received(Event(error(*args, **kwargs)))

    @property
    def types(self):
        return {name: getattr(value, "type", None) for name, value in self.outcome.items()}


TRUNCATE = {"type": "conversation.item.truncate", "content_index": 0, "audio_end_ms": 1}


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        ({"type": "session.update", "session": {}}, {"type": "session.updated", "session": {}}),
        (
            {"type": "input_audio_buffer.commit"},
            {"type": "input_audio_buffer.committed", "item_id": "i"},
        ),
        ({"type": "input_audio_buffer.clear"}, {"type": "input_audio_buffer.cleared"}),
        (
            {"type": "output_audio_buffer.clear"},
            {"type": "output_audio_buffer.cleared", "response_id": "r"},
        ),
        (
            {"type": "conversation.item.create", "item": {"id": "i"}},
            {"type": "conversation.item.added", "item": {"id": "i"}},
        ),
        (
            {"type": "conversation.item.create", "item": {"id": "i"}},
            {"type": "conversation.item.created", "item": {"id": "i"}},
        ),
        (
            {"type": "conversation.item.retrieve", "item_id": "i"},
            {"type": "conversation.item.retrieved", "item": {"id": "i"}},
        ),
        ({**TRUNCATE, "item_id": "i"}, {"type": "conversation.item.truncated", "item_id": "i"}),
        (
            {"type": "conversation.item.delete", "item_id": "i"},
            {"type": "conversation.item.deleted", "item_id": "i"},
        ),
    ],
)
def test_each_event_is_answered_by_its_own(sent, answer):
    book = Book().enter("one", **sent)
    assert book.received(**answer) is None
    assert book.outcome["one"].data == answer
    assert len(book.ledger) == 0


@pytest.mark.parametrize("kind", ["input_audio_buffer.append", "response.cancel", "made.up"])
def test_what_is_not_answered_by_an_event_of_its_own(kind):
    book = Book().enter("one", type=kind)
    book.received(type=f"{kind}ed")
    assert book.outcome == {}


def test_answers_without_ids_go_in_order():
    book = (
        Book()
        .enter("a", type="session.update", session={})
        .enter("b", type="session.update", session={})
    )
    book.received(type="session.updated", session={"n": 1})
    book.received(type="session.updated", session={"n": 2})
    assert {name: event.session.n for name, event in book.outcome.items()} == {"a": 1, "b": 2}


def test_answers_with_item_ids_find_theirs_in_any_order():
    book = Book()
    for name in "abc":
        book.enter(name, **TRUNCATE, item_id=f"item_{name}")
    for name in "cab":
        book.received(type="conversation.item.truncated", item_id=f"item_{name}", audio_end_ms=1)
    assert {name: event.item_id for name, event in book.outcome.items()} == {
        "a": "item_a",
        "b": "item_b",
        "c": "item_c",
    }


def test_an_error_finds_its_event_by_id_and_the_rest_move_up():
    book = Book()
    for name in "abc":
        book.enter(name, type="session.update", session={})
    assert book.error("no", "unknown_parameter", param="session.x", event_id="b") is None
    book.received(type="session.updated", session={"n": 1})
    book.received(type="session.updated", session={"n": 3})
    assert book.outcome["b"].param == "session.x"
    assert book.outcome["b"].code == "unknown_parameter"
    assert (book.outcome["a"].session.n, book.outcome["c"].session.n) == (1, 3)


def test_an_error_of_another_event_touches_nothing():
    book = Book().enter("a", type="session.update", session={})
    stray = book.error("what?", "invalid_value", param="type", event_id="somebody else's")
    assert stray is book.ledger.last_stray
    assert book.outcome == {}


@pytest.mark.parametrize(
    ("sent", "problem"),
    [
        (
            {**TRUNCATE, "item_id": "i"},
            ("Audio content of 3700ms is already shorter than 3760ms", None),
        ),
        ({**TRUNCATE, "item_id": "i"}, ("Only model output audio messages can be truncated", None)),
        (
            {**TRUNCATE, "item_id": "i"},
            (
                "Error truncating item: the item with id 'i' does not exist.",
                "item_truncate_invalid_item_id",
            ),
        ),
        (
            {"type": "conversation.item.create", "item": {"id": "i"}},
            (
                "Error adding item: an item with id 'i' already exists.",
                "item_create_duplicate_item_id",
            ),
        ),
        (
            {"type": "conversation.item.create", "item": {"type": "function_call_output"}},
            ("Tool call ID 'c' not found in conversation.", "invalid_tool_call_id"),
        ),
        (
            {"type": "conversation.item.delete", "item_id": "i"},
            (
                "Error deleting item: the item with id 'i' does not exist.",
                "item_delete_invalid_item_id",
            ),
        ),
        (
            {"type": "conversation.item.retrieve", "item_id": "i"},
            ("Error retrieving item: …", "item_retrieve_invalid_item_id"),
        ),
        (
            {"type": "input_audio_buffer.commit"},
            ("Error committing input audio buffer: …", "input_audio_buffer_commit_empty"),
        ),
        ({"type": "response.cancel"}, ("Cancellation failed", "response_cancel_not_active")),
        (
            {"type": "response.create", "response": {}},
            ("Conversation already has …", "conversation_already_has_active_response"),
        ),
        ({"type": "session.update", "session": {}}, ("Cannot update …", "cannot_update_voice")),
    ],
)
def test_an_error_without_an_id_is_known_by_what_it_says(sent, problem):
    others = [
        {"type": "session.update", "session": {}},
        {"type": "input_audio_buffer.clear"},
        {"type": "conversation.item.retrieve", "item_id": "other"},
    ]
    book = Book()
    for number, other in enumerate(others):
        if other["type"] != sent["type"]:
            book.enter(f"other {number}", **other)
    book.enter("mine", **sent)
    assert book.error(*problem) is None
    assert list(book.outcome) == ["mine"]
    assert str(book.outcome["mine"]) == problem[0]


@pytest.mark.parametrize(
    ("param", "kind"),
    [
        ("session.type", "session.update"),
        ("session", "session.update"),
        ("item.content[0].text", "conversation.item.create"),
        ("response.output_modalities", "response.create"),
        ("audio_end_ms", "conversation.item.truncate"),
    ],
)
def test_an_error_without_an_id_is_known_by_its_parameter(param, kind):
    book = Book()
    for name in ("session.update", "conversation.item.create", "response.create", TRUNCATE["type"]):
        book.enter(name, type=name)
    book.error("Missing required parameter", "missing_required_parameter", param=param)
    assert list(book.outcome) == [kind]


def test_the_item_named_in_the_message_goes_before_the_oldest():
    book = Book()
    book.enter("a", type="conversation.item.create", item={"id": "item_a"})
    book.enter("b", type="conversation.item.create", item={"id": "item_b"})
    book.error(
        "Error adding item: an item with id 'item_b' already exists.",
        "item_create_duplicate_item_id",
    )
    assert list(book.outcome) == ["b"]


def test_an_error_that_says_nothing_belongs_to_nobody():
    book = Book().enter("a", type="session.update", session={}).enter("b", **TRUNCATE, item_id="i")
    stray = book.error("The server had an error", "server_error", kind="server_error")
    assert stray is not None
    assert stray.type == "server_error"
    assert book.outcome == {}


def test_a_misshapen_error_is_still_an_error():
    book = Book()
    stray = book.ledger.received(Event({"type": "error", "error": {"message": None, "code": None}}))
    assert str(stray) == "an error without a message"
    assert book.ledger.received(Event({"type": "error"})) is not None


def test_what_voice_activity_detection_commits_is_not_our_commit():
    book = Book().enter("mine", type="input_audio_buffer.commit")
    book.received(type="input_audio_buffer.speech_started", item_id="spoken", audio_start_ms=0)
    book.received(type="input_audio_buffer.speech_stopped", item_id="spoken", audio_end_ms=9)
    book.received(type="input_audio_buffer.committed", item_id="spoken")
    assert book.outcome == {}
    book.received(type="input_audio_buffer.committed", item_id="next")
    assert book.outcome["mine"].item_id == "next"


def test_a_commit_in_the_middle_of_speech_is_ours():
    book = Book().enter("mine", type="input_audio_buffer.commit")
    book.received(type="input_audio_buffer.speech_started", item_id="spoken", audio_start_ms=0)
    book.received(type="input_audio_buffer.committed", item_id="spoken")
    assert book.outcome["mine"].item_id == "spoken"


def test_an_item_whose_id_we_left_open_is_known_by_its_shape():
    book = Book()
    item = {"type": "message", "role": "user", "content": []}
    book.enter("mine", type="conversation.item.create", item=item)
    book.received(type="input_audio_buffer.committed", item_id="spoken")
    book.received(type="conversation.item.added", item={**item, "id": "spoken"})
    book.received(type="conversation.item.added", item={**item, "id": "a", "role": "assistant"})
    assert book.outcome == {}
    book.received(type="conversation.item.added", item={**item, "id": "item_1"})
    assert book.outcome["mine"].item.id == "item_1"


def test_the_end_of_the_connection_refuses_all():
    book = Book()
    book.enter("a", type="session.update", session={}).enter("b", **TRUNCATE, item_id="i")
    book.ledger.fail_all(lambda: ConnectionLost("gone"))
    assert {name: str(value) for name, value in book.outcome.items()} == {"a": "gone", "b": "gone"}
    assert book.outcome["a"] is not book.outcome["b"]
    assert len(book.ledger) == 0


def test_a_service_that_never_answers_fills_no_memory():
    book = Book()
    for number in range(5000):
        book.enter(str(number), type="session.update", session={})
        book.ledger.give_up(str(number))
    for _ in range(5000):
        book.ledger.enter({"type": "session.update", "session": {}})
    assert len(book.ledger) <= 512


def test_who_waits_is_not_forgotten_however_many_do():
    book = Book()
    for number in range(2000):
        item = {"id": f"item_{number}"}
        book.enter(str(number), type="conversation.item.create", item=item)
    book.ledger.enter({"type": "session.update", "session": {}})
    for number in range(2000):
        book.received(type="conversation.item.added", item={"id": f"item_{number}"})
    assert list(book.outcome) == [str(number) for number in range(2000)]
    book.ledger.fail_all(lambda: ConnectionLost("gone"))
    assert len(book.outcome) == 2000


def test_striking_out():
    book = Book().enter("a", type="response.create", response={})
    book.ledger.strike("a")
    book.ledger.strike("a")
    assert len(book.ledger) == 0


def test_what_the_user_sent_by_hand_and_nobody_watches_is_crossed_out_in_order():
    ledger = Ledger()
    watched = []
    ledger.enter({"type": "response.create", "event_id": "by hand"})
    ledger.enter({"type": "response.create", "event_id": "watched"}, None, watched.append)
    ledger.received(Event({"type": "response.created", "response": {"id": "r"}}))
    ledger.received(Event({"type": "response.created", "response": {"id": "s"}}))
    assert len(ledger) == 1
    ledger.received(Event(error("…", "conversation_already_has_active_response")))
    assert len(watched) == 1


def test_an_update_is_answered_by_the_session_that_holds_it():
    quiet = {"audio": {"output": {"speed": 1.1}}}
    book = Book()
    book.enter("slow", type="session.update", session={"instructions": "Be slow."})
    book.enter("quick", type="session.update", session=quiet)
    told = {"instructions": "Be old.", "audio": {"output": {"speed": 1.100000023, "voice": "m"}}}
    book.received(type="session.updated", session=told)
    assert list(book.outcome) == ["quick"]
    book.received(type="session.updated", session={"instructions": "otherwise"})
    assert list(book.outcome) == ["quick", "slow"]


@pytest.mark.parametrize(
    ("asks", "answers"),
    [
        ("session.update", "session.updated"),
        ("input_audio_buffer.commit", "input_audio_buffer.committed"),
        ("input_audio_buffer.clear", "input_audio_buffer.cleared"),
    ],
)
def test_what_nobody_waits_for_any_more_keeps_nobody_waiting(asks, answers):
    book = Book().enter("silent", type=asks)
    book.ledger.give_up("silent")
    for name in ("second", "third"):
        book.enter(name, type=asks)
        book.received(type=answers)
    assert list(book.outcome) == ["second", "third"]
    assert len(book.ledger) == 0


def test_an_answer_that_comes_late_is_still_taken():
    book = Book().enter("late", type="session.update", session={})
    book.ledger.give_up("late")
    assert book.error("no", event_id="late") is None
    assert list(book.outcome) == ["late"]
