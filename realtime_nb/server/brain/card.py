"""The practice card: some forty phrases, understood by pattern and answered by rule.

What stands on the card is what the recogniser listens for and what the widget shows, so
what is shown is what is understood. Everything else is answered with "I heard: ...". It
is a program and says so; see `directives` for what it obeys of its instructions, and
`tools` for how it finds the session's functions.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from realtime_nb.server.brain.asides import say_aside
from realtime_nb.server.brain.card_phrases import CARD, PATTERNS
from realtime_nb.server.brain.directives import Persona, read_instructions
from realtime_nb.server.brain.outputs import say_outputs
from realtime_nb.server.brain.pictures import describe_pictures, tell_pictures
from realtime_nb.server.brain.recordings import describe_recording
from realtime_nb.server.brain.skills import FIRST_SKILLS, SKILLS, Scene, Skill
from realtime_nb.server.brain.tools import MissingArgument, match_tools

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from realtime_nb.server.brain.interface import BrainRequest, FunctionCall, Piece

ABOUT: Final = (
    "A local practice voice, not a model: it answers the phrases on this card, calls your "
    "tools when your words match their names and descriptions, and repeats what else it heard. "
    "Of instructions it obeys a name, a greeting, brief or long, formal or casual, and what to "
    "say before a tool is called."
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
        for piece in self.answers(request):
            yield piece

    def answers(self, request: BrainRequest) -> list[Piece]:
        """Return the whole answer: words, or function calls behind a word if one was told."""
        system = [item.text for item in request.items if item.role == "system"]
        persona = read_instructions("\n".join([request.instructions, *system]))
        said = self._say(request, persona)
        if isinstance(said, list):
            return [persona.preamble, *said] if persona.preamble else list(said)
        begun = any(item.role == "assistant" for item in request.items)
        if not begun and persona.greeting and not request.beside:
            return [persona.greeting if said == persona.hello else f"{persona.greeting} {said}"]
        return [said]

    def _say(self, request: BrainRequest, persona: Persona) -> str | list[FunctionCall]:
        scene = Scene(request, persona, self._clock())
        given = say_outputs(request.items) or _waiting(request)
        if given:
            return given
        if request.tool_choice in {"required", "function"}:
            wanted = match_tools(request)
            if isinstance(wanted, list) and wanted:
                return wanted
        return (
            say_aside(request)
            or describe_recording(scene)
            or describe_pictures(scene)
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


def _waiting(request: BrainRequest) -> str:
    """Return that a call's output is missing, empty when the last item is no such call."""
    last = request.last
    if last is None or last.kind != "function_call":
        return ""
    return f"I am still waiting for what {last.name} gives."


def _wanted(request: BrainRequest) -> str | list[FunctionCall]:
    """Return the function calls that were asked for, or the question for what one lacks."""
    wanted = match_tools(request)
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
        return tell_pictures(user.pictures)
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
