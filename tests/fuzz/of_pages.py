"""What pages send: messages and their sound, packets of the fast path, and frames."""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import struct
from typing import Any

import orjson

from realtime_nb.bridge.carrier.packet import Packet
from realtime_nb.bridge.event_rows import EventRows
from realtime_nb.bridge.frames import ANSWER, MICROPHONE, Frame
from realtime_nb.bridge.stream_out.wire import count, page_message
from tests.bridge.stage import Stage
from tests.fuzz.of_events import CORPUS
from tests.fuzz.running import Target

_SOUND = Frame(MICROPHONE, 1, 0, 0, 1_000.0, bytes(960)).pack()


def _says(kind: str, *, sound: bytes = b"", client: str = "page", **fields: Any) -> dict[str, Any]:
    said: dict[str, Any] = {"page": {"kind": kind, "client": client, **fields}}
    if sound:
        said["b"] = [base64.b64encode(sound).decode()]
    return said


_SAID: list[dict[str, Any]] = [
    _says("hello", version=1, relay=False, e=0, page={"visible": True}),
    _says("mic", on=True, device="x", rate=48_000),
    _says("audio", sound=_SOUND),
    _says("audio", sound=Frame(MICROPHONE, 1, 1, 480, 1_020.0, bytes(960)).pack()),
    _says("text", text="hello"),
    _says("played", streams=[{"stream": 1, "samples": 480}], latency_ms=20, t_ms=5.0),
    _says("started", stream=1, t_ms=1_850.0),
    _says("drained", stream=1),
    _says("cleared", id=1, streams=[{"stream": 1, "samples": 480}], latency_ms=40),
    _says("heard", item="item_i", content_index=0, ms=100),
    _says("stop"),
    _says("talk", on=True),
    _says("talk", on=False),
    _says("turns", mode="manual"),
    _says("commit"),
    _says("take_over"),
    _says("mic_failed", reason="NotAllowedError", text="no"),
    _says("approve", id="item_a", approve=True, always=False, reason="x"),
    _says("edit", do="insert", text="x", role="user", after="item_i", id=1),
    _says("edit", do="delete", item="item_i", id=2),
    _says("edit", do="cut", item="item_i", ms=100, content_index=0, id=3),
    _says("edit", do="retrieve", item="item_i", id=4),
    _says("edit", do="picture", item="item_i", content_index=1, id=5),
    _says("rtc", call=1, do="message", text='{"type":"session.created"}'),
    _says("leave"),
]
_SAID_SO = (
    "a message of the page could not be handled",
    "a page's message is missing: it begins anew",
    "a page does not take what it is sent: it begins anew",
)
_QUESTIONS: list[dict[str, Any]] = [
    {
        "kind": "rows",
        "id": 1,
        "start": 0,
        "stop": 50,
        "filter": {"direction": "sent", "kind": "error", "text": "hi"},
    },
    {"kind": "rows", "id": 2, "around": 7, "count": 50, "unfolded": [3, 4], "anchor": 5},
    {"kind": "event", "id": 3, "seq": 5, "whole": True, "alone": False},
    {"kind": "event_sound", "id": 4, "seq": 9, "alone": True},
]


def _seeds() -> list[bytes]:
    told = [
        {"wire": json.loads(line)["event"]}
        for line in (CORPUS / "talk.jsonl").read_bytes().splitlines()
    ]
    mixed: list[dict[str, Any]] = []
    for number, event in enumerate(told[:48]):
        mixed.append(event)
        mixed.append(_SAID[number % len(_SAID)])
    talks = [mixed[first : first + 24] for first in range(0, len(mixed), 24)]
    talks += [_SAID, *([_SAID[0], one] for one in _SAID[1:])]
    return [b"\n".join(json.dumps(one).encode() for one in talk) for talk in talks]


