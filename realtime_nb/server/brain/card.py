"""The practice card: some forty phrases, understood by pattern and answered by rule.

What stands on the card is what the recogniser listens for and what the widget shows, so
what is shown is what is understood. Everything else is answered with "I heard: ...". It
is a program and says so; see `directives` for what it obeys of its instructions, and
`tools` for how it finds the session's functions.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from realtime_nb.server.brain.card_phrases import CARD, PATTERNS
from realtime_nb.server.brain.directives import Persona, read_instructions
from realtime_nb.server.brain.interface import FunctionCall
from realtime_nb.server.brain.recordings import describe_recording
from realtime_nb.server.brain.skills import FIRST_SKILLS, SKILLS, Scene, Skill
from realtime_nb.server.brain.tools import MissingArgument, match_tool, say_output

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from realtime_nb.server.brain.interface import BrainRequest, Piece

ABOUT: Final = (
    "A local practice voice, not a model: it answers the phrases on this card, calls your "
    "tools when your words match their names and descriptions, and repeats what else it heard. "
    "Of instructions it obeys a name, a greeting, brief or long, formal or casual."
)

_LONGEST_ECHO: Final = 200  # characters of what was heard that are said back


def _now() -> datetime:
    return datetime.now().astimezone()


class CardBrain:
    """Answers from the card.

    Parameters
    ----------
    clock
        Gives the local date and time.
    """

    name = "card"
    about = ABOUT
    card = CARD
    phrases = PATTERNS

    def __init__(self, clock: Callable[[], datetime] = _now) -> None:
        self._clock = clock

    async def respond(self, request: BrainRequest) -> AsyncIterator[Piece]:
        """Answer by rule; see `interface.Brain.respond`."""
        piece = self.answer(request)
        yield piece

    def answer(self, request: BrainRequest) -> Piece:
        """Return the whole answer: words, or one function call."""
        system = [item.text for item in request.items if item.role == "system"]
        persona = read_instructions("\n".join([request.instructions, *system]))
        said = self._say(request, persona)
        if isinstance(said, FunctionCall):
            return said
        begun = any(item.role == "assistant" for item in request.items)
        if not begun and persona.greeting:
            return persona.greeting if said == persona.hello else f"{persona.greeting} {said}"
        return said

    def _say(self, request: BrainRequest, persona: Persona) -> Piece:
        scene = Scene(request, persona, self._clock())
        last = request.last
        if last is not None and last.kind == "function_call_output":
            return say_output(last.output) or "The function returned nothing."
        if request.tool_choice in {"required", "function"}:
            wanted = match_tool(request)
            if isinstance(wanted, FunctionCall):
                return wanted
        return (
            describe_recording(scene)
            or _without_words(scene)
            or _first_match(FIRST_SKILLS, scene)
            or _wanted(request)
            or _first_match(SKILLS, scene)
            or _off_card(scene)
        )


def _first_match(skills: tuple[Skill, ...], scene: Scene) -> str | None:
    for skill in skills:
        match = skill.match(scene.text)
        if match is not None:
            answer = skill.answer(scene, match)
            if answer is not None:
                return answer
    return None


def _wanted(request: BrainRequest) -> Piece | None:
    """Return the function call that was asked for, or the question for what it lacks."""
    wanted = match_tool(request)
    return wanted.question if isinstance(wanted, MissingArgument) else wanted


def _without_words(scene: Scene) -> str | None:
    """Return what to say when there are no words to go by, None when there are some."""
    if scene.request.idle:
        return "Are you still there? You can ask me: what can you do?"
    user = scene.request.last_user
    if user is None:
        return _welcome(scene.persona)
    if user.text:
        return None
    if user.images:
        return "I cannot see pictures: I am a local practice voice, not a model."
    if user.unheard:
        return f"I could hear you speak but not understand words: {user.unheard}."
    return "I did not catch that."


def _begun(text: str) -> str:
    """Return what is said back of a text: nobody waits for minutes of their own words."""
    if len(text) <= _LONGEST_ECHO:
        return text
    return f"{text[:_LONGEST_ECHO].rsplit(None, 1)[0]}, and so on"


def _welcome(persona: Persona) -> str:
    if persona.greeting:
        return persona.hello
    name = f" I am {persona.name}." if persona.name else ""
    return f"{persona.hello}{name} What can I do for you?"


def _off_card(scene: Scene) -> str:
    heard = f"I heard: {_begun(scene.user_text).rstrip('.?!')}."
    told = any(
        item.role == "assistant" and "not on my card" in item.text for item in scene.request.items
    )
    if told:
        return heard
    return scene.persona.cut(
        f"{heard} That is not on my card.",
        "I am a local practice voice, not a model: ask me what I can do.",
    )
