"""A recording becomes a value, however it ends; pages are told the truth about it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from realtime_nb import AudioClip, Recorder
from realtime_nb.errors import UsageError
from realtime_nb.widget import recorder as module

if TYPE_CHECKING:
    from collections.abc import Iterator

RATE = 24_000
SOUND = (9000 * np.sin(np.arange(RATE) / 7)).astype("<i2")


class Page:
    """Records, and takes what the widget tells."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **options: Any) -> None:
        self.told: list[dict[str, Any]] = []
        monkeypatch.setattr(Recorder, "send", self._take)
        self.recorder = Recorder(**options)
        self.says(kind="hello")

    def _take(self, content: dict[str, Any], _buffers: list[bytes]) -> None:
        json.dumps(content, allow_nan=False, ensure_ascii=False).encode()
        self.told.append(content)

    def says(self, *buffers: bytes, client: str = "page", **message: Any) -> None:
        views = [memoryview(one) for one in buffers]
        self.recorder._handle_custom_msg({"client": client, **message}, views)

    def records(self, take: str, sound: Any = SOUND, client: str = "page", **more: Any) -> None:
        """Record all of a sound, but do not press Stop."""
        self.says(client=client, kind="record", take=take, **more)
        for at in range(0, len(sound), 4800):
            pcm = sound[at : at + 4800].tobytes()
            self.says(pcm, client=client, kind="sound", take=take, offset=at)

    def stops(self, take: str, total: int = len(SOUND), why: str = "") -> None:
        self.says(kind="end", take=take, total=total, why=why)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.told if message["kind"] == kind]

    @property
    def notices(self) -> str:
        return " ".join(message["text"] for message in self.of("notice"))


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    made = Page(monkeypatch)
    yield made
    made.recorder.close()
    made.recorder.close()


def pcm(clip: AudioClip | None) -> bytes:
    assert clip is not None
    return clip.pcm16()


def test_what_was_said_is_the_clip(page: Page) -> None:
    seen: list[Any] = []
    page.recorder.observe(lambda change: seen.append(change["new"]), "clip")
    assert page.of("welcome")[0]["state"] == "ready"
    page.records("one")
    assert page.recorder.state == "recording"
    assert page.of("ack")[-1]["got"] == len(SOUND)
    page.stops("one")
    assert pcm(page.recorder.clip) == SOUND.tobytes()
    assert page.recorder.clip is not None
    assert page.recorder.clip.rate == RATE
    assert seen == [page.recorder.clip] == list(page.recorder.clips)
    standing = page.of("state")[-1]
    assert (standing["state"], standing["samples"], standing["take"]) == ("recorded", RATE, "")
    assert max(standing["bars"]) == pytest.approx(9000 / 32768, abs=0.01)
    assert page.of("over")[-1] == {"kind": "over", "to": "page", "take": "one", "why": ""}
    assert page.notices == ""
    assert "1.00 s" in repr(page.recorder)


def test_an_end_waits_for_what_is_missing(page: Page) -> None:
    page.records("one", SOUND[:4800])
    page.stops("one", total=9600)
    assert page.recorder.state == "recording"
    assert page.of("ack")[-1]["got"] == 4800
    page.says(SOUND[4800:9600].tobytes(), kind="sound", take="one", offset=4800)
    page.stops("one", total=9600)
    assert pcm(page.recorder.clip) == SOUND[:9600].tobytes()


def test_takes_are_kept_and_retake_replaces_the_last(page: Page) -> None:
    for take, sound in (("one", SOUND), ("two", SOUND[:7200])):
        page.records(take, sound)
        page.stops(take, len(sound))
    page.records("three", SOUND[:2400], replaces=True)
    page.stops("three", 2400)
    assert [len(clip) for clip in page.recorder.clips] == [RATE, 2400]
    assert page.recorder.clip is page.recorder.clips[-1]


