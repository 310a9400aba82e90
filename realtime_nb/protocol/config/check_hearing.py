"""What each transcriber takes: hints, delay, and whether turns may be found beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.protocol.config.check_names import nested
from realtime_nb.protocol.config.check_types import shown
from realtime_nb.protocol.config.models import MODELS, find_model
from realtime_nb.protocol.config.paths import MISSING, get, merge
from realtime_nb.protocol.config.problem import Problem, SessionKind
from realtime_nb.protocol.told import as_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from realtime_nb.protocol.config.models import Model

_HEARD: Final = "audio.input.transcription"
_TURNS: Final = "audio.input.turn_detection"


def check_hearing(
    config: Mapping[str, Any], effective: Mapping[str, Any], kind: SessionKind
) -> Iterator[Problem]:
    """Yield what the transcriber of a session does not take.

    Parameters
    ----------
    config
        The session asked for.
    effective
        The session in force, empty where there is none: an update may leave out what was said
        before, and what the service reports of a model it takes.
    kind
        Of the session.
    """
    merged = merge(effective, config)
    transcription = get(config, _HEARD)
    whole = get(merged, _HEARD)
    name = get(merged, f"{_HEARD}.model")
    model = find_model(name) if isinstance(name, str) else None
    if isinstance(transcription, dict):
        asked = cast("dict[str, Any]", transcription)
        yield from _keywords(asked.get("keywords"))
        if not name:
            yield _nameless(f"`{_HEARD}` names no model")
        if model is not None and model.use == "transcription":
            settled: Any = (
                get(effective, _HEARD) if get(effective, f"{_HEARD}.model") == name else {}
            )
            yield from _hints(_new(asked, settled), model)
    elif kind == "transcription" and not whole:
        yield _nameless("nothing would be transcribed: no transcriber is given")
    if kind == "transcription" and model is not None and not model.turn_detection:
        yield from _turns(merged, model.name)


def _nameless(message: str) -> Problem:
    advice = f"write `{nested(_HEARD, '{model: gpt-transcribe}')}`, or another transcriber"
    return Problem(f"{_HEARD}.model", message, advice, "warning")


def _keywords(keywords: Any) -> Iterator[Problem]:
    if not isinstance(keywords, list):
        return
    for place, word in enumerate(cast("list[Any]", keywords)):
        if isinstance(word, str) and any(mark in word for mark in "<>\r\n"):
            path = f"{_HEARD}.keywords[{place}]"
            message = f"`{path}` is {shown(word)}, and the service refuses <, > and line ends in it"
            yield Problem(path, message, "write the word alone")


def _new(asked: dict[str, Any], settled: Any) -> dict[str, Any]:
    """Return what is asked for and not in force already."""
    known = as_object(settled)
    return {name: value for name, value in asked.items() if value != known.get(name)}


def _hints(asked: Mapping[str, Any], model: Model) -> Iterator[Problem]:
    """Yield the hints that this model does not take; null is none."""
    given = {name for name, value in asked.items() if value is not None}
    for name in sorted(given & {"language", "languages"} - {model.language}):
        first = _first(asked[name])
        instead = f"languages: [{first}]" if name == "language" else f"language: {first}"
        advice = "leave it out" if model.language in given else f"write `{instead}`"
        message = f"{model.name} takes `{model.language}`, not `{name}`"
        yield Problem(f"{_HEARD}.{name}", message, advice)
    for name, takes in (
        ("keywords", model.keywords),
        ("prompt", model.prompt),
        ("delay", model.delay),
    ):
        if name in given and takes is False:
            able = [m.name for m in MODELS.values() if getattr(m, name) and m.shutdown is None]
            message = f"{model.name} takes no `{name}`"
            advice = f"leave it out; {' and '.join(able)} take it"
            yield Problem(f"{_HEARD}.{name}", message, advice)


def _first(language: Any) -> str:
    """Return the language, or the first of several, as it may be written."""
    entries = cast("list[Any]", language) if isinstance(language, list) else [language]
    return str(entries[0])[:40] if entries else "en"


def _turns(merged: Mapping[str, Any], model: str) -> Iterator[Problem]:
    turns = get(merged, _TURNS)
    if turns is None:
        return
    message = f"{model} finds no turns: the service refuses turn detection beside it"
    if turns is MISSING:
        message = f"{model} needs `turn_detection: null`: left out, server_vad is on"
    advice = "write `turn_detection: none`, and commit the sound yourself"
    yield Problem(_TURNS, message, advice)
