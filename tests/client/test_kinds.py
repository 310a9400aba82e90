"""Transcription and translation sessions: how they are asked for, and what they cannot do."""

from __future__ import annotations

import asyncio

import pytest

from realtime_nb.client import RealtimeSession, connect
from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.client.kinds import kind_of, update_of
from realtime_nb.client.testing import (
    ScriptedPeer,
    answer,
    drop,
    expect,
    hold,
    send,
    session_created,
    session_updated,
)
from realtime_nb.errors import ConnectionLost, EndpointError, UsageError

APPEND = "session.input_audio_buffer.append"
FRENCH = {"type": "translation", "model": "m", "audio": {"output": {"language": "fr"}}}
TRANSLATION = {
    "type": "translation",
    "id": "sess_t",
    "model": "gpt-realtime-translate",
    "audio": {"input": {"transcription": None}, "output": {"language": "en"}},
}
CREATED = send({"type": "session.created", "session": TRANSLATION})
TRANSCRIBE = {
    "type": "transcription",
    "audio": {"input": {"transcription": {"model": "gpt-transcribe"}}},
}
HEARING = send(session_created(type="transcription"))


def accepted(request):
    return session_updated(request, TRANSLATION)


@pytest.mark.parametrize(
    ("session", "kind"),
    [
        ({"type": "translation"}, "translation"),
        ({"type": "transcription"}, "transcription"),
        ({"type": "realtime"}, "realtime"),
        ({"type": "newer"}, "realtime"),
        ({"type": ["transcription"]}, "realtime"),
        ({}, "realtime"),
        (None, "realtime"),
    ],
)
def test_the_kind_is_what_the_type_says(session, kind):
    assert kind_of(session) == kind


def test_only_a_translation_update_names_neither_type_nor_model():
    assert update_of(FRENCH, "translation")["session"] == {"audio": FRENCH["audio"]}
    assert update_of({"model": "m"}, "realtime")["session"] == {"type": "realtime", "model": "m"}
    assert update_of(TRANSCRIBE, "transcription")["session"] == TRANSCRIBE


async def test_a_transcription_session_is_asked_for_by_intent_and_without_a_model(loop):
    script = [HEARING, expect("session.update", session=TRANSCRIBE), answer(session_updated)]
    async with ScriptedPeer(script) as peer:
        assert peer.endpoint.model
        session = RealtimeSession(peer.endpoint, TRANSCRIBE, loop=loop)
        assert session.kind == "transcription"
        await session.open()
        (handshake,) = peer.handshakes
        assert (handshake.path, handshake.query) == (
            "/v1/realtime",
            {"intent": ["transcription"]},
        )
        await session.close()


async def test_a_transcription_session_commits_and_cannot_speak(loop):
    committed = {"type": "input_audio_buffer.committed", "item_id": "item_1"}
    script = [HEARING, expect("input_audio_buffer.commit"), send(committed)]
    async with ScriptedPeer(script) as peer:
        session = RealtimeSession(peer.endpoint, {}, loop=loop)
        await session.open()
        # An ephemeral key's session is what the service says it is.
        assert session.kind == "transcription"
        assert await session.commit() == "item_1"
        for call in (
            lambda: session.say("Good morning"),
            session.respond,
            session.cancel,
            lambda: session.truncate("item_1", 0, 10),
        ):
            with pytest.raises(UsageError, match=r"is not for a transcription session: it only"):
                await call()
        await session.close()


async def test_a_translation_runs_from_its_config_to_its_last_words(loop):
    last = {"type": "session.output_transcript.delta", "delta": "Bonjour", "elapsed_ms": 900}
    script = [
        CREATED,
        expect("session.update", session=lambda s: s == {"audio": FRENCH["audio"]}),
        answer(accepted),
        expect(APPEND, audio="AAAA"),
        expect("session.update", session=lambda s: s == {"audio": {"output": {"language": "de"}}}),
        answer(accepted),
        expect(APPEND, audio="AQEB"),
        expect("session.close"),
        hold(0.05),
        send(last, {"type": "session.closed"}),
    ]
    async with ScriptedPeer(script, ignore=()) as peer:
        session = RealtimeSession(peer.endpoint, FRENCH, loop=loop)
        effective = await session.open()
        assert effective["audio"]["output"]["language"] == "fr"
        assert peer.handshakes[0].path == "/v1/realtime/translations"
        assert peer.handshakes[0].query == {"model": ["gpt-realtime-2.1"]}
        assert session.append_audio(bytes(3))
        await session.update({"audio": {"output": {"language": "de"}}})
        assert session.append_audio(b"\1\1\1")
        await session.close()
        received = [record.event.type for record in session.log if record.direction == "received"]
        assert received[-2:] == ["session.output_transcript.delta", "session.closed"]
        assert session.state == "closed"