def test_a_page_that_goes_leaves_what_it_had_sent(page: Page) -> None:
    page.records("one", SOUND[:9600])
    page.says(client="other", kind="hello")
    assert page.of("welcome")[-1]["by"] == "page"
    page.says(client="other", kind="record", take="two")
    assert "Another tab" in page.of("over")[-1]["why"]
    page.says(kind="leave")
    assert pcm(page.recorder.clip) == SOUND[:9600].tobytes()
    assert page.recorder.state == "recorded"
    assert page.notices == "The page was left while it recorded: 0.4 s are kept."
    page.records("two", SOUND[:2400], client="other")
    assert page.recorder.stop() is page.recorder.clip
    assert len(page.recorder.clips) == 2


def test_it_ends_at_the_longest_and_makes_clips_of_the_rate_that_was_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = Page(monkeypatch, max_s=0.5, rate=16_000)
    page.records("one")
    page.stops("one", RATE, why="Stopped at the longest recording")
    assert page.recorder.clip is not None
    assert (page.recorder.clip.rate, len(page.recorder.clip)) == (16_000, 8000)
    assert page.notices == "Stopped at the longest recording: 0.5 s are kept."
    # A page plays at its own rate.
    assert page.of("state")[-1]["samples"] == RATE // 2
    page.recorder.close()


def test_silence_is_cut_and_given_back(page: Page) -> None:
    quiet = np.zeros(2 * RATE, "<i2")
    quiet[RATE : RATE + 4800] = SOUND[:4800]
    page.records("one", quiet)
    page.stops("one", len(quiet))
    page.says(kind="trim", on=True)
    assert page.recorder.clip is not None
    assert 4800 <= len(page.recorder.clip) < RATE
    assert page.of("state")[-1]["trimmed"] is True
    assert page.recorder.clips == (page.recorder.clip,)
    page.says(kind="trim", on=False)
    assert pcm(page.recorder.clip) == quiet.tobytes()
    page.says(kind="trim", on=False)
    assert page.of("state")[-1]["trimmed"] is False
    page.recorder.clip = AudioClip.silence(500, RATE)
    page.says(kind="trim", on=True)
    assert "silen" in page.notices
    assert len(page.recorder.clip) == RATE // 2


def test_nothing_that_was_said_is_no_clip(page: Page) -> None:
    page.says(kind="record", take="one")
    page.stops("one", 0)
    assert (page.recorder.clip, page.recorder.state) == (None, "ready")
    assert "Nothing was recorded" in page.notices


def test_a_function_that_fails_is_told_in_the_page_and_loses_no_sound(page: Page) -> None:
    page.recorder.observe(lambda _: 1 / 0, "clip")
    page.records("one")
    page.stops("one")
    assert "ZeroDivisionError: division by zero" in page.notices
    assert pcm(page.recorder.clip) == SOUND.tobytes()
    assert page.of("state")[-1]["state"] == "recorded"


def test_a_clip_may_be_set_and_is_what_a_page_plays(page: Page) -> None:
    page.recorder.clip = AudioClip.from_pcm16(SOUND[:1000].tobytes(), RATE)
    assert page.of("state")[-1]["samples"] == 1000
    page.recorder.clip = None
    assert page.recorder.state == "ready"
    assert page.of("state")[-1]["samples"] == 0


def test_a_page_that_crashed_stands_in_nobodys_way(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.records("one")
    later = module.time.monotonic() + 60
    monkeypatch.setattr(module.time, "monotonic", lambda: later)
    page.says(client="other", kind="hello")
    assert page.of("welcome")[-1]["state"] == "recorded"
    assert pcm(page.recorder.clip) == SOUND.tobytes()
    page.says(SOUND.tobytes(), kind="sound", take="one", offset=RATE)
    assert page.of("over")[-1]["take"] == "one"


def test_nonsense_of_a_page_is_let_go(page: Page) -> None:
    for message in ({"kind": "dance"}, {"kind": "sound", "take": "x"}, {"kind": "record"}):
        page.says(**message)
    page.says(b"abc", kind="sound", take=7, offset=-1)
    page.recorder._handle_custom_msg(None, [])
    assert page.recorder.state == "ready"


@pytest.mark.parametrize("options", [{"rate": 10}, {"max_s": 0}, {"max_s": float("nan")}])
def test_options_that_cannot_be_are_one_clear_line(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        Recorder(**options)
    assert "\n" not in str(caught.value)
    assert "give" in str(caught.value)
