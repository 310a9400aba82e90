"""Code that people were taught, run as it stands: its author is told what is wrong with it.

The first is of the shape of the question "the instructions are set with session.update, but it
doesn't actually work" (community.openai.com, 1125873); the others of the answers below it and
of the documentation of the beta API.
"""

from __future__ import annotations

import asyncio
import warnings

import pytest

from realtime_nb.client import LocalServer, connect, resolve_endpoint
from realtime_nb.errors import ConfigWarning, ConnectionLost
from realtime_nb.protocol.config.compare import compare

PIRATE = "You are a pirate of few words."
AS_IT_STANDS = {"modalities": ["audio"], "instructions": PIRATE}


@pytest.fixture(autouse=True)
def _nothing_left():
    """One server for all the tests here; so its threads are left until the last."""


@pytest.fixture(scope="module")
def local():
    yield resolve_endpoint("local")
    LocalServer.stop_shared()


async def talk_as_the_thread_does(endpoint):
    """Its model, its update, and then whatever comes."""
    async with connect(endpoint=endpoint, model="gpt-4o-realtime-preview") as connection:
        await connection.session.update(session=AS_IT_STANDS)
        async with asyncio.timeout(10):
            async for _event in connection:
                pass


async def set_the_prompt(endpoint, session):
    """The same with a living model; gives the session object the service goes on with."""
    async with connect(endpoint=endpoint, model="gpt-realtime-2.1") as connection:
        await connection.session.update(session=session)
        effective = None
        async with asyncio.timeout(10):
            async for event in connection:
                if event.type == "session.created":
                    effective = event.data["session"]
                elif event.type == "session.updated":
                    return event.data["session"]
                elif event.type == "error":
                    return effective
    return effective


async def answer_to(connection, kind):
    async with asyncio.timeout(10):
        async for event in connection:
            if event.type == kind:
                return event
    return None


async def told(awaitable):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        result = await awaitable
    return result, [str(warning.message) for warning in said if warning.category is ConfigWarning]


async def test_the_threads_own_code_is_told_all_that_is_wrong_and_why_it_ends(local):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        with pytest.raises(ConnectionLost, match=r"4000 .*choose another model"):
            await talk_as_the_thread_does(local)
    before = next(str(warning.message) for warning in told if warning.category is ConfigWarning)
    assert "will refuse this session.update whole" in before
    assert "type: realtime" in before
    assert "output_modalities" in before
    assert "gpt-4o-realtime-preview was shut down on 2026-05-07" in before


async def test_with_a_living_model_it_is_told_why_its_instructions_do_not_work(local):
    effective, said = await told(set_the_prompt(local, AS_IT_STANDS))
    (text,) = said
    assert "`type` is missing: the service refuses the whole update" in text
    assert "`modalities`" in text
    # And so it is: what it asked for is not there.
    assert effective["instructions"] != PIRATE
    rows = {row.path: row.verdict for row in compare({"instructions": PIRATE}, effective)}
    assert rows["instructions"] != "applied"


async def test_with_a_type_and_todays_names_it_works_and_the_table_proves_it(local):
    asked = {"type": "realtime", "output_modalities": ["audio"], "instructions": PIRATE}
    effective, said = await told(set_the_prompt(local, asked))
    assert said == []
    rows = {row.path: row.verdict for row in compare(asked, effective)}
    assert rows["instructions"] == "applied"
    assert rows["output_modalities"] == "applied"


async def test_the_betas_session_is_told_each_of_its_names(local):
    asked = {
        "modalities": ["text", "audio"],
        "instructions": PIRATE,
        "voice": "sage",
        "input_audio_format": "pcm16",
        "output_audio_format": "pcm16",
        "input_audio_transcription": {"model": "whisper-1"},
        "turn_detection": {"type": "server_vad", "silence_duration_ms": 500},
        "temperature": 0.8,
        "max_response_output_tokens": "inf",
    }
    effective, said = await told(set_the_prompt(local, asked))
    (text,) = said
    for name in asked.keys() - {"instructions"}:
        assert f"`{name}`" in text
    for place in ("audio.output.voice", "audio.input.format", "audio.input.turn_detection"):
        assert place in text
    assert effective["instructions"] != PIRATE


@pytest.mark.parametrize(
    ("item", "wanted"),
    [
        ({"type": "user", "content": "Ahoy"}, '"type": "message", "role": "user"'),
        (
            {"type": "message", "role": "user", "content": "Ahoy"},
            '"content": [{"type": "input_text", "text": "Ahoy"}]',
        ),
        (
            {"type": "function_result", "name": "get_weather", "result": "sunny"},
            '"type": "function_call_output", "call_id"',
        ),
        (
            {
                "type": "message",
                "role": "assistant",
                "content": [{"type": "text", "text": "Ahoy"}],
            },
            "output_text",
        ),
    ],
)
async def test_the_threads_items_are_told_what_ga_wants(local, item, wanted):
    async with connect(endpoint=local) as connection:
        _, said = await told(connection.conversation.item.create(item=item))
        (text,) = said
        assert "will refuse this conversation.item.create" in text
        assert wanted in text
        # The service refuses it indeed, and says nothing new.
        assert (await answer_to(connection, "error")).get("error.message")


async def test_the_betas_response_is_told_todays_names(local):
    async with connect(endpoint=local) as connection:
        asked = {"modalities": ["text"], "voice": "sage", "instructions": PIRATE}
        _, said = await told(connection.response.create(response=asked))
        (text,) = said
        assert "output_modalities" in text
        assert "audio.output.voice" in text
        assert (await answer_to(connection, "error")).get("error.code") == "unknown_parameter"


async def test_the_betas_events_are_told_todays(local):
    async with connect(endpoint=local) as connection:
        event = {"type": "transcription_session.update", "session": {}}
        _, said = await told(connection.send(event))
        assert "beta API" in said[0]
        assert "session.update" in said[0]
        assert (await answer_to(connection, "error")).get("error.param") == "type"


async def test_todays_documentation_says_nothing(local):
    async with connect(endpoint=local) as connection:
        session = {"type": "realtime", "instructions": PIRATE, "output_modalities": ["text"]}
        await connection.session.update(session=session)
        content = [{"type": "input_text", "text": "Good morning"}]
        await connection.conversation.item.create(
            item={"type": "message", "role": "user", "content": content}
        )
        await connection.response.create()
        done = await answer_to(connection, "response.done")
        assert done.get("response.status") == "completed"
        assert connection.log[-1].event.type == "response.done"
