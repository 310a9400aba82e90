"""Sessions that only listen, in a real notebook: captions, and an ephemeral key beside them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.speech.voices import say_as_user
from tests.browser.chat_page import PLAIN_MICROPHONE, ChatPage, until
from tests.browser.harness import make_mic_wav

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.harness import LabServer, OpenNotebook

pytestmark = pytest.mark.timeout(180)

IMPORTS = """\
from types import SimpleNamespace
from realtime_nb.bridge import Bridge
from realtime_nb.client.endpoints.endpoint import resolve_endpoint
from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.client.session import RealtimeSession
from realtime_nb.widget import ChatWidget, SecretWidget

def show(config):
    loop = BackgroundLoop.shared()
    session = RealtimeSession(resolve_endpoint("local"), config, loop=loop)
    widget = ChatWidget("captions")
    bridge = Bridge(session, widget, loop=loop)
    bridge.start()
    session.open().result(20)
    return SimpleNamespace(session=session, widget=widget, bridge=bridge)

def transcription(model, turn_detection):
    heard = {"transcription": {"model": model}, "turn_detection": turn_detection}
    return {"type": "transcription", "audio": {"input": heard}}"""

VAD = """\
chat = show(transcription("gpt-transcribe", {"type": "server_vad", "silence_duration_ms": 400}))
chat.widget"""


def captions(chat: ChatPage) -> str:
    return chat.page.get_by_role("log", name="Captions").last.inner_text().lower()


def test_what_is_said_is_written_in_the_order_of_speech(
    open_notebook: OpenNotebook, tmp_path: Path
) -> None:
    said = ["what time is it", "tell me a story"]
    segments: list[Any] = [1.0]
    for phrase in said:
        segments += [say_as_user(phrase), 1.5]
    notebook = open_notebook(
        [IMPORTS, VAD, PLAIN_MICROPHONE, "chat.session.close().result(5)"],
        mic=make_mic_wav(tmp_path / "mic.wav", [*segments, 20.0]),
    )
    chat = ChatPage(notebook).start(0, 1, 2)
    header = notebook.page.locator(".rnb-header").inner_text()
    assert "transcription" in header
    assert "costs money" not in header
    assert notebook.page.get_by_role("textbox", name="Message").count() == 0
    assert notebook.page.get_by_role("button", name="Finish").count() == 0
    chat.press_microphone()
    until(lambda: all(p in captions(chat) for p in said), message=captions(chat))
    assert captions(chat).index(said[0]) < captions(chat).index(said[1])
    until(lambda: notebook.page.locator(".rnb-caption[data-partial]").count() == 0)
    notebook.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    notebook.page.get_by_role("button", name="Copy", exact=True).click()
    notebook.page.get_by_role("button", name="Copied").wait_for()
    copied = notebook.page.evaluate("navigator.clipboard.readText()").lower().splitlines()
    assert [p for p in copied if p.strip(" .?!") in said] == copied
    assert len(copied) == len(said)
    assert "response.created" not in chat.events
    notebook.run_cell(3)
    until(lambda: chat.live_tracks == 0, message="the microphone is still open")
    assert notebook.page_errors == []


def test_words_stream_in_and_stay_when_finished(
    open_notebook: OpenNotebook, tmp_path: Path
) -> None:
    live = 'chat = show(transcription("gpt-live-transcribe", None))\nchat.widget'
    segments: list[Any] = [1.0]
    for phrase in ("what time is it", "tell me a story"):
        segments += [say_as_user(phrase), 1.5]
    notebook = open_notebook(
        [IMPORTS, live, PLAIN_MICROPHONE],
        mic=make_mic_wav(tmp_path / "mic.wav", [*segments, 60.0]),
    )
    chat = ChatPage(notebook).start(0, 1, 2)
    assert "gpt-live-transcribe" in notebook.page.locator(".rnb-header").inner_text()
    chat.press_microphone()
    until(lambda: "tell me a story" in captions(chat), message=captions(chat))
    assert "what time is it" in captions(chat)
    assert notebook.page.locator(".rnb-caption[data-partial]").count() == 1
    assert "input_audio_buffer.committed" not in chat.events
    notebook.page.get_by_role("button", name="Finish").click()
    until(lambda: notebook.page.locator(".rnb-caption[data-partial]").count() == 0)
    assert notebook.page.locator(".rnb-caption").count() == 1
    assert "what time is it" in captions(chat)
    assert notebook.page_errors == []


def test_a_cell_that_shows_the_view_again_keeps_the_microphone(
    open_notebook: OpenNotebook,
) -> None:
    again = "import time\ntime.sleep(1.5)\nchat.widget"
    hidden = VAD.replace("\nchat.widget", "")
    notebook = open_notebook([IMPORTS, hidden, PLAIN_MICROPHONE, again])
    chat = ChatPage(notebook)
    for cell in (0, 1, 2):
        notebook.run_cell(cell)
    chat.start(3)
    chat.press_microphone()
    notebook.run_cell(3)
    notebook.sleep(3.5)
    assert chat.live_tracks == 1
    assert chat.microphone.get_attribute("aria-pressed") == "true"
    assert notebook.page.locator(".rnb-microphone").count() == 1
    assert notebook.page_errors == []


TRANSLATION = """\
chat = show({"type": "translation", "audio": {
    "input": {"transcription": {"model": "gpt-realtime-whisper"}}, "output": {"language": "fr"}}})
