"""The card's skills: how each phrase is recognised, and what is answered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from realtime_nb.server.brain.numbers import digits, find_code, plain
from realtime_nb.server.brain.stories import FACTS, JOKES, STORY
from realtime_nb.server.brain.timers import cancel_timer, set_timer, time_left

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from realtime_nb.server.brain.directives import Persona
    from realtime_nb.server.brain.interface import BrainRequest

_LONGEST_COUNT: Final = 100
_LONGEST_TEXT: Final = 2_000  # characters looked at: nobody says more in one breath
_ORDERS: Final = (
    "is packed and leaves tomorrow",
    "was shipped yesterday and arrives on Friday",
    "was delivered on Monday",
    "waits for its payment",
)
_NAMES: Final = re.compile(
    r"\b(?:my name is|call me|i am called)\s+(?P<name>[a-z][\w'-]*)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Scene:
    """What a skill may look at.

    Parameters
    ----------
    request
        What the brain was asked.
    persona
        How it speaks.
    now
        Local date and time.
    """

    request: BrainRequest
    persona: Persona
    now: datetime

    @property
    def user_text(self) -> str:
        """The user's last words as they came."""
        user = self.request.last_user
        return user.text if user is not None else ""

    @property
    def text(self) -> str:
        """The user's last words, lower-cased, numbers in digits, without signs."""
        return normal(self.user_text[:_LONGEST_TEXT])

    def said_by(self, role: str) -> list[str]:
        """Return the texts of all messages of a role, oldest first."""
        return [item.text for item in self.request.items if item.role == role and item.text]


@dataclass(frozen=True, slots=True)
class Skill:
    """One thing that can be asked.

    Parameters
    ----------
    pattern
        Matched anywhere in the normalised text.
    answer
        Makes the answer; None when, looking closer, this was not meant.
    """

    pattern: re.Pattern[str]
    answer: Callable[[Scene, re.Match[str]], str | None]

    def match(self, text: str) -> re.Match[str] | None:
        """Return the match in a normalised text."""
        return self.pattern.search(text)


def normal(text: str) -> str:
    """Return a text lower-cased, numbers in digits, with only the signs arithmetic needs."""
    spelled = digits(
        re.sub(r"\b(what|who|where|how)['\u2019]s\b", r"\1 is", text, flags=re.IGNORECASE)
    )
    # A point between digits belongs to the number.
    bare = re.sub(r"(?<!\d)\.|\.(?!\d)|[^\w\s'+*/.-]", " ", spelled)
    return re.sub(r"\s+", " ", bare).strip()


# ------------------------------------------------------------------ about itself


def _who(scene: Scene, _match: re.Match[str]) -> str:
    name = f"I am {scene.persona.name}. " if scene.persona.name else ""
    who = f"{name}I am a local practice voice: a small program on this computer, not a model."
    return scene.persona.cut(who, "I know the phrases on my card.")


def _own_name(scene: Scene, match: re.Match[str]) -> str:
    if scene.persona.name:
        return f"My name is {scene.persona.name}."
    return _who(scene, match)


def _abilities(scene: Scene, _match: re.Match[str]) -> str:
    tools = [tool.name for tool in scene.request.tools]
    also = f" I can also call your functions: {', '.join(tools)}." if tools else ""
    return (
        "I can tell the time and the date, do sums, set a timer, remember your name, look up an "
        f"order, count, spell, tell a joke or a long story.{also}"
    )


def _ignored(scene: Scene, _match: re.Match[str]) -> str:
    ignored = scene.persona.ignored
    if not ignored:
        return "I ignored nothing of your instructions."
    listed = "; ".join(part.rstrip(".!;") for part in ignored)
    return f"Of your instructions I ignored this: {listed}."


def _interrupting(scene: Scene, _match: re.Match[str]) -> str:
    return scene.persona.cut(
        "Just begin to speak while I do.", "Ask me for a story, then talk over me."
    )


def _repeat(scene: Scene, _match: re.Match[str]) -> str:
    said = scene.said_by("assistant")
    return said[-1] if said else "I have not said anything yet."


def _echo_user(scene: Scene, _match: re.Match[str]) -> str:
    said = scene.said_by("user")[:-1]
    return f"You said: {said[-1]}" if said else "You have not said anything before that."


# ----------------------------------------------------------------------- manners


def _hello(scene: Scene, _match: re.Match[str]) -> str:
    return scene.persona.hello


def _how_are_you(scene: Scene, _match: re.Match[str]) -> str:
    return "Very well, thank you." if scene.persona.formal else "Fine, thanks! And you?"


def _thanks(scene: Scene, _match: re.Match[str]) -> str:
    return "It is my pleasure." if scene.persona.formal else "You are welcome!"


def _goodbye(scene: Scene, _match: re.Match[str]) -> str:
    name = _known_name(scene)
    return f"Goodbye, {name}." if name else "Goodbye."


def _stop(scene: Scene, _match: re.Match[str]) -> str:
    return scene.persona.yes if scene.persona.formal else "Okay."


def _learn_name(scene: Scene, match: re.Match[str]) -> str:
    word = "Good day" if scene.persona.formal else "Nice to meet you"
    return f"{word}, {match['name'].capitalize()}."


def _recall_name(scene: Scene, _match: re.Match[str]) -> str:
    name = _known_name(scene)
    return f"Your name is {name}." if name else "You have not told me your name yet."


def _known_name(scene: Scene) -> str:
    for text in reversed(scene.said_by("user")):
        match = _NAMES.search(text)
        if match:
            return match["name"].capitalize()
    return ""


# ------------------------------------------------------------------ time and sums


def _time(scene: Scene, _match: re.Match[str]) -> str:
    return f"It is {scene.now.hour}:{scene.now.minute:02d}."


