"""The page that ``%realtime page`` writes: opened as a file, with a key put in, it talks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from realtime_nb import create_client_secret, resolve_endpoint
from realtime_nb.client.local import LocalServer
from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.notebook.chats.chat import Chat
from realtime_nb.notebook.transports.page import PLACEHOLDER, write_page
from realtime_nb.speech.voices import say_as_user
from tests.browser.chat_page import until
from tests.browser.harness import make_mic_wav

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.browser.harness import OpenBrowser

pytestmark = pytest.mark.timeout(300)

# What the page hears is asked of its own peer connection.
KEEP_PEERS = """\
window.peers = [];
const Peer = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Peer {
  constructor(...given) { super(...given); window.peers.push(this); }
};"""
HEARD = """\
async () => {
  const report = await window.peers.at(-1).getStats();
  return [...report.values()].filter((one) => one.type === "inbound-rtp")
    .reduce((sum, one) => sum + one.totalAudioEnergy, 0);
}"""


@pytest.fixture
def chat() -> Iterator[Chat]:
    made = Chat(
        resolve_endpoint("local"),
        {
            "type": "realtime",
            "instructions": "You are </script> brief.",
            "audio": {
                "input": {
                    "transcription": {"model": "gpt-transcribe"},
                    "turn_detection": {"type": "server_vad", "silence_duration_ms": 400},
                }
            },
        },
    )
    made.open()
    yield made
    made.close()
    LocalServer.stop_shared()
    BackgroundLoop.stop_shared()


def test_a_page_of_ones_own_talks_once_a_key_is_in_it(
    chat: Chat, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    path, _ = write_page(chat, tmp_path / "talk")
    mic = make_mic_wav(tmp_path / "mic.wav", [4.0, say_as_user("what time is it"), 12.0])
    page = open_browser(mic, loop_mic=True).new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.add_init_script(KEEP_PEERS)

    # As it was written it asks for a key, and a wrong one is refused in words.
    page.goto(path.as_uri())
    page.get_by_role("button", name="Start").click()
    state = page.get_by_role("status")
    assert "key is missing" in state.inner_text()
    page.get_by_label("Ephemeral key").fill("ek_wrong")
    page.get_by_role("button", name="Start").click()
    until(lambda: "HTTP 401" in state.inner_text(), message="nobody refuses a wrong key")

    # With a key that has no config: what is in force comes from the page.
    key = create_client_secret(chat.endpoint)
    text = path.read_text("utf-8")
    path.write_text(text.replace(PLACEHOLDER, key.reveal()), "utf-8")
    page.goto(path.as_uri())
    page.get_by_role("button", name="Start").click()
    until(lambda: "Connected" in state.inner_text(), message="no connection")
    said = page.get_by_role("log")
    until(lambda: "what time is it" in said.inner_text(), seconds=100, message="nothing was heard")
    until(lambda: "It is" in said.inner_text(), seconds=60, message="nothing was answered")
    until(lambda: page.evaluate(HEARD) > 0, seconds=30, message="the answer makes no sound")
    who = said.locator("p").evaluate_all("all => all.map((one) => one.dataset.who)")
    assert who[:2] == ["user", "assistant"], who

    # It can be typed to, and stopped.
    page.get_by_placeholder("Type, or talk").fill("what is seven plus five")
    page.keyboard.press("Enter")
    until(lambda: "12" in said.inner_text(), message="what was typed is not answered")
    page.get_by_role("button", name="Stop").click()
    assert state.inner_text() == "Not connected."
    assert page.evaluate("window.peers.at(-1).connectionState") == "closed"
    assert errors == []
    assert key.reveal() not in json.dumps(chat.effective)
