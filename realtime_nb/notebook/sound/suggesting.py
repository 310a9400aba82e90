"""What may be written next on the line of `%%audio_chat`, `%%speak` and their kin."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from realtime_nb.notebook.cell.suggest import Suggestion
from realtime_nb.protocol.config.catalogue import field_values
from realtime_nb.protocol.config.models import Use, names_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_HEAD: Final = re.compile(
    r"\s*(?:(?:\w+\s*=\s*)?%|%%)(?P<name>audio_chat|speak|transcribe|translate_audio)"
    r"\s+(?P<rest>.*)$"
)
_MODELS: Final[Mapping[str, Use]] = {
    "audio_chat": "chat",
    "speak": "speech",
    "transcribe": "transcription",
    "translate_audio": "transcription",
}
_VOICES_OF_REST: Final = ("fable", "nova", "onyx")
_WORDS: Final = ("history", "reset")


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a magic: what it takes, and whether it takes anything."""

    choices: tuple[str, ...] = ()
    is_flag: bool = False
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class KnownSounds:
    """What there is to be named.

    Attributes
    ----------
    options
        Of each magic, its options by name.
    sounds
        Gives the names of variables that hold sound.
    endpoints
        Gives the names of the endpoints.
    conversations
        The names of the conversations there are.
    """

    options: Mapping[str, Mapping[str, Option]] = field(
        default_factory=dict[str, dict[str, Option]]
    )
    sounds: Callable[[], tuple[str, ...]] = tuple
    endpoints: Callable[[], tuple[str, ...]] = tuple
    conversations: tuple[str, ...] = ()


def suggest_for_sound(text: str, cursor: int, known: KnownSounds) -> Suggestion | None:
    """Return what may be written at the cursor; None where this is not ours to say.

    Parameters
    ----------
    text
        The whole cell.
    cursor
        A place in it, counted in characters from 0.
    known
        What there is to be named.
    """
    line = text[:cursor].rpartition("\n")[2]
    head = _HEAD.match(line)
    if head is None:
        return None
    name = head["name"]
    options = known.options.get(name, {})
    *done, fragment = re.split(r"\s+", head["rest"])
    option, equals, given = fragment.partition("=")
    if equals and option in options:
        return _value(name, option, given, known)
    last = done[-1] if done else ""
    if last in options and not options[last].is_flag:
        return _value(name, last, fragment, known)
    if fragment.startswith("-"):
        rest = (one for one, kind in options.items() if kind.repeats or one not in done)
        return _chosen(fragment, rest, "option")
    if not line.lstrip().startswith("%%"):
        return _word(name, done, fragment, known)
    return None


def _value(name: str, option: str, fragment: str, known: KnownSounds) -> Suggestion | None:
    match option:
        case "--in":
            words, kind = known.sounds(), "instance"
        case "--speaker":
            fragment, words, kind = fragment.rpartition("=")[2], known.sounds(), "instance"
        case "--voice":
            words, kind = (*field_values("audio.output.voice"), *_VOICES_OF_REST), "value"
        case "--endpoint":
            words, kind = known.endpoints(), "endpoint"
        case "--model":
            words, kind = names_for(_MODELS[name]), "model"
        case "--name":
            words, kind = known.conversations, "chat"
        case _:
            words, kind = known.options[name][option].choices, "value"
    return _chosen(fragment, words, kind)


def _word(name: str, done: list[str], fragment: str, known: KnownSounds) -> Suggestion | None:
    if name == "audio_chat":
        words = known.conversations if done and done[0] in _WORDS else () if done else _WORDS
        return _chosen(fragment, words, "command")
    return None if done else _chosen(fragment, known.sounds(), "instance")


def _chosen(fragment: str, words: Iterable[str], kind: str) -> Suggestion | None:
    fitting = tuple(word for word in words if word.lower().startswith(fragment.lower()))
    return Suggestion(fragment, fitting, kind) if fitting else None
