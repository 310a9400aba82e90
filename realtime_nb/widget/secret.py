"""An ephemeral key as a widget: shown to who is there, kept out of what is saved."""

# ipywidgets has no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import threading
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import anywidget
import traitlets

from realtime_nb.widget.subshell import pin_subshell

if TYPE_CHECKING:
    from collections.abc import Callable

_STATIC = Path(__file__).parent / "static"
_EXPIRED: Final = "The key has expired: run the cell again for a new one."
_CLOSED: Final = "The key is forgotten: run the cell again for a new one."


class SecretWidget(anywidget.AnyWidget):
    """A key that a page asks for when somebody presses Show or Copy.

    It goes by one message to the page that asked: never into a trait, the widget's state or
    the notebook. The kernel forgets it when it expires, and when the widget is closed.

    Parameters
    ----------
    masked
        What may be seen and saved, such as ``ek_…3f9a``.
    expires_at
        When the key ends, in seconds since 1970.
    reveal
        Returns the key.
    """

    _esm = _STATIC / "secret.js"
    _css = _STATIC / "widget.css"

    _masked = traitlets.Unicode().tag(sync=True)
    _expires_at = traitlets.Int().tag(sync=True)

    def __init__(self, masked: str, expires_at: int, reveal: Callable[[], str]) -> None:
        self._drawer = _Drawer(reveal, expires_at)
        super().__init__(_masked=masked, _expires_at=expires_at)
        pin_subshell(self.comm)
        self.on_msg(self._answer)

    def close(self) -> None:
        """Forget the key and take the widget away; closing twice is fine."""
        self._drawer.empty(_CLOSED)
        super().close()

    def _answer(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if not isinstance(content, dict) or content.get("kind") != "reveal":
            return
        to = content.get("client")
        key, reason = self._drawer.open()
        if key is None:
            self.send({"kind": "no_key", "to": to, "reason": reason})
        else:
            self.send({"kind": "key", "to": to, "value": key})

    def __repr__(self) -> str:
        until = datetime.fromtimestamp(self._expires_at).astimezone()
        return f"<ephemeral key {self._masked}, valid until {until:%Y-%m-%d %H:%M:%S %Z}>"


class _Drawer:
    """Where the way to a key lies until it is taken out for good."""

    def __init__(self, reveal: Callable[[], str], expires_at: int) -> None:
        self._reveal: Callable[[], str] | None = reveal
        self._expires_at = expires_at
        self._reason = _EXPIRED
        wait_s = min(max(0.0, expires_at - time.time()), threading.TIMEOUT_MAX)
        self._timer = threading.Timer(wait_s, self.empty, (_EXPIRED,))
        self._timer.daemon = True
        self._timer.start()

    def open(self) -> tuple[str | None, str]:
        """Return the key; or None, and why there is none."""
        # A computer that slept wakes before its timers do.
        if time.time() >= self._expires_at:
            self.empty(_EXPIRED)
        reveal = self._reveal
        if reveal is None:
            return None, self._reason
        try:
            return reveal(), ""
        except Exception:  # noqa: BLE001 -- its text might hold what must not be shown
            return None, "The key could not be read: run the cell again for a new one."

    def empty(self, reason: str) -> None:
        """Forget the way to the key; the first reason counts."""
        if self._reveal is not None:
            self._reveal, self._reason = None, reason
        self._timer.cancel()