chat.widget"""


def test_a_translation_is_written_beside_what_is_said_and_heard(
    open_notebook: OpenNotebook, tmp_path: Path
) -> None:
    phrase = say_as_user("what time is it")
    notebook = open_notebook(
        [IMPORTS, TRANSLATION, PLAIN_MICROPHONE, "chat.session.close().result(15)"],
        mic=make_mic_wav(tmp_path / "mic.wav", [0.5, phrase, 60.0]),
    )
    chat = ChatPage(notebook).start(0, 1, 2)
    page = notebook.page
    header = page.locator(".rnb-header").inner_text()
    assert "translation to fr" in header
    assert "not a model" in header
    chat.press_microphone()
    # Switched off right behind the last word: what is still to come is heard and written.
    time.sleep(0.5 + phrase.duration_ms / 1000 + 0.3)
    chat.microphone.click()
    until(lambda: page.locator(".rnb-caption.rnb-assistant").count() > 0, message=captions(chat))
    until(lambda: "what time is it" in page.locator(".rnb-caption.rnb-user").first.inner_text())
    assert "untranslated" in page.locator(".rnb-caption.rnb-assistant").first.inner_text().lower()
    assert page.locator(".rnb-columns").is_visible()
    until(lambda: notebook.ears.heard().sound(), message="nothing was heard")
    notebook.run_cell(3)
    until(lambda: chat.state == "closed", message=chat.state)
    until(lambda: "session.closed" in chat.events, message=str(chat.events))
    for unwanted in ("conversation.item.truncate", "response.cancel", "error"):
        assert unwanted not in chat.events
    assert notebook.page_errors == []


MANUAL = """\
chat = show({"type": "realtime", "audio": {"input": {
    "transcription": {"model": "gpt-transcribe"}, "turn_detection": None}}})
chat.widget"""
VAD_AGAIN = """\
detection = {"audio": {"input": {"turn_detection": {"type": "server_vad"}}}}
chat.session.update(detection).result(5)"""


def test_a_turn_ended_by_hand_is_answered(open_notebook: OpenNotebook, tmp_path: Path) -> None:
    phrase = say_as_user("what is seven plus five")
    notebook = open_notebook(
        [IMPORTS, MANUAL, PLAIN_MICROPHONE, VAD_AGAIN],
        mic=make_mic_wav(tmp_path / "mic.wav", [0.5, phrase, 60.0]),
    )
    chat = ChatPage(notebook).start(0, 1, 2)
    finish = notebook.page.get_by_role("button", name="Finish")
    finish.click()
    notebook.page.get_by_text("Nothing was said yet").wait_for()
    chat.press_microphone()
    time.sleep(0.5 + phrase.duration_ms / 1000 + 1.0)
    assert "response.created" not in chat.events
    finish.click()
    until(lambda: "12" in chat.transcript, message=chat.transcript)
    assert "seven plus five" in chat.transcript.lower()
    notebook.run_cell(3)
    finish.wait_for(state="hidden")
    assert chat.live_tracks == 1
    assert notebook.page_errors == []


KEY = """\
import time
key = SecretWidget("ek_…3f9a", int(time.time()) + 600, lambda: "ek_" + "secret" + "3f9a")
key"""


def test_an_ephemeral_key_is_shown_and_never_saved(
    open_notebook: OpenNotebook, lab: LabServer
) -> None:
    notebook = open_notebook([IMPORTS, KEY])
    notebook.run_cell(0)
    notebook.run_cell(1)
    page = notebook.page
    key = page.locator(".rnb-key")
    key.wait_for()
    assert key.inner_text() == "ek_…3f9a"
    page.get_by_role("button", name="Show").click()
    until(lambda: key.inner_text() == "ek_secret3f9a", message=key.inner_text())
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy", exact=True).click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "ek_secret3f9a"
    notebook.save()
    saved = (lab.root / notebook.path).read_text()
    assert "ek_…3f9a" in saved or "ek_\\u20263f9a" in saved
    assert "secret3f9a" not in saved
    assert notebook.page_errors == []
