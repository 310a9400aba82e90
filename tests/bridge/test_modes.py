"""How turns end: asked for by page and cell, held down, and kept."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from realtime_nb.bridge import Bridge
from realtime_nb.errors import ServerError, UsageError
from tests.bridge.fakes import FakeCall, FakeLoop, FakeSession, FakeView

VAD = {"type": "server_vad", "silence_duration_ms": 400}


def told(detection: dict[str, Any] | None) -> dict[str, Any]:
    session = {"type": "realtime", "audio": {"input": {"turn_detection": detection}}}
    return {"type": "session.updated", "session": session}


class Service(FakeSession):
    """Takes every change, or refuses it."""

    refusal: Exception | None = None

    async def update(self, config: dict[str, Any]) -> dict[str, Any]:
        self.did.append(("update", config))
        if self.refusal is not None:
            raise self.refusal
        self.receive(told(config["audio"]["input"]["turn_detection"]))
        return config

    def clear_input(self) -> FakeCall:
        self.did.append(("clear",))
        return FakeCall()


class Room:
    def __init__(self) -> None:
        self.session, self.view = Service(), FakeView()
        self.bridge = Bridge(self.session, self.view, loop=FakeLoop())  # pyright: ignore[reportArgumentType] -- fakes
        self.bridge.start()

    async def says(self, kind: str, **fields: Any) -> None:
        self.view.page_says(kind, **fields)
        await self.settle()

    async def settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)

    @property
    def state(self) -> tuple[str, bool]:
        state = self.view.of_kind("state")[-1]
        return state["turns"], state["half_duplex"]

    @property
    def asked(self) -> list[Any]:
        return [
            entry[1]["audio"]["input"]["turn_detection"]
            for entry in self.session.did
            if entry[0] == "update"
        ]

    @property
    def notices(self) -> list[str]:
        return [notice["text"] for notice in self.view.of_kind("notice")]


@pytest.fixture
async def room() -> Room:
    room = Room()
    room.session.receive(told(VAD))
    await room.says("hello", version=1)
    return room


async def test_a_page_is_told_how_turns_end(room: Room) -> None:
    (welcome,) = room.view.of_kind("welcome")
    assert (welcome["turns"], welcome["half_duplex"]) == ("server_vad", False)
    room.session.receive(told({"type": "semantic_vad"}))
    assert room.state == ("semantic_vad", False)
    room.session.receive(told(None))
    assert room.state == ("manual", False)


async def test_a_page_asks_for_each_mode_and_gets_its_settings_back(room: Room) -> None:
    for mode in ("semantic_vad", "push_to_talk", "manual", "server_vad"):
        await room.says("turns", mode=mode)
        assert room.state == (mode, False)
    # Both modes by hand are the same to the service; what was set for a VAD comes back.
    assert room.asked == [{"type": "semantic_vad"}, None, VAD]


async def test_what_is_in_force_is_not_asked_for_again(room: Room) -> None:
    await room.says("turns", mode="server_vad")
    assert room.asked == []


async def test_a_refused_mode_is_shown_and_nothing_changes(room: Room) -> None:
    room.session.refusal = ServerError("not with this transcriber", code="invalid_value")
    await room.says("turns", mode="push_to_talk")
    assert room.state == ("server_vad", False)
    assert "not with this transcriber" in room.notices[-1]
    room.session.receive(told(None))
    assert room.state == ("manual", False)


async def test_nonsense_of_a_page_is_refused_quietly_or_named(room: Room) -> None:
    await room.says("turns", mode=7, half_duplex="yes")
    assert room.state == ("server_vad", False)
    await room.says("turns", mode="telepathy")
    assert "telepathy" in room.notices[-1]
    assert room.asked == []


async def test_a_cell_changes_the_mode_and_learns_what_is_in_force(room: Room) -> None:
    assert await room.bridge.change_turns("push_to_talk", half_duplex=True) == "push_to_talk"
    assert room.state == ("push_to_talk", True)
    assert await room.bridge.change_turns(half_duplex=False) == "push_to_talk"
    assert room.state == ("push_to_talk", False)
    with pytest.raises(UsageError, match="push_to_talk"):
        await room.bridge.change_turns("push")


async def test_half_duplex_is_told_to_the_next_page(room: Room) -> None:
    await room.says("turns", half_duplex=True)
    await room.says("hello", client="other", version=1)
    assert room.view.of_kind("welcome")[-1]["half_duplex"] is True
    assert room.asked == []


async def test_a_key_held_down_is_a_turn_and_its_release_asks_for_the_answer(room: Room) -> None:
    await room.says("turns", mode="push_to_talk")
    room.session.did.clear()
    await room.says("talk", on=True)
    assert room.session.did == [("clear",)]
    await room.says("talk", on=False, ms=640)
    assert room.session.did == [("clear",), ("commit",)]
    room.session.commits[-1].end()
    await room.settle()
    assert room.session.did[-1] == ("respond",)


async def test_a_key_held_down_stops_the_answer(room: Room) -> None:
    await room.says("turns", mode="push_to_talk")
    response = {"id": "resp_1", "conversation_id": "c"}
    room.session.receive({"type": "response.created", "response": response})
    await room.says("talk", on=True)
    assert ("cancel",) in room.session.did


@pytest.mark.parametrize("ms", [0, 80, None, "long"])
async def test_a_key_that_was_only_touched_is_no_turn(room: Room, ms: Any) -> None:
    await room.says("turns", mode="push_to_talk")
    room.session.did.clear()
    await room.says("talk", on=True)
    await room.says("talk", on=False, ms=ms)
    assert room.session.did == [("clear",), ("clear",)]
    assert room.notices == [], "the page says it, for as long as it is so"


async def test_a_key_counts_only_in_its_mode_and_from_the_owner(room: Room) -> None:
    await room.says("talk", on=True)
    await room.says("talk", on=False, ms=900)
    await room.says("turns", mode="push_to_talk")
    room.session.did.clear()
    await room.says("mic", on=True)
    await room.says("hello", client="other", version=1)
    await room.says("talk", client="other", on=True)
    assert room.session.did == []


async def test_another_tab_takes_over_by_its_button(room: Room) -> None:
    await room.says("mic", on=True)
    await room.says("hello", client="other", version=1)
    assert room.view.of_kind("welcome")[-1]["owner"] is False
    await room.says("take_over", client="other")
    assert room.view.of_kind("owner")[-1]["client"] == "other"
