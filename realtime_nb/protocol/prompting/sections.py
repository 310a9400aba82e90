"""The labelled sections of a prompt for a voice, and a text to begin with.

The eight sections and what belongs into each follow OpenAI's guide to prompting realtime
models; the words are our own. What the author has to supply stands as ``[fill in: …]``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

BLANK: Final = "[fill in:"
"""How a place begins that the author has to fill in; `check_prompt` finds what is left."""


@dataclass(frozen=True, slots=True)
class Section:
    """One labelled section of a prompt.

    Attributes
    ----------
    title
        Its heading.
    purpose
        What it is for, and when it may be left out: for people, not part of the prompt.
    lines
        The text to begin with.
    """

    title: str
    purpose: str
    lines: tuple[str, ...]


SECTIONS: Final[tuple[Section, ...]] = (
    Section(
        "Role & Objective",
        "Who speaks, for whom, and when the conversation has succeeded.",
        (
            "- You are [fill in: a name and a job, e.g. Ada, who books rooms for a hotel].",
            "- You have succeeded when [fill in: what the caller has at the end].",
        ),
    ),
    Section(
        "Personality & Tone",
        "How it sounds: manner, length, pace, language, variety. One short line for each.",
        (
            "- Manner: [fill in: two or three words, e.g. calm, friendly, to the point].",
            "- Length: two or three sentences a turn.",
            "- Pace: lively, never hurried.",
            "- Language: speak only English. To another language, say that you speak English.",
            "- Variety: vary your wording; do not open two turns with the same words.",
        ),
    ),
    Section(
        "Context",
        "What it should know: facts, today's date, who is calling. Leave out what it never needs.",
        ("- [fill in: one fact a line].",),
    ),
    Section(
        "Reference Pronunciations",
        "Names and terms that come out wrong, spelt as they sound. Leave out until one does.",
        ('- Pronounce "[fill in: a word]" as "[fill in: how it sounds, e.g. KEE-iv]".',),
    ),
    Section(
        "Tools",
        "Each tool by its exact name: when to call it, and when not. Leave out without tools.",
        (
            "- Before a call that takes time, say in a few words what you are doing.",
            "- When a tool fails, say so plainly and offer another way.",
            (
                "- [fill in: the name of a tool]: call it when [fill in: when]; not when"
                " [fill in: when not]."
            ),
        ),
    ),
    Section(
        "Instructions / Rules",
        "What to do and what not, as bullets; numbers and conditions in words.",
        (
            (
                "- Answer only what you heard clearly. When the audio is unclear, noisy or"
                " unintelligible, ask the caller to say it again."
            ),
            "- Read numbers and codes one digit at a time, and have them confirmed.",
            "- When you do not know something, say so; do not make it up.",
            "- [fill in: a rule of your own].",
        ),
    ),
    Section(
        "Conversation Flow",
        "The steps, each with its goal and with what has to be known before the next.",
        (
            (
                "1. Greeting: say who you are and ask what the caller needs."
                " Go on once the need is known."
            ),
            (
                "2. [fill in: a step]: [fill in: its goal]."
                " Go on once [fill in: what has to be known]."
            ),
            "3. Closing: repeat what was agreed and say goodbye.",
        ),
    ),
    Section(
        "Safety & Escalation",
        "When to stop helping and hand over, and what to say while doing it.",
        (
            (
                "- Hand over to a person when the caller asks for one, is in danger, or after two"
                " failed attempts at the same thing."
            ),
            "- Say that you are handing over, and then do it: [fill in: how].",
        ),
    ),
)
"""The sections, in the order in which they stand in a prompt."""


def template() -> str:
    """Return a prompt to fill in: every section with its heading, and no line without use."""
    return "\n\n".join("\n".join((f"# {part.title}", *part.lines)) for part in SECTIONS)
