"""What a notebook keeps of timelines and recorders, beside the widget."""

from __future__ import annotations

import threading
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from realtime_nb.audio.clip import AudioClip
from realtime_nb.inspection.talk import Talk
from realtime_nb.inspection.timeline.view import Timeline
from realtime_nb.notebook import comparing
from realtime_nb.notebook.saved import kept_widgets
from realtime_nb.notebook.saved.kept_widgets import KeptWidgets
from realtime_nb.protocol.conversation.reducer import Conversation
from realtime_nb.protocol.log.event_log import EventLog
from realtime_nb.widget import Recorder, TimelineWidget

VIEW = "application/vnd.jupyter.widget-view+json"


class Page:
    """What a front end holds, in the order in which it was shown."""

    def __init__(self) -> None:
        self.outputs: list[tuple[str, dict[str, Any]]] = []
        self._more = threading.Condition()

    def __call__(self, bundle: dict[str, Any], display_id: str, *, update: bool) -> None:
        with self._more:
            places = [place for place, _ in self.outputs]
            if update:
                self.outputs[places.index(display_id)] = (display_id, bundle)
            else:
                self.outputs.append((display_id, bundle))
            self._more.notify_all()

    def waits(self, number: int, words: str) -> str:
        """Return an output as soon as it has these words."""

        def has() -> bool:
            return words in self.html(number)

        with self._more:
            assert self._more.wait_for(has, 30), self.html(number)[:500]
        return self.html(number)

    def html(self, number: int) -> str:
        return self.outputs[number][1]["text/html"]


def bundle_of(widget: Any) -> dict[str, Any]:
    bundle: Any = widget._repr_mimebundle_()
    return dict(bundle[0] if isinstance(bundle, tuple) else bundle)


@pytest.fixture
def page() -> Page:
    return Page()


def captioned(words: str) -> AudioClip:
    return replace(AudioClip.silence(100 + len(words), 24_000), caption=words)


def shown_by(page: Page, saved_audio_bytes: int = 2_000_000) -> KeptWidgets:
    return KeptWidgets(SimpleNamespace(saved_audio_bytes=saved_audio_bytes), page, bundle_of)


def test_a_timeline_has_its_picture_beside_it_hidden_while_it_lives(page: Page) -> None:
    widget = TimelineWidget(lambda: Timeline(Talk(EventLog(), Conversation(), name="mine")))
    shown_by(page).show(widget)
    (place, live), (kept_at, kept) = page.outputs
    assert VIEW in live
    assert "text/html" not in live
    assert not place
    assert kept_at
    assert kept["text/html"].count("<img ") == 1
    assert kept["text/plain"] == repr(widget)
    (name,) = [one for one in widget._dom_classes if one.startswith("rnb-of-")]
    saved = name.replace("-of-", "-saved-")
    assert f'<div class="rnb-saved {saved}">' in kept["text/html"]
    assert f"body:has(.{name}) .{saved} {{ display: none; }}" in kept["text/html"]
    widget.close()


def test_of_a_recorder_the_last_recording_is_kept_where_it_was_shown_last(page: Page) -> None:
    recorder = Recorder()
    kept = shown_by(page)
    kept.show(recorder)
    assert "run its cell again" in page.html(1)
    recorder.clip = captioned("first")
    page.waits(1, "first")
    recorder.clip = captioned("second")
    assert "first" not in page.waits(1, "second")
    kept.show(recorder)
    assert "<audio" in page.waits(3, "second")
    assert "shown again" in page.html(1)
    assert "<audio" not in page.html(1)
    assert len(recorder._dom_classes) == 1
    recorder.clip = None
    page.waits(3, "run its cell again")
    recorder.close()


def test_a_recording_over_the_limit_is_told_in_words(page: Page) -> None:
    recorder = Recorder()
    recorder.clip = AudioClip.silence(100, 24_000)
    shown_by(page, saved_audio_bytes=100).show(recorder)
    assert "<audio" not in page.waits(1, "0.1 s, too long")
    recorder.close()


def test_nothing_of_it_in_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    shell = InteractiveShell()
    kept_widgets.register(shell, SimpleNamespace(saved_audio_bytes=1))
    formatter: Any = shell.display_formatter.ipython_display_formatter  # type: ignore[union-attr]
    assert Recorder not in formatter.type_printers
    progress = comparing._Progress()
    progress.say("playing")
    progress.end()
    assert capsys.readouterr().out == ""


def test_in_a_notebook_the_cell_says_what_goes_on_until_it_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[dict[str, str]] = []

    def display(bundle: dict[str, str], **_: Any) -> Any:
        shown.append(bundle)
        return SimpleNamespace(update=display)

    monkeypatch.setattr(comparing, "get_ipython", lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setattr(comparing, "display", display)
    progress = comparing._Progress()
    progress.say("playing to <b>\u202e")
    progress.say("playing to another")
    progress.end()
    assert [one["text/plain"] for one in shown][1:] == ["playing to another", ""]
    assert "&lt;b&gt;⟨U+202E⟩" in shown[0]["text/html"]
    assert shown[-1]["text/html"] == ""
