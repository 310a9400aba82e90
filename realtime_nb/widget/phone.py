"""A phone line as a widget: a table of calls with buttons, and the calls' chats below it."""

# ipywidgets has no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import anywidget
from ipywidgets import Label, VBox

from realtime_nb.widget.subshell import pin_subshell

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from realtime_nb.bridge.view import Message

_STATIC: Final = Path(__file__).parent / "static"


class PhoneWidget(anywidget.AnyWidget):
    """The table of a line's calls. Who calls goes to pages by message, and is saved nowhere.

    Parameters
    ----------
    whole
        Returns what a page that is new is told.
    act
        Does what a page's button says; it must not wait.
    """

    _esm = _STATIC / "phone.js"
    _css = _STATIC / "widget.css"

    def __init__(self, whole: Callable[[], Message], act: Callable[[Message], object]) -> None:
        self._whole = whole
        self._act = act
        super().__init__()
        pin_subshell(self.comm)
        self.on_msg(self._receive)

    def tell(self, message: Message) -> None:
        """Tell every page; from any thread."""
        if self.comm is not None:
            self.send(message)

    def _receive(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if not isinstance(content, dict):
            return
        message = cast("Message", content)
        if message.get("kind") == "hello":
            # The page knows its answer by the id: what was said before a restart it does not take.
            self.tell({**self._whole(), "asked": message.get("id")})
        elif message.get("kind") == "do":
            self._act(message)


class PhoneBox:
    """The table, and below it the chats of calls.

    Parameters
    ----------
    table
        The table.
    """

    def __init__(self, table: PhoneWidget) -> None:
        self._table = table
        self._box: Any = VBox([table])
        self._shown: dict[str, Any] = {}
        self._heads: dict[str, Any] = {}

    def show(self, chats: Sequence[tuple[str, Any]]) -> None:
        """Show these chats' widgets and no others, each below its name."""
        shown = {name: chat for name, chat in chats if chat.comm is not None}
        if self._box.comm is None or shown == self._shown:
            return
        self._shown = shown
        # A name is an identifier: a label would read formulas in anything else.
        heads = {name: self._heads.pop(name, None) or Label(name) for name in shown}
        parts = [part for name, chat in shown.items() for part in (heads[name], chat)]
        self._box.children = (self._table, *parts)
        for head in self._heads.values():
            head.close()
        self._heads = heads

    def mime_bundle(self, text: str, **kwargs: Any) -> Any:
        """Return what Jupyter shows; `text` where it can show no widgets."""
        bundle: Any = self._box._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if isinstance(data, dict):
            cast("dict[str, Any]", data)["text/plain"] = text
        return bundle

    def close(self) -> None:
        """Take table and box away."""
        self._box.close()
        self._table.close()
