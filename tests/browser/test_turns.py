"""Turns by voice: spoken and typed at once, ended by silence; also in Notebook 7."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from realtime_nb.speech.voices import say_as_user
from tests.browser.chat_page import LOAD, PLAIN_MICROPHONE, TALK, ChatPage, until
from tests.browser.harness import LabServer, NotebookPage, make_mic_wav, write_notebook
from tests.browser.played import heard_ms

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.browser.harness import OpenBrowser, OpenNotebook

pytestmark = pytest.mark.timeout(300)

IDLE = TALK.replace("silence_duration_ms: 400", "silence_duration_ms: 400\n  idle_timeout_ms: 5000")
# Of a restarted kernel nothing but the page's own tracks can tell.
TRACKS = "() => window.__tracks.map(track => track.readyState)"


def test_a_line_typed_while_one_speaks_is_answered_and_the_speech_too(
    open_notebook: OpenNotebook, tmp_path: Path
) -> None:
    segments = [1.0, say_as_user("what is seven plus five"), 12.0]
    notebook = open_notebook(
        [LOAD, TALK, PLAIN_MICROPHONE], mic=make_mic_wav(tmp_path / "mic.wav", segments)
    )
    chat = ChatPage(notebook).start(0, 1, 2)
    chat.press_microphone()
    until(lambda: "input_audio_buffer.speech_started" in chat.events)
    chat.type("what is two plus two")
    until(lambda: "12" in chat.transcript, message=chat.transcript)
    assert "what is seven plus five" in chat.transcript.lower()
    assert "what is two plus two" in chat.transcript
    assert notebook.page.locator(".rnb-notice").count() == 0
    assert notebook.page_errors == []


def test_a_user_who_says_nothing_is_spoken_to(open_notebook: OpenNotebook, tmp_path: Path) -> None:
    segments = [1.0, say_as_user("what is seven plus five"), 25.0]
    notebook = open_notebook(
        [LOAD, IDLE, PLAIN_MICROPHONE], mic=make_mic_wav(tmp_path / "mic.wav", segments)
    )
    chat = ChatPage(notebook).start(0, 1, 2)
    chat.press_microphone()
    until(lambda: "12" in chat.transcript, message=chat.transcript)
    answers = chat.events.count("response.created")
    until(
        lambda: "input_audio_buffer.timeout_triggered" in chat.events,
        seconds=30,
        message="nobody noticed the silence",
    )
    until(lambda: chat.events.count("response.created") > answers, message=str(chat.events))
    assert notebook.page_errors == []


@pytest.fixture
def notebook_7(tmp_path: Path) -> Iterator[LabServer]:
    server = LabServer(tmp_path / "notebook", classic=True)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def test_notebook_7_talks_and_lets_the_microphone_go_with_its_kernel(
    notebook_7: LabServer, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    segments = [1.0, say_as_user("what is seven plus five"), 9.0]
    mic = make_mic_wav(tmp_path / "mic.wav", segments)
    path = write_notebook(notebook_7.root, [LOAD, TALK, PLAIN_MICROPHONE])
    notebook = NotebookPage(notebook_7, open_browser(mic), path, []).open()
    chat = ChatPage(notebook).start(0, 1, 2)
    chat.press_microphone()
    until(lambda: "12" in chat.transcript, message=chat.transcript)
    until(lambda: heard_ms(notebook) > 300, message="the page plays nothing")
    assert notebook.page.evaluate(TRACKS) == ["live"]
    notebook.restart_kernel()
    until(lambda: notebook.page.evaluate(TRACKS) == ["ended"])
    # Notebook 7 itself raises one as it opens.
    assert [error for error in notebook.page_errors if "schema" not in error] == []
