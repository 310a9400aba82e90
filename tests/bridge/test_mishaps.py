"""What pages are told of connections that break, answers that fail and limits nearly reached."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.bridge import Bridge
from realtime_nb.bridge.feed import GATHER_S, LOST_NOTE, LOST_WORDS_NOTE
from realtime_nb.bridge.frames import MICROPHONE, Frame
from realtime_nb.protocol.restored.restored import (
    Restored,
    lost_event,
    restored_event,
    successor_event,
)
from tests.bridge.fakes import FakeLoop, FakeSession, FakeView

if TYPE_CHECKING:
    from realtime_nb.protocol.restored.restored import Reason

FRAME = Frame(MICROPHONE, 1, 0, 0, 1000.0, bytes(1920)).pack()
VAD = {"type": "server_vad", "silence_duration_ms": 500}
MU_LAW = {"type": "audio/pcmu"}


class Room:
    """A bridge with one page, which shows what it was sent."""

    def __init__(self) -> None:
        self.session = FakeSession()
        self.view = FakeView()
        self.bridge = Bridge(self.session, self.view, loop=FakeLoop())  # type: ignore[arg-type]  # stand-ins
        self.bridge.start()

    async def begin(self) -> None:
        await self.says("hello", version=1)

    async def says(self, kind: str, *buffers: bytes, **fields: Any) -> None:
        self.view.page_says(kind, *buffers, **fields)
        for _ in range(4):  # by the carriers to the bridge
            await asyncio.sleep(0)

    async def shown(self) -> dict[str, dict[str, Any]]:
        """Return what a page shows, by id, in the order of a page that is loaded now."""
        await asyncio.sleep(2 * GATHER_S)
        later: dict[str, dict[str, Any]] = {}
        for message in self.view.of_kind("items"):
            later.update({item["id"]: item for item in message["items"]})
        await self.says("hello", version=1)
        items: list[dict[str, Any]] = self.view.of_kind("welcome")[-1]["items"]
        for item in items:
            if item["id"] in later:
                assert later[item["id"]] == item  # told as it happened, and after a reload
        return {item["id"]: item for item in items}

    def add(self, item_id: str, role: str, text: str, after: str | None = None) -> None:
        kind = "output_text" if role == "assistant" else "input_text"
        item = {
            "id": item_id,
            "type": "message",
            "role": role,
            "status": "completed",
            "content": [{"type": kind, "text": text}],
        }
        self.session.receive(
            {"type": "conversation.item.added", "previous_item_id": after, "item": item},
            {"type": "conversation.item.done", "previous_item_id": after, "item": item},
        )

    def fail(self, code: str, message: str = "", **response: Any) -> None:
        details = {"type": "failed", "error": {"code": code, "message": message}}
        done = {"id": "r", "status": "failed", "status_details": details, **response}
        self.session.receive({"type": "response.done", "response": done})

    def standing(self) -> dict[str, Any]:
        return self.view.of_kind("state")[-1]

    def lose(self, reason: Reason = "lost", **more: Any) -> None:
        """Lose the connection as the session tells of it."""
        event = lost_event(reason, code=1006, detail="it broke off")
        self.session.receive(event.data)
        told = {"reason": reason, "tries": 1, "next_try_s": 0.25, "since_ms": 0.0, "detail": "gone"}
        self.session.restoration = SimpleNamespace(**{**told, **more})
        self.session.become("restoring")

    def restore(self, reason: Reason = "lost", **told: Any) -> None:
        self.session.receive(restored_event(Restored(reason, **told)).data)
        self.session.restoration = None
        self.session.become("open")


@pytest.fixture
async def room() -> Room:
    one = Room()
    await one.begin()
    return one


async def test_a_lost_connection_is_told_with_the_try_that_is_next(room: Room) -> None:
    room.session.clock_ms = 3500.0
    room.lose(since_ms=1000.0, tries=2, next_try_s=4.0)
    assert room.standing()["state"] == "restoring"
    assert room.standing()["restoration"] == {
        "reason": "lost",
        "tries": 2,
        "next_s": 4.0,
        "away_s": 2.5,
        "detail": "gone",
    }
    room.restore()
    assert room.standing()["state"] == "open"
    assert room.standing()["restoration"] is None


async def test_the_microphone_goes_on_meanwhile_and_may_be_opened(room: Room) -> None:
    room.lose()
    await room.says("mic", on=True)
    await room.says("audio", FRAME)
    assert [entry[0] for entry in room.session.did] == ["append"]
    assert room.view.of_kind("mic_off") == []
    room.restore()
    assert room.view.of_kind("mic_off") == []


async def test_pages_follow_no_default_of_a_session_that_takes_the_others_place(
    room: Room,
) -> None:
    manual = {"audio": {"input": {"format": MU_LAW, "turn_detection": None}}}
    room.session.receive({"type": "session.updated", "session": manual})
    assert room.standing()["turns"] == "manual"
    room.lose()
    room.session.receive(
        {"type": "session.created", "session": {"audio": {"input": {"turn_detection": VAD}}}}
    )
    assert room.standing()["turns"] == "manual"
    await room.says("mic", on=True)
    await room.says("audio", FRAME)
    held = room.session.did[-1][1]
    assert len(held) < 400  # µ-law at 8 kHz still: it goes to a session that is told so
    room.session.receive({"type": "session.updated", "session": manual})
    room.restore()
    assert room.standing()["turns"] == "manual"


async def test_what_is_typed_waits_and_one_may_try_at_once_or_end_it(room: Room) -> None:
    room.lose()
    await room.says("text", text="typed meanwhile")
    assert room.session.did == [("say", "typed meanwhile")]
    await room.says("retry")
    await room.says("end")
    assert room.session.did[1:] == [("retry",), ("close",)]
    room.restore()
    await room.says("retry")
    assert room.session.did[3:] == []  # there is nothing to try


async def test_a_key_held_meanwhile_forgets_nothing_that_is_kept(room: Room) -> None:
    manual = {"audio": {"input": {"turn_detection": None}}}
    room.session.receive({"type": "session.updated", "session": manual})
    task = room.bridge.change_turns("push_to_talk")
    assert await task == "push_to_talk"  # type: ignore[misc]  # a task here
    room.lose()
    await room.says("mic", on=True)
    await room.says("talk", on=True)
    await room.says("audio", FRAME)
    await room.says("talk", on=False, ms=1000)
    assert [entry[0] for entry in room.session.did] == ["append", "commit"]


async def test_a_restored_talk_has_a_line_in_its_place_with_what_was_lost(room: Room) -> None:
    room.add("u1", "user", "before")
    room.lose()
    room.restore(
        away_ms=4200,
        tries=2,
        carried=1,
        lost=("1 message whose words are not known",),
        dropped_ms=1500,
    )
    room.add("u2", "user", "after", after="u1")
    shown = await room.shown()
    assert [item["role"] for item in shown.values()] == ["user", "mark", "user"]
    mark = [*shown.values()][1]
    assert mark["level"] == "warning"
    assert mark["text"] == (
        "The connection broke: restored after 4.2 s (2 tries). The new session knows the talk so"
        " far, 1 item. It could not be told 1 message whose words are not known. 1.5 s of what was"
        " said meanwhile was not kept."
    )
    assert mark["after"] == "u1"
    assert shown["u2"]["after"] == mark["id"]


async def test_lines_keep_their_order_and_their_place_when_an_item_is_deleted(room: Room) -> None:
    room.lose()
    room.restore()
    room.add("u1", "user", "one")
    room.add("u2", "user", "two", after="u1")
    room.lose("renewal")
    room.restore(reason="renewal", carried=2)
    room.lose("expired")
    room.restore(reason="expired", away_ms=61_000, asked_again=True)
    room.session.receive({"type": "conversation.item.deleted", "item_id": "u2"})
    room.add("u3", "user", "three", after="u1")
    texts = [item["text"].split(":")[0].split(".")[0] for item in (await room.shown()).values()]
    assert texts == [
        "The connection broke",
        "one",
        "The session was renewed before its time was up",
        "The session's time was up",
        "three",
    ]


async def test_an_answer_that_was_under_way_is_shown_as_cut_by_the_connection(room: Room) -> None:
    room.session.receive(
        {"type": "response.created", "response": {"id": "r", "status": "in_progress"}},
        {
            "type": "response.output_item.added",
            "response_id": "r",
            "output_index": 0,
            "item": {"id": "a1", "type": "message", "role": "assistant", "content": []},
        },
        {
            "type": "response.output_audio_transcript.delta",
            "response_id": "r",
            "item_id": "a1",
            "content_index": 0,
            "delta": "Half of ",
        },
    )
    room.lose()
    shown = await room.shown()
    assert shown["a1"]["note"] == LOST_NOTE
    assert shown["a1"]["text"] == "Half of "
    # Why it ended stays said when the user goes on talking over what is still playing.
    room.session.receive(
        {
            "type": "conversation.item.truncated",
            "item_id": "a1",
            "content_index": 0,
            "audio_end_ms": 12_200,
        }
    )
    shown = await room.shown()
    assert shown["a1"]["note"] == f"{LOST_NOTE}; stopped after 12.2 s"


async def test_what_was_said_without_words_is_a_quiet_line_until_its_sound_was_told_again(
    room: Room,
) -> None:
    item = {"id": "u1", "type": "message", "role": "user", "status": "completed"}
    room.session.receive(
        {"type": "session.updated", "session": {"audio": {"input": {"transcription": {}}}}},
        {"type": "input_audio_buffer.committed", "item_id": "u1", "previous_item_id": None},
        {"type": "conversation.item.added", "item": {**item, "content": [{"type": "input_audio"}]}},
    )
    room.lose()
    shown = (await room.shown())["u1"]
    assert (shown["note"], shown["status"], shown["pending"]) == (
        LOST_WORDS_NOTE,
        "completed",
        False,
    )
    successor = successor_event(1, items=("u1",), audio_ms=0.0, resent_ms=0.0)
    room.session.receive(successor.data)
    room.restore(carried=1)
    shown = (await room.shown())["u1"]
    assert (shown["note"], shown["status"]) == (None, "completed")


@pytest.mark.parametrize(
    ("code", "message", "said", "to_do"),
    [
        ("rate_limit_exceeded", "Limit 200", "rate limit is reached (Limit 200)", "wait a little"),
        ("insufficient_quota", "", "quota is used up", "check its plan and billing"),
        ("server_error", "oops", "on the service's side (oops)", "ask again"),
        ("brand_new", "Strange.", "failed: Strange", "look into the events"),
    ],
)
async def test_a_failed_answer_says_what_to_do_and_is_asked_for_again(
    room: Room, code: str, message: str, said: str, to_do: str
) -> None:
    room.add("u1", "user", "question")
    room.fail(code, message)
    mark = [*(await room.shown()).values()][-1]
    assert mark["role"] == "mark"
    assert mark["level"] == "error"
    assert said in mark["text"]
    assert to_do in mark["text"]
    assert "\n" not in mark["text"]
    assert mark["again"] is True
    await room.says("ask_again")
    assert room.session.did == [("respond",)]
    assert "again" not in [*(await room.shown()).values()][-1]


@pytest.mark.parametrize(
    ("reason", "to_do"),
    [("max_output_tokens", "raise max_output_tokens"), ("content_filter", "other words")],
)
async def test_an_answer_that_is_not_whole_says_so_at_the_answer(
    room: Room, reason: str, to_do: str
) -> None:
    room.add("a1", "assistant", "half")
    details = {"type": "incomplete", "reason": reason}
    output = [{"id": "a1", "type": "message"}, {"id": "f1", "type": "function_call"}]
    done = {"id": "r", "status": "incomplete", "status_details": details, "output": output}
    room.session.receive({"type": "response.done", "response": done})
    shown = await room.shown()
    assert to_do in shown["a1"]["note"]
    assert shown["a1"]["again"] is True
    assert [item["role"] for item in shown.values()] == ["assistant"]


async def test_only_the_newest_failure_is_asked_again_and_none_once_another_answer_is_made(
    room: Room,
) -> None:
    room.fail("server_error")
    room.fail("server_error")
    assert [item.get("again") for item in (await room.shown()).values()] == [None, True]
    room.session.receive(
        {"type": "response.created", "response": {"id": "r2", "status": "in_progress"}}
    )
    assert [item.get("again") for item in (await room.shown()).values()] == [None, None]


@pytest.mark.parametrize("status", ["completed", "cancelled", "incomplete"])
async def test_an_answer_that_ended_as_it_should_says_nothing(room: Room, status: str) -> None:
    done = {"id": "r", "status": status, "status_details": {"reason": "turn_detected"}}
    room.session.receive({"type": "response.done", "response": done})
    assert await room.shown() == {}


def limits(*entries: Any) -> dict[str, Any]:
    return {"type": "rate_limits.updated", "rate_limits": list(entries)}


async def test_a_limit_that_is_nearly_used_up_is_shown_until_it_is_full_again(room: Room) -> None:
    room.session.receive(
        limits({"name": "tokens", "limit": 40_000, "remaining": 30_000, "reset_seconds": 15})
    )
    told = [message for message in room.view.of_kind("limits") if message["words"]]
    assert told == []
    low = {"name": "tokens", "limit": 40_000, "remaining": 812, "reset_seconds": 15.0}
    room.session.receive(limits(low))
    message = room.view.of_kind("limits")[-1]
    assert message["words"] == "812 of 40,000 tokens left"
    assert 14 < message["reset_s"] <= 15
    await room.says("hello", version=1)  # a page that comes later
    assert room.view.of_kind("limits")[-1]["words"] == "812 of 40,000 tokens left"
    room.fail("rate_limit_exceeded", "no tokens")
    mark = [*(await room.shown()).values()][-1]
    assert "wait 15 s, then ask again" in mark["text"]
    room.session.receive(limits({**low, "remaining": 40_000}))
    assert room.view.of_kind("limits")[-1]["words"] == ""


@pytest.mark.parametrize(
    "junk",
    [
        None,
        "x",
        [None, 3, "y", {}],
        [{"name": 7, "limit": "9", "remaining": 0}],
        [{"limit": 0, "remaining": 0}],
        [{"limit": 10**18, "remaining": float("nan")}],
        [{"limit": float("inf"), "remaining": -(10**18), "reset_seconds": float("nan")}],
    ],
)
async def test_limits_that_are_none_say_nothing(room: Room, junk: Any) -> None:
    room.session.receive({"type": "rate_limits.updated", "rate_limits": junk})
    assert all(message["words"] == "" for message in room.view.of_kind("limits"))


@pytest.mark.parametrize("details", [None, "x", [], {"error": "no"}, {"error": {"message": 7}}])
async def test_a_failure_without_a_word_is_told_all_the_same(room: Room, details: Any) -> None:
    done = {"id": "r", "status": "failed", "status_details": details}
    room.session.receive({"type": "response.done", "response": done})
    shown = [*(await room.shown()).values()]
    assert "The answer failed" in shown[-1]["text"]


async def test_a_page_that_is_sent_for_ever_keeps_so_many_lines(room: Room) -> None:
    for _ in range(500):
        room.fail("server_error")
    marks = [item for item in (await room.shown()).values() if item["role"] == "mark"]
    assert len(marks) == 200