@pytest.mark.parametrize("ending", [[], [drop()]])
async def test_a_translation_that_never_says_goodbye_is_closed_all_the_same(loop, ending):
    script = [CREATED, expect("session.close"), *ending]
    async with ScriptedPeer(script) as peer:
        session = RealtimeSession(
            peer.endpoint, {"type": "translation"}, loop=loop, drain_timeout=0.1
        )
        await session.open()
        await asyncio.wait_for(asyncio.gather(session.close(), session.close()), 5)
        assert session.state == "closed"


async def test_a_call_under_way_fails_when_the_translation_is_closed(loop):
    script = [CREATED, expect("session.update"), expect("session.close")]
    async with ScriptedPeer(script) as peer:
        session = RealtimeSession(
            peer.endpoint, {"type": "translation"}, loop=loop, drain_timeout=0.1
        )
        await session.open()
        update = session.update({"audio": {"output": {"language": "de"}}})
        await peer.heard("session.update")
        await session.close()
        with pytest.raises(ConnectionLost, match="was closed"):
            await update


async def test_a_translation_has_no_turns(loop):
    async with ScriptedPeer(
        [CREATED, expect("session.close"), send({"type": "session.closed"})]
    ) as peer:
        session = RealtimeSession(peer.endpoint, {"type": "translation"}, loop=loop)
        await session.open()
        for call in (
            lambda: session.say("Good morning"),
            session.respond,
            session.commit,
            session.clear_input,
            session.cancel,
            lambda: session.truncate("i", 0, 1),
        ):
            with pytest.raises(UsageError, match=r"is not for a translation session"):
                await call()
        await session.close()


async def test_there_is_no_translation_on_azure(loop):
    async with ScriptedPeer() as peer:
        azure = peer.endpoint.__class__("https://r.openai.azure.com/openai/v1", "m", "Azure")
        session = RealtimeSession(azure, {"type": "translation"}, loop=loop)
        with pytest.raises(EndpointError, match="Azure has no translation sessions"):
            await session.open()
        assert session.state == "failed"


async def test_an_ephemeral_key_connects_to_the_bare_url(loop):
    async with ScriptedPeer([HEARING], [HEARING], [CREATED]) as peer:
        endpoint = peer.endpoint.with_key(Secret("ek_" + "a" * 20), "the ephemeral key")
        session = RealtimeSession(endpoint, None, loop=loop)
        await session.open()
        await session.close()
        async with connect(base_url=peer.url, api_key="ek_" + "b" * 20, model="m") as connection:
            await connection.recv()
        async with connect(endpoint=endpoint, kind="translation") as connection:
            await connection.recv()
        assert [(h.path, h.query) for h in peer.handshakes] == [
            ("/v1/realtime", {}),
            ("/v1/realtime", {}),
            ("/v1/realtime/translations", {}),
        ]


async def test_a_translation_in_the_shape_of_the_package():
    script = [
        CREATED,
        expect("session.update", session={"audio": {"output": {"language": "fr"}}}),
        expect(APPEND, audio="AAA="),
        expect(APPEND, audio="AAA="),
        expect("session.close"),
    ]
    async with (
        ScriptedPeer(script, ignore=()) as peer,
        connect(endpoint=peer.endpoint, kind="translation") as connection,
    ):
        await connection.session.update(session={"audio": {"output": {"language": "fr"}}})
        await connection.session.input_audio_buffer.append(audio=bytes(2))
        connection.post_audio(bytes(2))
        await connection.session.close()
        await peer.heard("session.close")
