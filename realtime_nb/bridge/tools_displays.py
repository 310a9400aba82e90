"""What calls displayed, kept for the pages that show it; bounded."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from realtime_nb.protocol.shown_text import plain

if TYPE_CHECKING:
    from realtime_nb.bridge.view import Message

Output: TypeAlias = Mapping[str, Any]

KEPT: Final = 40
"""Displays that a page can show whole; of an older one there is its text."""

TEXTS_KEPT: Final = 1_000
TEXT_CHARS: Final = 2_000


class Displays(Protocol):
    """Makes displays that a page can show."""

    def show(self, outputs: Sequence[Output]) -> str:
        """Make a display of a cell's outputs; return the id by which a page finds it."""
        ...

    def forget(self, model_id: str) -> None:
        """Give a display up."""
        ...


@dataclass(frozen=True, slots=True)
class _Shown:
    text: str
    model_id: str | None


class DisplayShelf:
    """The newest `KEPT` displays of calls, and the texts of `TEXTS_KEPT`; from any thread.

    Parameters
    ----------
    displays
        What makes them; None keeps their text alone.
    send
        Sends a message to every page.
    """

    def __init__(self, displays: Displays | None, send: Callable[[Message], None]) -> None:
        self._displays = displays
        self._send = send
        self._lock = threading.Lock()
        self._shown: dict[str, _Shown] = {}

    def put(self, call_id: str, outputs: Sequence[Output]) -> None:
        """Keep what a call displayed, in place of what it had displayed before."""
        model_id = self._displays.show(outputs) if self._displays is not None and outputs else None
        shown = _Shown(fallback_text(outputs), model_id)
        with self._lock:
            old = self._shown.pop(call_id, None)
            self._shown[call_id] = shown
            past = self._overflow()
            while len(self._shown) > TEXTS_KEPT:
                del self._shown[next(iter(self._shown))]
        self._send(_message(call_id, shown))
        for other_id, other in past:
            self._forget(other)
            self._send(_message(other_id, _Shown(other.text, None)))
        if old is not None:
            self._forget(old)

    def _overflow(self) -> list[tuple[str, _Shown]]:
        """Return the displays past those that are kept; their texts stay."""
        live = [(key, shown) for key, shown in self._shown.items() if shown.model_id is not None]
        past = live[: max(0, len(live) - KEPT)]
        for key, shown in past:
            self._shown[key] = _Shown(shown.text, None)
        return past

    def messages(self) -> list[Message]:
        """Return what a page that comes now has to be told."""
        with self._lock:
            return [_message(call_id, shown) for call_id, shown in self._shown.items()]

    def close(self) -> None:
        """Give all displays up."""
        with self._lock:
            given_up = list(self._shown.values())
            self._shown = {key: _Shown(shown.text, None) for key, shown in self._shown.items()}
        for shown in given_up:
            self._forget(shown)

    def _forget(self, shown: _Shown) -> None:
        if shown.model_id is not None and self._displays is not None:
            self._displays.forget(shown.model_id)


def _message(call_id: str, shown: _Shown) -> Message:
    return {"kind": "call_output", "call_id": call_id, "model": shown.model_id, "text": shown.text}


def fallback_text(outputs: Sequence[Output]) -> str:
    """Return outputs as plain text, of `TEXT_CHARS` characters at the most."""
    texts: list[str] = []
    for output in outputs:
        found: Any = output.get("data", output).get("text/plain", output.get("text"))
        if isinstance(found, str):
            texts.append(found)
    return plain("\n".join(text.rstrip("\n") for text in texts), TEXT_CHARS)
