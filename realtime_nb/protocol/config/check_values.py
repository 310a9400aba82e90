"""Whether the values in a session lie in the ranges and choices of the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.protocol.config.catalogue import FIELDS, general
from realtime_nb.protocol.config.catalogue_audio import VOICES
from realtime_nb.protocol.config.check_types import shown
from realtime_nb.protocol.config.paths import get
from realtime_nb.protocol.config.problem import Problem
from realtime_nb.protocol.config.shapes import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LONG_INSTRUCTIONS: Final = 100_000
"""Characters from which on instructions are warned of; the service's own limit is unknown."""

_MOST_PAIRS: Final = 16
_LONGEST_KEY: Final = 64
_LONGEST_VALUE: Final = 512


def check_values(config: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield the values that are of the right type and yet not taken."""
    for path, value in _scalars(config, ""):
        yield from _range(path, value)
    yield from _modalities(config.get("output_modalities"))
    yield from _instructions(config.get("instructions"))
    yield from _voice(get(config, "audio.output.voice"))


def check_metadata(value: Any, path: str) -> Iterator[Problem]:
    """Yield what is wrong with the `metadata` of a response.

    Parameters
    ----------
    value
        What stands there; null is allowed.
    path
        Where it stands, such as ``response.metadata``.
    """
    if value is None:
        return
    if not isinstance(value, dict):
        yield Problem(path, f"`{path}` is {shown(value)}, and takes an object of texts")
        return
    pairs = cast("dict[str, Any]", value)
    if len(pairs) > _MOST_PAIRS:
        message = f"`{path}` has {len(pairs)} pairs, and takes {_MOST_PAIRS} at most"
        yield Problem(path, message, "leave some out")
    for key, entry in pairs.items():
        where = f"{path}.{key[:_LONGEST_KEY]}"
        if len(key) > _LONGEST_KEY:
            yield Problem(where, f"a key of `{path}` is longer than {_LONGEST_KEY} characters")
        if not isinstance(entry, str):
            advice = f'put it in quotes: "{shown(entry)}"'
            yield Problem(where, f"`{where}` is {shown(entry)}, and takes text", advice)
        elif len(entry) > _LONGEST_VALUE:
            message = f"`{where}` is {len(entry)} characters long, and takes {_LONGEST_VALUE}"
            yield Problem(where, message, "shorten it")


def _scalars(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, entry in cast("dict[str, Any]", value).items():
            yield from _scalars(entry, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for place, entry in enumerate(cast("list[Any]", value)):
            yield from _scalars(entry, f"{path}[{place}]")
    else:
        yield path, value


def _range(path: str, value: Any) -> Iterator[Problem]:
    field = FIELDS.get(general(path))
    if field is None or isinstance(value, bool) or not isinstance(value, int | float):
        return
    too_low = field.low is not None and value < field.low
    too_high = field.high is not None and value > field.high
    if too_low or too_high:
        bound = field.low if too_low else field.high
        word = "below" if too_low else "above"
        message = f"`{path}` is {value}, {word} {bound}"
        yield Problem(path, message, f"it takes {field.takes}")


def _modalities(value: Any) -> Iterator[Problem]:
    if not isinstance(value, list):
        return
    words = cast("list[Any]", value)
    if words in (["audio"], ["text"]) or not set(map(str, words)) <= {"audio", "text"}:
        return  # what is neither is told of by its type
    if set(map(str, words)) == {"text", "audio"}:
        message = "`output_modalities` has text and audio together, and the service refuses both"
        advice = "write [audio] (its transcript comes with it) or [text]"
    else:
        message = f"`output_modalities` is {shown(words)}, and takes one word"
        advice = "write [audio] or [text]"
    yield Problem("output_modalities", message, advice)


def _instructions(value: Any) -> Iterator[Problem]:
    if isinstance(value, str) and len(value) > LONG_INSTRUCTIONS:
        message = f"`instructions` is {len(value):,} characters long"
        advice = "how long it may be is not known, and each response is billed for all of it"
        yield Problem("instructions", message, advice, "warning")


def _voice(value: Any) -> Iterator[Problem]:
    if isinstance(value, str) and value not in VOICES:
        path = "audio.output.voice"
        near = nearest(value, VOICES).removeprefix("; ")
        advice = near or f"there are {', '.join(VOICES)}; one of your own is {{id: voice_…}}"
        yield Problem(path, f"`{path}` has no voice {shown(value)}", advice)
