"""An event of a program's own, looked at before it is sent.

The service answers a wrong event with an `error` event, which most programs do not look for,
and does nothing of what was asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast, get_args

from realtime_nb.protocol.config.check import check_config, check_metadata
from realtime_nb.protocol.config.check_types import shown
from realtime_nb.protocol.config.migrate_names import (
    BETA_CLIENT_EVENTS,
    BETA_END,
    BETA_RESPONSE_FIELDS,
    BETA_SERVER_EVENTS,
)
from realtime_nb.protocol.config.models import find_model
from realtime_nb.protocol.config.problem import Problem
from realtime_nb.protocol.config.review_items import review_item
from realtime_nb.protocol.config.review_shapes import check_shape, join, missing
from realtime_nb.protocol.config.shapes import dicts_of, members, nearest, session_keys, tags_of

if TYPE_CHECKING:
    from datetime import date

_LONGEST_ID: Final = 512
_MOST_AUDIO: Final = 15 << 20
_TRANSLATION_ONLY: Final = frozenset({"session.input_audio_buffer.append", "session.close"})
_NOT_ON_WEBSOCKET: Final = "output_audio_buffer.clear"
# Parts of an event that have a look of their own.
_BODIES: Final = frozenset({"session", "item", "response", "audio"})
# Fields of a response that are none of a session.
_RESPONSE_ONLY: Final = frozenset({"conversation", "metadata", "input"})


def review_event(event: Mapping[str, Any], *, today: date, model: str = "") -> list[Problem]:
    """Return what is wrong with a client event as it stands.

    Parameters
    ----------
    event
        As it would be sent.
    today
        Which models are shut down depends on it.
    model
        The session's model; a translation model has events of its own.
    """
    kind = event.get("type")
    if not isinstance(kind, str):
        said = "the event has no `type`" if kind is None else f"`type` is {shown(kind)}"
        return [Problem("type", said, f"write one of {', '.join(sorted(_events()))}")]
    if kind not in _events():
        return [_unknown(kind)]
    shape = _events()[kind]
    translating = _translates(model)
    problems = [*_out_of_place(kind, translating=translating)] if model else []
    problems += _envelope(event, shape)
    for name in _BODIES & set(event):
        if name in members(shape):
            problems += _body(name, event[name], today, model)
    return problems


@cache
def _events() -> Mapping[str, Any]:
    """Return the types of all client events, and the package's shape of each."""
    # The package's types take most of a second to load.
    from openai.types.realtime import (  # noqa: PLC0415
        RealtimeClientEventParam,
        RealtimeTranslationClientEventParam,
    )

    shapes = (*dicts_of(RealtimeTranslationClientEventParam), *dicts_of(RealtimeClientEventParam))
    return {tag: shape for shape in shapes for tag in tags_of(shape)}


def _translates(model: str) -> bool:
    known = find_model(model)
    return known is not None and known.use == "translation"


def _unknown(kind: str) -> Problem:
    message = f"there is no event of type {kind!r}"
    if kind in BETA_CLIENT_EVENTS:
        advice = f"{BETA_END}; send `{BETA_CLIENT_EVENTS[kind]}` with `type: transcription` in it"
        return Problem("type", f"{kind!r} is a name of the beta API", advice)
    if kind in BETA_SERVER_EVENTS or _of_the_service(kind):
        return Problem("type", f"{kind!r} is an event that the service sends, not the client")
    listed = f"there are {', '.join(sorted(_events()))}"
    return Problem("type", message, nearest(kind, _events()).removeprefix("; ") or listed)


@cache
def _service_events() -> frozenset[str]:
    from openai.types.realtime import RealtimeServerEvent  # noqa: PLC0415 -- as above

    union = get_args(RealtimeServerEvent)[0]
    return frozenset(
        word
        for arm in get_args(union)
        if "type" in getattr(arm, "model_fields", {})
        for word in get_args(arm.model_fields["type"].annotation)
    )


def _of_the_service(kind: str) -> bool:
    return kind in _service_events()


def _out_of_place(kind: str, *, translating: bool) -> Iterator[Problem]:
    if kind in _TRANSLATION_ONLY and not translating:
        yield Problem("type", f"{kind!r} belongs to a translation session")
    elif translating and kind not in _TRANSLATION_ONLY | {"session.update"}:
        own = ", ".join(sorted(_TRANSLATION_ONLY | {"session.update"}))
        yield Problem("type", f"a translation session has no {kind!r}", f"it has {own}")
    elif kind == _NOT_ON_WEBSOCKET:
        message = f"{kind!r} is for WebRTC and SIP: over a WebSocket the client plays the sound"
        advice = "stop playing, and send conversation.item.truncate with what was heard"
        yield Problem("type", message, advice, "warning")


