"""What the author of a program is told about its events: when, where, and how often."""

from __future__ import annotations

import asyncio
import inspect
import warnings
from datetime import date

import pytest

from realtime_nb.client import connect
from realtime_nb.client import connection as module
from realtime_nb.client.endpoints.endpoint import Endpoint
from realtime_nb.client.reviewing import Reviewer
from realtime_nb.client.testing import (
    ANYTHING,
    ScriptedPeer,
    answer,
    close,
    error,
    expect,
    send,
    session_created,
    session_updated,
)
from realtime_nb.errors import ConfigWarning, ConnectionLost
from realtime_nb.protocol.config.problem import Problem

HELLO = send(session_created())
UPDATE = "session.update"
KEY = "sk-very-secret-123"


@pytest.fixture
def review(monkeypatch):
    """A review that finds what the test says, by type of event, and notes what it was given."""
    found, seen = {}, []

    def look(event, *, today, model=""):
        seen.append((event["type"], today, model))
        return found.get(event["type"], [])

    look.found, look.seen = found, seen
    monkeypatch.setattr(module, "load_review", lambda: look)
    return look


def line_of(function, text):
    """The number of the line of `function` that holds `text`."""
    lines, first = inspect.getsourcelines(function)
    return first + next(place for place, line in enumerate(lines) if text in line)


async def events_until(connection, kind):
    async for event in connection:
        if event.type == kind:
            return event
    return None


async def test_what_is_wrong_is_said_at_the_line_that_sends_it_and_it_is_sent(review):
    review.found[UPDATE] = [
        Problem("session.type", "`type` is missing", "write type: realtime"),
        Problem("session.voice", "no such field here", "write audio.output.voice"),
    ]
    script = [HELLO, expect(UPDATE, session=lambda s: s == {"voice": "sage"})]
    async with ScriptedPeer(script) as peer, connect(endpoint=peer.endpoint) as connection:
        with pytest.warns(ConfigWarning) as told:
            await connection.session.update(session={"voice": "sage"})
        await peer.heard(UPDATE)
    (warning,) = told
    here = test_what_is_wrong_is_said_at_the_line_that_sends_it_and_it_is_sent
    line = line_of(here, "connection.session.update(")
    assert (warning.filename, warning.lineno) == (__file__, line)
    assert str(warning.message) == (
        "the service will refuse this session.update whole, and go on with what it had:\n"
        "  - `type` is missing; write type: realtime\n"
        "  - session.voice: no such field here; write audio.output.voice"
    )
    ((kind, today, model),) = review.seen
    assert (kind, model) == (UPDATE, "gpt-realtime-2.1")
    assert isinstance(today, date)


async def test_a_mere_warning_is_one_line_and_no_refusal(review):
    review.found[UPDATE] = [Problem("session.model", "will be shut down", severity="warning")]
    script = [HELLO, expect(UPDATE), answer(session_updated)]
    async with ScriptedPeer(script) as peer, connect(endpoint=peer.endpoint) as connection:
        with pytest.warns(ConfigWarning, match=r"^about this session\.update: session\.model: wil"):
            await connection.send({"type": UPDATE, "session": {"type": "realtime"}})
        await events_until(connection, "session.updated")


async def test_it_is_said_again_when_the_cell_is_run_again(review):
    review.found["response.create"] = [Problem("response.voice", "no such field")]
    async with (
        ScriptedPeer([HELLO], ignore=[ANYTHING]) as peer,
        connect(endpoint=peer.endpoint) as connection,
    ):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("default")
            for _ in range(3):
                await connection.response.create(response={"voice": "sage"})
            await connection.send_raw('{"type": "response.create"}')
    assert len(told) == 4


async def test_sound_is_never_looked_at(review):
    async with (
        ScriptedPeer([HELLO], ignore=[ANYTHING]) as peer,
        connect(endpoint=peer.endpoint) as connection,
    ):
        await connection.input_audio_buffer.append(audio=bytes(2))
        await connection.session.input_audio_buffer.append(audio=bytes(2))
        await connection.send_raw('{"type": "input_audio_buffer.append", "audio": ""}')
        await connection.send_raw("no event at all")
        await connection.input_audio_buffer.commit()
    assert [kind for kind, _, _ in review.seen] == ["input_audio_buffer.commit"]


