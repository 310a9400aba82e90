"""Calls by WebRTC: the page's own connection carries the sound, and nobody sees a difference."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.speech.voices import say_as_user
from tests.browser.chat_page import ASK, LOAD, PLAIN_MICROPHONE, TALK, ChatPage, until
from tests.browser.harness import NotebookPage, make_mic_wav
from tests.browser.played import heard_ms
from tests.browser.test_talk import first_sound_ms

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.harness import LabServer, OpenNotebook

pytestmark = [pytest.mark.timeout(300), pytest.mark.alone]

CALL = TALK.replace("--endpoint local", "--endpoint local --transport webrtc")
DIRECT = CALL.replace("--transport webrtc", "--transport webrtc --direct")

# Between what the service has played and what the page lets out lie the browser's buffers, which
# a busy machine makes long. The story takes 25 s.
SLACK_MS = 2000

# Who spoke, turn by turn, and how loud each side was at the most.
RECORDED = """\
import json
recording = chat.audio
print(json.dumps([turn.role for turn in recording.turns]))
print(json.dumps(abs(recording.stereo.samples.astype(float) / 32768).max(axis=0).tolist()))"""

# A call's sound is in no event; what a chat over a WebSocket carries in them is here nowhere.
OF_SOUND = {"input_audio_buffer.append", "response.output_audio.delta"}


def ask(notebook: NotebookPage, expression: str) -> Any:
    """Return a value of the kernel's."""
    return json.loads(notebook.page.evaluate(ASK, expression))


def header(notebook: NotebookPage) -> str:
    return notebook.page.locator(".rnb-header").last.inner_text()


def talk_and_barge_in(chat: ChatPage) -> None:
    """Hear a story, interrupt it, and hear the time, by voice; everything seen and kept."""
    notebook = chat.notebook
    chat.press_microphone()
    until(
        lambda: "conversation.item.truncated" in chat.events,
        seconds=60,
        message="nothing was truncated",
    )
    until(
        lambda: "output_audio_buffer.stopped" in chat.events,
        seconds=60,
        message="the second answer was not heard to its end",
    )
    said = chat.transcript.lower()
    assert "tell me a story" in said
    assert "what time is it" in said
    assert re.search(r"it is \d+:\d\d", said), said
    types = chat.events
    assert not OF_SOUND & set(types)
    assert "error" not in types
    # The service knows what was heard: it says so, and nobody told it.
    spoke = types.index("output_audio_buffer.started")
    cleared = types.index("output_audio_buffer.cleared")
    assert spoke < cleared < types.index("conversation.item.truncated")
    assert types[spoke:cleared].count("input_audio_buffer.speech_started") == 1
    assert "conversation.item.truncate" not in types
    assert notebook.page.get_by_role("log", name="Transcript").locator("s, del").count() >= 1
    # Of the story the page has let out what the service says, and then there was silence.
    told_ms = ask(
        notebook,
        "[r.event.audio_end_ms for r in chat.events"
        " if r.event.type == 'conversation.item.truncated'][0]",
    )
    assert abs(first_sound_ms(notebook.ears.heard()) - told_ms) <= SLACK_MS, told_ms
    notebook.run_cell(3)
    turns, loudest = map(json.loads, notebook.text(3).splitlines())
    assert sorted(turns) == ["assistant", "assistant", "user", "user"]
    assert loudest[0] > 0.2
    assert loudest[1] > 0.05


def mic(folder: Path) -> Path:
    # On a busy machine the story begins some seconds late, and it lasts three times the pause.
    story, over = say_as_user("tell me a story"), say_as_user("what time is it")
    return make_mic_wav(folder / "mic.wav", [1.0, story, 9.0, over, 8.0])


def test_a_chat_by_webrtc(open_notebook: OpenNotebook, tmp_path: Path) -> None:
    cells = [LOAD, CALL, PLAIN_MICROPHONE, RECORDED, "%realtime timeline"]
    notebook = open_notebook(cells, mic=mic(tmp_path))
    chat = ChatPage(notebook).start(0, 1, 2)
    assert "WebRTC" in header(notebook)
    assert chat.live_tracks == 0  # the call was made without the microphone
    talk_and_barge_in(chat)
    notebook.run_cell(4)
    assert "Timeline" in notebook.text(4) or notebook.page.locator(".rnb-timeline").count()

    # Without the microphone one types, and the answer is stopped by the button.
    chat.microphone.click()
    until(lambda: chat.live_tracks == 0, message="the microphone is still open")
    notebook.ears.forget()
    chat.type("tell me a story")
    until(lambda: heard_ms(notebook) > 500, message="the page plays nothing")
    notebook.page.get_by_role("button", name="Stop").last.click()
    until(lambda: chat.events.count("output_audio_buffer.cleared") == 2, message="it goes on")
    assert "output_audio_buffer.clear" in chat.events
    until(lambda: chat.events.count("conversation.item.truncated") == 2)
    notebook.wait_until("() => document.querySelector('.rnb-stop').disabled")
    stopped_ms = heard_ms(notebook)
    notebook.page.wait_for_timeout(1000)
    assert heard_ms(notebook) == stopped_ms

    # A page that comes later sees the talk, and that it cannot speak in it; one that is left
    # takes the call with it, and says so to the next.
    notebook.save()
    other = notebook.second_tab()
    beside = ChatPage(other)
    beside.wait_live()
    assert "tell me a story" in beside.transcript
    assert "belongs to the page that made it" in other.page.locator(".rnb-elsewhere").inner_text()
    assert beside.microphone.is_disabled()
    notebook.reload()
    until(lambda: "closed or reloaded: run the cell again" in header(notebook), message="no reason")
    assert "closed or reloaded" in header(other)
    assert notebook.page_errors == []


def test_a_page_that_calls_by_itself(
    open_notebook: OpenNotebook, lab: LabServer, tmp_path: Path
) -> None:
    notebook = open_notebook([LOAD, DIRECT, PLAIN_MICROPHONE, RECORDED], mic=mic(tmp_path))
    posted: list[tuple[str, str]] = []
    notebook.page.on(
        "request",
        lambda request: (
            posted.append((request.url, request.headers.get("authorization", "")))
            if request.method == "POST" and request.url.endswith("/realtime/calls")
            else None
        ),
    )
    chat = ChatPage(notebook).start(0, 1, 2)
    assert "WebRTC direct" in header(notebook)
    ((_url, authorization),) = posted
    key = authorization.removeprefix("Bearer ")
    assert key.startswith("ek_")
    talk_and_barge_in(chat)
    # The key was for the page alone: it is in no state, and in no notebook.
    notebook.save()
    assert not ask(notebook, f"{key!r} in str(chat.widget.get_state())")
    assert not ask(notebook, f"any({key!r} in r.event.to_json() for r in chat.events)")
    assert key not in (lab.root / notebook.path).read_text(encoding="utf-8")
    assert notebook.page_errors == []
