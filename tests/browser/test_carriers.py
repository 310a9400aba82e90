"""Both carriers of a chat: they talk alike, and a talk moves from one to the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from realtime_nb.speech.voices import say_as_user
from tests.browser.chat_page import LOAD, PLAIN_MICROPHONE, TALK, ChatPage, until
from tests.browser.harness import LabServer, NotebookPage, make_mic_wav, write_notebook
from tests.browser.played import heard_ms

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import WebSocketRoute

    from tests.browser.harness import OpenBrowser, OpenNotebook

pytestmark = pytest.mark.timeout(300)

# The one whose answer is waited for comes last: nobody speaks into that, however late it is.
QUESTION = "what is seven plus five"
SAID = ["what time is it", "goodbye", QUESTION]
RELAY = "**/realtime-nb/relay/**"

# The microphone's frames as the kernel had them: none lost, none twice, none out of order.
FRAMES = "print(chat.bridge.uplink.lost_frames, chat.bridge.uplink.refused_frames)"
FAST = "print(len(chat.bridge._view.fast))"

# Each is busy until there is such a file: until the answer is there, however long that takes.
BUSY = {
    "sleep": """\
import pathlib, time
while not pathlib.Path({over!r}).exists():
    time.sleep(1)""",
    "python": """\
import pathlib
while not pathlib.Path({over!r}).exists():
    for _ in range(1000):
        sum(n * n for n in range(1000))""",
    "numpy": """\
import numpy, pathlib
while not pathlib.Path({over!r}).exists():
    for _ in range(100):
        a = numpy.random.default_rng(1).random((400, 400))
        a @ a""",
}


def three_phrases(folder: Path) -> Path:
    segments: list[Any] = [1.0]
    for phrase in SAID:
        segments += [say_as_user(phrase), 7.0]
    return make_mic_wav(folder / "mic.wav", segments)


def carrier(notebook: NotebookPage) -> str:
    return notebook.page.locator(".rnb-carrier").last.inner_text()


def wait_for_answers(chat: ChatPage) -> None:
    until(
        lambda: all(phrase in chat.transcript.lower() for phrase in SAID),
        seconds=60,
        message=f"not all of {SAID} in {chat.transcript!r}",
    )
    until(lambda: "12" in chat.transcript)


@pytest.fixture
def lab_without_relay(tmp_path: Path) -> Iterator[LabServer]:
    server = LabServer(tmp_path / "lab", relay=False)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def test_three_turns_over_the_fast_path(open_notebook: OpenNotebook, tmp_path: Path) -> None:
    notebook = open_notebook(
        [LOAD, TALK, PLAIN_MICROPHONE, FRAMES, FAST], mic=three_phrases(tmp_path)
    )
    chat = ChatPage(notebook).start(0, 1, 2)
    until(lambda: carrier(notebook) == "fast path", message=carrier(notebook))
    chat.press_microphone()
    wait_for_answers(chat)
    notebook.run_cell(3)
    assert notebook.text(3).split() == ["0", "0"]
    notebook.run_cell(4)
    assert notebook.text(4).split() == ["1"]
    assert carrier(notebook) == "fast path"
    assert notebook.ears.heard().sound()
    assert notebook.page_errors == []


def test_three_turns_over_the_comm_where_the_server_has_no_relay(
    lab_without_relay: LabServer, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    lab = lab_without_relay
    path = write_notebook(lab.root, [LOAD, TALK, PLAIN_MICROPHONE, FRAMES])
    notebook = NotebookPage(lab, open_browser(three_phrases(tmp_path)), path, []).open()
    chat = ChatPage(notebook).start(0, 1, 2)
    chat.press_microphone()
    wait_for_answers(chat)
    assert carrier(notebook) == "comm"
    # It does not wait for cells, and by now the page has asked whether it does, so nothing is said.
    waits = notebook.page.locator(".rnb-notice").filter(has_text="While a cell runs, sound waits")
    assert waits.count() == 0
    assert "waits" not in str(notebook.page.locator(".rnb-carrier").get_attribute("title"))
    notebook.run_cell(3)
    assert notebook.text(3).split() == ["0", "0"]
    assert notebook.ears.heard().sound()
    assert notebook.page_errors == []


# What keeps a processor busy has the machine for itself.
@pytest.mark.alone
def test_a_busy_cell_in_a_turn_changes_nothing(open_notebook: OpenNotebook, tmp_path: Path) -> None:
    over = [tmp_path / kind for kind in BUSY]
    busy = [text.format(over=str(file)) for file, text in zip(over, BUSY.values(), strict=True)]
    # The microphone hears the file from its beginning each time it is opened.
    mic = make_mic_wav(tmp_path / "mic.wav", [1.0, say_as_user(QUESTION), 60.0])
    notebook = open_notebook([LOAD, TALK, PLAIN_MICROPHONE, FRAMES, *busy], mic=mic)
    chat = ChatPage(notebook).start(0, 1, 2)
    until(lambda: carrier(notebook) == "fast path", message=carrier(notebook))
    answers = notebook.page.locator(".rnb-transcript .rnb-item.rnb-assistant", has_text="12")
    for turn, file in enumerate(over, 1):
        notebook.ears.forget()
        chat.press_microphone()
        until(lambda: chat.events.count("input_audio_buffer.speech_started") == turn)  # noqa: B023
        run = notebook.run_cell(3 + turn, wait=False)
        until(lambda: answers.count() == turn, message=chat.transcript)  # noqa: B023
        until(lambda: heard_ms(notebook) > 300, message="the page plays nothing")
        assert not notebook.page.evaluate("run => __harness.outcome(run).done", run)
        file.touch()
        notebook.wait_run(run, 60)
        chat.microphone.click()
        notebook.wait_until("() => document.querySelector('.rnb-stop').disabled")
    notebook.run_cell(3)
    assert notebook.text(3).split() == ["0", "0"]
    assert chat.transcript.lower().count(QUESTION) == len(BUSY)
    assert carrier(notebook) == "fast path"
    assert notebook.page_errors == []


def test_a_relay_that_dies_in_a_talk_loses_no_sound(
    open_notebook: OpenNotebook, tmp_path: Path
) -> None:
    notebook = open_notebook(
        [LOAD, TALK, PLAIN_MICROPHONE, FRAMES, FAST], mic=three_phrases(tmp_path)
    )
    routes: list[WebSocketRoute] = []
    refuse: list[bool] = []

    def on_socket(route: WebSocketRoute) -> None:
        if refuse:
            route.close()
        else:
            route.connect_to_server()
            routes.append(route)

    notebook.page.route_web_socket(RELAY, on_socket)
    notebook.reload()  # the route is for sockets of pages loaded after it
    chat = ChatPage(notebook).start(0, 1, 2)
    until(lambda: carrier(notebook) == "fast path", message=carrier(notebook))
    chat.press_microphone()
    until(lambda: "response.output_audio.delta" in chat.events)
    refuse.append(True)
    routes[-1].close()
    until(lambda: carrier(notebook) == "comm", message=carrier(notebook))
    until(lambda: SAID[1] in chat.transcript.lower(), seconds=30, message=chat.transcript)
    assert carrier(notebook) == "comm"
    refuse.clear()
    until(lambda: carrier(notebook) == "fast path", seconds=40, message=carrier(notebook))
    wait_for_answers(chat)
    notebook.run_cell(3)
    assert notebook.text(3).split() == ["0", "0"]
    heard = notebook.ears.heard()
    assert np.max(np.abs(heard.samples)) > 0.01
    assert notebook.page_errors == []
