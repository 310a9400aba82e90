"""A chat whose connection is being mended: how it is called, and what its cell does."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest

from realtime_nb.errors import UsageError
from realtime_nb.notebook.chats.restoring import (
    HasRestoration,
    await_connection,
    is_live,
    state_words,
)


class Session:
    def __init__(self, state: str, **told: Any) -> None:
        self.state = state
        known = {"reason": "lost", "tries": 2, "next_try_s": 4.2}
        self.restoration = SimpleNamespace(**{**known, **told}) if state == "restoring" else None
        self.listeners: list[Any] = []
        self.tries = 0

    def retry_now(self) -> None:
        self.tries += 1

    def on_state(self, listener: Any) -> Any:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def become(self, state: str) -> None:
        self.state = state
        for listener in tuple(self.listeners):
            listener(state)


class Fake(HasRestoration):
    name = "mine"

    def __init__(self, state: str, **told: Any) -> None:
        self.session = cast("Any", Session(state, **told))

    @property
    def state(self) -> str:
        return self.session.state


def chat(state: str, **told: Any) -> Any:
    return cast("Any", Fake(state, **told))


@pytest.mark.parametrize(
    ("state", "told", "words"),
    [
        ("open", {}, "open"),
        ("failed", {}, "failed"),
        ("restoring", {}, "restoring (try 2, next in 4 s)"),
        ("restoring", {"next_try_s": 0.0}, "restoring (try 2)"),
        ("restoring", {"reason": "renewal"}, "restoring (its session is renewed)"),
    ],
)
def test_a_state_names_the_try_that_is_next(state: str, told: dict[str, Any], words: str) -> None:
    assert state_words(chat(state, **told)) == words


def test_a_chat_tells_how_it_is_mended_and_may_be_asked_to_try_at_once() -> None:
    assert chat("open").restoration is None
    mended = chat("restoring")
    assert mended.restoration.next_try_s == 4.2
    mended.retry_now()
    assert mended.session.tries == 1


def test_a_chat_goes_on_while_its_connection_is_mended() -> None:
    alive = {state: is_live(chat(state)) for state in ("connecting", "open", "restoring", "failed")}
    assert alive == {"connecting": False, "open": True, "restoring": True, "failed": False}


def test_a_cell_waits_for_a_connection_that_comes_back() -> None:
    one = chat("restoring")
    done = threading.Event()

    def wait() -> None:
        await_connection(one, 30.0)
        done.set()

    waiting = threading.Thread(target=wait)
    waiting.start()
    while not one.session.listeners:
        done.wait(0.01)
    one.session.become("restoring")  # another try
    assert not done.is_set()
    one.session.become("open")
    waiting.join(30.0)
    assert done.is_set()
    assert one.session.listeners == []


def test_a_cell_gives_up_and_says_what_to_do() -> None:
    one = chat("restoring")
    with pytest.raises(UsageError, match=r"try 2, next in 4 s.*nothing was changed.*--keep"):
        await_connection(one, 0.01)
    assert one.session.listeners == []


def test_a_cell_waits_for_nothing_where_nothing_is_lost() -> None:
    await_connection(chat("open"), 0.0)
    await_connection(chat("failed"), 0.0)
