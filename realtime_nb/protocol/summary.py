"""What one event says, in a few words: the readable columns of an event table."""

from __future__ import annotations

from typing import Any, Final, cast

from realtime_nb.protocol.chain import LEG_DONE, read_leg
from realtime_nb.protocol.events import AUDIO_FIELDS, Event
from realtime_nb.protocol.restored.gap import GAP
from realtime_nb.protocol.restored.text import SUCCESSION_TYPES, succession_text
from realtime_nb.protocol.told import as_objects

LONGEST: Final = 120
"""Characters a summary has at the most; longer text is cut with an ellipsis."""

_OURS: Final = frozenset({LEG_DONE, GAP, *SUCCESSION_TYPES})
_TEXT_FIELDS: Final = ("delta", "transcript", "text", "arguments")


def reference(event: Event) -> str:
    """Return the id of the item, else of the response, that `event` is about, else ``""``."""
    for path in ("item_id", "item.id", "response_id", "response.id", "session.id"):
        value = event.get(path)
        if isinstance(value, str):
            return value
    return ""


def summarise(event: Event) -> str:
    """Return what `event` says in at most `LONGEST` characters of one line.

    The text is the wire's, unescaped: whoever shows it escapes it.
    """
    return shorten(_say(event))


def shorten(text: str, longest: int = LONGEST) -> str:
    """Return `text` on one line, cut to `longest` characters with an ellipsis."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def _say(event: Event) -> str:  # noqa: C901, PLR0911 -- one line for each kind of event
    if event.type in AUDIO_FIELDS:
        return f"{payload_bytes(event):,} bytes of sound"
    if event.type == "error":
        return _say_error(event.get("error"))
    if isinstance(event.get("session"), dict):
        return _say_session(event.get("session"))
    if event.type in _OURS:
        return _say_ours(event)
    if event.type in ("response.create", "response.created", "response.done"):
        return _say_response(event)
    if isinstance(item := event.get("item"), dict):
        return _say_item(cast("dict[str, Any]", item))
    if event.type.endswith(("speech_started", "timeout_triggered")):
        return f"at {event.get('audio_start_ms')} ms"
    if event.type.endswith(("speech_stopped", "truncated", "item.truncate")):
        return f"at {event.get('audio_end_ms')} ms"
    if event.type.endswith(".failed"):
        return _say_error(event.get("error"))
    for field in _TEXT_FIELDS:
        if isinstance(text := event.get(field), str):
            return text
    return ""


def payload_bytes(event: Event) -> int:
    """Return how many bytes of sound `event` carries, without decoding them."""
    return event.audio_size


def _say_error(error: Any) -> str:
    if not isinstance(error, dict):
        return "failed"
    fields = cast("dict[str, Any]", error)
    code = fields.get("code")
    return f"{code}: {fields.get('message')}" if code else str(fields.get("message"))


def _say_session(session: Any) -> str:
    if not isinstance(session, dict):
        return ""
    fields = cast("dict[str, Any]", session)
    shown = [str(fields[key]) for key in ("model", "type") if isinstance(fields.get(key), str)]
    if isinstance(text := fields.get("instructions"), str):
        shown.append(f"“{text}”")
    return " · ".join(shown)


def _say_ours(event: Event) -> str:
    if event.type == LEG_DONE:
        return _say_leg(event)
    if event.type == GAP:
        return f"events were missed: nobody listened for {event.get('away_ms')} ms"
    return succession_text(event)


def _say_leg(event: Event) -> str:
    done = read_leg(event)
    ended = done.status if done.status != "completed" else ""
    shown = (done.leg, done.model, f"{done.whole_ms:,.0f} ms", ended, done.problem)
    return " · ".join(part for part in shown if part)


def _say_response(event: Event) -> str:
    status = event.get("response.status") or ""
    reason = event.get("response.status_details.reason")
    failure = event.get("response.status_details.error")
    total = event.get("response.usage.total_tokens")
    # A request names no conversation, or none on purpose; what a service tells has one, or null.
    conversation = event.get("response.conversation", "auto")
    apart = conversation == "none" or event.get("response.conversation_id", "auto") is None
    shown = ["out of band" if apart else "", str(status)]
    if isinstance(text := event.get("response.instructions"), str):
        shown.append(f"“{text}”")
    if reason:
        shown.append(str(reason))
    if failure:
        shown.append(_say_error(failure))
    if total is not None:
        shown.append(f"{total} tokens")
    return " · ".join(part for part in shown if part)


def _say_item(item: dict[str, Any]) -> str:
    kind = item.get("type")
    if kind == "function_call":
        return f"{item.get('name')}({item.get('arguments', '')})"
    if kind == "function_call_output":
        return f"output: {item.get('output')}"
    shown = " ".join([*item_texts(item), *_pictures(item)])
    role = item.get("role") or kind or ""
    return f"{role}: {shown}" if shown else str(role)


def _pictures(item: dict[str, Any]) -> list[str]:
    kinds = [one.get("type") for one in as_objects(item.get("content"))]
    number = kinds.count("input_image")
    return [] if not number else ["[an image]" if number == 1 else f"[{number} images]"]


def item_texts(item: dict[str, Any]) -> list[str]:
    """Return the texts and transcripts of a message item's content parts, in order."""
    parts = item.get("content")
    if not isinstance(parts, list):
        return []
    texts: list[str] = []
    for part in cast("list[Any]", parts):
        if isinstance(part, dict):
            fields = cast("dict[str, Any]", part)
            text = fields.get("text") or fields.get("transcript")
            if isinstance(text, str) and text:
                texts.append(text)
    return texts
