"""What a page asks of the conversation, and what it is answered."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from realtime_nb.audio.clip import AudioClip
from realtime_nb.bridge import editing
from realtime_nb.bridge.editing import PageEdits
from realtime_nb.client.editing import RetrievedItem
from realtime_nb.errors import UsageError
from realtime_nb.protocol.conversation.items import Item, Part
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.images import read_picture
from realtime_nb.protocol.log.event_log import Record
from tests.audio.harness_wav import decode_wav


class Session:
    """Writes down what is asked for; `refusal` is raised by each."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.refusal: Exception | None = None
        self.held: asyncio.Event | None = None
        self.conversation = SimpleNamespace(items=[])
        self.found = RetrievedItem("a", role="assistant", status="completed")

    async def _do(self, *what: Any) -> Any:
        if self.held is not None:
            await self.held.wait()
        if self.refusal is not None:
            raise self.refusal
        self.asked.append(what)
        return self.found

    def insert_item(self, item: Any, after: Any) -> Any:
        return self._do("insert", item["role"], item["content"][0]["text"], after)

    def delete_item(self, item_id: str) -> Any:
        return self._do("delete", item_id)

    def cut_item(self, item_id: str, ms: Any) -> Any:
        return self._do("cut", item_id, ms)

    def retrieve_item(self, item_id: str) -> Any:
        return self._do("retrieve", item_id)


class Page:
    """A page that asks, and the answers it got."""

    def __init__(self) -> None:
        self.session = Session()
        self.answers: list[tuple[str, dict[str, Any], tuple[bytes, ...]]] = []
        announcer: Any = SimpleNamespace(
            to=lambda *told: self.answers.append((told[0], told[1], tuple(map(bytes, told[2]))))
        )
        session: Any = self.session
        self.edits = PageEdits(session, announcer, asyncio.get_running_loop())

    async def ask(self, op: Any, **fields: Any) -> tuple[dict[str, Any], tuple[bytes, ...]]:
        number = len(self.answers) + 7
        self.edits.edit("page", {"kind": "edit", "id": number, "op": op, **fields})
        await asyncio.gather(*self.edits._asked)
        client, message, buffers = self.answers[-1]
        assert (client, message["kind"], message["id"]) == ("page", "edited", number)
        return message, buffers


async def test_each_edit_is_done_and_answered() -> None:
    page = Page()
    await page.ask("insert", item_id="a", role="system", text="Speak French")
    await page.ask("delete", item_id="a")
    await page.ask("cut", item_id="a", ms=1200)
    assert page.session.asked == [
        ("insert", "system", "Speak French", "a"),
        ("delete", "a"),
        ("cut", "a", 1200),
    ]
    assert {message["error"] for _, message, _ in page.answers} == {""}


async def test_a_call_is_deleted_with_its_output_of_which_a_page_makes_one_card() -> None:
    page = Page()
    call, output, other = Item("c"), Item("o"), Item("x")
    call.read({"type": "function_call", "call_id": "1"})
    output.read({"type": "function_call_output", "call_id": "1", "output": "2"})
    other.read({"type": "function_call_output", "call_id": "2", "output": "3"})
    page.session.conversation.items = [call, Item("m"), output, other]
    await page.ask("delete", item_id="m")
    await page.ask("delete", item_id="x")
    await page.ask("delete", item_id="c")
    assert page.session.asked == [("delete", item_id) for item_id in ("m", "x", "o", "c")]


async def test_what_is_refused_is_told_in_one_line_and_shown_as_words() -> None:
    page = Page()
    page.session.refusal = UsageError("there is no item '\u202e<b>'")
    for op in ("insert", "delete", "cut", "retrieve"):
        message, _ = await page.ask(op, item_id="a", text="words")
        assert message["error"] == "there is no item '⟨U+202E⟩<b>'"
    page.session.refusal = None
    assert "needs some text" in (await page.ask("insert", item_id="a"))[0]["error"]
    assert "no role" in (await page.ask("insert", item_id="a", text="a", role=3))[0]["error"]
    assert "no longer kept" in (await page.ask("picture", item_id="a", index=0))[0]["error"]
    assert page.session.asked == []


async def test_a_retrieved_item_comes_with_its_sound_as_a_file() -> None:
    page = Page()
    page.session.found.parts[0] = Part("audio", "hello \u202e")
    page.session.found.audio = AudioClip.silence(90_000, 24_000)
    message, (wav,) = await page.ask("retrieve", item_id="a")
    assert message["text"] == "hello ⟨U+202E⟩"
    assert (message["status"], message["ms"]) == ("completed", 90_000)
    samples, rate = decode_wav(wav)
    assert len(samples) / rate == editing.SOUND_S


async def test_pictures_are_told_by_what_they_are_and_sent_when_asked_for() -> None:
    page = Page()
    noise = np.random.default_rng(1).integers(0, 256, (900, 1200, 3), np.uint8)
    sent, tiny = read_picture(noise, max_side=900), read_picture(np.zeros((2, 3), np.uint8))
    urls = (sent.url, tiny.url, "data:image/png;base64,AAAA")
    content = [{"type": "input_image", "image_url": url} for url in urls]
    wire = {"id": "p", "type": "message", "role": "user", "content": content}
    event = Event({"type": "conversation.item.create", "item": wire})
    page.edits.add(Record(0, 0.0, "sent", 0, event))
    item = Item("p", role="user")
    item.read(wire)
    shown = page.edits.pictures(item)
    assert [one["facts"] for one in shown] == [
        sent.facts,
        tiny.facts,
        "a picture that cannot be read",
    ]
    assert [one["held"] for one in shown] == [True, True, False]
    assert [(one["width"], one["height"]) for one in shown] == [(900, 675), (3, 2), (0, 0)]
    message, (small,) = await page.ask("picture", item_id="p", index=0)
    assert message["type"] == "image/jpeg"
    assert len(small) < editing.SHOWN_BYTES * 2 < len(sent.data)
    message, (same,) = await page.ask("picture", item_id="p", index=1)
    assert (message["type"], same) == ("image/png", tiny.data)
    gone = Event({"type": "conversation.item.deleted", "item_id": "p"})
    page.edits.add(Record(1, 0.0, "received", 0, gone))
    assert (await page.ask("picture", item_id="p", index=1))[0]["error"] != ""


@pytest.mark.parametrize("asked", [{"op": "drop"}, {"op": 3}, {"id": "x"}, {"op": None}])
async def test_what_is_no_question_is_not_answered(asked: dict[str, Any]) -> None:
    page = Page()
    page.edits.edit("page", {"kind": "edit", "id": 1, "op": "delete", "item_id": "a", **asked})
    await asyncio.sleep(0)
    assert page.answers == []
    assert page.session.asked == []


async def test_too_many_questions_are_refused_and_none_outlives_the_bridge() -> None:
    page = Page()
    page.session.held = asyncio.Event()
    for number in range(40):
        page.edits.edit("page", {"kind": "edit", "id": number, "op": "delete", "item_id": "a"})
    assert {message["error"] for _, message, _ in page.answers} == {
        "too much is asked at once; wait a little"
    }
    assert len(page.answers) == 8
    waiting = tuple(page.edits._asked)
    page.edits.stop()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert len(page.answers) == 8
    assert not page.edits._asked
