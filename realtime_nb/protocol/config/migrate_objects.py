"""Sessions, responses and items of the beta API, rewritten into GA."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.protocol.config.migrate_names import (
    BETA_CONTENT,
    BETA_FIELDS,
    BETA_FORMATS,
    BETA_RESPONSE_FIELDS,
)
from realtime_nb.protocol.config.models import find_model
from realtime_nb.protocol.config.paths import MISSING, get, put
from realtime_nb.protocol.config.review_items import RESULTS, ROLES

if TYPE_CHECKING:
    from realtime_nb.protocol.config.problem import SessionKind

_BETA_ENDED: Final = date(2026, 5, 12)
_LONGEST_SHOWN: Final = 60

_WHY: Final[Mapping[str, str]] = {
    "modalities": "GA answers in sound or in text; a transcript comes along with the sound",
    "input_audio_format": "a format is an object, for the way in",
    "output_audio_format": "a format is an object, for the way out",
    "max_response_output_tokens": "the name is shorter",
    "temperature": "GA has none",
    "client_secret": "the key of a new client secret stands at its `value`",
}
_WHY_MOVED: Final = "what concerns sound stands under `audio`, by its direction"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was rewritten.

    Attributes
    ----------
    path, was
        Where it stood, and what; `MISSING` where nothing did.
    path_now, now
        Where it stands, and what; `MISSING` where GA has no such thing.
    why
        In a clause.
    """

    path: str
    was: Any
    path_now: str
    now: Any
    why: str

    def __str__(self) -> str:
        if self.was is MISSING:
            return f"`{self.path_now}: {_shown(self.now)}` added: {self.why}"
        before = f"`{self.path}: {_shown(self.was)}`"
        if self.now is MISSING:
            return f"{before} removed: {self.why}"
        return f"{before} → `{self.path_now}: {_shown(self.now)}`: {self.why}"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


