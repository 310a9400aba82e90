"""What a cell shows while a request is under way: a player, and then one static result."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.audio.spool import PcmSpool
from realtime_nb.client.rest.notices import Notice
from realtime_nb.client.rest.progress import Progress
from realtime_nb.notebook.sound import live as live_module
from realtime_nb.notebook.sound.kept import KeptSound
from realtime_nb.notebook.sound.live import Live
from tests.notebook.sound_page import Page

if TYPE_CHECKING:
    from collections.abc import Callable

WIDGET = "application/vnd.jupyter.widget-view+json"


class Player:
    """A player whose page plays when the test says so."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.fed: list[Any] = []
        self.played_ms = 0.0
        self.finished = self.closed = self.waits = False
        self.words = self.line = ""
        self._say: Callable[..., None] = lambda *_: None

    def on_msg(self, handler: Callable[..., None]) -> None:
        self._say = handler

    def hello(self) -> None:
        self._say(self, {"kind": "hello", "client": "a"}, [])

    def feed(self, spool: Any) -> None:
        self.fed.append(spool)

    def text(self, words: str) -> None:
        self.words = words

    def status(self, words: str) -> None:
        self.line = words

    def finish(self) -> None:
        self.finished = True

    def close(self) -> None:
        self.closed = True

    def _repr_mimebundle_(self) -> Any:
        return {WIDGET: {"model_id": "m"}, "text/plain": self.title}


@pytest.fixture
def players(monkeypatch: pytest.MonkeyPatch) -> list[Player]:
    made: list[Player] = []

    def make(title: str) -> Player:
        made.append(Player(title))
        return made[-1]

    monkeypatch.setattr(live_module, "_new_player", make)
    return made


RESULT = SimpleNamespace(_repr_html_=lambda: "<p>result</p>")


def live_on(page: Page, *, plays: bool = True) -> Live:
    return Live(page, KeptSound(lambda: 10**6, page.replace), "gpt-audio-1.5", plays=plays)


def until(what: Callable[[], Any]) -> None:
    end = time.monotonic() + 10
    while not what():
        assert time.monotonic() < end
        time.sleep(0.01)


def sound_of(ms: float) -> PcmSpool:
    spool = PcmSpool()
    spool.append(bytes(round(ms * 48)))
    return spool


def test_the_result_stands_below_the_player_which_goes_when_all_was_heard(
    players: list[Player],
) -> None:
    page = Page()
    page.can_play = True
    live = live_on(page)
    live.tick()
    (player,) = players
    assert WIDGET in page.last
    spool = sound_of(2000)
    live.on_progress(Progress("Hello <b>", spool, "answering"))
    live.tick()
    assert player.fed == [spool]
    assert player.words == "Hello <b>"
    assert player.line.startswith("answering · ")  # the title stands before it
    player.hello()
    live.end(RESULT)
    assert player.finished
    # It is there whenever the notebook is saved; its words stand there once.
    above, below = page.outputs
    assert page.outputs[below]["text/html"].endswith("<p>result</p>")
    assert player.words == ""
    player.played_ms = 1500
    time.sleep(0.3)
    assert WIDGET in page.outputs[above]
    assert not player.closed
    player.played_ms = 2000
    until(lambda: player.closed)
    assert page.outputs[above] == {}
    assert page.outputs[below]["text/html"].endswith("<p>result</p>")


def test_a_player_that_waits_for_the_one_before_it_stays(
    players: list[Player], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "_STANDS_S", 0.2)
    page = Page()
    page.can_play = True
    live = live_on(page)
    live.tick()
    (player,) = players
    player.hello()
    live.on_progress(Progress("Hello", sound_of(2000), "answering"))
    player.waits = True
    live.end(RESULT)
    time.sleep(0.8)
    assert not player.closed
    player.waits = False
    until(lambda: player.closed)


def test_without_a_page_the_result_stands_at_once(players: list[Player]) -> None:
    page = Page()
    live = live_on(page)
    assert players == []
    live.tick()
    live.on_progress(Progress("Hello <b>", sound_of(100), "answering"))
    live.tick()
    assert "Hello &lt;b&gt;" in page.last["text/html"]
    live.end(RESULT)
    assert page.last["text/html"] == "<p>result</p>"
    assert len(page.outputs) == 1


def test_a_page_that_never_comes_is_not_waited_for_for_ever(
    players: list[Player], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "_PAGE_S", 0.1)
    page = Page()
    page.can_play = True
    live = live_on(page)
    live.tick()
    live.on_progress(Progress("Hello", sound_of(100), "answering"))
    live.end(RESULT)
    until(lambda: players[0].closed)
    assert page.last["text/html"].endswith("<p>result</p>")


def test_what_is_stopped_plays_no_longer(players: list[Player]) -> None:
    page = Page()
    page.can_play = True
    live = live_on(page)
    live.tick()
    players[0].hello()
    live.on_progress(Progress("Hello", sound_of(60_000), "answering"))
    live.stop(RESULT)
    assert players[0].closed
    assert page.last["text/html"] == "<p>result</p>"


def test_retries_are_seen_with_their_wait_and_stay(players: list[Player]) -> None:
    del players
    page = Page()
    live = live_on(page, plays=False)
    live.on_notice(Notice("retry", "429 <rate limited>; trying again", 30.0))
    live.tick()
    assert "429 &lt;rate limited&gt;; trying again (30 s)" in page.last["text/html"]
    live.on_notice(Notice("progress", "part 2 of 9"))
    live.tick()
    assert "part 2 of 9" in page.last["text/html"]
    live.end(RESULT)
    assert "429 &lt;rate limited&gt;" in page.last["text/html"]
    assert "part 2" not in page.last["text/html"]


def test_notes_are_bounded(players: list[Player]) -> None:
    del players
    page = Page()
    live = live_on(page, plays=False)
    for number in range(1000):
        live.on_notice(Notice("note", f"{number} " + "x" * 10_000))
    live.on_progress(Progress("word " * 100_000, None, "x"))
    live.tick()
    assert len(page.last["text/html"]) < 50_000
    threads = [thread for thread in threading.enumerate() if "result" in thread.name]
    live.end(RESULT)
    assert [thread for thread in threading.enumerate() if "result" in thread.name] == threads
