"""Rules a prompt for a voice should have and this one has not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from realtime_nb.protocol.prompting.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from realtime_nb.protocol.prompting.text import Prompt

_LANGUAGES: Final = (
    "arabic|bengali|bulgarian|cantonese|catalan|chinese|croatian|czech|danish|dutch|english|"
    "estonian|farsi|filipino|finnish|flemish|french|german|greek|gujarati|hebrew|hindi|"
    "hungarian|indonesian|irish|italian|japanese|korean|latvian|lithuanian|malay|mandarin|"
    "marathi|norwegian|persian|polish|portuguese|punjabi|romanian|russian|serbian|slovak|"
    "slovenian|spanish|swahili|swedish|tagalog|tamil|telugu|thai|turkish|ukrainian|urdu|"
    "vietnamese|welsh|deutsch|español|français|italiano|português"
)
_LANGUAGE_NAME: Final = re.compile(rf"\b(?:{_LANGUAGES})\b")
_SPEAKING: Final = re.compile(
    r"\b(?:in|only|always|speak\w*|spoken|respon\w+|repl(?:y|ies)|answer\w*|talk\w*|convers\w+|"
    r"communicat\w+|conduct\w*|language|stay|switch\w*|default\w*|use)\b"
)
_LANGUAGE_RULE: Final = re.compile(
    r"\b(?:same|other|another|which|what(?:ever)?|their|user's|caller's|customer's|speaker's|"
    r"preferred|target|output|primary|default|one|chosen|selected)\s+languages?\b"
    r"|\blanguages?\s+(?:the\s+)?(?:user|caller|customer|person|speaker|they|of\s+the)\b"
    r"|\b(?:speak|respond|reply|answer|switch|mirror|match)\w*\s+(?:\w+\s+){0,3}languages?\b"
    r"|\blanguages?\s*:"
)
# A language of which the list knows nothing is still written with a capital.
_IN_SOME_LANGUAGE: Final = re.compile(
    r"\b(?:[Ss]peak|[Aa]nswer|[Rr]espond|[Rr]eply|[Tt]alk|[Cc]ommunicate)(?:s|ing)?\s+"
    r"(?:(?:only|always|back|to \w+)\s+)?(?:in\s+)?(?:only\s+)?[A-Z][a-z]{3,}\b"
)
_UNCLEAR: Final = re.compile(
    r"\b(?:unclear|unintelligib|inaudib|garbled\b|muffled\b|mumbl|nois[ey]|silen(?:ce|t)\b|"
    r"clear audio\b|misheard\b|mishear|hard to hear\b|cut off\b|partial words\b|"
    r"repeat (?:that|it|themselves)\b|say (?:that|it) again\b|not clear\b|"
    r"(?:not|cannot|unable to|failed? to)\s+(?:\w+\s+){0,3}(?:hear|catch|understand)\b)"
)
_SAMPLES: Final = re.compile(
    r"\b(?:sample|example)s?\s+(?:phrase|response|repl(?:y|ie)|utterance|line|greeting|sentence|"
    r"opener|wording)s?\b|\bphrases?\s*:\s*$"
)
_VARIETY: Final = re.compile(
    r"\b(?:var(?:y|ied|ies|iety|ying)\b|variation|inspiration\b|robotic|repetiti|rephras|"
    r"alternat(?:e|ing)\b|mix (?:it|them) up\b|paraphras|word for word\b|verbatim\b|"
    r"different(?:ly)? (?:words?|wording|phras|way|opener|opening)|"
    r"(?:not|never|avoid)\s+(?:\w+\s+){0,3}(?:repeat|repeating|reus\w+|re-us\w+)\b|"
    r"(?:not|never|avoid)\s+(?:\w+\s+){0,4}same\b)"
)


def find_missing(prompt: Prompt) -> Iterator[Finding]:
    """Yield a finding for each of three rules the prompt lacks: language, noise, variety."""
    if not _has_language_rule(prompt):
        yield Finding(
            0,
            "language",
            "nothing says which language to speak, so noise or an accent may switch it",
            "add e.g. `Language: speak only English`",
        )
    if not _UNCLEAR.search(prompt.lower):
        yield Finding(
            0,
            "unclear-audio",
            "nothing says what to do with unclear audio, so noise may be answered",
            "add e.g. `When the audio is unclear or unintelligible, ask for it again`",
        )
    yield from _samples_without_variety(prompt)


def _has_language_rule(prompt: Prompt) -> bool:
    if _LANGUAGE_RULE.search(prompt.lower) or _IN_SOME_LANGUAGE.search(prompt.text):
        return True
    for line in prompt.lower.split("\n"):
        if _LANGUAGE_NAME.search(line) and _SPEAKING.search(line):
            return True
    return any("language" in line.heading.lower() for line in prompt.lines)


def _samples_without_variety(prompt: Prompt) -> Iterator[Finding]:
    if _VARIETY.search(prompt.lower):
        return
    for line in prompt.lines:
        if _SAMPLES.search(line.text.lower()):
            yield Finding(
                line.number,
                "variety",
                "there are sample phrases and no rule to vary them, so they come back word for"
                " word",
                "add e.g. `Do not always use these phrases; vary your wording`",
            )
            return