def take_messages(data: bytes) -> None:
    """Be a page beside a service: whatever it says, the bridge goes on and complains of nothing."""
    stage = Stage()
    try:
        for line in data.split(b"\n")[:60]:
            try:
                said = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if not isinstance(said, dict):
                continue
            event, message = said.get("wire"), said.get("page")
            if isinstance(event, dict) and isinstance(event.get("type"), str):
                with contextlib.suppress(TypeError):  # what JSON of the wire could not hold
                    orjson.dumps(event)
                    stage.tell(event)
            elif isinstance(message, dict):
                _say(stage, message, said.get("b"))
        stage.wait(1.0)
        # A message that makes no sense is dropped, and said so; the page is the user's own.
        worse = [said for said in stage.troubles.said if not said.startswith(_SAID_SO)]
        assert not worse, worse
        assert not stage.loop.failures, stage.loop.failures
        stage.view.sent.clear()
        _say(stage, {"kind": "hello", "client": "last", "version": 1}, None)
        assert stage.view.of_kind("welcome"), "a page that comes is not welcomed"
    finally:
        stage.close()


def _say(stage: Stage, message: dict[str, Any], buffers: Any) -> None:
    sounds = []
    for one in buffers if isinstance(buffers, list) else []:
        with contextlib.suppress(binascii.Error, ValueError, TypeError):
            sounds.append(memoryview(base64.b64decode(one)))
    if message.get("kind") in ("rows", "event", "event_sound"):
        return  # on a thread of their own: `take_question`
    for handler in list(stage.view.handlers):
        handler(message, sounds)
    stage.run()


def take_question(data: bytes) -> None:
    """Ask about the events of a log, as its table does: each question has an answer."""
    log = _LOG[0] if _LOG else _make_log()
    said: list[Any] = []
    rows = EventRows(
        log, "chat", lambda client, message, buffers: said.append((client, message, buffers))
    )
    for line in data.split(b"\n")[:20]:
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(message, dict) and message.get("kind") in ("rows", "event", "event_sound"):
            before = len(said)
            rows._waiting.acquire()
            rows._answer("page", message)
            assert len(said) == before + 1
            answer = said[-1][1]
            assert "failed" not in answer, (message, answer)
            json.dumps(answer)


_LOG: list[Any] = []


def _make_log() -> Any:
    from tests.fuzz.of_events import TALKS, _talk_of  # noqa: PLC0415 -- once, and only here

    _LOG.append(_talk_of(max(TALKS, key=len))[0])
    return _LOG[0]


def take_packet(data: bytes) -> None:
    """Read a packet of the fast path; what it says it holds is what it gives."""
    packet = Packet.unpack(data)
    assert sum(len(buffer) for buffer in packet.buffers) <= len(data)
    page = page_message(packet.message)
    if page is not None:
        assert 0 <= count(page, "samples") < 2**53


def take_sound(data: bytes) -> None:
    """Read a frame of sound; it packs to the same bytes again."""
    frame = Frame.unpack(data)
    assert frame.samples * 2 == len(frame.pcm)
    assert frame.pack()[24:] == data[24:]


_PACKETS = [
    Packet(1, 0, {"kind": "audio", "client": "page", "samples": 9}, (_SOUND,)).pack(),
    Packet(0, 7, {"kind": "join", "client": "page", "e": 1}).pack(),
    Packet(2, 1, {"kind": "text", "text": "x"}, (b"", b"12", b"345")).pack(),
]
_FRAMES = [
    _SOUND,
    Frame(ANSWER, 2**32 - 1, 0, 2**31, 0.0, b"\x01\x02").pack(),
    struct.pack("<BBHIIId", 1, 1, 0, 1, 2, 3, 4.0),
]

TARGETS = (
    Target("messages", take_messages, _seeds(), "lines", share=6),
    Target(
        "questions",
        take_question,
        [b"\n".join(json.dumps(q).encode() for q in _QUESTIONS)],
        "lines",
        share=10,
    ),
    Target("packet", take_packet, _PACKETS, "bytes", (ValueError,), share=100),
    Target("sound", take_sound, _FRAMES, "bytes", (ValueError,), share=100),
)