def _date(scene: Scene, _match: re.Match[str]) -> str:
    return f"Today is {scene.now:%A}, {scene.now:%B} {scene.now.day}, {scene.now.year}."


def _sum(_scene: Scene, match: re.Match[str]) -> str:
    left, sign, right = float(match["left"]), match["sign"].split()[0], float(match["right"])
    said = {
        "+": "plus",
        "-": "minus",
        "*": "times",
        "x": "times",
        "/": "divided",
        "over": "divided",
    }
    name = said.get(sign, sign)
    name = {"multiplied": "times", "and": "plus", "less": "minus"}.get(name, name)
    if name == "divided" and right == 0:
        return "Nothing can be divided by zero."
    result = {
        "plus": left + right,
        "minus": left - right,
        "times": left * right,
        "divided": left / (right or 1),
    }[name]
    shown = "divided by" if name == "divided" else name
    return f"{plain(left)} {shown} {plain(right)} is {plain(result)}."


# -------------------------------------------------------------------- small tasks


def _order(scene: Scene, _match: re.Match[str]) -> str:
    code = find_code(scene.user_text)
    if not code:
        return "Which order? Tell me its number."
    return f"Order {code} {_ORDERS[int(code) % len(_ORDERS)]}."


def _count(_scene: Scene, match: re.Match[str]) -> str | None:
    last = int(match["last"])
    if not 1 <= last <= _LONGEST_COUNT:
        return f"I count from one to {_LONGEST_COUNT} at most."
    return ", ".join(str(number) for number in range(1, last + 1)) + "."


def _spell(_scene: Scene, match: re.Match[str]) -> str:
    letters = [letter.upper() for letter in match["word"] if letter.isalnum()]
    return ", ".join(letters) + "."


def _story(scene: Scene, _match: re.Match[str]) -> str:
    return f"{scene.persona.yes} {STORY}"


def _joke(scene: Scene, _match: re.Match[str]) -> str:
    return _next_of(JOKES, scene)


def _fact(scene: Scene, _match: re.Match[str]) -> str:
    return _next_of(FACTS, scene)


def _next_of(choices: Sequence[str], scene: Scene) -> str:
    """Return the choice not told yet in this conversation, in turn."""
    told = sum(text in choices for text in scene.said_by("assistant"))
    return choices[told % len(choices)]


def _weather(_scene: Scene, _match: re.Match[str]) -> str:
    return (
        "I know no weather: give the session a tool such as get weather, "
        "with a city, and I will call it."
    )


def _light(_scene: Scene, _match: re.Match[str]) -> str:
    return "I have no lights: give the session a tool such as set light, and I will call it."


def _skill(pattern: str, answer: Callable[[Scene, re.Match[str]], str | None]) -> Skill:
    return Skill(re.compile(pattern), answer)


_NUMBER: Final = r"-?\d+(?:\.\d+)?"

# Before the session's tools: what concerns the voice itself.
FIRST_SKILLS: Final = (
    _skill(r"\bwhat (?:did|do|have) you ignored?\b", _ignored),
    _skill(r"\bwhat(?: else)? can (?:you do|i (?:say|ask))\b|^help(?: me)?$", _abilities),
    _skill(r"\bhow (?:do|can) i (?:interrupt|stop) you\b", _interrupting),
    _skill(r"\b(?:what is) your name\b", _own_name),
    _skill(r"\bwho are you\b|\bwhat are you\b|\bare you (?:a|an|real|human)\b", _who),
    _skill(r"\b(?:say|repeat) (?:that|it)\b|^repeat$|^again$", _repeat),
    _skill(r"\bwhat did i (?:just )?say\b", _echo_user),
)

SKILLS: Final = (
    _skill(
        rf"(?P<left>{_NUMBER}) (?P<sign>plus|minus|times|multiplied by|divided by|over|[-+*/x]) "
        rf"(?P<right>{_NUMBER})",
        _sum,
    ),
    _skill(r"\b(?:cancel|stop) (?:the|my) timer\b", lambda scene, _m: cancel_timer(scene.request)),
    _skill(r"\btimer\b", lambda scene, _m: set_timer(scene.text, scene.persona)),
    _skill(
        r"\bhow much time is left\b|\bhow long is left\b|\btime is left\b",
        lambda scene, _m: time_left(scene.request),
    ),
    _skill(r"\bwhat time is it\b|\bwhat is the time\b|\btell me the time\b", _time),
    _skill(r"\bwhat (?:is|day is)\b.*\b(?:date|day|today|it)\b|\btoday's date\b", _date),
    _skill(_NAMES.pattern, _learn_name),
    _skill(r"\b(?:what is|do you know) my name\b|\bwho am i\b", _recall_name),
    _skill(r"\border\b", _order),
    _skill(r"\bstory\b", _story),
    _skill(r"\bjoke\b", _joke),
    _skill(r"\bfact\b|\bsomething interesting\b", _fact),
    _skill(r"\bcount (?:up )?to (?P<last>\d+)\b", _count),
    _skill(r"\bspell (?:the word )?(?P<word>[a-z][\w'-]*)", _spell),
    _skill(r"\bweather\b", _weather),
    _skill(r"\blights?\b", _light),
    _skill(r"\bhow are you\b", _how_are_you),
    _skill(r"\bthank(?:s| you)\b", _thanks),
    _skill(r"\b(?:goodbye|bye|see you)\b", _goodbye),
    _skill(r"\b(?:hello|hi|hey|good (?:morning|afternoon|evening|day))\b", _hello),
    _skill(r"^(?:please )?(?:stop|be quiet|never mind|okay|ok)$", _stop),
)
