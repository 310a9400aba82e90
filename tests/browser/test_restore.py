"""A talk over a bad network: it is said, nothing that was said meanwhile is lost, it goes on."""

from __future__ import annotations

import re
import time
from copy import copy
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from realtime_nb.speech.voices import say_as_user
from tests.browser.chat_page import LOAD, PLAIN_MICROPHONE, ChatPage, until
from tests.browser.cutter import Cutter
from tests.browser.harness import NotebookPage, make_mic_wav, write_notebook
from tests.browser.played import heard_ms

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.harness import LabServer, OpenBrowser, OpenNotebook

pytestmark = pytest.mark.timeout(300)

WHERE = """\
from realtime_nb.client.endpoints.endpoint import resolve_endpoint
local = resolve_endpoint("local")
print(local.base_url)"""
# As a cell begins it, but for the network between.
THROUGH = """\
from dataclasses import replace
from realtime_nb.notebook.chats.chat import Chat
chat = Chat(replace(local, base_url=f"http://127.0.0.1:{port}/v1"),
            {"audio": {"input": {"turn_detection": {"type": "server_vad"},
                                 "transcription": {"model": "gpt-transcribe"}}}})
chat.open()
chat"""
TALK = "%%realtime mine --endpoint local\nYou are patient."
KILL = """\
import os, signal
from realtime_nb.client.local import LocalServer
os.kill(LocalServer.shared().pid, signal.SIGKILL)"""
SAID = ("tell me a story", "what is seven plus five", "what time is it")
SET_PORT = """port => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel
  .requestExecute({code: `port = ${port}`}).done.then(() => null)"""
LINES = ".rnb-mark .rnb-text"


def lines(notebook: NotebookPage) -> list[str]:
    return [text.strip() for text in notebook.page.locator(LINES).all_inner_texts()]


def cut_while_an_answer_plays(notebook: NotebookPage, chat: ChatPage, cutter: Cutter) -> None:
    """Break the connection for some seconds, in which the user goes on speaking."""
    until(lambda: heard_ms(notebook) > 500, message="no answer is heard")
    cutter.cut(refuse=True)
    banner = chat.page.locator(".rnb-restoring")
    banner.wait_for()
    assert "what you say is kept" in banner.inner_text()
    until(
        lambda: re.search(r"Reconnecting… try \d+, next in [2-9] s", banner.inner_text()),
        message=f"no countdown: {banner.inner_text()}",
    )
    assert chat.state == "reconnecting"
    assert chat.microphone.get_attribute("aria-pressed") == "true"
    assert chat.live_tracks == 1
    cutter.refuses = False
    chat.page.get_by_role("button", name="Try now").click()
    chat.wait_live()
    until(lambda: lines(notebook), message="nothing says that it was restored")
    assert "The connection broke: restored after" in lines(notebook)[0]
    assert chat.microphone.get_attribute("aria-pressed") == "true"
    until(lambda: SAID[1] in chat.transcript.lower(), message="what was said meanwhile is lost")
    until(lambda: "12" in chat.transcript, message="what was said meanwhile has no answer")


def cut_while_the_user_speaks(notebook: NotebookPage, chat: ChatPage, cutter: Cutter) -> None:
    """Break the connection in the middle of a sentence, which is heard whole all the same."""
    starts = "input_audio_buffer.speech_started"
    until(lambda: chat.events.count(starts) >= 3, seconds=40, message="nobody speaks")
    cutter.cut()
    until(lambda: SAID[2] in chat.transcript.lower(), message="the sentence was lost")
    assert len(lines(notebook)) == 2
    assert chat.state == "live"
    assert chat.transcript.lower().count(SAID[1]) == 1  # nothing twice
    chat.microphone.click()


def end_it_meanwhile(chat: ChatPage, cutter: Cutter) -> None:
    """Give up a connection that does not come back."""
    banner = chat.page.locator(".rnb-restoring")
    cutter.cut(refuse=True)
    banner.wait_for()
    chat.type("goodbye")
    chat.page.get_by_role("button", name="End", exact=True).click()
    until(lambda: chat.state.startswith("closed"), message="it has not ended")
    assert not banner.is_visible()


