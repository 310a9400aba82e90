"""A chain talks in the same widget: heard by microphone, answered aloud, said to be no model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from realtime_nb.speech.voices import say_as_user
from tests.browser.chat_page import LOAD, ChatPage, until
from tests.browser.harness import make_mic_wav
from tests.browser.played import heard_ms

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.harness import OpenNotebook

pytestmark = pytest.mark.timeout(300)

AGENT = """\
from realtime_nb import ChainedAgent

agent = ChainedAgent(endpoint="local")
agent.widget._audio_constraints = {
    "echoCancellation": False, "noiseSuppression": False, "autoGainControl": False}
agent"""
LEGS = "[(leg.turn, leg.done.leg, leg.done.status) for leg in agent.legs.legs]"


def test_a_chain_is_talked_to_as_a_chat(open_notebook: OpenNotebook, tmp_path: Path) -> None:
    segments = [1.0, say_as_user("what is seven plus five"), 30.0]
    notebook = open_notebook(
        [LOAD, AGENT, LEGS, "agent.close()"], mic=make_mic_wav(tmp_path / "mic.wav", segments)
    )
    chat = ChatPage(notebook).start(0, 1)
    header = notebook.page.locator(".rnb-header").inner_text()
    assert "not a model" in header
    assert "chain: local-demo > local-demo > local-demo" in header
    chat.press_microphone()
    until(lambda: "12" in chat.transcript, seconds=60, message=f"{chat.transcript!r}")
    assert "what is seven plus five" in chat.transcript.lower()
    until(lambda: heard_ms(notebook) > 500, message="the page plays nothing")
    assert "chain.leg.done" in chat.events
    notebook.run_cell(2)
    for leg in ("transcribe", "chat", "speak"):
        assert f"(1, '{leg}', 'completed')" in notebook.text(2)
    notebook.run_cell(3)
    until(lambda: chat.state != "live", message="a closed agent still says that it is live")
    assert notebook.page_errors == []
