"""Credentials of tools: on the wire they are whole, in what is kept they are not."""

from __future__ import annotations

import base64
import json
import pickle
from dataclasses import replace
from urllib.parse import quote

import orjson
import pytest
from IPython.lib.pretty import pretty

from realtime_nb.client import RealtimeSession, connect
from realtime_nb.client.endpoints.endpoint import url_endpoint
from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.client.redaction import (
    KnownSecrets,
    blot_values,
    redact_sent,
    redact_told,
    scrub_instructions,
    values_of,
    without_secrets,
)
from realtime_nb.client.testing import ScriptedPeer, answer, error, expect, send, session_created
from realtime_nb.errors import ServerError
from realtime_nb.protocol.events import Event

ENDPOINT = url_endpoint("https://service.example/v1", api_key="", environ={})
TOKEN, HEADER = "mcp-token-planted-1", "mcp-header-planted-2"
TOOL = {
    "type": "mcp",
    "server_label": "docs",
    "server_url": "https://mcp.example/sse",
    "authorization": TOKEN,
    "headers": {"X-Key": HEADER},
}
# Names of a function's arguments, and of the parts of a transcript.
SCHEMA = {"type": "object", "properties": {"token": {"type": "string", "default": "none"}}}
WORD = {"token": "Hel", "logprob": -0.1}
SESSION = {"type": "realtime", "id": "sess_1", "tools": [{"type": "function", "name": "f"}, TOOL]}


def kept(log):
    """All that a log could show, and all that a debugger finds in it."""
    return f"{[record.event for record in log]}{log._repr_html_()}{log.rows()}"


def updated():
    return {"type": "session.updated", "event_id": "ev_2", "session": SESSION}


async def test_the_wire_carries_what_log_and_session_do_not_keep(loop):
    script = [
        send(session_created()),
        expect("session.update", session={"tools": [TOOL]}),
        answer(lambda _: updated()),
        expect("response.create", response={"tools": [TOOL]}),
    ]
    async with ScriptedPeer(script) as peer:
        session = RealtimeSession(peer.endpoint, {"tools": [TOOL]}, loop=loop)
        await session.open()
        await session.send({"type": "response.create", "response": {"tools": [TOOL]}})
        await peer.heard("response.create")
        text = f"{kept(session.log)}{session.effective}{session.conversation!r}"
        assert TOKEN not in text
        assert HEADER not in text
        # Null, as from a service that tells none: sent back it is no credential.
        told = session.effective["tools"][1]
        assert (told["authorization"], told["headers"]) == (None, None)
        assert told["server_url"] == "https://mcp.example/sse"
        (sent,) = [r.event for r in session.log if r.event.type == "session.update"]
        assert sent.data["session"]["tools"][0]["authorization"] == "[key]"
        assert sent.data["session"]["tools"][0]["headers"] == {"X-Key": "[key]"}
        await session.close()


async def test_an_error_that_quotes_one_does_not_show_it(loop):
    def refuses(event):
        said = f"Invalid 'session.tools[0]': {TOKEN} and {HEADER} are no good."
        return error(said, "invalid_value", event_id=event["event_id"])

    script = [send(session_created()), expect("session.update"), answer(refuses)]
    async with ScriptedPeer(script) as peer:
        session = RealtimeSession(peer.endpoint, loop=loop)
        await session.open()
        with pytest.raises(ServerError, match=r"\[key\] and \[key\] are no good"):
            await session.update({"tools": [TOOL]})
        assert "planted" not in kept(session.log)
        await session.close()


