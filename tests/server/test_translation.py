"""Translation sessions: words and sound as they come, marked as what they are."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai import AsyncOpenAI, BadRequestError
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from realtime_nb.server.answers.pacing import Pace
from realtime_nb.server.ears.interpreter import MARK
from tests.server.door.test_app import BEARER
from tests.server.door.test_client_secrets import bearer, refusal, sdk
from tests.server.fakes import Stage, tone, virtual
from tests.server.serving import TOKEN, Served, serving
from tests.server.test_fuzz import _JSON
from tests.server.wire import check_translation_event

Json = dict[str, Any]

SOURCE, OUTPUT, SOUND = (
    "session.input_transcript.delta",
    "session.output_transcript.delta",
    "session.output_audio.delta",
)


def interpreting(**more: Any) -> Stage:
    return Stage(kind="translation", **more)


async def update(stage: Stage, audio: Json) -> Json:
    (event,) = await stage.send("session.update", session={"audio": audio})
    return event


def told(stage: Stage, kind: str) -> str:
    return "".join(event["delta"] for event in stage.events if event["type"] == kind)


@virtual
async def test_the_session_object_and_its_updates():
    async with interpreting() as stage:
        session = stage.events[0]["session"]
        assert session.pop("id").startswith("sess_")
        assert session.pop("expires_at") > 0
        assert session == {
            "type": "translation",
            "model": "local-demo",
            "audio": {
                "input": {"transcription": None, "noise_reduction": None},
                "output": {"language": None},
            },
        }
        await update(stage, {"output": {"language": "fr"}})
        heard = {"transcription": {"model": "gpt-realtime-whisper"}}
        await update(stage, {"input": {**heard, "noise_reduction": {"type": "near_field"}}})
        noise = {"type": "far_field", "strength": 0.5}
        event = await update(stage, {"input": {"noise_reduction": noise}})
        assert event["session"]["audio"] == {
            "input": {**heard, "noise_reduction": noise},
            "output": {"language": "fr"},
        }
        event = await update(stage, {"input": {"transcription": None, "noise_reduction": None}})
        assert event["session"]["audio"]["input"] == {
            "transcription": None,
            "noise_reduction": None,
        }


REFUSED: list[tuple[Json, str, str]] = [
    ({"type": "translation"}, "unknown_parameter", "session.type"),
    ({"model": "gpt-realtime-translate"}, "unknown_parameter", "session.model"),
    ({"instructions": "x"}, "unknown_parameter", "session.instructions"),
    ({"audio": {"output": {"voice": "ash"}}}, "unknown_parameter", "session.audio.output.voice"),
    ({"audio": {"output": {"language": 5}}}, "invalid_type", "session.audio.output.language"),
    ({"audio": {"output": {"language": None}}}, "invalid_type", "session.audio.output.language"),
    ({"audio": {"input": {"turn_detection": None}}}, "unknown_parameter",
     "session.audio.input.turn_detection"),
    ({"audio": {"input": {"format": {"type": "audio/pcmu"}}}}, "unknown_parameter",
     "session.audio.input.format"),
    ({"audio": {"input": {"transcription": {}}}}, "missing_required_parameter",
     "session.audio.input.transcription.model"),
    ({"audio": {"input": {"transcription": {"model": "x", "language": "en"}}}},
     "unknown_parameter", "session.audio.input.transcription.language"),
    ({"audio": {"input": {"noise_reduction": {"strength": 1}}}}, "missing_required_parameter",
     "session.audio.input.noise_reduction.type"),
    ({"audio": {"input": {"noise_reduction": {"type": "near_field", "strength": 2}}}},
     "decimal_above_max_value", "session.audio.input.noise_reduction.strength"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "code", "param"), REFUSED)
def test_a_bad_field_throws_the_update_away(wrong: Json, code: str, param: str):
    @virtual
    async def scene():
        async with interpreting() as stage:
            audio = wrong.get("audio", {})
            audio = {**audio, "output": {"language": "fr", **audio.get("output", {})}}
            (event,) = await stage.send("session.update", session={**wrong, "audio": audio})
            assert (event["error"]["code"], event["error"]["param"]) == (code, param)
            event = await update(stage, {})
            assert event["session"] == stage.events[0]["session"]

    scene()


@virtual
async def test_phrases_come_back_marked_and_in_order():
    async with interpreting(texts=["hello world", "good bye"]) as stage:
        await update(
            stage, {"output": {"language": "fr"}, "input": {"transcription": {"model": "x"}}}
        )
        for _ in range(2):
            await stage.append(800, loud=True)
            await stage.append(1_200, loud=False)
        await stage.settle(5)
        assert told(stage, SOURCE) == "hello world good bye"
        assert told(stage, OUTPUT) == f"{MARK}hello world {MARK}good bye"
        assert [said for said, _, _ in stage.speaker.said] == ["hello world", "good bye"]
        sound = [event for event in stage.events if event["type"] == SOUND]
        played = b"".join(base64.b64decode(event["delta"]) for event in sound)
        # ToneSpeaker: 250 ms a word, at 16 kHz; resampling may move an edge by a few samples.
        assert abs(len(played) - 4 * 250 * 48) < 400
        assert {(e["sample_rate"], e["channels"], e["format"]) for e in sound} == {
            (24_000, 1, "pcm16")
        }


@virtual
async def test_the_clock_is_the_sounds():
    async with interpreting(texts=["one two three", "four"]) as stage:
        await update(stage, {"input": {"transcription": {"model": "x"}}})
        await stage.append(1_000, loud=False)
        await stage.append(1_200, loud=True)
        await stage.append(2_800, loud=False)
        await stage.settle(30)  # nothing was sent meanwhile: no time has passed
        await stage.append(400, loud=True)
        await stage.append(600, loud=False)
        await stage.settle(5)
        for kind in (SOURCE, OUTPUT, SOUND):
            times = [event["elapsed_ms"] for event in stage.events if event["type"] == kind]
            assert times == sorted(times)
            assert all(at_ms % 200 == 0 for at_ms in times)
        source = [event["elapsed_ms"] for event in stage.events if event["type"] == SOURCE]
        assert source[0] in {800, 1_000}
        assert 1_200 <= source[2] <= 2_000
        assert source[3] in {4_800, 5_000}


@virtual
async def test_no_source_words_unless_they_are_asked_for():
    async with interpreting(texts=["hello"]) as stage:
        await stage.append(600, loud=True)
        await stage.append(600, loud=False)
        await stage.settle(5)
        assert SOURCE not in stage.types
        assert told(stage, OUTPUT) == f"{MARK}hello"


@virtual
async def test_a_close_flushes_what_was_said_and_then_takes_nothing_more():
    async with interpreting(texts=["hello there my friend"], pace=Pace(1.0)) as stage:
        await stage.append(450, loud=True)  # neither a pause nor a whole frame
        assert stage.types == ["session.created"]
        before = asyncio.get_running_loop().time()
        await stage.send("session.close")
        (late,) = await stage.send("session.input_audio_buffer.append", audio="AAAA")
        assert late["error"]["param"] == "type"
        (again,) = await stage.send("session.close")
        assert again["error"]["message"].startswith("The session is closing")
        await stage.until("session.closed")
        assert asyncio.get_running_loop().time() - before > 0.2, "the output was not waited for"
        assert told(stage, OUTPUT) == f"{MARK}hello there my friend"
        assert stage.types[-1] == "session.closed"
        assert stage.farewell == (1000, "")
        assert await stage.send("session.close") == []


@virtual
async def test_what_belongs_to_other_sessions_is_refused():
    async with interpreting() as stage:
        for kind in ("response.create", "input_audio_buffer.append", "conversation.item.create"):
            (event,) = await stage.send(kind)
            assert event["error"]["code"] == "invalid_value"
            assert "'session.close'" in event["error"]["message"]
        (event,) = await stage.send("session.input_audio_buffer.append", audio="AAA")
        assert event["error"]["param"] == "audio"
        (event,) = await stage.send("session.input_audio_buffer.append")
        assert event["error"]["code"] == "missing_required_parameter"


@virtual
async def test_without_a_recogniser_it_says_so_once():
    async with interpreting(deaf=True) as stage:
        for _ in range(2):
            await stage.append(600, loud=True)
            await stage.append(600, loud=False)
        await stage.settle(2)
        assert stage.types == ["session.created", "error"]
        assert stage.events[1]["error"]["type"] == "server_error"


@virtual
async def test_a_voice_that_breaks_costs_one_phrase():
    async with interpreting(texts=["one two three four", "five"]) as stage:
        stage.speaker.fails = True
        await stage.append(600, loud=True)
        await stage.append(600, loud=False)
        await stage.settle(2)
        assert "the voice broke" in stage.events[-1]["error"]["message"]
        stage.speaker.fails = False
        await stage.append(600, loud=True)
        await stage.send("session.close")
        await stage.until("session.closed")
        assert told(stage, OUTPUT).endswith(f"{MARK}five")


@virtual
async def test_an_expired_session_ends_as_others_do():
    async with interpreting(max_session_s=5) as stage:
        await stage.settle(6)
        assert stage.events[-1]["error"]["code"] == "session_expired"
        assert stage.expired


_FIELDS = st.sampled_from(["session", "audio", "event_id", "x"])
_EVENTS = st.builds(
    lambda kind, fields: {**fields, "type": kind},
    st.sampled_from(["session.update", "session.input_audio_buffer.append", "response.create"]),
    st.dictionaries(_FIELDS, _JSON, max_size=3),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_EVENTS, min_size=1, max_size=5))
def test_any_events_leave_a_working_session(events: list[Any]):
    @virtual
    async def scene():
        async with interpreting() as stage:
            for event in events:
                before = len(stage.events)
                await stage.session.handle(json.dumps(event))
                errors = [e["error"] for e in stage.events[before:] if e["type"] == "error"]
                assert {error["type"] for error in errors} <= {"invalid_request_error"}
            await stage.send("session.close")
            await stage.until("session.closed")

    scene()


def socket_of(served: Served, query: str, headers: Any) -> Any:
    url = f"ws://127.0.0.1:{served.port}/v1/realtime/translations{query}"
    return connect(url, additional_headers=headers)


async def test_the_openai_package_through_a_whole_session():
    async with (
        serving(texts=["hello world", "good bye"]) as served,
        AsyncOpenAI(base_url=served.url, api_key=TOKEN) as client,
        client.realtime.translations.connect(model="gpt-realtime-translate") as connection,
    ):
        created = await connection.recv()
        assert created.type == "session.created"
        await connection.session.update(
            session={
                "audio": {
                    "output": {"language": "es"},
                    "input": {"transcription": {"model": "gpt-realtime-whisper"}},
                }
            }
        )
        updated = await connection.recv()
        assert updated.type == "session.updated"
        assert updated.session.audio.output is not None
        assert updated.session.audio.output.language == "es"
        for _ in range(2):
            for loud in (True, False):
                pcm = tone(600, 8_000 if loud else 0).tobytes()
                for first in range(0, len(pcm), 9_600):
                    audio = base64.b64encode(pcm[first : first + 9_600]).decode()
                    await connection.session.input_audio_buffer.append(audio=audio)
        await connection.session.close()
        texts = {SOURCE: "", OUTPUT: ""}
        last = ""
        # The close frame after `session.closed` ends the iteration without an error.
        async with asyncio.timeout(20):
            while True:
                raw = json.loads(await connection.recv_bytes())
                check_translation_event(raw)
                last = raw["type"]
                if last in texts:
                    texts[last] += raw["delta"]
                if last == "session.closed":
                    break
            with pytest.raises(ConnectionClosed) as closed:
                await connection.recv_bytes()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1000
        assert texts[SOURCE] == "hello world good bye"
        assert texts[OUTPUT] == f"{MARK}hello world {MARK}good bye"


async def test_the_openai_package_makes_a_key_for_it():
    async with serving() as served, sdk(served) as client:
        made = await client.realtime.translations.client_secrets.create(
            session={
                "model": "gpt-realtime-translate",
                "audio": {"output": {"language": "fr"}},
            },
            expires_after={"anchor": "created_at", "seconds": 60},
        )
        assert made.session.type == "translation"
        assert made.session.audio.output is not None
        assert made.session.audio.output.language == "fr"
        for query in ("", "?model=gpt-realtime-translate"):
            async with socket_of(served, query, bearer(made.value)) as socket:
                created = json.loads(await socket.recv())
                assert created["session"]["audio"]["output"]["language"] == "fr"
        # Each key opens its own kind of session only.
        url = f"ws://127.0.0.1:{served.port}/v1/realtime"
        async with connect(url, additional_headers=bearer(made.value)) as socket:
            assert (await refusal(socket))[0]["code"] == "invalid_api_key"
        other = await client.realtime.client_secrets.create()
        async with socket_of(served, "", bearer(other.value)) as socket:
            assert (await refusal(socket))[0]["code"] == "invalid_api_key"
        for session, param in (
            ({}, "session.model"),
            ({"model": "gpt-realtime"}, "session.model"),
            ({"model": "gpt-realtime-translate", "voice": "ash"}, "session.voice"),
        ):
            wrong: Any = session
            with pytest.raises(BadRequestError) as raised:
                await client.realtime.translations.client_secrets.create(session=wrong)
            assert raised.value.param == param


@pytest.mark.parametrize(
    ("query", "headers", "code", "close_code"),
    [
        ("", BEARER, "missing_model", 4000),
        ("?model=gpt-realtime", BEARER, "invalid_model", 4000),
        ("?model=local-demo", {}, None, 3000),
        ("?model=local-demo", bearer("wrong-token"), "invalid_api_key", 3000),
        ("?model=local-demo", {**BEARER, "OpenAI-Beta": "realtime=v1"},
         "beta_api_shape_disabled", 4000),
    ],
)  # fmt: skip
async def test_refusals_come_after_the_upgrade(
    query: str, headers: Any, code: str | None, close_code: int
):
    async with serving() as served, socket_of(served, query, headers) as socket:
        error, closed = await refusal(socket)
        assert (error["code"], closed) == (code, close_code)
