"""Turns held by a key, answers stopped by hand, and pages that come and go, in JupyterLab."""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from realtime_nb.speech.voices import say_as_user
from tests.browser.chat_page import LOAD, PLAIN_MICROPHONE, TALK, ChatPage, until
from tests.browser.harness import make_mic_wav
from tests.browser.played import LAST_CUT, heard_ms, played_ms

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.harness import OpenNotebook

pytestmark = pytest.mark.timeout(240)

TYPES = "print([r.event.type for r in chat.events if r.direction == '{}'])"


def test_the_space_bar_held_is_a_turn_and_its_release_is_answered(
    open_notebook: OpenNotebook, tmp_path: Path
) -> None:
    phrase = say_as_user("what is seven plus five")
    notebook = open_notebook(
        [
            LOAD,
            TALK,
            PLAIN_MICROPHONE + "\nawait chat.turns('push_to_talk')",
            TYPES.format("sent"),
            TYPES.format("received"),
            "await chat.turns('server_vad'); chat.effective['audio']['input']['turn_detection']",
        ],
        mic=make_mic_wav(tmp_path / "mic.wav", [0.3, phrase, 12.0]),
    )
    chat = ChatPage(notebook).start(0, 1, 2)
    page = notebook.page
    assert "push_to_talk" in notebook.text(2)
    page.get_by_role("button", name="Hold to talk").wait_for()
    # The first press opens the microphone, whose file then begins.
    page.get_by_role("log", name="Transcript").last.click()
    page.keyboard.down(" ")
    page.get_by_role("button", name="Listening").wait_for()
    page.wait_for_timeout(300 + phrase.duration_ms + 200)
    page.keyboard.up(" ")
    until(lambda: "12" in chat.transcript, message=chat.transcript)
    assert chat.microphone.get_attribute("aria-pressed") == "true"
    notebook.run_cell(3)
    sent = notebook.text(3)
    assert sent.count("input_audio_buffer.commit'") == 1
    assert sent.count("response.create'") == 1
    # A press too short to be heard is no turn; the next cell's mode hears by itself again.
    page.get_by_role("log", name="Transcript").last.click()
    page.keyboard.press(" ")
    page.get_by_text("Too short to be heard").wait_for()
    notebook.run_cell(4)
    received = notebook.text(4)
    assert "speech_started" not in received
    assert "'error'" not in received
    notebook.run_cell(5)
    assert "'silence_duration_ms': 400" in notebook.text(5)
    page.get_by_role("button", name="Hold to talk").wait_for(state="hidden")
    assert notebook.page_errors == []


def test_an_answer_stopped_by_hand_is_cut_where_it_was_heard_to(
    open_notebook: OpenNotebook,
) -> None:
    notebook = open_notebook([LOAD, TALK, LAST_CUT, "chat.interrupt()"])
    chat = ChatPage(notebook).start(0, 1)
    cut_before: set[str] = set()
    ways = {
        "button": lambda: notebook.page.locator(".rnb-stop").click(),
        "escape": lambda: notebook.page.get_by_role("textbox", name="Message").press("Escape"),
        "cell": lambda: notebook.run_cell(3),
        # The last, since its own answer plays next.
        "text": lambda: chat.type("what time is it"),
    }
    for way, interrupt in ways.items():
        notebook.ears.forget()
        chat.type("tell me a story")
        until(lambda: heard_ms(notebook) > 900, message="the story does not begin")
        count = chat.events.count("conversation.item.truncated")
        interrupt()
        until(
            lambda count=count: chat.events.count("conversation.item.truncated") > count,
            message=f"not cut by {way}",
        )
        notebook.run_cell(2)
        item_id, cut_text, sound = notebook.text(2).split()
        cut_ms = int(cut_text)
        assert item_id not in cut_before, way
        cut_before.add(item_id)
        earliest, latest = played_ms(notebook, np.frombuffer(base64.b64decode(sound), "<i2"))
        latency = notebook.ears.heard().output_latency_ms
        assert earliest - 20 <= cut_ms + latency <= latest + 20, (way, earliest, latest, cut_ms)
        assert notebook.page.get_by_role("log", name="Transcript").locator("s").count() >= 1
        notebook.wait_until("() => document.querySelector('.rnb-stop').disabled")
    assert notebook.page_errors == []


def test_a_reload_brings_the_transcript_the_mode_and_the_sound_s_settings_back(
    open_notebook: OpenNotebook,
) -> None:
    notebook = open_notebook([LOAD, TALK])
    chat = ChatPage(notebook).start(0, 1)
    chat.type("what is seven plus five")
    until(lambda: "12" in chat.transcript)
    page = notebook.page
    page.locator(".rnb-settings summary").click()
    page.get_by_label("My turn ends").select_option("manual")
    page.get_by_role("button", name="Finish").wait_for()
    page.get_by_label("half-duplex").check()
    until(lambda: page.get_by_label("half-duplex").is_checked())
    page.get_by_label("Echo cancellation").uncheck()
    before = chat.transcript
    notebook.save()
    notebook.reload()
    chat = ChatPage(notebook)
    chat.wait_live()
    until(lambda: chat.transcript == before, message=chat.transcript)
    page.get_by_role("button", name="Finish").wait_for()
    page.locator(".rnb-settings summary").click()
    assert page.get_by_label("half-duplex").is_checked()
    assert not page.get_by_label("Echo cancellation").is_checked()
    chat.type("what is two plus two")
    until(lambda: "4" in chat.transcript)


def test_the_other_tab_takes_over_by_its_button(open_notebook: OpenNotebook) -> None:
    first_tab = open_notebook([LOAD, TALK])
    first = ChatPage(first_tab).start(0, 1)
    first.press_microphone()
    first_tab.save()
    second_tab = first_tab.second_tab()
    second = ChatPage(second_tab)
    second.wait_live()
    second_tab.page.get_by_role("button", name="Take over").click()
    until(lambda: first.live_tracks == 0, message="two tabs hold a microphone")
    first_tab.page.get_by_role("button", name="Take over").wait_for()
    second_tab.page.get_by_role("button", name="Take over").wait_for(state="hidden")
    first_tab.ears.forget()
    second.type("what is seven plus five")
    until(lambda: heard_ms(second_tab) > 300, message="the second tab plays nothing")
    time.sleep(0.5)
    assert heard_ms(first_tab) == 0