@pytest.mark.filterwarnings("ignore::realtime_nb.errors.ConfigWarning")
async def test_so_does_a_connection_whichever_way_it_sends():
    script = [send(session_created())] + [expect("session.update"), send(updated())] * 2
    async with ScriptedPeer(script) as peer, connect(endpoint=peer.endpoint) as connection:
        await connection.recv()
        event = {"type": "session.update", "session": {"type": "realtime", "tools": [TOOL]}}
        await connection.session.update(session=event["session"])
        assert (await connection.recv()).session.tools[1]["authorization"] is None
        await connection.send_raw(Event(event).to_json())
        await connection.recv()
        assert "planted" not in kept(connection.log)
        # What the author holds is the author's.
        assert event["session"]["tools"][0]["authorization"] == TOKEN


@pytest.mark.parametrize(
    "data",
    [
        {"type": "session.update", "session": None},
        {"type": "session.update", "session": {"tools": None}},
        {"type": "session.update", "session": {"tools": [1, None, "x", {"type": "mcp"}]}},
        {"type": "session.update", "session": {"tools": [{"authorization": None, "headers": {}}]}},
        {"type": "session.update"},
        {"type": "response.create", "response": [{"name": "f", "parameters": SCHEMA}]},
        {"type": "conversation.item.create", "item": {"secret": True, "words": [WORD]}},
    ],
)
def test_what_holds_none_stays_as_it_is(data):
    event = Event(data)
    assert redact_sent(event) == (event, [])
    assert redact_told(event) is event


def test_odd_credentials_are_no_way_out():
    misnamed = {"tools": [{"Authorization": TOKEN}, {"api_key": TOKEN}, {"authorisation": TOKEN}]}
    sent, hidden = redact_sent(Event({"type": "session.update", "session": misnamed}))
    assert "planted" not in repr(sent)
    assert len(hidden) == 3
    odd = {"tools": [{"authorization": [TOKEN]}, {"headers": f"X: {HEADER}"}, 7]}
    sent, hidden = redact_sent(Event({"type": "session.update", "session": odd}))
    assert "planted" not in repr(sent)
    assert len(hidden) == 2
    assert "planted" not in repr(without_secrets(odd))
    assert odd["tools"][0] == {"authorization": [TOKEN]}


def test_a_key_within_a_session_is_not_kept():
    session = {"type": "realtime", "client_secret": {"value": "ek_planted", "expires_at": 1}}
    event = redact_told(Event({"type": "session.created", "session": session}))
    assert event.data["session"] == {"type": "realtime", "client_secret": None}


VARIABLE = "variable-planted-3"
PROMPT = {"id": "pmpt_1", "variables": {"city": VARIABLE}}


async def test_what_is_put_into_a_stored_prompt_is_in_force_and_not_kept(loop):
    session = {"type": "realtime", "id": "sess_1", "prompt": PROMPT}
    told = {**session, "instructions": f"Speak of {VARIABLE}."}
    script = [
        send(session_created()),
        expect("session.update", session={"prompt": PROMPT}),
        answer(lambda _: {**updated(), "session": told}),
        expect("response.create", response={"prompt": PROMPT}),
    ]
    async with ScriptedPeer(script) as peer:
        talk = RealtimeSession(peer.endpoint, {"prompt": PROMPT}, loop=loop)
        await talk.open()
        await talk.send({"type": "response.create", "response": {"prompt": PROMPT}})
        await peer.heard("response.create")
        assert VARIABLE not in kept(talk.log)
        assert VARIABLE not in f"{[record.event.data for record in talk.log]}"
        # Needed to tell whether what was asked for is in force.
        assert talk.effective["prompt"] == PROMPT
        assert talk.effective["instructions"] == "Speak of [key]."
        await talk.close()


URL = "https://me:planted-3@mcp.example:8/sse?key=planted-4&empty=&planted-5#planted-6"


