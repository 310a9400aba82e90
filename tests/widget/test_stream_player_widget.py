"""What the player tells its pages, from whichever thread it is fed; it waits for nobody."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.audio.spool import PcmSpool
from realtime_nb.errors import UsageError
from realtime_nb.widget import StreamPlayer
from realtime_nb.widget import stream_player as module
from realtime_nb.widget.stream_player import LATE_S, SHOWN_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HOUR_S = 3600


class Page:
    """Takes what the widget sends, on whichever thread it does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent: list[tuple[dict[str, Any], list[bytes]]] = []
        self._more = threading.Condition()
        monkeypatch.setattr(StreamPlayer, "send", self._take)
        self.player = StreamPlayer("speech of \u202egpt")
        self.player.observe(self._changed)

    def _take(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        json.dumps(content, allow_nan=False, ensure_ascii=False).encode()
        with self._more:
            self.sent.append((content, buffers))
            self._more.notify_all()

    def _changed(self, _change: Any) -> None:
        with self._more:
            self._more.notify_all()

    def says(self, **message: Any) -> None:
        self.player._handle_custom_msg({"client": "page", **message}, [])

    def wait(self, what: Callable[[], bool]) -> None:
        with self._more:
            assert self._more.wait_for(what, 20)

    @property
    def sound(self) -> bytes:
        return b"".join(b"".join(buffers) for _, buffers in self.sent)


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    made = Page(monkeypatch)
    yield made
    made.player.close()
    made.player.close()


def test_a_page_plays_what_is_fed_and_learns_when_it_is_whole(page: Page) -> None:
    page.says(kind="hello")
    page.wait(lambda: len(page.sent) == 1)
    told = {"plays": True, "second": False, "at": 0}
    assert page.sent[0][0] == {"kind": "welcome", "to": "page", **told}
    page.says(kind="want", run=1, **{"from": 0, "until": 10**6})
    spool = PcmSpool()
    for part in (b"\1\2" * 500, b"\3\4" * 700):
        spool.append(part)
        page.player.feed(spool)
    page.wait(lambda: len(page.sound) == 2400)
    assert page.sound == b"\1\2" * 500 + b"\3\4" * 700
    assert page.player._total == -1
    page.player.finish("<p>whole</p>")
    page.wait(lambda: page.player._total == 1200)
    page.says(kind="ack", run=1, got=1200, until=10**6, played=1200)
    assert page.player.played_ms == 50.0
    bundle = page.player._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert data["text/html"] == "<p>whole</p>"
    assert "application/vnd.jupyter.widget-view+json" in data


def test_words_are_shown_as_they_are_and_the_end_of_long_ones(page: Page) -> None:
    words = "x" * 2 * SHOWN_CHARACTERS + "the <b>end</b> \ud800"
    for end in range(0, len(words), 1000):
        page.player.text(words[:end])
    page.player.text(words)
    page.player.status("half\u202e way")
    page.wait(lambda: "end" in page.player._text and page.player._status != "")
    assert len(page.player._text) <= SHOWN_CHARACTERS + 20
    for shown in (page.player._text, page.player._status, page.player._label, repr(page.player)):
        shown.encode()
        assert "\u202e" not in shown
    assert "the <b>end</b>" in page.player._text


def test_without_a_page_an_hour_is_fed_and_nothing_is_sent(page: Page) -> None:
    spool = PcmSpool()
    second = bytes(48_000)
    for _ in range(HOUR_S):
        spool.append(second)
        page.player.feed(spool)
    page.player.finish()
    page.wait(lambda: page.player._total == HOUR_S * 24_000)
    assert page.sent == []
    # A page that comes then is sent no more than it takes.
    page.says(kind="hello")
    page.says(kind="want", run=1, **{"from": 3500 * 24_000, "until": 3503 * 24_000})
    page.wait(lambda: len(page.sound) == 3 * 48_000)
    spool.close()


def test_a_page_that_comes_long_after_the_end_plays_only_when_it_is_asked(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.player.finish()
    later = time.monotonic() + 2 * LATE_S
    monkeypatch.setattr(module.time, "monotonic", lambda: later)
    page.says(kind="hello")
    told, _ = page.sent[0]
    assert (told["plays"], told["second"]) == (False, False)


def test_nonsense_of_a_page_is_let_go(page: Page) -> None:
    for message in ({"kind": "dance"}, {"kind": "want", "from": "x"}, {"kind": "ack", "run": None}):
        page.says(**message)
    page.player._handle_custom_msg("hello", [])
    page.says(kind="hello")
    page.wait(lambda: len(page.sent) == 1)


def test_sound_at_another_rate_is_one_clear_line(page: Page) -> None:
    with pytest.raises(UsageError, match="24000 Hz, not 16000"):
        page.player.feed(PcmSpool(16_000))
