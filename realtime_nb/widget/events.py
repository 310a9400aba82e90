"""The events of a log as a widget: answers the pages that show its table."""

# ipywidgets has no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import anywidget
import traitlets

from realtime_nb.bridge.event_rows import EventRows
from realtime_nb.widget.subshell import pin_subshell

if TYPE_CHECKING:
    from realtime_nb.bridge.view import Buffers, Message
    from realtime_nb.protocol.log.event_log import EventLog

_STATIC = Path(__file__).parent / "static"


class EventsWidget(anywidget.AnyWidget):
    """The table of a log's events in a cell.

    Nothing of the log is in the widget's state: a page asks for the rows that it shows.

    Parameters
    ----------
    log
        The log; it may go on growing.
    chat
        What the chat is called.
    """

    _esm = _STATIC / "events.js"
    _css = _STATIC / "widget.css"

    _chat = traitlets.Unicode().tag(sync=True)

    def __init__(self, log: EventLog, chat: str = "chat") -> None:
        self._rows = EventRows(log, chat, self._reply)
        super().__init__(_chat=chat)
        pin_subshell(self.comm)
        self.on_msg(self._take)

    def view(self) -> Any:
        """Return what Jupyter shows, for a MIME bundle that has its own text."""
        bundle = self._repr_mimebundle_()
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        return {kind: value for kind, value in (data or {}).items() if kind != "text/plain"}

    def _take(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if isinstance(content, dict) and isinstance(client := content.get("client"), str):
            self._rows.ask(client, content)  # pyright: ignore[reportUnknownArgumentType] -- JSON

    def _reply(self, client: str, message: Message, buffers: Buffers) -> None:
        self.send({**message, "to": client}, list(buffers))

    def __repr__(self) -> str:
        return f"<events of {self._chat!r}: shown where the notebook has a live kernel>"


_shown: WeakValueDictionary[int, EventsWidget] = WeakValueDictionary()


def events_widget(log: EventLog, chat: str = "chat") -> EventsWidget:
    """Return the widget of a log, the same one each time it is shown."""
    widget = _shown.get(id(log))
    if widget is None or widget.comm is None:
        widget = _shown[id(log)] = EventsWidget(log, chat)
    return widget
