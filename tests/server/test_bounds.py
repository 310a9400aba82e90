"""What one client may pile up in a session: items, sound, responses, MCP servers, parts, lines."""

from __future__ import annotations

import logging
import struct
import sys
import time
import zlib

import pytest

from realtime_nb.server import dialogue
from realtime_nb.server.answers import responding
from realtime_nb.server.audio_format import PCM_24K
from realtime_nb.server.ears.input_buffer import MAX_SESSION_MS, InputBuffer
from realtime_nb.server.mcp import hub
from realtime_nb.server.pictures import BadPicture, read_picture
from realtime_nb.server.plain_log import PlainFormatter
from realtime_nb.server.wire_errors import WireError
from tests.server.fakes import Stage, TalkBrain, virtual
from tests.server.test_pictures import url

MOST_S = 5.0  # a hundred times what is needed


def text_item(text: str, **fields: str) -> dict[str, object]:
    content = [{"type": "input_text", "text": text}]
    return {"type": "message", "role": "user", "content": content, **fields}


@virtual
async def test_created_items_are_bounded_in_number(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dialogue, "MOST_ITEMS", 2)
    async with Stage() as stage:
        for name in ("a", "b"):
            await stage.send("conversation.item.create", item=text_item("x", id=name))
        (error,) = await stage.send("conversation.item.create", item=text_item("x"))
        assert error["error"]["code"] == "rate_limit_exceeded"
        await stage.send("conversation.item.delete", item_id="a")
        events = await stage.send("conversation.item.create", item=text_item("x"))
        assert events[0]["type"] == "conversation.item.added"


@virtual
async def test_created_items_are_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dialogue, "MOST_BYTES", 1 << 20)
    async with Stage() as stage:
        await stage.send("conversation.item.create", item=text_item("x" * 900_000, id="a"))
        (error,) = await stage.send("conversation.item.create", item=text_item("x" * 200_000))
        assert error["error"]["message"].startswith("The practice server keeps 10000 created")
        await stage.send("conversation.item.delete", item_id="a")
        events = await stage.send("conversation.item.create", item=text_item("x" * 200_000))
        assert events[0]["type"] == "conversation.item.added"


def test_a_session_hears_three_hours_at_most():
    buffer = InputBuffer(PCM_24K)
    quarter = bytes(PCM_24K.size(4 * 60 * 1000.0))
    ms = 0.0
    with pytest.raises(WireError, match="three hours"):  # noqa: PT012 -- how often is asserted below
        while ms <= 2 * MAX_SESSION_MS:
            buffer.append(quarter)
            buffer.clear()
            ms += 4 * 60 * 1000.0
    assert ms == MAX_SESSION_MS


@virtual
async def test_responses_beside_the_talk_are_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(responding, "MOST_BESIDE", 2)
    async with Stage(TalkBrain([*["word ", 1.0] * 5])) as stage:
        beside = {"conversation": "none", "output_modalities": ["text"]}
        for _ in range(2):
            await stage.send("response.create", response=beside)
        events = await stage.send("response.create", response=beside)
        errors = [event["error"]["code"] for event in events if event["type"] == "error"]
        assert errors == ["rate_limit_exceeded"]
        await stage.until("response.done")
        await stage.until("response.done")
        events = await stage.send("response.create", response=beside)
        assert "error" not in [event["type"] for event in events]


@virtual
async def test_a_session_names_so_many_mcp_servers(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hub, "MOST_SERVERS", 1)
    async with Stage() as stage:
        for label, refused in (("one", False), ("one", False), ("two", True)):
            tool = {"type": "mcp", "server_label": label, "server_url": "http://127.0.0.1:9/mcp"}
            events = await stage.update(tools=[tool])
            assert any(event["type"] == "error" for event in events) is refused, label
            if refused:
                assert "1 MCP servers" in events[0]["error"]["message"]


def chunk(name: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\xff\xd8" + b"\xff" * 12_000_000, "jpeg"),
        (b"\xff\xd8" + b"\xff\x01" * 6_000_000, "jpeg"),
        (b"\xff\xd8" + b"\xff\xe0\x00\x02" * 3_000_000, "jpeg"),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"tEXt") * 1_000_000, "png"),
    ],
    ids=["filling", "marks", "segments", "chunks"],
)
def test_a_picture_of_a_million_parts_holds_up_nobody(data: bytes, kind: str):
    address = url(data, kind)
    before = time.perf_counter()
    with pytest.raises(BadPicture, match=r"too many parts|breaks off|damaged"):
        read_picture(address)
    assert time.perf_counter() - before < MOST_S


def test_the_log_obeys_no_escape_and_no_line_break_of_others():
    formatter = PlainFormatter("serve: %(message)s")
    told = "a\x1b]0;owned\x07\r\nserve: all is well\u202e\x9b2J"
    record = logging.LogRecord("x", logging.WARNING, __file__, 1, "failed: %s", (told,), None)
    line = formatter.format(record)
    assert line.startswith("serve: failed: a\u241b]0;owned")
    assert "\n" not in line
    assert line.isprintable()
    try:
        int(told)
    except ValueError:
        record.exc_info = sys.exc_info()
    for line in formatter.format(record).split("\n"):
        assert line.isprintable()