async def test_a_key_in_the_address_of_a_tool_is_sent_and_not_kept(loop):
    tool = {"type": "mcp", "server_label": "docs", "server_url": URL}
    told = {"type": "session.updated", "session": {"type": "realtime", "tools": [tool]}}
    script = [
        send(session_created()),
        expect("session.update", session={"tools": [tool]}),
        answer(lambda _: told),
        expect("session.update"),
        answer(lambda event: error("no planted-4 here", "x", event_id=event["event_id"])),
        expect("session.update"),
        answer(lambda event: error("me:planted-3 is wrong", "x", event_id=event["event_id"])),
    ]
    async with ScriptedPeer(script) as peer:
        session = RealtimeSession(peer.endpoint, {"tools": [tool]}, loop=loop)
        await session.open()
        assert session.effective["tools"][0]["server_url"] == URL
        with pytest.raises(ServerError, match=r"no \[key\] here"):
            await session.update({"instructions": "a"})
        with pytest.raises(ServerError, match=r"me:\[key\] is wrong"):
            await session.update({"instructions": "b"})
        assert "planted" not in kept(session.log)
        hidden = "https://mcp.example:8/sse?key=[not shown]&empty=[not shown]&planted-5=[not shown]"
        urls = [r.event.get("session.tools") for r in session.log if r.event.get("session.tools")]
        assert [tools[0]["server_url"] for tools in urls] == [hidden.replace("planted-5", "?")] * 2
        await session.close()


@pytest.mark.parametrize("put", [lambda one: one, lambda one: [[one]], lambda one: [[[one], 1]]])
def test_a_tool_that_is_in_no_list_or_in_two_has_its_credentials_blotted(put):
    tool = {"type": "mcp", "server_url": URL, "authorization": "planted-1", "token": "planted-2"}
    event = Event({"type": "session.update", "session": {"tools": put(tool)}})
    clean, hidden = redact_sent(event)
    assert len(hidden) == 2
    assert "planted" not in repr(blot_values(clean).data)
    told = Event({"type": "session.updated", "session": {"tools": put(TOOL)}})
    assert "planted" not in repr(redact_told(told).data)


def test_an_address_without_a_query_stays_as_it_is():
    for url in ("https://mcp.example/sse", "", None, 7, "no url", "https://[", "?"):
        event = Event({"type": "session.update", "session": {"tools": [{"server_url": url}, 1]}})
        assert blot_values(event) is event


def test_values_that_come_with_a_session_are_known_too():
    variables = {"a": "planted-one", "b": {"type": "input_text", "text": "planted-two"}, "c": 1}
    told = {"prompt": {"id": "p", "variables": variables}, "instructions": "Say planted-two."}
    event = Event({"type": "session.created", "session": told})
    clean = blot_values(scrub_instructions(event, values_of(event)))
    assert clean.get("session.instructions") == "Say [key]."
    assert "planted" not in repr(clean.data)


@pytest.mark.parametrize(
    "data",
    [
        {"type": "session.update", "api_key": TOKEN, "session": {}},
        {"type": "session.update", "session": {"apiKey": [TOKEN]}},
        {"type": "response.create", "response": [TOOL]},
        {"type": "input_audio_buffer.commit", "session": SESSION, "headers": {"X": TOKEN}},
        {"type": "own.thing", "deep": [[{"authorization": TOKEN, "password": 12345678}]]},
        {"type": "session.update", "session": {"client_secret": {"value": TOKEN}}},
    ],
)
def test_a_credential_is_blotted_wherever_it_was_put(data):
    clean, hidden = redact_sent(Event(data))
    assert "planted" not in repr(clean.data)
    assert "12345678" not in repr(clean.data)
    assert hidden


def test_whoever_quotes_the_key_it_is_not_kept():
    quoting = 'its-"key"/+1'
    odd = replace(ENDPOINT, api_key=Secret(quoting), extra_headers={"X-Api-Key": HEADER})
    known = KnownSecrets(odd)
    said = f"You sent {quoting} and {HEADER}, and once more https://x/?k={quote(quoting, safe='')}"
    frame = json.dumps({"type": "response.done", "response": {"why": [said]}}).encode()
    event, kept = known.received(Event.parse(frame), frame)
    assert event is kept
    clean = "You sent [key] and [key], and once more https://x/?k=[key]"
    assert event.get("response.why") == [clean]
    slashed = frame.replace(b"/", b"\\/")
    assert known.received(Event.parse(slashed), slashed)[0].get("response.why") == [clean]
    sent = known.sent(Event({"type": "own", "text": [f"mine is {quoting}"]}))
    assert sent.data["text"] == ["mine is [key]"]
    assert quoting not in repr(known)


