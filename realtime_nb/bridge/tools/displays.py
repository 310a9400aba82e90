"""What calls displayed, kept for the pages that show it; bounded."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from realtime_nb.protocol.bounded import BoundedDict
from realtime_nb.protocol.shown_text import plain

if TYPE_CHECKING:
    from realtime_nb.bridge.view import Message

Output: TypeAlias = Mapping[str, Any]

KEPT: Final = 40
"""Displays that a page can show whole; of an older one there is its text."""

KEPT_CHARS: Final = 64 << 20
"""Of all of them together: kernel, page and a saved notebook hold each of them once."""

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
    """What one call displayed; `outputs` as long as they may be needed."""

    text: str
    outputs: Sequence[Output] = ()
    size: int = 0
    model_id: str | None = None


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
        self._lock = threading.RLock()
        self._shown: BoundedDict[str, _Shown] = BoundedDict(TEXTS_KEPT)

    def put(self, call_id: str, outputs: Sequence[Output], *, make: bool = True) -> None:
        """Keep what a call displayed, in place of what it had displayed before.

        Parameters
        ----------
        call_id
            Of the call.
        outputs
            As a notebook holds a cell's.
        make
            Make a display at once; else `make` does it, when a page comes.
        """
        with self._lock:
            old = self._shown.pop(call_id, None)
            self._shown[call_id] = _Shown(fallback_text(outputs), tuple(outputs), _size(outputs))
            if make:
                self._make(call_id)
            else:
                self._tell(call_id)
            self._trim()
            if old is not None:
                self._forget(old)

    def make(self) -> None:
        """Make the displays that there are none of yet, and tell the pages."""
        with self._lock:
            for call_id, shown in list(self._shown.items()):
                if shown.outputs and shown.model_id is None:
                    self._make(call_id)

    def messages(self) -> list[Message]:
        """Return what a page that comes now has to be told."""
        with self._lock:
            return [_message(call_id, shown) for call_id, shown in self._shown.items()]

    def _make(self, call_id: str) -> None:
        shown = self._shown[call_id]
        if self._displays is not None and shown.outputs:
            self._shown[call_id] = replace(shown, model_id=self._displays.show(shown.outputs))
        self._tell(call_id)

    def _tell(self, call_id: str) -> None:
        self._send(_message(call_id, self._shown[call_id]))

    def _trim(self) -> None:
        """Leave of the oldest displays their text, and of the oldest texts nothing."""
        whole = [call_id for call_id, shown in self._shown.items() if shown.outputs]
        over = sum(self._shown[call_id].size for call_id in whole) - KEPT_CHARS
        for place, call_id in enumerate(whole[:-1]):
            if over <= 0 and len(whole) - place <= KEPT:
                break
            over -= self._shown[call_id].size
            shown = self._shown[call_id]
            self._shown[call_id] = _Shown(shown.text)
            self._tell(call_id)
            self._forget(shown)

    def _forget(self, shown: _Shown) -> None:
        if shown.model_id is not None and self._displays is not None:
            self._displays.forget(shown.model_id)


def _message(call_id: str, shown: _Shown) -> Message:
    return {"kind": "call_output", "call_id": call_id, "model": shown.model_id, "text": shown.text}


def _size(outputs: Sequence[Output]) -> int:
    """Return how many characters outputs have, in all their forms."""
    forms: list[Any] = [output.get("data") or {"text": output.get("text")} for output in outputs]
    return sum(len(form) for of in forms for form in of.values() if isinstance(form, str))


def fallback_text(outputs: Sequence[Output]) -> str:
    """Return outputs as plain text, of `TEXT_CHARS` characters at the most."""
    texts: list[str] = []
    for output in outputs:
        found: Any = output.get("data", output).get("text/plain", output.get("text"))
        if isinstance(found, str):
            texts.append(found)
    return plain("\n".join(text.rstrip("\n") for text in texts), TEXT_CHARS)
