"""The output area of a chat's tools: what calls showed, below the cell that shows the chat.

It is part of the notebook, so that a saved one has it. JupyterLab takes what comes late, after
the cell has ended, in the page that ran the cell. Where there is no page, as when a notebook is
executed, and in one that was loaded since, nobody takes it, by display id either: only what comes
while a cell runs is kept. There it is held back until one does.

The newest `KEPT` calls keep what they showed, up to `KEPT_BYTES` altogether; of those before
their titles stay. Each output has a display id, by which it can be let go.
"""

from __future__ import annotations

import html
import secrets
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from realtime_nb.notebook.tools.captured import size_of
from realtime_nb.protocol.shown_text import visible

if TYPE_CHECKING:
    from realtime_nb.notebook.tools.captured import Output

KEPT: Final = 60
KEPT_BYTES: Final = 16 << 20
_PENDING: Final = 200  # held back where nobody is there to take them

Header: TypeAlias = Mapping[str, Any]


class Publish(Protocol):
    """Sends an output into a cell: the one of the header, None for the one that runs."""

    def __call__(
        self,
        data: dict[str, Any],
        metadata: dict[str, Any],
        *,
        display_id: str,
        update: bool,
        header: Header | None,
    ) -> object:
        """Do so; from any thread."""
        ...


@dataclass(frozen=True, slots=True)
class _Sent:
    """What of one call stands in the notebook, apart from its title."""

    ids: tuple[str, ...]
    size: int
    header: Header | None


class CellOutputs:
    """The outputs of one chat's calls in the notebook.

    Parameters
    ----------
    publish
        Sends them.
    """

    def __init__(self, publish: Publish) -> None:
        self._publish = publish
        self._lock = threading.Lock()
        self._header: Header | None = None
        self._sent: deque[_Sent] = deque()
        self._pending: deque[tuple[str, tuple[Output, ...]]] = deque(maxlen=_PENDING)

    def stand_in(self, header: Header | None) -> None:
        """Note which cell shows the chat now: what comes later stands there."""
        with self._lock:
            self._header = header

    def add(
        self, title: str, outputs: Sequence[Output], *, page: str | None, in_cell: bool
    ) -> None:
        """Put a call below its chat.

        Parameters
        ----------
        title
            What was called, and how it went: plain text, of a model's words too.
        outputs
            What it showed, as in a notebook.
        page
            The session with the kernel of the page in use, ``""`` if it is not known; None where
            no page shows the chat. The one that ran the chat's cell takes what comes late.
        in_cell
            Whether a cell runs, that takes it where no page does.
        """
        with self._lock:
            if not self._is_taken_by(page):
                self._pending.append((title, tuple(outputs)))
                if in_cell:
                    self._send_pending()
                return
            self._send(title, outputs, self._header)

    def flush(self) -> None:
        """Send what was held back; in a cell."""
        with self._lock:
            self._send_pending()

    def _is_taken_by(self, page: str | None) -> bool:
        ran = "" if self._header is None else self._header.get("session", "")
        return page is not None and (not page or not ran or page == ran)

    def _send_pending(self) -> None:
        while self._pending:
            self._send(*self._pending.popleft(), header=None)

    def _send(self, title: str, outputs: Sequence[Output], header: Header | None) -> None:
        self._put(*_title(title), _new_id(), header)
        sent = list[str]()
        size = 0
        for output in outputs:
            data, metadata = _as_display(output)
            sent.append(_new_id())
            size += size_of(data)
            self._put(data, metadata, sent[-1], header)
        if sent:
            self._sent.append(_Sent(tuple(sent), size, header))
        while len(self._sent) > KEPT or sum(one.size for one in self._sent) > KEPT_BYTES:
            if len(self._sent) == 1:
                break
            self._let_go(self._sent.popleft())

    def _let_go(self, sent: _Sent) -> None:
        for place, display_id in enumerate(sent.ids):
            text = "" if place else "[let go: newer calls have its place]"
            data = {"text/plain": text, "text/html": f"<small>{text}</small>"}
            self._publish(data, {}, display_id=display_id, update=True, header=sent.header)

    def _put(
        self,
        data: dict[str, Any],
        metadata: dict[str, Any],
        display_id: str,
        header: Header | None,
    ) -> None:
        self._publish(data, metadata, display_id=display_id, update=False, header=header)


def _new_id() -> str:
    return f"realtime_nb-{secrets.token_hex(8)}"


def _title(title: str) -> tuple[dict[str, Any], dict[str, Any]]:
    shown = visible(title)
    box = f'<div class="rnb-call"><code dir="auto">{html.escape(shown)}</code></div>'
    return {"text/plain": shown, "text/html": box}, {}


def _as_display(output: Output) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return an output as one that can be let go: a stream's text too has a place of its own."""
    if output["output_type"] != "stream":
        return output["data"], output["metadata"]
    text = str(output["text"])
    style = "" if output["name"] == "stdout" else ' style="background: rgba(255, 80, 80, 0.12)"'
    return {"text/plain": text, "text/html": f"<pre{style}>{html.escape(text)}</pre>"}, {}