def _envelope(event: Mapping[str, Any], shape: Any) -> Iterator[Problem]:
    known = members(shape)
    body = next((name for name in known if name in {"session", "response", "item"}), "")
    strays = [name for name in event if name not in known]
    if body == "session" and "session" not in event:
        advice = "write the session's fields into it"
        yield Problem("session", "the event has no `session`, and must have it", advice)
    for name in strays:
        if body in {"session", "response"} and name in session_keys():
            yield Problem(name, f"`{name}` stands beside `{body}`", f"write it into `{body}`")
    rest = {
        name: value
        for name, value in event.items()
        if not (name in strays and body in {"session", "response"} and name in session_keys())
    }
    for problem in check_shape(rest, shape, "", skip=_BODIES):
        if problem.path != "session" or "session" in event:
            yield problem
    identity = event.get("event_id")
    if isinstance(identity, str) and len(identity) > _LONGEST_ID:
        yield Problem("event_id", f"`event_id` is longer than {_LONGEST_ID} characters")


def _body(name: str, value: Any, today: date, model: str) -> Iterator[Problem]:
    if name == "session":
        yield from _session(value, today, model)
    elif name == "item":
        yield from review_item(value, "item")
    elif name == "response":
        yield from _response(value, today)
    else:
        yield from _audio(value)


def _session(session: Any, today: date, model: str) -> Iterator[Problem]:
    if _translates(model) and isinstance(session, Mapping) and "type" not in session:
        # This kind's update has no type of its own.
        session = {**cast("Mapping[str, Any]", session), "type": "translation"}
    for problem in check_config(cast("Any", session), today=today, model=model):
        yield _at("session", problem)


def _at(place: str, problem: Problem) -> Problem:
    return replace(problem, path=join(place, problem.path) if problem.path else place)


def _response(response: Any, today: date) -> Iterator[Problem]:
    if response is None:
        return
    if not isinstance(response, Mapping):
        yield Problem("response", f"`response` is {shown(response)}, and takes an object")
        return
    fields = cast("Mapping[str, Any]", response)
    known = _response_fields()
    for name, value in fields.items():
        if name not in known:
            yield _not_of_a_response(name, value)
    yield from _own_fields(fields)
    shared = {n: v for n, v in fields.items() if n in known and n not in _RESPONSE_ONLY}
    if "tools" not in shared:
        # It may name a tool of the session's, which is not known here.
        shared.pop("tool_choice", None)
    for problem in check_config({**shared, "type": "realtime"}, today=today):
        yield _at("response", problem)


@cache
def _response_fields() -> frozenset[str]:
    from openai.types.realtime import RealtimeResponseCreateParamsParam  # noqa: PLC0415 -- as above

    return frozenset(members(RealtimeResponseCreateParamsParam))


def _not_of_a_response(name: str, value: Any) -> Problem:
    where = f"response.{name}"
    if name in BETA_RESPONSE_FIELDS:
        place = BETA_RESPONSE_FIELDS[name]
        advice = f"write `{place}`" if place else "leave it out: it was removed"
        if name == "modalities" and isinstance(value, list):
            advice += ': ["audio"] or ["text"], never both'
        return Problem(where, f"`{where}` is a name of the beta API, {BETA_END}", advice)
    known = _response_fields()
    if name in session_keys() or name == "turn_detection":
        message = f"`{name}` is a matter of the session, not of one response"
        return Problem(where, message, "change it by session.update")
    near = nearest(name, known).removeprefix("; ")
    advice = near or f"it has {', '.join(sorted(known))}"
    return Problem(where, f"`response` has no field {name!r}", advice)


def _own_fields(response: Mapping[str, Any]) -> Iterator[Problem]:
    conversation = response.get("conversation")
    if conversation not in (None, "auto", "none"):
        message = f"`response.conversation` is {shown(conversation)}"
        yield Problem("response.conversation", message, "it takes auto or none")
    yield from check_metadata(response.get("metadata"), "response.metadata")
    audio = response.get("audio")
    if isinstance(audio, Mapping):
        yield from _response_audio(cast("Mapping[str, Any]", audio))
    items = response.get("input")
    if isinstance(items, list):
        for place, item in enumerate(cast("list[Any]", items)):
            yield from review_item(item, f"response.input[{place}]", reference=True)
    elif items is not None:
        message = f"`response.input` is {shown(items)}"
        yield Problem("response.input", message, "it takes a list of items")


def _response_audio(audio: Mapping[str, Any]) -> Iterator[Problem]:
    output = audio.get("output")
    strays = ["input"] if "input" in audio else []
    if isinstance(output, Mapping) and "speed" in output:
        strays.append("output.speed")
    for name in strays:
        message = f"`audio.{name}` is a matter of the session, not of one response"
        yield Problem(f"response.audio.{name}", message, "change it by session.update")


def _audio(audio: Any) -> Iterator[Problem]:
    if not isinstance(audio, str):
        yield Problem("audio", f"`audio` is {shown(audio)}", "it takes the bytes as base64 text")
    elif len(audio) > _MOST_AUDIO:
        message = f"`audio` is {len(audio) / 2**20:.1f} MiB, and the service takes 15 MiB at once"
        yield Problem("audio", message, "send it in several events")
    elif not audio:
        yield missing("", "audio")