async def test_unchecked_nobody_looks(review):
    review.found[UPDATE] = [Problem("session", "wrong")]
    script = [HELLO, expect(UPDATE), send(error("no", "invalid_value", param="session"))]
    async with (
        ScriptedPeer(script) as peer,
        connect(
            endpoint=peer.endpoint, check=False, extra_headers={"OpenAI-Beta": "realtime=v1"}
        ) as connection,
    ):
        await connection.session.update(session={})
        assert (await events_until(connection, "error")).get("error.code") == "invalid_value"
    assert review.seen == []


@pytest.mark.parametrize("named", [True, False])
async def test_a_refusal_that_nothing_foretold_is_said_at_the_line_that_sent_it(review, named):
    assert review.found == {}

    def refuse(event):
        answers = event["event_id"] if named else None
        return error("No such voice.", "invalid_value", param="session.voice", event_id=answers)

    script = [HELLO, expect(UPDATE), answer(refuse)]
    async with ScriptedPeer(script) as peer, connect(endpoint=peer.endpoint) as connection:
        await connection.session.update(session={"type": "realtime"}, event_id="e1")
        with pytest.warns(ConfigWarning) as told:
            event = await events_until(connection, "error")
    (warning,) = told
    assert event.get("error.code") == "invalid_value"
    here = test_a_refusal_that_nothing_foretold_is_said_at_the_line_that_sent_it
    line = line_of(here, "connection.session.update(")
    assert (warning.filename, warning.lineno) == (__file__, line)
    assert str(warning.message) == (
        "the service refused this session.update: session.voice: No such voice; the update was"
        " thrown away whole, and the session goes on with what it had"
    )


async def test_what_was_foretold_is_not_said_twice(review):
    review.found[UPDATE] = [Problem("session.type", "`type` is missing")]
    review.found["transcription_session.update"] = [Problem("type", "a name of the beta")]
    script = [
        HELLO,
        expect(UPDATE),
        send(error("Missing", "missing_required_parameter", param="session.type")),
        expect("transcription_session.update"),
        send(error("Invalid value", "invalid_value", param="type")),
        send(error("Cancellation failed", "response_cancel_not_active")),
        send({"type": "done"}),
    ]
    async with ScriptedPeer(script) as peer, connect(endpoint=peer.endpoint) as connection:
        with pytest.warns(ConfigWarning, match="will refuse"):
            await connection.session.update(session={})
        await events_until(connection, "error")
        with pytest.warns(ConfigWarning, match="will refuse this transcription_session"):
            await connection.send({"type": "transcription_session.update"})
        # No further warning; here each would be an error.
        await events_until(connection, "done")


async def test_an_error_that_answers_nothing_is_said_where_it_is_read(review):
    script = [HELLO, send(error("The server is tired.", None, kind="server_error"))]
    async with ScriptedPeer(script) as peer, connect(endpoint=peer.endpoint) as connection:
        with pytest.warns(ConfigWarning, match="reports an error: The server is tired") as told:
            await events_until(connection, "error")
    line = line_of(events_until, "async for")
    assert (told[0].filename, told[0].lineno) == (__file__, line)
    assert review.seen == []


async def test_the_end_of_a_connection_is_explained_without_the_key(review):
    wrong = error(f"Incorrect API key provided: {KEY}.", "invalid_api_key")
    script = [HELLO, send(wrong), close(3000, "invalid_request_error.invalid_api_key")]
    peer = ScriptedPeer(script, api_key=KEY)
    async with peer, connect(endpoint=peer.endpoint) as connection:
        with (
            pytest.warns(ConfigWarning, match=r"Incorrect API key.*\[key\]; check the key") as told,
            pytest.raises(ConnectionLost, match="3000"),
        ):
            await events_until(connection, "nothing")
    assert KEY not in str(told[0].message)
    assert review.seen == []


