"""The chat as a widget: a channel to its pages, and nothing of what it means."""

# ipywidgets has no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import secrets
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import anywidget
import traitlets

from realtime_nb.widget.call_output import CallOutput
from realtime_nb.widget.subshell import pin_subshell

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.bridge.view import Buffers, Handler, Message

_STATIC = Path(__file__).parent / "static"
_PAGES_KNOWN: Final = 200


class ChatWidget(anywidget.AnyWidget):
    """The pages that show one chat, as `realtime_nb.bridge.view.View`.

    Parameters
    ----------
    label
        What the chat is called, shown where no page can be.

    Attributes
    ----------
    displays
        What calls of the chat's tools displayed, as the pages show it.
    """

    _esm = _STATIC / "widget.js"
    _css = _STATIC / "widget.css"

    # Overrides of what the page asks the browser for, such as {"echoCancellation": False}.
    _audio_constraints = traitlets.Dict().tag(sync=True)

    # Names the saved output that the page hides while the widget lives.
    saved_key = traitlets.Unicode().tag(sync=True)

    def __init__(self, label: str = "chat", **traits: Any) -> None:
        self.label = label
        traits.setdefault("saved_key", secrets.token_hex(8))
        self.displays = CallOutput()
        self._talks = ""
        self._client_sessions: dict[str, str] = {}
        super().__init__(**traits)
        pin_subshell(self.comm)

    def send_message(self, message: Message, buffers: Buffers = ()) -> None:
        """Send one message to every page; from any thread."""
        self.send(message, list(buffers))

    def on_message(self, handler: Handler) -> Callable[[], None]:
        """Call `handler` with every message from a page; return what takes it off.

        A page's ``probe`` and ``pulse`` ask about the channel itself, and are answered here:
        what is handled on the main thread waits while a cell runs, and a pulse that is not
        answered is a page's sign that nothing comes through.
        """

        def take(_widget: Any, content: Any, buffers: list[memoryview]) -> None:
            if not isinstance(content, dict):
                return
            self._note_session(content.get("client"))
            if content.get("kind") == "probe":
                cells = threading.current_thread() is threading.main_thread()
                self.send_message({"kind": "waits", "to": content.get("client"), "cells": cells})
            elif content.get("kind") == "pulse":
                pulse: Message = {
                    "kind": "pulse",
                    "to": content.get("client"),
                    "id": content.get("id"),
                }
                self.send_message(pulse)
            else:
                handler(content, buffers)  # pyright: ignore[reportUnknownArgumentType] -- JSON

        self.on_msg(take)
        return lambda: self.on_msg(take, remove=True)

    def _handle_msg(self, msg: Any) -> None:
        """Note whose message it is, which those who handle its content are not told."""
        self._talks = str(msg.get("header", {}).get("session", ""))
        super()._handle_msg(msg)

    def _note_session(self, client: Any) -> None:
        if isinstance(client, str) and client not in self._client_sessions:
            while len(self._client_sessions) >= _PAGES_KNOWN:
                self._client_sessions.pop(next(iter(self._client_sessions)))
            self._client_sessions[client] = self._talks

    def session_of(self, client: str | None) -> str:
        """Return a page's session with the kernel, ``""`` of one that never said anything.

        The headers of the cells that the page runs have the same; a page that is loaded anew has
        another.
        """
        return self._client_sessions.get(client or "", "")

    def close(self) -> None:
        """Take the widget off the pages, and with it what calls displayed in it."""
        self.displays.close()
        super().close()

    def mime_bundle(self, **kwargs: Any) -> Any:
        """Return what Jupyter shows for the widget: its view, and its text."""
        return self._repr_mimebundle_(**kwargs)

    def __repr__(self) -> str:
        return f"<realtime chat {self.label!r}: shown where the notebook has a live kernel>"