@pytest.mark.parametrize("escaped", ["+&<", "sk-planted+&<"])
def test_signs_that_a_service_escapes_hide_no_key(escaped):
    key = "sk-planted+0123456789&<"
    known = KnownSecrets(replace(ENDPOINT, api_key=Secret(key)))
    told = "".join(f"\\u{ord(sign):04X}" if sign in escaped else sign for sign in key)
    frame = f'{{"type": "of.tomorrow", "words": ["it is {told}."]}}'
    event = Event(json.loads(frame))
    assert key in str(event.data)
    assert key not in frame
    assert known.received(event, frame.encode())[1].data["words"] == ["it is [key]."]


def test_each_key_that_goes_out_is_known_by_itself():
    login = base64.b64encode(b"me:planted-login").decode()
    tool = {
        "type": "mcp",
        "server_url": "https://me:planted-password@mcp.example/sse?key=planted-query&city=Barcelona",
        "headers": {"Cookie": "sid=planted-cookie; city=Barcelona", "X-Auth": f"Basic {login}"},
    }
    own = replace(ENDPOINT, extra_headers={"Cookie": "a=planted-own-cookie"})
    known = KnownSecrets(own)
    known.sent(Event({"type": "session.update", "session": {"tools": [tool]}}))
    known.sent(Event({"type": "own", "deep": [{"api_key": "planted-raw"}]}))
    said = (
        "planted-password, planted-query, planted-cookie, planted-login, planted-raw and"
        " planted-own-cookie"
    )
    data = {"type": "response.output_text.done", "text": f"In Bilbao: {said}"}
    frame = json.dumps(data).encode()
    _, kept = known.received(Event.parse(frame), frame)
    assert kept.text == "In Bilbao: [key], [key], [key], [key], [key] and [key]"


def test_what_may_be_no_secret_maims_no_conversation():
    known = KnownSecrets(ENDPOINT)
    tool = {**TOOL, "headers": {"Accept": "application/json", "X-Key": HEADER}}
    prompt = {"id": "pmpt", "variables": {"city": "Barcelona"}}
    known.sent(Event({"type": "session.update", "session": {"tools": [tool], "prompt": prompt}}))
    said = f"In Barcelona they say application/json, {HEADER} and {TOKEN}"
    heard = json.dumps({"type": "response.output_text.done", "text": said}).encode()
    _, kept = known.received(Event.parse(heard), heard)
    assert kept.text == "In Barcelona they say application/json, [key] and [key]"
    refused = json.dumps({"type": "error", "error": {"message": said}}).encode()
    _, kept = known.received(Event.parse(refused), refused)
    assert kept.get("error.message") == "In [key] they say [key], [key] and [key]"


def test_what_is_in_force_shows_no_value_in_a_repr():
    tool = {"type": "mcp", "server_url": URL}
    told = {"type": "session.updated", "session": {"prompt": PROMPT, "tools": [tool]}}
    frame = json.dumps(told).encode()
    event, kept = KnownSecrets(ENDPOINT).received(Event.parse(frame), frame)
    session = event.data["session"]
    assert "planted" not in repr(session) + repr(kept.data) + pretty(session)
    assert (session["prompt"], session["tools"]) == (PROMPT, [tool])
    assert json.loads(orjson.dumps(session)) == told["session"]
    assert b"planted" not in pickle.dumps(session)
    assert session["prompt"]["variables"]["city"].upper() == VARIABLE.upper()