async def test_the_handshake_is_looked_at_where_it_is_asked_for(review):
    async with ScriptedPeer([HELLO], [HELLO], [HELLO]) as peer:
        with pytest.warns(ConfigWarning, match="the header OpenAI-Beta asks for the beta") as told:
            manager = connect(endpoint=peer.endpoint, extra_headers={"openai-beta": "realtime=v1"})
        here = test_the_handshake_is_looked_at_where_it_is_asked_for
        line = line_of(here, '"openai-beta"')
        assert (told[0].filename, told[0].lineno) == (__file__, line)
        async with manager:
            pass
        assert peer.handshakes[0].headers["OpenAI-Beta"] == "realtime=v1"
        with pytest.warns(ConfigWarning, match="with model='m' the service will close"):
            manager = connect(
                endpoint=peer.endpoint, model="m", extra_query={"intent": "transcription"}
            )
        async with manager:
            pass
        async with connect(endpoint=peer.endpoint, extra_query={"intent": "transcription"}):
            pass
        assert [handshake.query for handshake in peer.handshakes[1:]] == [
            {"model": ["m"], "intent": ["transcription"]},
            {"intent": ["transcription"]},
        ]
    assert review.seen == []


async def test_a_task_of_its_own_is_no_excuse(review):
    review.found["response.cancel"] = [Problem("response_id", "is no text")]
    async with (
        ScriptedPeer([HELLO], ignore=[ANYTHING]) as peer,
        connect(endpoint=peer.endpoint) as connection,
    ):
        with pytest.warns(ConfigWarning, match="response_id: is no text"):
            await asyncio.create_task(connection.response.cancel())


@pytest.mark.parametrize(
    ("url", "model", "told"),
    [
        ("https://r.openai.azure.com/openai/v1", "my-deployment", ""),
        # A deployment may have any name, and be of any model.
        ("https://r.openai.azure.com/openai/v1", "gpt-realtime", ""),
        ("https://gateway.example/v1", "our-voice-model", ""),
        ("https://gateway.example/v1", "gpt-realtime", "gpt-realtime"),
        ("https://api.openai.com/v1", "gpt-realtim", "gpt-realtim"),
    ],
)
def test_a_name_that_may_be_anybodys_is_no_models_name(url, model, told):
    seen = []

    def look(_event, *, today, model):  # noqa: ARG001 -- as `review_event` is called
        seen.append(model)
        return []

    Reviewer(Endpoint(url, model, "x"), review=look).sending({"type": UPDATE, "session": {}})
    assert seen == [told]


def test_what_only_should_be_known_is_said_once_and_what_is_refused_each_time():
    end = Problem("model", "`model`: it ends soon", severity="warning")
    wrong = Problem("voice", "`voice` is none")
    found = [end]
    reviewer = Reviewer(Endpoint("http://h/v1", "m", "x"), review=lambda *_, **__: list(found))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        for problems in ([end], [end], [end, wrong], [end, wrong]):
            found[:] = problems
            reviewer.sending({"type": UPDATE, "session": {}})
    assert ["ends soon" in str(w.message) for w in said] == [True, False, False]
    assert ["voice" in str(w.message) for w in said] == [False, True, True]


def test_what_the_package_shows_passes():
    """The events of the openai package's own README and helpers, in a session of today's model."""
    connection = Reviewer(Endpoint("https://api.openai.com/v1", "gpt-realtime-2", "OpenAI"))
    text = {"type": "input_text", "text": "Say hello!"}
    vad = {"audio": {"input": {"turn_detection": {"type": "server_vad"}}}}
    call = {"type": "function_call_output", "call_id": "c", "output": "{}"}
    tool = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}
    aside = {"conversation": "none", "output_modalities": ["text"], "input": [], "tools": [tool]}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for event in (
            {"type": UPDATE, "session": {"type": "realtime", "output_modalities": ["text"]}},
            {"type": UPDATE, "session": {**vad, "model": "gpt-realtime-2", "type": "realtime"}},
            {
                "type": "conversation.item.create",
                "item": {"type": "message", "role": "user", "content": [text]},
            },
            {"type": "conversation.item.create", "previous_item_id": "root", "item": call},
            {"type": "conversation.item.truncate", "item_id": "i", "content_index": 0}
            | {"audio_end_ms": 1500},
            {"type": "response.create"},
            {"type": "response.create", "response": aside},
            {"type": "response.cancel"},
            {"type": "input_audio_buffer.commit"},
            {"type": "input_audio_buffer.clear"},
        ):
            connection.sending(event)
