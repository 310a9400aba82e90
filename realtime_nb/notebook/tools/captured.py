"""What one call of a function printed and displayed, as the outputs of a cell would be; bounded."""

from __future__ import annotations

import threading
from base64 import b64encode
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.protocol.whole_text import whole_text

if TYPE_CHECKING:
    from collections.abc import Mapping

PRINTED_BYTES: Final = 64 << 10
"""How much a call may print; a character counts as a byte."""
DISPLAYS: Final = 20
DISPLAYED_BYTES: Final = 8 << 20

Output = dict[str, Any]
"""An output in the notebook format's shape: a ``stream``, or ``display_data``."""


class Captured:
    """The outputs of one call, in their order; what is too much is left out and said.

    It may be written by several threads: those that a function starts with its own context.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._outputs: list[tuple[str, Output]] = []
        self._printed = 0
        self._shown = 0
        self._shown_bytes = 0
        self._cut_text = 0
        self._cut_displays = 0
        self._clear_next = False

    def write(self, name: str, text: str) -> None:
        """Take what was printed to ``stdout`` or ``stderr``."""
        if not text:
            return
        with self._lock:
            self._clear_if_asked()
            taken = text[: max(0, PRINTED_BYTES - self._printed)]
            self._printed += len(taken)
            self._cut_text += len(text) - len(taken)
            if not taken:
                return
            last = self._outputs[-1][1] if self._outputs else {}
            if last.get("name") == name:
                last["text"].append(taken)
                return
            output: Output = {"output_type": "stream", "name": name, "text": [taken]}
            self._outputs.append(("", output))

    def display(
        self, data: Mapping[str, Any], metadata: Mapping[str, Any], display_id: str = ""
    ) -> None:
        """Take what was displayed."""
        with self._lock:
            self._clear_if_asked()
            size = size_of(data)
            if self._shown >= DISPLAYS or self._shown_bytes + size > DISPLAYED_BYTES:
                self._cut_displays += 1
                return
            self._shown += 1
            self._shown_bytes += size
            self._outputs.append((display_id, _displayed(data, metadata)))

    def update(self, data: Mapping[str, Any], metadata: Mapping[str, Any], display_id: str) -> bool:
        """Take what is to stand in place of an earlier display; False where that is not here."""
        with self._lock:
            for place, (known, output) in enumerate(self._outputs):
                if known and known == display_id:
                    grown = size_of(data) - size_of(output["data"])
                    if self._shown_bytes + grown > DISPLAYED_BYTES:
                        self._cut_displays += 1
                        return True
                    self._shown_bytes += grown
                    self._outputs[place] = (known, _displayed(data, metadata))
                    return True
        return False

    def clear(self, *, wait: bool) -> None:
        """Forget what was shown, now or when the next comes."""
        with self._lock:
            self._clear_next = True
            if not wait:
                self._clear_if_asked()

    @property
    def outputs(self) -> list[Output]:
        """What there is to show, with what was left out told at the end."""
        with self._lock:
            told = [_joined(output) for _, output in self._outputs]
            if self._cut_text or self._cut_displays:
                text = f"[{' and '.join(self._left_out())} left out]\n"
                told.append({"output_type": "stream", "name": "stderr", "text": text})
        return told

    def _left_out(self) -> list[str]:
        parts = list[str]()
        if self._cut_text:
            parts.append(f"{self._cut_text:,} characters past the first {PRINTED_BYTES:,}")
        if self._cut_displays:
            parts.append(
                f"{self._cut_displays:,} displays past {DISPLAYS} or {DISPLAYED_BYTES >> 20} MiB"
            )
        return parts

    def _clear_if_asked(self) -> None:
        if self._clear_next:
            self._clear_next = False
            self._outputs.clear()
            self._printed = self._shown = self._shown_bytes = 0


def size_of(data: Mapping[str, Any]) -> int:
    """Return about how many bytes a mime bundle takes."""
    return sum(
        len(value if isinstance(value, str | bytes) else str(value)) for value in data.values()
    )


def _displayed(data: Mapping[str, Any], metadata: Mapping[str, Any]) -> Output:
    # A kernel's own packer does so; a widget's would send bytes apart, where no renderer looks.
    shown = {
        kind: b64encode(value).decode() if isinstance(value, bytes) else value
        for kind, value in data.items()
    }
    return {"output_type": "display_data", "data": shown, "metadata": dict(metadata)}


def _joined(output: Output) -> Output:
    if output["output_type"] != "stream":
        return output
    return {**output, "text": whole_text("".join(output["text"]))}
