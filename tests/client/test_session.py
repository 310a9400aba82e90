"""A session against a scripted service: what is asked, what comes back, how it ends."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import threading
import time

import pytest

from realtime_nb.client import RealtimeSession, core
from realtime_nb.client.endpoints.endpoint import Endpoint
from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.client.loop import THREAD_NAME, BackgroundLoop
from realtime_nb.client.outbox import MAX_AUDIO_BYTES
from realtime_nb.client.testing import (
    ANYTHING,
    ScriptedPeer,
    answer,
    close,
    drop,
    error,
    expect,
    hold,
    item_created,
    refuse,
    response_created,
    response_done,
    send,
    send_raw,
    session_created,
    session_updated,
    spoken,
    start_reading,
    stop_reading,
    wait_until,
)
from realtime_nb.client.transport import wire
from realtime_nb.errors import (
    CallTimeout,
    ConnectionFailed,
    ConnectionLost,
    EndpointError,
    ResponseFailed,
    ServerError,
    UsageError,
)
from realtime_nb.protocol.events import SERVER_EVENT_TYPES

CREATE = "conversation.item.create"
HELLO = send(session_created())
ACTIVE = "conversation_already_has_active_response"
FRAME = bytes(1920)


def refusing(message, code, **fields):
    """Answer the event expected last with an error that names it."""
    return answer(lambda event: error(message, code, event_id=event["event_id"], **fields))


def begin(rid):
    return answer(lambda request: response_created(request, rid))


class Recorder:
    """States and events as a listener saw them."""

    def __init__(self, session):
        self.states = []
        self.events = []
        session.on_state(self.states.append)
        session.subscribe(lambda record, changed: self.events.append((record, changed)))

    @property
    def types(self):
        return [record.event.type for record, _ in self.events]


async def opened(peer, config=None, **options):
    session = RealtimeSession(peer.endpoint, config, **options)
    await session.open()
    return session


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 -- what is waited for lives on another thread
            await asyncio.sleep(0.001)


# -- opening


async def test_opening_waits_for_the_service_and_applies_the_config():
    script = [
        HELLO,
        expect(
            "session.update",
            session={"type": "realtime", "instructions": "Be brief."},
            event_id=...,
        ),
        answer(session_updated),
    ]
    async with ScriptedPeer(script) as peer:
        session = RealtimeSession(peer.endpoint, {"instructions": "Be brief."})
        assert (session.state, session.effective, session.failure) == ("idle", None, None)
        seen = Recorder(session)
        assert (await session.open())["instructions"] == "Be brief."
        assert session.state == "open"
        assert session.effective["instructions"] == "Be brief."
        assert session.effective["audio"]["output"]["voice"] == "alloy"
        await session.close()
    assert seen.states == ["connecting", "open", "closing", "closed"]
    assert seen.types == ["session.created", "session.update", "session.updated"]
    assert [record.seq for record in session.log] == [0, 1, 2]


async def test_without_a_config_nothing_is_sent():
    async with ScriptedPeer([HELLO]) as peer:
        session = await opened(peer)
        assert session.effective["instructions"] == "Be helpful."
        await session.close()
    assert peer.received == []


async def test_opening_again_is_the_same_call():
    async with ScriptedPeer([HELLO]) as peer:
        session = RealtimeSession(peer.endpoint)
        assert session.open() is session.open()
        await session.open()
        await session.close()
    assert len(peer.handshakes) == 1


async def test_the_config_given_is_not_the_callers_dict():
    config = {"audio": {"output": {"voice": "marin"}}}
    script = [
        HELLO,
        expect("session.update", session=lambda s: s["audio"] == {"output": {"voice": "marin"}}),
    ]
    async with ScriptedPeer([*script, answer(session_updated)]) as peer:
        session = RealtimeSession(peer.endpoint, config)
        config["audio"]["output"]["voice"] = "cedar"
        await session.open()
        await session.close()


async def test_a_refused_config_is_an_error_and_leaves_the_session_open():
    script = [
        HELLO,
        expect("session.update"),
        refusing("Unknown parameter: 'session.voice'.", "unknown_parameter", param="session.voice"),
        expect("session.update", session={"type": "realtime", "instructions": "x"}),
        answer(session_updated),
    ]
    async with ScriptedPeer(script) as peer:
        session = RealtimeSession(peer.endpoint, {"voice": "marin"})
        with pytest.raises(ServerError, match="Unknown parameter") as caught:
            await session.open()
        assert (caught.value.code, caught.value.param) == ("unknown_parameter", "session.voice")
        assert session.state == "open"
        assert session.failure is None
        assert session.effective["instructions"] == "Be helpful."
        assert (await session.update({"instructions": "x"}))["instructions"] == "x"
        await session.close()


async def test_a_config_that_is_never_answered_is_an_error_and_leaves_the_session_open():
    async with ScriptedPeer([HELLO, expect("session.update")]) as peer:
        session = RealtimeSession(peer.endpoint, {"instructions": "x"}, reply_timeout=0.1)
        with pytest.raises(CallTimeout, match=r"no answer to session\.update within 0\.1 s"):
            await session.open()
        assert session.state == "open"
        await session.close()


async def test_a_transcription_session_names_its_intent_and_no_model():
    script = [
        send(session_created(type="transcription")),
        expect("session.update", session={"type": "transcription"}),
        answer(session_updated),
        expect("session.update", session={"type": "transcription", "include": []}),
        answer(session_updated),
    ]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer, {"type": "transcription"})
        await session.update({"include": []})
        await session.close()
    assert peer.handshakes[0].query == {"intent": ["transcription"]}


async def test_a_service_that_never_begins_is_given_up():
    async with ScriptedPeer([hold(0)]) as peer:
        session = RealtimeSession(peer.endpoint, reply_timeout=0.1)
        with pytest.raises(ConnectionFailed, match=r"the peer began no session within 0\.1 s"):
            await session.open()
        assert session.state == "failed"
        assert "began no session" in str(session.failure)
        await session.close()
        assert session.state == "failed"


@pytest.mark.parametrize(
    ("code", "message", "close_code", "text"),
    [
        (
            "invalid_api_key",
            "Incorrect API key provided: sk-x.",
            3000,
            r"the peer refused: Incorrect API key provided: sk-x; check MY_KEY",
        ),
        (
            "invalid_model",
            'Model "x" is not supported.',
            4000,
            "is not supported; choose another model",
        ),
        (None, "You didn't provide an API key.", 3000, "You didn't provide an API key"),
    ],
)
async def test_a_fatal_error_is_told_in_the_services_own_words(code, message, close_code, text):
    script = [send(error(message, code)), close(close_code, "invalid_request_error")]
    async with ScriptedPeer(script) as peer:
        endpoint = Endpoint(peer.url, "x", "the peer", api_key=Secret("k"), key_source="MY_KEY")
        session = RealtimeSession(endpoint, {"instructions": "x"})
        with pytest.raises(ConnectionFailed, match=text) as caught:
            await session.open()
        assert not isinstance(caught.value, ConnectionLost)
        assert session.state == "failed"
        assert str(session.failure) == str(caught.value)
        assert "\n" not in str(caught.value)
        await session.close()


async def test_an_error_without_an_end_is_told_at_the_timeout():
    async with ScriptedPeer([send(error("Not today.", "odd"))]) as peer:
        session = RealtimeSession(peer.endpoint, reply_timeout=0.1)
        with pytest.raises(ConnectionFailed, match="the peer refused: Not today"):
            await session.open()
        await session.close()


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_refused_handshake_fails_the_session(status):
    async with ScriptedPeer([refuse(status, "No.")]) as peer:
        session = RealtimeSession(peer.endpoint)
        with pytest.raises(ConnectionFailed, match=rf"HTTP {status}"):
            await session.open()
        assert session.state == "failed"
        with pytest.raises(ConnectionLost, match=rf"HTTP {status}"):
            await session.say("Hello?")
        await session.close()


async def test_nobody_there():
    session = RealtimeSession(Endpoint("http://127.0.0.1:9/v1", "m", "nobody"))
    seen = Recorder(session)
    with pytest.raises(ConnectionFailed, match="nobody listens"):
        await session.open()
    assert seen.states == ["connecting", "failed"]
    assert repr(session).startswith("<RealtimeSession with nobody, failed: nobody listens")
    await session.close()


async def test_an_endpoint_that_cannot_be_one_fails_the_session():
    session = RealtimeSession(Endpoint("ftp://h/v1", "m", "h"))
    with pytest.raises(EndpointError, match=r"'ftp://h/v1' is no URL such as https://host/v1"):
        await session.open()
    assert session.state == "failed"
    await session.close()


async def test_overrides_that_json_cannot_hold_block_nothing():
    script = [HELLO, expect("response.create"), answer(lambda request: spoken(request, "Yes."))]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer)
        with pytest.raises(UsageError, match=r"response\.create cannot be sent as JSON"):
            await session.respond(instructions=object())
        assert not session.responding
        assert (await session.respond()).text == "Yes."
        await session.close()


# -- answers


async def test_say_gets_the_answer_with_words_sound_and_cost():
    script = [
        HELLO,
        expect(
            CREATE,
            item={
                "type": "message",
                "role": "user",
                "content": [{"type": "input_text", "text": "Hi"}],
            },
        ),
        answer(item_created),
        expect("response.create", response={"metadata": {"realtime_nb_call": ...}}),
        answer(lambda request: spoken(request, "Good day.", pcm=b"\1\0" * 480)),
    ]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer)
        seen = Recorder(session)
        response = await session.say("Hi")
        assert response.text == "Good day."
        assert response.usage["total_tokens"] == 30
        assert response.audio.pcm16() == b"\1\0" * 480
        assert [item.text for item in session.conversation.items] == ["Hi", "Good day."]
        assert seen.types[-1] == "response.done"
        changed = {item_id for _, ids in seen.events for item_id in ids}
        assert changed == {item.id for item in session.conversation.items}
        assert not session.responding
        await session.close()


def test_from_plain_code_the_same_without_a_loop():
    script = [HELLO, expect(CREATE), answer(item_created), expect("response.create")]
    with ScriptedPeer([*script, answer(lambda r: spoken(r, "Yes."))]) as peer:
        session = RealtimeSession(peer.endpoint)
        assert session.open().result(5)["type"] == "realtime"
        assert session.say("Well?").result(5).text == "Yes."
        session.close().result(5)


async def test_two_sayings_are_answered_one_after_the_other():
    """Both items go out at once, the second request when the first answer has ended."""
    go = asyncio.Event()
    script = [
        HELLO,
        expect(CREATE),
        answer(item_created),
        expect("response.create"),
        begin("resp_1"),
        expect(CREATE),
        answer(item_created),
        wait_until(go),
        send(response_done(None, "resp_1")),
        expect("response.create"),
        answer(lambda request: spoken(request, "Two.", response_id="resp_2")),
    ]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer)
        one, two = session.say("One?"), session.say("Two?")
        await peer.heard(CREATE, 2)
        assert len(peer.of_type("response.create")) == 1
        go.set()
        assert (await one).id == "resp_1"
        assert (await two).id == "resp_2"
        await session.close()


async def test_a_response_of_the_services_own_goes_first_and_is_not_ours():
    """Voice activity detection answers by itself while our request is on its way."""
    script = [
        HELLO,
        expect("response.create"),
        send(
            {"type": "input_audio_buffer.speech_stopped", "item_id": "i", "audio_end_ms": 900},
            {"type": "input_audio_buffer.committed", "item_id": "i", "previous_item_id": None},
            response_created(None, "resp_vad"),
        ),
        refusing("Conversation already has an active response in progress: resp_vad.", ACTIVE),
        hold(0.02),
        send(response_done(None, "resp_vad")),
        expect("response.create", response={"instructions": "Sing."}),
        answer(lambda request: spoken(request, "La.", response_id="resp_ours")),
    ]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer)
        response = await session.respond(instructions="Sing.")
        assert (response.id, response.text) == ("resp_ours", "La.")
        first, second = peer.of_type("response.create")
        assert first["event_id"] != second["event_id"]
        assert first["response"] == second["response"]
        await session.close()


async def test_retrying_is_bounded():
    refusal = refusing("Conversation already has an active response", ACTIVE)
    rounds = [expect("response.create"), refusal, send(response_done(None, "resp_unseen"))]
    async with ScriptedPeer([HELLO, *rounds * 6]) as peer:
        session = await opened(peer)
        with pytest.raises(ServerError) as caught:
            await session.respond()
        assert caught.value.code == ACTIVE
        await session.close()


async def test_out_of_band_responses_do_not_wait():
    script = [
        HELLO,
        expect("response.create"),
        begin("resp_1"),
        expect("response.create", response={"conversation": "none", "output_modalities": ["text"]}),
        answer(
            lambda request: [response_created(request, "resp_o"), response_done(request, "resp_o")]
        ),
        send(response_done(None, "resp_1")),
    ]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer)
        first = session.respond()
        beside = session.respond(conversation="none", output_modalities=["text"])
        assert (await beside).id == "resp_o"
        assert (await first).id == "resp_1"
        await session.close()


async def test_a_failed_response_is_an_error_of_its_call():
    details = {"type": "failed", "error": {"code": "rate_limit_exceeded", "message": "Slow down."}}
    failing = answer(
        lambda request: [
            response_created(request, "r"),
            response_done(request, "r", status="failed", status_details=details),
        ]
    )
    async with ScriptedPeer([HELLO, expect("response.create"), failing]) as peer:
        session = await opened(peer)
        with pytest.raises(ResponseFailed, match=r"the response failed: Slow down\.") as caught:
            await session.respond()
        assert (caught.value.code, caught.value.response_id) == ("rate_limit_exceeded", "r")
        assert session.state == "open"
        await session.close()


async def test_a_refused_item_fails_say_and_takes_its_answer_back():
    script = [
        HELLO,
        expect(CREATE),
        expect("response.create"),
        begin("resp_1"),
    ]
    async with ScriptedPeer(
        [
            *script,
            wait_until(go := asyncio.Event()),
            expect("response.cancel", response_id="resp_1"),
        ]
    ) as peer:
        session = await opened(peer)
        call = session.say("Hi")
        (item,) = await peer.heard(CREATE)
        await until(lambda: session.conversation.active_response_id)
        inject = error("Error adding item: …", "item_create_odd", event_id=item["event_id"])
        await _inject(peer, inject)
        with pytest.raises(ServerError, match="Error adding item"):
            await call
        go.set()
        await peer.heard("response.cancel")
        await session.close()


async def _inject(peer, event):
    """Send an event past the script."""
    (socket,) = peer._server.connections
    await socket.send(json.dumps(event))


async def test_giving_up_a_waiting_request_takes_it_back():
    script = [HELLO, expect("response.create"), begin("resp_1"), wait_until(go := asyncio.Event())]
    async with ScriptedPeer([*script, send(response_done(None, "resp_1"))]) as peer:
        session = await opened(peer)
        first, second = session.respond(), session.respond()
        await until(lambda: session.conversation.active_response_id)
        assert second.cancel()
        go.set()
        assert (await first).id == "resp_1"
        await session.close()
    assert len(peer.of_type("response.create")) == 1


async def test_say_needs_text():
    async with ScriptedPeer([HELLO]) as peer:
        session = await opened(peer)
        with pytest.raises(UsageError, match="needs some text"):
            await session.say("  \n")
        await session.close()


# -- cancelling and truncating


async def test_cancel_ends_with_the_response():
    cancelled = {"type": "cancelled", "reason": "client_cancelled"}
    script = [
        HELLO,
        expect("response.create"),
        begin("resp_1"),
        expect("response.cancel", response_id="resp_1"),
        hold(0.02),
        send(response_done(None, "resp_1", status="cancelled", status_details=cancelled)),
    ]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer)
        call = session.respond()
        await until(lambda: session.conversation.active_response_id)
        await session.cancel()
        assert session.conversation.active_response_id is None
        response = await call
        assert (response.status, response.status_details) == ("cancelled", cancelled)
        await session.close()


async def test_cancel_ends_a_second_response_that_a_service_makes_at_once():
    script = [
        HELLO,
        expect("response.create"),
        begin("resp_1"),
        send(response_created(None, "resp_2")),
        expect("response.cancel", response_id="resp_1"),
        expect("response.cancel", response_id="resp_2"),
        send(response_done(None, "resp_1", status="cancelled")),
        send(response_done(None, "resp_2", status="cancelled")),
    ]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer)
        call = session.respond()
        await until(lambda: session.conversation.active_response_id == "resp_2")
        await session.cancel()
        assert (await call).status == "cancelled"
        assert session.conversation.open_response_ids == ()
        await session.close()


async def test_cancelling_nothing_sends_nothing():
    async with ScriptedPeer([HELLO]) as peer:
        session = await opened(peer)
        await session.cancel()
        await session.close()
    assert peer.received == []


async def test_cancelling_what_has_just_ended_is_no_error():
    script = [
        HELLO,
        expect("response.create"),
        expect("response.cancel"),
        send(error("Cancellation failed: no active response found", "response_cancel_not_active")),
        answer(lambda _: response_created(None, "r")),
        send(response_done(None, "r")),
    ]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer)
        call = session.respond()
        await session.cancel()
        assert (await call).id == "r"
        await session.close()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (None, "Audio content of 3700ms is already shorter than 3760ms"),
        (None, "Only model output audio messages can be truncated"),
        (
            "item_truncate_invalid_item_id",
            "Error truncating item: the item with id 'i' does not exist.",
        ),
    ],
)
async def test_the_races_of_truncating_are_no_errors(code, message):
    script = [
        HELLO,
        expect("conversation.item.truncate", item_id="i", content_index=0, audio_end_ms=3760),
        send(error(message, code)),
    ]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer)
        assert await session.truncate("i", 0, 3760) is None
        await session.close()


async def test_truncating_is_answered_or_refused():
    script = [
        HELLO,
        expect("conversation.item.truncate", audio_end_ms=0),
        send(
            {
                "type": "conversation.item.truncated",
                "item_id": "i",
                "content_index": 0,
                "audio_end_ms": 0,
            }
        ),
        expect("conversation.item.truncate"),
        refusing("Invalid content index", "invalid_value", param="content_index"),
    ]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer)
        assert await session.truncate("i", 0, -5) is None
        with pytest.raises(ServerError, match="Invalid content index"):
            await session.truncate("i", 7, 1)
        await session.close()


# -- the session and the input buffer


async def test_updates_in_flight_are_told_apart():
    script = [
        HELLO,
        *[expect("session.update")] * 3,
        send(session_updated({"session": {"instructions": "1"}})),
        answer(lambda _: error("No.", "invalid_value", param="session.x", event_id="second")),
        send(session_updated({"session": {"instructions": "3"}})),
    ]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer)
        one = session.update({"instructions": "1"})
        # By hand, with an id of its own; its refusal must not hit the others.
        assert (
            await session.send({"type": "session.update", "event_id": "second", "session": {}})
            == "second"
        )
        three = session.update({"instructions": "3"})
        assert (await one)["instructions"] == "1"
        assert (await three)["instructions"] == "3"
        await session.close()


async def test_an_update_that_is_never_answered_holds_up_none_after_it():
    script = [
        HELLO,
        expect("session.update"),
        expect("session.update", session={"instructions": "two"}),
        answer(session_updated),
        expect("session.update", session={"instructions": "three"}),
        answer(session_updated),
    ]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer, reply_timeout=0.3)
        with pytest.raises(CallTimeout):
            await session.update({"instructions": "one"})
        for words in ("two", "three"):
            assert (await session.update({"instructions": words}))["instructions"] == words
        await session.close()


async def test_commit_gives_the_item_and_clear_is_answered():
    script = [
        HELLO,
        expect("input_audio_buffer.commit"),
        send(
            {"type": "input_audio_buffer.committed", "item_id": "item_9", "previous_item_id": None}
        ),
        expect("input_audio_buffer.clear"),
        send({"type": "input_audio_buffer.cleared"}),
        expect("input_audio_buffer.commit"),
        send(
            error(
                "Error committing input audio buffer: buffer too small.",
                "input_audio_buffer_commit_empty",
            )
        ),
    ]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer)
        for _ in range(3):
            assert session.append_audio(FRAME)
        assert await session.commit() == "item_9"
        assert await session.clear_input() is None
        with pytest.raises(ServerError, match="buffer too small"):
            await session.commit()
        await session.close()
    kinds = [event["type"].rpartition(".")[2] for event in peer.received]
    assert kinds == ["append", "append", "append", "commit", "clear", "commit"]
    assert session.conversation.input_audio_ms == pytest.approx(120)


async def test_an_error_of_somebody_elses_is_shown_and_harms_no_call():
    script = [
        HELLO,
        expect("session.update"),
        send(error("The server had a hiccup.", "server_error", kind="server_error")),
        answer(session_updated),
    ]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer)
        seen = Recorder(session)
        assert (await session.update({"instructions": "x"}))["instructions"] == "x"
        assert "error" in seen.types
        await session.close()


async def test_an_unanswered_call_tells_what_the_service_said_meanwhile():
    script = [HELLO, expect("session.update"), send(error("Something is wrong.", "odd"))]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer, reply_timeout=0.2)
        with pytest.raises(CallTimeout, match=r"no answer to session.update.*Something is wrong\."):
            await session.update({"instructions": "x"})
        await session.close()


async def test_any_event_can_be_sent():
    script = [HELLO, expect("made.up", x=1, event_id=...), expect("made.up", event_id="mine")]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer)
        event = {"type": "made.up", "x": 1}
        event_id = await session.send(event)
        assert event_id.startswith("event_")
        assert "event_id" not in event
        assert await session.send({"type": "made.up", "event_id": "mine"}) == "mine"
        for wrong in ({"no": "type"}, {"type": "x", "y": object()}):
            with pytest.raises(UsageError):
                await session.send(wrong)
        await session.close()
    assert [record.event.event_id for record in session.log][1:] == [event_id, "mine"]


async def test_frames_and_events_nobody_thought_of_do_no_harm(caplog):
    script = [
        HELLO,
        send_raw("no json"),
        send_raw("[]"),
        send({"type": "brand.new", "x": [1]}, {"type": "response.created"}, {"type": "error"}),
        send({"type": "conversation.item.added", "item": 3}, {"type": "session.updated"}),
        send({"type": "response.done", "response": {"status": "failed", "id": None}}),
        expect("session.update"),
        answer(session_updated),
    ]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer)
        await until(lambda: len(session.log) == 7)
        with caplog.at_level(logging.WARNING, "realtime_nb.client"):
            assert (await session.update({"instructions": "x"}))["instructions"] == "x"
        assert "brand.new" in [record.event.type for record in session.log]
        await session.close()


JUNK = (None, 3, "x", [], {}, [1], {"x": None}, [{"type": 3}])
FIELDS = ("error", "item", "session", "response", "part", "delta", "item_id", "response_id", "id")


async def test_any_field_of_any_event_may_be_anything(caplog):
    """The session goes on, and a call is answered still."""
    events = [
        {"type": kind, **dict.fromkeys(FIELDS, junk), "content_index": 0}
        for kind in SERVER_EVENT_TYPES
        for junk in JUNK
    ]
    script = [HELLO, send(*events), expect("session.update"), answer(session_updated)]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer)
        await until(lambda: len(session.log) == len(events) + 1)
        assert (await session.update({"instructions": "x"}))["instructions"] == "x"
        assert session.state == "open"
        await session.close()
    assert "could not be handled" not in caplog.text


async def test_frames_in_fragments_keep_their_place():
    def numbered(n):
        return json.dumps({"type": "numbered", "n": n})

    pieces = [
        send_raw([part[:20], part[20:25], part[25:]] if n % 3 == 0 else part)
        for n in range(30)
        for part in [numbered(n)]
    ]
    async with ScriptedPeer([HELLO, *pieces, close()]) as peer:
        session = RealtimeSession(peer.endpoint)
        await session.open()
        await until(lambda: session.state == "closed")
    assert [record.event.get("n") for record in session.log][1:] == list(range(30))


# -- sound


async def test_sound_is_dropped_and_counted_while_nobody_is_there():
    session = RealtimeSession(Endpoint("http://127.0.0.1:9/v1", "m", "nobody"))
    assert not session.append_audio(FRAME)
    assert session.dropped_audio_bytes == len(FRAME)
    await session.close()
    assert not session.append_audio(FRAME)
    assert session.dropped_audio_bytes == 2 * len(FRAME)


async def test_a_service_that_reads_nothing_costs_two_mebibytes_and_no_time():
    go = asyncio.Event()
    script = [
        HELLO,
        stop_reading(),
        wait_until(go),
        start_reading(),
        expect("input_audio_buffer.commit"),
    ]
    committed = send({"type": "input_audio_buffer.committed", "item_id": "i"})
    async with ScriptedPeer([*script, committed]) as peer:
        session = await opened(peer)
        chunk = bytes(24_000)
        put = longest = 0
        while not session.dropped_audio_bytes:
            before = time.perf_counter()
            put += session.append_audio(chunk)
            longest = max(longest, time.perf_counter() - before)
            await asyncio.sleep(0)
        assert longest < 0.5
        assert session._core.outbox.audio_bytes <= MAX_AUDIO_BYTES
        commit = session.commit()
        go.set()
        assert await commit == "i"
        appended = peer.of_type("input_audio_buffer.append")
        assert len(appended) == put
        assert peer.received[-1]["type"] == "input_audio_buffer.commit"
        await session.close()


async def test_many_threads_may_append():
    async with ScriptedPeer([HELLO, expect("done")]) as peer:
        session = await opened(peer)

        def feed():
            for _ in range(200):
                assert session.append_audio(FRAME)

        threads = [threading.Thread(target=feed) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            await asyncio.to_thread(thread.join)
        await session.send({"type": "done"})
        await peer.heard("done")
        assert len(peer.of_type("input_audio_buffer.append")) == 800
        assert session.dropped_audio_bytes == 0
        await session.close()


# -- the end


async def test_a_killed_server_fails_every_call_at_once():
    script = [
        HELLO,
        expect(CREATE),
        answer(item_created),
        expect("response.create"),
        answer(lambda request: spoken(request, "Once upon a")[:6]),
        expect("session.update"),
        expect("input_audio_buffer.commit"),
        expect("conversation.item.truncate"),
        wait_until(go := asyncio.Event()),
        drop(),
    ]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer, restore=False)
        seen = Recorder(session)
        calls = [
            session.say("Tell me a story"),
            session.respond(),
            session.respond(),
            session.update({"instructions": "x"}),
            session.commit(),
            session.truncate("i", 0, 1),
        ]
        await peer.heard("conversation.item.truncate")
        await until(lambda: "response.output_audio.delta" in seen.types)
        go.set()
        start = time.perf_counter()
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert time.perf_counter() - start < 5
        for outcome in outcomes:
            assert isinstance(outcome, ConnectionLost)
            assert str(outcome) == "the connection to the peer broke off"
        assert len({id(outcome) for outcome in outcomes}) == len(outcomes)
        assert session.state == "failed"
        assert seen.states == ["failed"]
        assert str(session.failure) == "the connection to the peer broke off"
        assert session.conversation.items[-1].text == "Once upon a"
        for call in (session.say("More?"), session.update({}), session.send({"type": "x"})):
            with pytest.raises(ConnectionLost, match="broke off"):
                await call
        assert not session.append_audio(FRAME)
        await session.close()
        assert session.state == "failed"


async def test_the_connection_breaking_while_the_config_is_on_its_way():
    async with ScriptedPeer([HELLO, expect("session.update"), drop()]) as peer:
        session = RealtimeSession(peer.endpoint, {"instructions": "x"}, restore=False)
        with pytest.raises(ConnectionFailed, match="broke off"):
            await session.open()
        assert session.state == "failed"


async def test_the_hour_is_over():
    script = [
        HELLO,
        send(error("Your session hit the maximum duration of 60 minutes.", "session_expired")),
        close(1001, "Your session hit the maximum duration of 60 minutes."),
    ]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer, restore=False)
        await until(lambda: session.state == "failed")
        assert str(session.failure) == (
            "the peer refused: Your session hit the maximum duration of 60 minutes; "
            "open a new session"
        )
        assert session.failure.code == 1001


async def test_what_ends_in_the_moment_it_begins_was_open(monkeypatch):
    said = "Your session hit the maximum duration of 60 minutes."
    script = [HELLO, send(error(said, "session_expired")), close(1001, said)]
    began = core.SessionCore.greeted

    async def late(self):
        await began(self)
        await until(lambda: self.ended)

    monkeypatch.setattr(core.SessionCore, "greeted", late)
    async with ScriptedPeer(script) as peer:
        session = await opened(peer, restore=False)
        assert (session.state, session.failure.code) == ("failed", 1001)


async def test_a_service_that_leaves_politely_has_not_failed():
    async with ScriptedPeer([HELLO, expect("response.create"), close(1000)]) as peer:
        session = await opened(peer)
        with pytest.raises(ConnectionLost, match="1000"):
            await session.respond()
        assert session.state == "closed"
        assert session.failure is None


async def test_closing_fails_what_is_under_way_and_is_idempotent():
    async with ScriptedPeer([HELLO, expect("response.create")]) as peer:
        session = await opened(peer)
        call = session.respond()
        await peer.heard("response.create")
        first, second = session.close(), session.close()
        await first
        await second
        await session.close()
        with pytest.raises(ConnectionLost, match="the session was closed"):
            await call
        assert session.state == "closed"
        with pytest.raises(ConnectionLost, match="the session is closed; make a new one"):
            await session.say("Hello?")


async def test_a_session_never_opened_can_be_closed_and_not_opened_then():
    session = RealtimeSession(Endpoint("http://127.0.0.1:9/v1", "m", "nobody"))
    with pytest.raises(UsageError, match=r"call open\(\) first"):
        await session.say("Hello?")
    await session.close()
    assert session.state == "closed"
    with pytest.raises(UsageError, match="this session is closed; make a new one"):
        await session.open()


async def test_closing_while_connecting():
    async with ScriptedPeer([hold(0)]) as peer:
        session = RealtimeSession(peer.endpoint)
        seen = Recorder(session)
        call = session.open()
        await until(lambda: peer.handshakes)
        waiting = session.say("Hello?")
        await session.close()
        with pytest.raises(ConnectionLost, match="closed while it was connecting"):
            await call
        with pytest.raises(ConnectionLost, match="the session is closed"):
            await waiting
        assert seen.states == ["connecting", "closed"]
        await session.close()


async def test_a_peer_that_ignores_the_farewell_does_not_hold_closing_up(monkeypatch):
    monkeypatch.setattr(wire, "CLOSE_TIMEOUT_S", 0.1)
    async with ScriptedPeer(
        [HELLO, stop_reading(), wait_until(asyncio.Event())], patience=0.1
    ) as peer:
        peer._left.clear()
        session = await opened(peer)
        await until(lambda: not peer._left or len(peer._left[0]) == 1)
        start = time.perf_counter()
        await session.close()
        assert time.perf_counter() - start < 2
        assert session.state == "closed"
        peer._left.clear()


async def test_calls_made_while_connecting_wait_for_it():
    go = asyncio.Event()
    script = [
        wait_until(go),
        HELLO,
        expect("session.update"),
        answer(session_updated),
        expect(CREATE),
        answer(item_created),
        expect("response.create"),
        answer(lambda request: spoken(request, "Here.")),
    ]
    async with ScriptedPeer(script) as peer:
        session = RealtimeSession(peer.endpoint, {"instructions": "x"})
        session.open()
        call = session.say("Anybody there?")
        assert not session.append_audio(FRAME)
        await until(lambda: peer.handshakes)
        go.set()
        assert (await call).text == "Here."
        await session.close()


def test_stopping_the_loop_ends_the_session_and_leaves_nothing():
    with ScriptedPeer([HELLO, expect("response.create")], ignore=[ANYTHING], patience=0.05) as peer:
        loop = BackgroundLoop()
        session = RealtimeSession(peer.endpoint, loop=loop)
        session.open().result(5)
        call = session.respond()
        deadline = time.monotonic() + 5
        while not peer.received and time.monotonic() < deadline:
            time.sleep(0.001)
        loop.stop()
        with pytest.raises(ConnectionLost):
            call.result(5)
        assert session.state == "closed"
        assert session.close().result(5) is None
        with pytest.raises(ConnectionLost, match="background loop was stopped"):
            session.say("Hello?").result(5)
        assert not session.append_audio(FRAME)
        peer._left.clear()


async def test_the_switch_interval_is_short_while_a_session_lives():
    before = sys.getswitchinterval()
    async with ScriptedPeer([HELLO], [HELLO, drop()]) as peer:
        one = await opened(peer)
        assert sys.getswitchinterval() == pytest.approx(0.001)
        two = await opened(peer, restore=False)
        await until(lambda: two.state == "failed")
        assert sys.getswitchinterval() == pytest.approx(0.001)
        await one.close()
        assert sys.getswitchinterval() == before


# -- being told


async def test_everything_happens_on_the_sessions_thread_and_ends_when_unsubscribed():
    async with ScriptedPeer([HELLO, expect("session.update"), answer(session_updated)]) as peer:
        session = RealtimeSession(peer.endpoint)
        threads, records = set(), []

        def listen(record, _changed):
            threads.add(threading.current_thread().name)
            records.append(record)

        leave = session.subscribe(listen)
        await session.open()
        leave()
        leave()
        await session.update({"instructions": "x"})
        await session.close()
    assert threads == {THREAD_NAME}
    assert [record.event.type for record in records] == ["session.created"]


async def test_a_listener_that_fails_or_waits_for_the_session_is_survived(caplog):
    async with ScriptedPeer([HELLO, expect("session.update"), answer(session_updated)]) as peer:
        session = RealtimeSession(peer.endpoint)
        errors = []

        def waits(record, _changed):
            if record.event.type != "session.created":
                return
            try:
                session.update({"instructions": "y"}).result()
            except UsageError as error:
                errors.append(error)
                raise

        session.subscribe(waits)
        with caplog.at_level(logging.ERROR, "realtime_nb.client"):
            await session.open()
        await peer.heard("session.update")
        assert "await the call there" in str(errors[0])
        assert caplog.text.count("a listener of the session failed") == 1
        await session.close()


async def test_a_listener_may_act_on_what_it_hears():
    """As a tool does: the answer to an event is sent from the listener."""
    script = [
        HELLO,
        expect("response.create", response={"instructions": "first"}),
        answer(lambda request: spoken(request, "One.", response_id="resp_1")),
        expect("response.create", response={"instructions": "second"}),
        answer(lambda request: spoken(request, "Two.", response_id="resp_2")),
    ]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer)
        calls = []

        def listen(record, _changed):
            if record.event.type == "response.done" and not calls:
                calls.append(session.respond(instructions="second"))

        session.subscribe(listen)
        assert (await session.respond(instructions="first")).text == "One."
        assert (await calls[0]).text == "Two."
        await session.close()


async def test_the_log_is_complete_and_in_order_when_a_call_returns():
    script = [HELLO, expect("session.update"), answer(session_updated)]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer)
        start = session.now_ms()
        await session.update({"instructions": "x"})
        assert [(r.direction, r.event.type) for r in session.log] == [
            ("received", "session.created"),
            ("sent", "session.update"),
            ("received", "session.updated"),
        ]
        assert start <= session.log[-1].t_ms <= session.now_ms()
        await session.close()


async def test_an_item_is_made_and_its_id_told():
    content = [{"type": "output_text", "text": "Noon."}]
    item = {"type": "message", "role": "assistant", "content": content}
    async with ScriptedPeer([HELLO, expect(CREATE), answer(item_created)]) as peer:
        session = await opened(peer)
        item_id = await session.create_item(item)
        assert peer.of_type(CREATE)[0]["item"] == {"id": item_id, **item}
        assert session.conversation.items[0].text == "Noon."
        await session.close()


async def test_an_item_that_is_refused_fails_its_call():
    script = [HELLO, expect(CREATE), refusing("Invalid value: 'x'.", "invalid_value")]
    async with ScriptedPeer(script) as peer:
        session = await opened(peer)
        with pytest.raises(ServerError, match="Invalid value"):
            await session.create_item({"type": "x"})
        await session.close()