class Migrator:
    """Rewrites objects, and keeps what it changed.

    Attributes
    ----------
    changes
        In the order made.
    """

    def __init__(self) -> None:
        self.changes: list[Change] = []

    def note(self, path: str, was: Any, path_now: str, now: Any, why: str) -> None:
        """Keep a change."""
        self.changes.append(Change(path, was, path_now, now, why))

    def session(
        self, source: Mapping[str, Any], path: str = "", kind: SessionKind = "realtime"
    ) -> dict[str, Any]:
        """Return a session in GA; `kind` is its type where it does not say one."""
        result: dict[str, Any] = {}
        translation = get(source, "audio.output.language") is not MISSING
        if "type" not in source and not translation:
            result["type"] = kind
            why = "without it the service refuses the whole update"
            self.note(_join(path, "type"), MISSING, _join(path, "type"), kind, why)
        result |= {n: deepcopy(v) for n, v in source.items() if n not in BETA_FIELDS}
        if "client_secret" in result:
            was = result.pop("client_secret")
            shown = "…" if was is not None else None  # it is a key
            where = _join(path, "client_secret")
            self.note(where, shown, "", MISSING, _WHY["client_secret"])
        heard_only = result.get("type") == "transcription"
        for name in source:
            if name in BETA_FIELDS:
                place = BETA_FIELDS[name]
                unheard = heard_only and not place.startswith("audio.input.")
                why = "a transcription session answers nothing" if unheard else ""
                self._move(result, (path, name, "" if unheard else place), source[name], why)
        self._model(result, path)
        return result

    def response(self, source: Mapping[str, Any], path: str, *, sent: bool) -> dict[str, Any]:
        """Return the `response` of an event in GA; `sent` when it is the client's."""
        result = {n: deepcopy(v) for n, v in source.items() if n not in BETA_RESPONSE_FIELDS}
        for name, value in source.items():
            if name in BETA_RESPONSE_FIELDS:
                self._move(result, (path, name, BETA_RESPONSE_FIELDS[name]), value)
        for name in ("input", "output"):
            items = result.get(name)
            if isinstance(items, list):
                result[name] = [
                    self.item(entry, f"{path}.{name}[{place}]", sent=sent)
                    for place, entry in enumerate(cast("list[Any]", items))
                ]
        return result

    def _move(
        self, result: dict[str, Any], names: tuple[str, str, str], value: Any, why: str = ""
    ) -> None:
        """Put the value of a beta name at its GA place, unless that is taken already."""
        path, name, place = names
        where, where_now = _join(path, name), _join(path, place)
        why = why or _WHY.get(name, _WHY_MOVED)
        if not place:
            self.note(where, value, "", MISSING, why)
        elif get(result, place) is not MISSING:
            self.note(where, value, "", MISSING, f"`{where_now}` says it already")
        else:
            now = _value(place, value)
            put(result, place, now)
            self.note(where, value, where_now, now, why)

    def _model(self, session: dict[str, Any], path: str) -> None:
        name = session.get("model")
        model = find_model(name) if isinstance(name, str) else None
        if model is None or model.shutdown is None or model.shutdown > _BETA_ENDED:
            return
        session["model"] = model.replacement
        where = _join(path, "model")
        why = f"{name} was shut down on {model.shutdown.isoformat()}"
        self.note(where, name, where, model.replacement, why)

    def item(self, source: Any, path: str, *, sent: bool) -> Any:
        """Return an item in GA; `sent` when the client creates it."""
        if not isinstance(source, Mapping):
            return source
        item: dict[str, Any] = deepcopy(dict(cast("Mapping[str, Any]", source)))
        kind = item.get("type")
        if isinstance(kind, str) and kind in ROLES:
            self._role(item, kind, path)
        elif isinstance(kind, str) and kind in RESULTS:
            self._result(item, kind, path)
        if item.get("type") == "message":
            self._content(item, path, sent=sent)
        return item

    def _role(self, item: dict[str, Any], role: str, path: str) -> None:
        item["type"] = "message"
        item["role"] = role
        why = f"{role} is a role; the item is a message"
        self.note(_join(path, "type"), role, _join(path, "type"), "message", why)

    def _result(self, item: dict[str, Any], kind: str, path: str) -> None:
        where = _join(path, "type")
        item["type"] = "function_call_output"
        self.note(where, kind, where, item["type"], "that is what the item is called")
        name = next((n for n in ("result", "content", "response", "value") if n in item), "")
        if name and "output" not in item:
            was = item.pop(name)
            item["output"] = was if isinstance(was, str) else json.dumps(was, default=str)
            why = "that is its name, and it is a text"
            self.note(_join(path, name), was, _join(path, "output"), item["output"], why)

    def _content(self, item: dict[str, Any], path: str, *, sent: bool) -> None:
        role, content, where = item.get("role"), item.get("content"), _join(path, "content")
        if isinstance(content, str):
            part = "output_text" if role == "assistant" else "input_text"
            item["content"] = [{"type": part, "text": content}]
            self.note(where, content, where, item["content"], "content is a list of parts")
        elif isinstance(content, list):
            for place, part in enumerate(cast("list[Any]", content)):
                if isinstance(part, dict):
                    fields = cast("dict[str, Any]", part)
                    self._part(fields, role, f"{where}[{place}]", sent=sent)

    def _part(self, part: dict[str, Any], role: Any, path: str, *, sent: bool) -> None:
        kind = part.get("type")
        if kind not in ("text", "audio"):
            return
        now = BETA_CONTENT[kind] if role == "assistant" else f"input_{kind}"
        why = f"the part of a message of {role}'s is called so"
        if sent and now == "output_audio" and isinstance(part.get("transcript"), str):
            # A client cannot create the assistant's sound, but it can what was said.
            now, why = "output_text", "a client cannot create the assistant's sound, only its text"
            part["text"] = part.pop("transcript")
            part.pop("audio", None)
        part["type"] = now
        self.note(_join(path, "type"), kind, _join(path, "type"), now, why)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _value(place: str, value: Any) -> Any:
    if place == "output_modalities" and isinstance(value, list | tuple):
        words = list(cast("list[Any]", value))
        return ["audio"] if "audio" in words else words
    if place.endswith(".format") and isinstance(value, str):
        return dict(BETA_FORMATS[value]) if value in BETA_FORMATS else value
    return deepcopy(value)
