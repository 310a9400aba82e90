"""Stored prompts: what they bring into a session, and what wins over them."""

from __future__ import annotations

from typing import Any

from realtime_nb.server.brain.directives import read_instructions
from realtime_nb.server.config.config import DEFAULT_INSTRUCTIONS, SessionConfig
from realtime_nb.server.config.stored_prompts import SHELF
from tests.server.fakes import Stage, TalkBrain, virtual

Json = dict[str, Any]

GUIDE, GREETER = "pmpt_practice_guide", "pmpt_practice_greeter"
LISBON: Json = {"place": "Lisbon", "name": {"type": "input_text", "text": "Max"}}


@virtual
async def test_a_prompt_brings_its_fields_and_the_session_shows_them():
    async with Stage() as stage:
        (event,) = await stage.update(prompt={"id": GUIDE})
        session = event["session"]
        assert session["prompt"] == {"id": GUIDE, "version": "2", "variables": None}
        assert session["instructions"] == SHELF[GUIDE]["2"].fields["instructions"]
        assert session["audio"]["output"]["voice"] == "marin"

        (event,) = await stage.update(prompt={"id": GUIDE, "version": "1"})
        assert event["session"]["instructions"] == SHELF[GUIDE]["1"].fields["instructions"]
        assert event["session"]["audio"]["output"]["voice"] == "alloy"

        (event,) = await stage.update(prompt=None)
        assert event["session"] == stage.events[0]["session"]


@virtual
async def test_variables_are_filled_in():
    async with Stage() as stage:
        (event,) = await stage.update(prompt={"id": GREETER, "variables": LISBON})
        assert '"Welcome to Lisbon, Max!"' in event["session"]["instructions"]
        assert event["session"]["prompt"]["variables"] == LISBON
        (event,) = await stage.update(
            prompt={"id": GREETER, "variables": {"place": "{{name}}", "name": r"\1"}}
        )
        assert r'"Welcome to {{name}}, \1!"' in event["session"]["instructions"]


@virtual
async def test_what_the_client_gave_itself_wins():
    async with Stage() as stage:
        (event,) = await stage.update(prompt={"id": GUIDE}, instructions="Mine.")
        assert event["session"]["instructions"] == "Mine."
        assert event["session"]["audio"]["output"]["voice"] == "marin"
        # It stays so with a later update, and with another prompt.
        (event,) = await stage.update(prompt={"id": GUIDE, "version": "1"})
        assert event["session"]["instructions"] == "Mine."
        (event,) = await stage.update(audio={"output": {"voice": "ash"}}, prompt={"id": GUIDE})
        assert event["session"]["audio"]["output"]["voice"] == "ash"


@virtual
async def test_a_refused_prompt_leaves_the_one_in_force():
    async with Stage() as stage:
        (before,) = await stage.update(prompt={"id": GUIDE})
        (event,) = await stage.update(prompt={"id": "pmpt_other"}, instructions="Mine.")
        assert event["error"]["param"] == "session.prompt.id"
        assert f"'{GUIDE}' and '{GREETER}'" in event["error"]["message"]
        (event,) = await stage.update()
        assert event["session"] == before["session"]


@virtual
async def test_answers_follow_the_prompt():
    brain = TalkBrain("Yes.")
    async with Stage(brain) as stage:
        await stage.update(prompt={"id": GUIDE, "version": "1"})
        await stage.send("response.create")
        await stage.until("response.done")
        assert brain.requests[-1].instructions.startswith("Your name is Ada.")
        # For one response only; and there, too, the response's own words win.
        stored: Json = {"id": GREETER, "variables": LISBON}
        start = len(stage.events)
        await stage.send("response.create", response={"prompt": stored})
        await stage.until("response.done", since=start)
        assert "Lisbon" in brain.requests[-1].instructions
        start = len(stage.events)
        await stage.send("response.create", response={"prompt": stored, "instructions": "Mine."})
        await stage.until("response.done", since=start)
        assert brain.requests[-1].instructions == "Mine."
        (event,) = await stage.send("response.create", response={"prompt": {"id": "x"}})
        assert event["error"]["param"] == "response.prompt.id"


@virtual
async def test_a_prompts_voice_comes_too_late_after_the_first_sound():
    async with Stage() as stage:
        await stage.send("response.create")
        await stage.until("response.done")
        (event,) = await stage.update(prompt={"id": GUIDE, "version": "2"})
        assert event["error"]["code"] == "cannot_update_voice"
        (event,) = await stage.update(prompt={"id": GUIDE, "version": "1"})
        assert event["type"] == "session.updated"


def test_the_card_obeys_what_stands_on_the_shelf():
    personas = {
        (prompt_id, version): read_instructions(stored.fields["instructions"])
        for prompt_id, versions in SHELF.items()
        for version, stored in versions.items()
    }
    assert personas[GUIDE, "1"].name == "Ada"
    assert personas[GUIDE, "1"].brief
    assert personas[GUIDE, "2"].formal
    assert personas[GREETER, "1"].greeting == "Welcome to {{place}}, {{name}}!"


def test_every_field_of_the_shelf_is_one_of_the_session():
    for prompt_id, versions in SHELF.items():
        for version, stored in versions.items():
            variables = dict.fromkeys(stored.variables, "x")
            config = SessionConfig("sess_x", 0)
            prompt = {"id": prompt_id, "version": version, "variables": variables}
            config.update({"type": "realtime", "prompt": prompt})
            assert config.instructions != DEFAULT_INSTRUCTIONS
            for path in stored.fields:
                value: Any = config.to_wire()
                for key in path.split("."):
                    value = value[key]
                assert value
