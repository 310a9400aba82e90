"""What becomes of a session when a change of it fails: nothing, and one line says why."""

from __future__ import annotations

import pytest

from realtime_nb.client import RealtimeSession
from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.client.endpoints.service import Endpoint
from realtime_nb.client.testing import (
    ScriptedPeer,
    answer,
    close,
    drop,
    error,
    expect,
    refuse,
    send,
    session_created,
    session_updated,
)
from realtime_nb.client.transport.refusals import http_refused
from realtime_nb.errors import CallTimeout, ConnectionFailed, ConnectionLost, ServerError

UPDATE = "session.update"
FIRST = {"instructions": "Be brief."}
BEGINNING = [
    send(session_created()),
    expect(UPDATE, session=FIRST),
    answer(session_updated),
]


async def in_force(peer, **options):
    session = RealtimeSession(peer.endpoint, FIRST, **options)
    await session.open()
    return session


async def test_a_refused_update_names_code_and_field_and_changes_nothing():
    refusal = {"code": "invalid_value", "param": "session.audio.output.voice"}
    script = [
        *BEGINNING,
        expect(UPDATE),
        answer(lambda e: error("Invalid value: 'x'.", event_id=e["event_id"], **refusal)),
    ]
    async with ScriptedPeer(script) as peer:
        session = await in_force(peer)
        before = session.effective
        with pytest.raises(ServerError, match="Invalid value: 'x'") as caught:
            await session.update({"audio": {"output": {"voice": "x"}}, "instructions": "New."})
        assert (caught.value.code, caught.value.param) == tuple(refusal.values())
        assert session.effective == before
        assert session.effective["instructions"] == "Be brief."
        assert (session.state, session.failure) == ("open", None)
        await session.close()


@pytest.mark.parametrize(
    ("events", "text"),
    [
        ([], r"^no answer to session\.update within 0\.1 s$"),
        (
            [error("The server had an error.", None, kind="server_error")],
            r"within 0\.1 s; an error that named no event: The server had an error\.",
        ),
        ([{"type": "session.updated.soon"}], "no answer"),
    ],
)
async def test_an_update_that_is_not_answered_changes_nothing(events, text):
    script = [*BEGINNING, expect(UPDATE), send(*events)]
    async with ScriptedPeer(script) as peer:
        session = await in_force(peer, reply_timeout=0.1)
        with pytest.raises(CallTimeout, match=text) as caught:
            await session.update({"instructions": "New."})
        assert "\n" not in str(caught.value)
        assert session.effective["instructions"] == "Be brief."
        assert session.state == "open"
        await session.close()


@pytest.mark.parametrize(
    ("ending", "state", "text"),
    [
        (close(1000), "closed", "the peer closed the connection"),
        (close(1011, "went wrong"), "failed", "1011 went wrong"),
        (drop(), "failed", "broke off"),
        (
            close(4000, "invalid_request_error.session_expired"),
            "failed",
            "session_expired.*open a new session",
        ),
    ],
)
async def test_the_end_of_the_connection_ends_the_update(ending, state, text):
    async with ScriptedPeer([*BEGINNING, expect(UPDATE), ending]) as peer:
        session = await in_force(peer, restore=False)
        with pytest.raises(ConnectionLost, match=text) as caught:
            await session.update({"instructions": "New."})
        assert "\n" not in str(caught.value)
        assert session.effective["instructions"] == "Be brief."
        assert session.state == state
        await session.close()


async def test_a_session_that_does_not_open_leaves_another_as_it_was():
    going_on = [*BEGINNING, expect(UPDATE), answer(session_updated)]
    async with ScriptedPeer(going_on, [refuse(401, "No.")], [drop()]) as peer:
        first = await in_force(peer)
        for _ in range(2):
            with pytest.raises(ConnectionFailed):
                await RealtimeSession(peer.endpoint, FIRST, restore=False).open()
        assert first.state == "open"
        assert (await first.update({"instructions": "New."}))["instructions"] == "New."
        await first.close()


@pytest.mark.parametrize(
    ("status", "said", "text"),
    [
        (
            401,
            "Access denied due to invalid subscription key",
            (
                "Azure refused with HTTP 401: Access denied due to invalid subscription key; "
                "check AZURE_OPENAI_API_KEY"
            ),
        ),
        (
            400,
            "OpperationNotSupported",
            (
                "Azure refused with HTTP 400: OpperationNotSupported; "
                "check that the model is the name of a deployment, and the URL"
            ),
        ),
        (404, "", "Azure refused with HTTP 404; check the URL, which usually ends in /v1, and the"),
    ],
)
def test_azures_refusals_at_the_door_are_one_clear_line(status, said, text):
    azure = Endpoint(
        "https://res.openai.azure.com/openai/v1",
        "mine",
        "Azure",
        api_key=Secret("az-secret-key"),
        key_source="AZURE_OPENAI_API_KEY",
    )
    assert str(http_refused(status, said, azure)).startswith(text)
