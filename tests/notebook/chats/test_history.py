"""Pictures and edits of a chat, with the practice server."""

from __future__ import annotations

import queue
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

from realtime_nb.client import LocalServer, resolve_endpoint
from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.errors import UsageError
from realtime_nb.inspection.report.html import Report
from realtime_nb.notebook.chats.chat import Chat
from realtime_nb.protocol.conversation.authored import MOST_TURNS

if TYPE_CHECKING:
    from collections.abc import Iterator

WORDS = {"type": "realtime", "output_modalities": ["text"]}


@pytest.fixture(scope="module")
def _practice() -> Iterator[None]:
    yield
    BackgroundLoop.stop_shared()
    LocalServer.stop_shared()


@pytest.fixture
def chat(_practice: None) -> Iterator[Chat]:
    chat = Chat(resolve_endpoint("local"), WORDS)
    chat.open()
    yield chat
    chat.close()


def test_a_picture_is_told_before_it_goes_and_answered_when_asked(chat: Chat, capsys) -> None:
    figure = np.zeros((30, 40, 3), np.uint8)
    item_id = chat.show(figure, "What do you see?", respond=True).result(10)
    assert re.fullmatch(r"Picture: 40×30 PNG, \d+ bytes\n", capsys.readouterr().out)  # noqa: RUF001
    item = chat.items[0]
    assert (item.id, item.text) == (item_id, "What do you see?")
    assert [part.kind for part in item.parts.values()] == ["text", "image"]
    chat.say("hello").result(20)  # behind the answer to the picture
    assert [one.role for one in chat.items] == ["user", "assistant", "user", "assistant"]
    sent = next(record for record in chat.events.source if record.direction == "sent"
                and record.event.type == "conversation.item.create")  # fmt: skip
    assert sent.event.get("item.content")[1]["detail"] == "auto"
    report = Report()
    report.gather(chat.talk())
    made = report.html(chat.talk())
    assert made.count('<img src="data:image/png;base64,') >= 1
    assert "40×30 PNG" in made  # noqa: RUF001
    assert "[an image: 40×30 PNG" in report.text(chat.talk())  # noqa: RUF001


def test_what_is_said_at_once_comes_behind_the_answer_to_a_picture(chat: Chat) -> None:
    shown = chat.show(np.zeros((30, 40, 3), np.uint8), respond=True)
    said = chat.say("hello")
    assert shown.result(10) == chat.items[0].id
    said.result(20)
    asked = ("conversation.item.create", "response.create")
    sent = [one.event.type for one in chat.events.source if one.direction == "sent"]
    assert [kind for kind in sent if kind in asked] == [*asked, *asked]


def test_nothing_is_sent_of_what_is_no_picture(chat: Chat, capsys) -> None:
    for bad in (3, "none.png", np.full((2, 2), np.nan)):
        with pytest.raises(UsageError):
            chat.show(bad)
    with pytest.raises(UsageError, match="detail="):
        chat.show(np.zeros((2, 2)), detail="fine")
    assert capsys.readouterr().out == ""
    assert chat.items == []


def test_a_talk_begins_with_earlier_turns_and_is_edited(chat: Chat) -> None:
    chat.say("hello").result(20)
    mine, theirs = chat.seed([("user", "my name is ada"), ("assistant", "Nice")]).result(10)
    assert [item.id for item in chat.items][:2] == [mine, theirs]
    between = chat.insert("I like it short", after=mine).result(10)
    chat.insert("Be kind", role="system", after="root").result(10)
    assert chat.transcript.splitlines()[:4] == [
        "system: Be kind",
        "user: my name is ada",
        "user: I like it short",
        "assistant: Nice",
    ]
    got = chat.retrieve(chat.items[1]).result(10)
    assert (got.id, got.text, got.audio) == (mine, "my name is ada", None)
    chat.delete(between).result(10)
    with pytest.raises(UsageError, match="no item"):
        chat.delete(between).result(10)
    with pytest.raises(UsageError, match="the user's"):
        chat.truncate(mine, 100).result(10)
    with pytest.raises(UsageError, match="has none"):
        chat.truncate(theirs, 100).result(10)
    assert "short" not in chat.transcript


def test_a_talk_goes_on_from_another_one(chat: Chat) -> None:
    chat.show(np.zeros((3, 4)), "look").result(10)
    chat.say("hello").result(20)
    other = Chat(resolve_endpoint("local"), WORDS)
    other.open()
    other.seed([item for item in chat.items if item.role == "assistant"]).result(10)
    assert other.items[0].text == chat.items[-1].text
    # A picture is told again where it is at hand: in its own chat.
    again = chat.insert(chat.items[0]).result(10)
    assert [part.kind for part in chat.items[-1].parts.values()] == ["text", "image"]
    assert chat.items[-1].id == again != chat.items[0].id
    other.close()


def test_the_report_keeps_pictures_up_to_its_limit(chat: Chat) -> None:
    chance = np.random.default_rng(1)
    for _ in range(4):
        chat.show(chance.integers(0, 256, (60, 60, 3), np.uint8)).result(10)
    report = Report()
    report.images._limit_bytes = 35_000  # two of them
    for _ in range(2):
        report.gather(chat.talk())
    made = report.html(chat.talk())
    assert made.count('<img src="data:image/png') == 2
    assert made.count("[an image: 60×60 PNG") == 2  # noqa: RUF001
    chat.delete(chat.items[3]).result(10)
    report.gather(chat.talk())
    assert report.html(chat.talk()).count('<img src="data:image/png') == 1


def test_an_edit_that_fails_is_told_of_where_nobody_asks(chat: Chat, monkeypatch) -> None:
    told: queue.Queue[str] = queue.Queue()
    monkeypatch.setattr(chat._tools, "notice", lambda _level, text: told.put(text))
    asked = chat.delete("item_asked")
    with pytest.raises(UsageError):
        asked.result(10)
    calls = [
        chat.delete("item_nope"),
        chat.truncate("item_nope", 100),
        chat.insert("x", after="item_nope"),
        chat.retrieve("item_nope"),
    ]
    lines = sorted(told.get(timeout=20) for _ in calls)
    assert [line.partition(":")[0] for line in lines] == [
        "Not cut",
        "Not deleted",
        "Not inserted",
        "Not retrieved",
    ]
    assert all("there is no item 'item_nope'" in line and "\n" not in line for line in lines)
    assert told.empty()


def test_a_talk_is_begun_with_as_many_turns_as_are_taken(chat: Chat) -> None:
    ids = chat.seed([("user", f"turn {place}") for place in range(MOST_TURNS)]).result(60)
    assert ids == [item.id for item in chat.items]
    assert chat.items[-1].text == f"turn {MOST_TURNS - 1}"
