"""What the card brain obeys of its instructions, and what it must admit to have ignored.

It obeys, and nothing else: a name ("Your name is Ada."), a greeting ("Greet the user with
'Welcome aboard!'"), the answers' length ("Be brief."), formality ("Be formal.", "Be
casual."), a word before functions are called ("Before each tool call say 'One moment.'"),
and English, which is all it speaks. Every other sentence is kept, word by
word, as ignored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from realtime_nb.server.config.config import DEFAULT_INSTRUCTIONS

_QUOTED: Final = r"[\"“«']+(?P<quoted>.+?)[\"”»']+\s*[.!]?\s*$"
_GREET: Final = (
    r"(?:greet(?:ing)?\b[^\"“:]*?(?:\bwith|\bby saying|:)"
    r"|(?:start|begin|open)\b[^\"“:]*?(?:\bwith|\bby saying|:)"
    r"|first,? say|your greeting is|always say first)"
)
_GREETING: Final = (
    re.compile(rf"{_GREET}\s*,?\s*(?:the words\s*)?:?\s*{_QUOTED}", re.IGNORECASE),
    re.compile(rf"{_GREET}\s*,?\s*:?\s*(?P<plain>\S.*?)\s*$", re.IGNORECASE),
)
_BARE_GREETING: Final = re.compile(r"\b(greet|welcome|say hello)\b", re.IGNORECASE)
_BEFORE_CALLS: Final = re.compile(
    r"\bpreambles?\b|\bbefore\b[^\"“]{0,40}\b(?:tools?|functions?)\b", re.IGNORECASE
)
_QUOTES: Final = re.compile(r"[\"“«](?P<words>[^\"”»]+)[\"”»]|(?<=\s)'(?P<single>[^']+)'")
_NAME: Final = (
    re.compile(
        r"\b(?:your name is|you are (?:called|named)|you're (?:called|named)|call yourself)\s+"
        r"[\"“']?(?P<name>[A-Za-z][\w'-]*)",
        re.IGNORECASE,
    ),
    re.compile(r"^\s*[Yy]ou(?: are|'re) (?P<name>[A-Z][\w-]*)(?=\s*(?:,|[.!]|$))"),
)
_BRIEF: Final = re.compile(
    r"\b(brief|briefly|short|shortly|concise|concisely|terse|one sentence|few words)\b",
    re.IGNORECASE,
)
_LONG: Final = re.compile(r"\b(detailed|in detail|at length|long answers?|long)\b", re.IGNORECASE)
_FORMAL: Final = re.compile(
    r"\b(formal|formally|polite|politely|courteous|professional|professionally)\b", re.IGNORECASE
)
_CASUAL: Final = re.compile(r"\b(casual|casually|informal|informally|friendly)\b", re.IGNORECASE)
_ENGLISH: Final = re.compile(r"\b(in|speak|use) english\b", re.IGNORECASE)
_SENTENCE: Final = re.compile(r"(?<=[.!?;])[\"”']?\s+|\n+")
_IN_QUOTES: Final = re.compile(r"\"[^\"]*\"|\u201c[^\u201d]*\u201d|(?<=\s)'[^']*'(?=[\s.,!?;]|$)")
_LONGEST, _SHOWN = 400, 60  # characters: no directive is that long
# A directive may stand beside something that is none: "Be brief and sarcastic."
_JOINT: Final = re.compile(r"\s*,?\s+and\s+|\s*,\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Persona:
    """How the card brain speaks.

    Parameters
    ----------
    name
        What it calls itself; empty for none.
    greeting
        Said before the first answer; empty for none.
    brief
        One sentence where there would be more.
    formal
        "Certainly." rather than "Sure.".
    ignored
        What it was told and cannot do, in the instructions' own words.
    preamble
        Said before functions are called; empty for nothing.
    """

    name: str = ""
    greeting: str = ""
    brief: bool = False
    formal: bool = False
    ignored: tuple[str, ...] = ()
    preamble: str = ""

    def cut(self, answer: str, more: str) -> str:
        """Return an answer with what may follow it, without that when it shall be brief."""
        return answer if self.brief else f"{answer} {more}"

    @property
    def yes(self) -> str:
        """The word before doing something."""
        return "Certainly." if self.formal else "Sure."

    @property
    def hello(self) -> str:
        """The word of welcome when none was given."""
        return "Good day." if self.formal else "Hello!"


def read_instructions(instructions: str) -> Persona:
    """Return the persona that instructions ask for, with what they ask in vain."""
    found: dict[str, str | bool] = {}
    ignored: list[str] = []
    text = instructions.replace(DEFAULT_INSTRUCTIONS, "")
    for sentence in _sentences(text):
        if len(sentence) > _LONGEST:
            ignored.append(f"{sentence[:_SHOWN]}…")
            continue
        if _read_whole(sentence, found):
            continue
        parts = [part for part in _JOINT.split(sentence) if part]
        understood = [_read_part(part, found) for part in parts]
        if not any(understood):
            ignored.append(sentence)
        else:
            ignored += [part for part, known in zip(parts, understood, strict=True) if not known]
    return Persona(
        name=str(found.get("name", "")),
        greeting=str(found.get("greeting", "")),
        brief=bool(found.get("brief")),
        formal=bool(found.get("formal")),
        ignored=tuple(ignored),
        preamble=str(found.get("preamble", "")),
    )


def _sentences(text: str) -> list[str]:
    """Return the sentences of a text; what stands in quotes belongs to the one around it."""
    quotes: list[str] = []

    def hide(match: re.Match[str]) -> str:
        quotes.append(match[0])
        return f"\0{len(quotes) - 1}\0"

    hidden = _IN_QUOTES.sub(hide, text.replace("\0", ""))
    # A sentence may also end inside of its closing quotes.
    hidden = re.sub(r"(\0\d+\0)(?=\s+[A-Z])", r"\1.", hidden)
    shown = [
        re.sub(r"\0(\d+)\0", lambda match: quotes[int(match[1])], sentence).strip()
        for sentence in _SENTENCE.split(hidden)
    ]
    return [sentence for sentence in shown if sentence]


def _read_whole(sentence: str, found: dict[str, str | bool]) -> bool:
    """Read a greeting or a preamble, whose words may hold any sign; return whether there was."""
    if _BEFORE_CALLS.search(sentence):
        quoted = _QUOTES.search(sentence)
        found["preamble"] = (
            (quoted["words"] or quoted["single"]).strip() if quoted else "Let me look."
        )
        return True
    for pattern in _GREETING:
        match = pattern.search(sentence)
        if match:
            words = match.groupdict()
            found["greeting"] = (words.get("quoted") or words.get("plain") or "").strip("\"“”'")
            return True
    return False


def _read_part(part: str, found: dict[str, str | bool]) -> bool:
    """Read one part of a sentence; return whether it was understood."""
    understood = False
    for pattern in _NAME:
        match = pattern.search(part)
        if match:
            found["name"] = match["name"][0].upper() + match["name"][1:]
            understood = True
            break
    flags = ((_BRIEF, "brief", True), (_LONG, "brief", False))
    flags += ((_FORMAL, "formal", True), (_CASUAL, "formal", False))
    for pattern, key, value in flags:
        if pattern.search(part):
            found[key] = value
            understood = True
    # A greeting without words and English are what it does anyway.
    return understood or bool(_BARE_GREETING.search(part) or _ENGLISH.search(part))