def kill_the_server(notebook: NotebookPage, chat: ChatPage) -> None:
    """End the practice server's process: another takes its place."""
    seen = len(lines(notebook))
    chat.type("what is seven plus five")
    until(lambda: "12" in chat.transcript, message="no answer")
    notebook.run_cell(5)
    until(lambda: len(lines(notebook)) > seen, seconds=60, message="it was not restored")
    assert "the talk so far, 2 items" in lines(notebook)[-1]
    answered = chat.events.count("response.done")
    chat.type("hello")
    until(lambda: chat.events.count("response.done") > answered, message="no answer")
    assert chat.page.locator(".rnb").last.locator(".rnb-notice").count() == 0
    assert chat.state == "live"


def test_a_talk_goes_on_when_its_connection_is_cut_and_its_server_killed(
    open_notebook: OpenNotebook, tmp_path: Path
) -> None:
    segments: list[Any] = [1.0]
    for phrase, pause_s in zip(SAID, (9.0, 14.0, 30.0), strict=True):
        segments += [say_as_user(phrase), pause_s]
    mic = make_mic_wav(tmp_path / "mic.wav", segments)
    cells = [LOAD, WHERE, THROUGH, PLAIN_MICROPHONE, TALK, KILL]
    notebook = open_notebook(cells, mic=mic)
    for cell in (0, 1):
        notebook.run_cell(cell)
    cutter = Cutter(urlsplit(notebook.text(1).strip()).port or 0)
    try:
        notebook.page.evaluate(SET_PORT, cutter.port)
        chat = ChatPage(notebook).start(2, 3)
        chat.press_microphone()
        cut_while_an_answer_plays(notebook, chat, cutter)
        cut_while_the_user_speaks(notebook, chat, cutter)
        end_it_meanwhile(chat, cutter)
        notebook.run_cell(4)
        chat.wait_live()
        kill_the_server(notebook, chat)
        assert notebook.page_errors == []
    finally:
        cutter.close()


def test_what_is_said_while_the_page_has_lost_its_server_is_heard_when_it_is_back(
    open_browser: OpenBrowser, lab: LabServer, tmp_path: Path
) -> None:
    segments: list[Any] = [8.0, say_as_user(SAID[1]), 40.0]
    browser = open_browser(make_mic_wav(tmp_path / "mic.wav", segments))
    path = write_notebook(lab.root, [LOAD, TALK.replace("mine ", ""), PLAIN_MICROPHONE])
    lab.start_kernel(path)
    cutter = Cutter(urlsplit(lab.url).port or 0)
    through = copy(lab)
    through.url = f"http://127.0.0.1:{cutter.port}/"
    try:
        notebook = NotebookPage(through, browser, path, []).open()
        chat = ChatPage(notebook).start(0, 1, 2)
        chat.press_microphone()
        until(lambda: chat.events.count("input_audio_buffer.append") > 25, message="no sound")
        cutter.cut(refuse=True)
        notice = chat.page.locator(".rnb-notice").filter(has_text="Nothing comes through")
        notice.wait_for()
        time.sleep(8)  # the user speaks meanwhile
        assert SAID[1] not in chat.transcript.lower()
        assert chat.microphone.get_attribute("aria-pressed") == "true"
        cutter.refuses = False
        until(lambda: SAID[1] in chat.transcript.lower(), seconds=60, message="it was not heard")
        until(lambda: "12" in chat.transcript, message="it was not answered")
        notice.wait_for(state="detached")
        assert chat.state == "live"
        assert chat.microphone.get_attribute("aria-pressed") == "true"
        assert chat.live_tracks == 1
        assert chat.transcript.lower().count(SAID[1]) == 1
        heard = chat.events.count("input_audio_buffer.append")
        until(lambda: chat.events.count("input_audio_buffer.append") > heard, message="no sound")
    finally:
        cutter.close()
        lab.end_kernels()
