"""What a chat tells of itself to whatever inspects it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from realtime_nb.client import LocalServer, resolve_endpoint
from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.inspection import RealtimeLog
from realtime_nb.inspection.talk import config_rows
from realtime_nb.notebook.chats.chat import Chat
from realtime_nb.protocol.config.compare import compare

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def _practice() -> Iterator[None]:
    yield
    BackgroundLoop.stop_shared()
    LocalServer.stop_shared()


@pytest.mark.usefixtures("_practice")
def test_a_running_chat_tells_its_facts_and_its_log_grows() -> None:
    chat = Chat(resolve_endpoint("local"), {"instructions": "Answer kindly."}, name="kind")
    chat.open()
    before = len(chat.events)
    talk = chat.talk()
    chat.say("hello").result(20)
    assert isinstance(chat.events, RealtimeLog)
    assert chat.events.source is talk.log
    assert len(chat.events) > before
    assert (talk.name, talk.kind, talk.practice) == ("kind", "realtime", True)
    assert talk.model
    assert talk.notes is not None
    assert [item.role for item in talk.conversation.items] == ["user", "assistant"]
    assert [item.text for item in chat.events.conversation().items] == [
        item.text for item in chat.items
    ]
    chat.events.max_audio_bytes = 1000
    assert talk.log.max_audio_bytes == 1000
    chat.close()


def test_rows_of_the_config_are_plain_and_tell_no_credential() -> None:
    tools = [
        {"type": "mcp", "server_label": "x", "authorization": "canary", "headers": {"a": "canary"}}
    ]
    rows = config_rows(compare({"tools": tools, "instructions": "a"}, {"instructions": "b"}))
    told = json.dumps(rows)
    assert "canary" not in told
    by_path = {row["path"]: row for row in rows}
    assert by_path["instructions"]["requested"] == "a"
    assert by_path["instructions"]["effective"] == "b"
    assert "effective" not in by_path["tools"]
    assert "was" not in by_path["instructions"]
