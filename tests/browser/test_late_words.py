"""The user's words that come late, early or not at all, in JupyterLab."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.chat_page import LOAD, ChatPage, until

if TYPE_CHECKING:
    from tests.browser.harness import OpenNotebook

pytestmark = pytest.mark.timeout(240)

# A service that answers before it has made out what was said; `let(n)` lets it tell the n-th.
SERVICE = """\
import asyncio, os
from realtime_nb.client import testing as scripted
os.environ["REALTIME_NB_API_KEY"] = "sk-scripted"
turns = [asyncio.Event() for _ in range(4)]

def said(item, before):
    content = [{"type": "input_audio", "transcript": None}]
    message = {"id": item, "type": "message", "role": "user", "status": "completed",
               "content": content}
    return scripted.send(
        {"type": "input_audio_buffer.speech_started", "item_id": item, "audio_start_ms": 0},
        {"type": "input_audio_buffer.speech_stopped", "item_id": item, "audio_end_ms": 900},
        {"type": "input_audio_buffer.committed", "item_id": item, "previous_item_id": before},
        {"type": "conversation.item.added", "previous_item_id": before, "item": message})

def answered(item, before, text):
    events = scripted.spoken(None, text, item_id=item)
    for event in events:
        if "previous_item_id" in event:
            event["previous_item_id"] = before
    return scripted.send(*events)

def words(item, text):
    return scripted.send({"type": "conversation.item.input_audio_transcription.completed",
                          "item_id": item, "content_index": 0, "transcript": text})

def no_words(item, why):
    return scripted.send({"type": "conversation.item.input_audio_transcription.failed",
                          "item_id": item, "content_index": 0,
                          "error": {"type": "transcription_error", "message": why}})

peer = scripted.ScriptedPeer([
    scripted.send(scripted.session_created()),
    scripted.expect("session.update"),
    scripted.answer(scripted.session_updated),
    said("item_u1", None), answered("item_a1", "item_u1", "First answer."),
    said("item_u2", "item_a1"), answered("item_a2", "item_u2", "Second answer."),
    scripted.wait_until(turns[0]), words("item_u1", "First words, late."),
    scripted.wait_until(turns[1]), no_words("item_u2", "the sound <b>could not</b> be read"),
    # The words of the third turn are told before the turn itself.
    scripted.wait_until(turns[2]), words("item_u3", "Third words, early."),
    said("item_u3", "item_a2"), answered("item_a3", "item_u3", "Third answer."),
    scripted.wait_until(turns[3]),
])
peer.__enter__()
print(peer.url)"""
LET = "peer._loop.loop.call_soon_threadsafe(turns[{}].set)"
CELLS = [LOAD, SERVICE, "", *(LET.format(turn) for turn in range(3))]


def lines(chat: ChatPage) -> list[str]:
    """Return who said what, from top to bottom, with what stands below."""
    return [
        " ".join(text.split())
        for text in chat.page.locator(".rnb-transcript .rnb-item").all_inner_texts()
    ]


def test_words_find_the_place_where_their_turn_began(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(CELLS)
    notebook.run_cell(0)
    notebook.run_cell(1)
    url = notebook.text(1).strip()
    notebook.set_source(2, f"%%realtime --endpoint {url}\nBe brief.")
    notebook.run_cell(2)
    chat = ChatPage(notebook)
    chat.wait_live()
    waiting = "You: in progress"
    first, second = "Assistant: First answer.", "Assistant: Second answer."
    told = [waiting, first, waiting, second]
    until(lambda: lines(chat) == told, message=str(lines(chat)))

    notebook.run_cell(3)
    told[0] = "You: First words, late."
    until(lambda: lines(chat) == told, message=str(lines(chat)))

    notebook.run_cell(4)
    told[2] = "not transcribed: the sound <b>could not</b> be read"
    until(lambda: lines(chat) == told, message=str(lines(chat)))
    failed = notebook.page.locator('.rnb-item.rnb-user[data-status="failed"]')
    assert failed.count() == 1
    assert failed.locator("b").count() == 0

    notebook.run_cell(5)
    told += ["You: Third words, early.", "Assistant: Third answer."]
    until(lambda: lines(chat) == told, message=str(lines(chat)))
    # And so after a reload.
    notebook.reload()
    ChatPage(notebook).wait_live()
    until(lambda: lines(chat) == told, message=str(lines(chat)))
    assert notebook.page_errors == []
