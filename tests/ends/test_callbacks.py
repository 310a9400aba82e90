"""Functions of users that raise anything, an exit too: the talk goes on, and ends clean."""

from __future__ import annotations

import sys
from asyncio import CancelledError
from typing import TYPE_CHECKING, NoReturn

import pytest

from realtime_nb.client.endpoints.endpoint import resolve_endpoint
from realtime_nb.client.local import LocalServer
from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.notebook.chats.chat import Chat
from tests.ends.leaks import held, left_since

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CONFIG = {"output_modalities": ["text"], "instructions": "Be brief."}
QUESTION = "what is seven plus five"


class OddError(BaseException):
    """One that is no Exception."""


RAISE: dict[str, Callable[[], object]] = {
    "an error": lambda: 1 / 0,
    "an exit": sys.exit,
    "an interrupt": lambda: _raise(KeyboardInterrupt()),
    "a cancellation": lambda: _raise(CancelledError()),
    "anything": lambda: _raise(OddError()),
}


def _raise(error: BaseException) -> NoReturn:
    raise error


@pytest.fixture
def chat() -> Iterator[Chat]:
    LocalServer.shared()
    BackgroundLoop.stop_shared()
    before = held()
    chat = Chat(resolve_endpoint("local"), CONFIG)
    chat.open()
    yield chat
    chat.close()
    chat.widget.close()
    assert chat.state == "closed"
    BackgroundLoop.stop_shared()
    assert left_since(before, but=["/dev/", "pipe", "kept"]) == {}


@pytest.mark.parametrize("what", RAISE)
def test_callbacks_that_raise_leave_the_talk_alone(
    chat: Chat, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []
    monkeypatch.setattr("threading.excepthook", told.append)
    fail = RAISE[what]

    def tool(city: str) -> str:
        """Tell the weather of a city."""
        fail()
        return city

    chat.session.on_state(lambda _state: fail())
    chat.session.subscribe(lambda _record, _changed: fail())
    chat.tool(tool)
    chat.say(QUESTION).add_done_callback(lambda _call: fail())
    assert "12" in chat.say(QUESTION).result(20).text
    assert "error" in repr(chat.call("tool", city="Rome").result(20)).lower()

    @chat.guard
    def judge(_text: str) -> object:
        return fail()

    chat.say(QUESTION).result(20)
    assert chat.guards["judge"].failed > 0
    del chat.guards["judge"]
    assert "12" in chat.say(QUESTION).result(20).text
    assert chat.state == "open"
    assert told == []
