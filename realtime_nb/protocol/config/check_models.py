"""Whether the models named exist, fit the session, and are still there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from realtime_nb.protocol.config.models import MODELS, find_model, names_for
from realtime_nb.protocol.config.paths import MISSING, get
from realtime_nb.protocol.config.problem import Problem, SessionKind
from realtime_nb.protocol.config.shapes import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from realtime_nb.protocol.config.models import Model, Use

_TRANSCRIBER: Final = "audio.input.transcription.model"
_WORK: Final[Mapping[Use, str]] = {
    "realtime": "is for conversations",
    "transcription": "is for transcription",
    "translation": "is for translation",
    "chat": "is for Chat Completions",
    "speech": "is for reading aloud",
}


def check_models(
    config: Mapping[str, Any], kind: SessionKind, model: str, today: date
) -> Iterator[Problem]:
    """Yield what is wrong with the session's model and with its transcriber.

    Parameters
    ----------
    config
        The session asked for.
    kind
        Of the session; a transcription session has a transcriber only.
    model
        The model of the endpoint, ``""`` where `config` alone names one.
    today
        Which models are shut down depends on it.
    """
    written = config.get("model")
    if kind != "transcription":
        names = {name for name in (written, model) if isinstance(name, str) and name}
        for name in sorted(names):
            yield from _model("model", name, kind, today)
        if names:
            yield from _abilities(config, [find_model(name) for name in sorted(names)])
    transcriber = get(config, _TRANSCRIBER)
    if isinstance(transcriber, str):
        yield from _model(_TRANSCRIBER, transcriber, "transcription", today)


def _model(path: str, name: str, use: Use, today: date) -> Iterator[Problem]:
    model = find_model(name)
    if model is None:
        yield _unknown(path, name, use)
    elif model.use != use:
        yield _other_use(path, model, use)
    elif model.shutdown is not None:
        yield _ending(path, model, today)


def _unknown(path: str, name: str, use: Use) -> Problem:
    known = [m.name for m in MODELS.values() if m.use == use]
    near = nearest(name, known).removeprefix("; ")
    advice = near or f"known are {', '.join(names_for(use))}"
    return Problem(path, f"`{path}`: no model called {name!r} is known here", advice, "warning")


def _other_use(path: str, model: Model, use: Use) -> Problem:
    message = f"`{path}`: {model.name} {_WORK[model.use]}"
    # The package's types name the chat models for a session, so they may be taken.
    severity = "warning" if (model.use, use) == ("chat", "realtime") else "error"
    return Problem(path, message, f"write {' or '.join(names_for(use)[:3])}", severity)


def _ending(path: str, model: Model, today: date) -> Problem:
    end = model.shutdown
    advice = f"write {model.replacement}"
    if end is not None and end <= today:
        message = f"`{path}`: {model.name} was shut down on {end.isoformat()}"
        return Problem(path, message, advice)
    message = f"`{path}`: {model.name} will be shut down on {end.isoformat() if end else '…'}"
    return Problem(path, message, advice, "warning")


def _abilities(config: Mapping[str, Any], models: list[Model | None]) -> Iterator[Problem]:
    """Yield what only models that reason take, where one is named that does not."""
    dull = next((m.name for m in models if m is not None and m.reasoning is False), None)
    if dull is None:
        return
    for name in ("reasoning", "parallel_tool_calls"):
        if get(config, name) is not MISSING:
            message = f"`{name}` is for models that reason, and {dull} does not"
            advice = "leave it out, or take gpt-realtime-2 or later"
            yield Problem(name, message, advice, "warning")
