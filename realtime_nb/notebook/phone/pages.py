"""What the pages of a line are shown, and what is done when a button is pressed there."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.errors import RealtimeError
from realtime_nb.notebook.phone.complaints import told
from realtime_nb.protocol.shown_text import plain
from realtime_nb.widget.phone import PhoneBox, PhoneWidget

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from realtime_nb.bridge.view import Message
    from realtime_nb.client.loop import BackgroundLoop
    from realtime_nb.notebook.phone.book import CallBook
    from realtime_nb.notebook.phone.call import PhoneCall
    from realtime_nb.notebook.phone.line import PhoneLine

ROWS_SHOWN: Final = 50
CHATS_SHOWN: Final = 6
"""Chats below the table at the most: those of active calls first, then the last that ended."""
UPDATE_EVERY_S: Final = 0.25
"""Pages are told no more often, in seconds: anybody who finds the webhook may post to it."""
_MOST_WORK: Final = 16
_LONGEST: Final = 160
_HEADERS_SHOWN: Final = 30
_NOTICES_SHOWN: Final = 3


class Pages:
    """The pages that show one line.

    Parameters
    ----------
    line
        The line.
    book
        Its calls.
    loop
        Where what happened meanwhile is shown.
    """

    def __init__(self, line: PhoneLine, book: CallBook, loop: BackgroundLoop) -> None:
        self._book = book
        self._line = line
        self._loop = loop
        self._lock = threading.Lock()
        self._when = threading.Lock()
        self._shown_s = -UPDATE_EVERY_S
        self._due = False
        self._work = threading.BoundedSemaphore(_MOST_WORK)
        self._widget = PhoneWidget(self._whole, self._act)
        self._box = PhoneBox(self._widget)

    def update(self) -> None:
        """Show what is now: at once, or soon where that was done just before; from any thread."""
        with self._when:
            if self._due:
                return
            wait_s = self._shown_s + UPDATE_EVERY_S - time.monotonic()
            self._due = wait_s > 0 and self._loop.post(self._later, wait_s)
            if self._due:
                return
            self._shown_s = time.monotonic()
        self._show()

    def _later(self, wait_s: float) -> None:
        self._loop.loop.call_later(wait_s, self._now)

    def _now(self) -> None:
        with self._when:
            self._due = False
            self._shown_s = time.monotonic()
        self._show()

    def _show(self) -> None:
        with self._lock:  # so that an older state does not follow a newer one
            self._widget.tell(self._whole())
            self._box.show(self._chats())

    def mime_bundle(self, text: str, **kwargs: Any) -> Any:
        """Return what Jupyter shows for the line: table and chats, and `text` without them."""
        return self._box.mime_bundle(text, **kwargs)

    def _chats(self) -> list[tuple[str, Any]]:
        talking = [call for call in self._book.all() if call.chat is not None]
        talking.sort(key=lambda call: (not call.over, call.number))
        shown = sorted(talking[-CHATS_SHOWN:], key=lambda call: call.number)
        return [(call.chat.name, call.chat.widget) for call in shown if call.chat is not None]

    def _whole(self) -> Message:
        line = self._line
        calls = self._book.all()
        return {
            "kind": "line",
            "name": line.name,
            "url": line.url,
            "service": plain(line.endpoint.name, _LONGEST),
            "practice": line.endpoint.practice,
            "closed": line.closed,
            "notices": [plain(one, 2 * _LONGEST) for one in line.notices[-_NOTICES_SHOWN:]],
            "before": max(0, len(calls) - ROWS_SHOWN),
            "calls": [_row(call) for call in calls[-ROWS_SHOWN:]],
        }

    def _act(self, message: Message) -> None:
        """Do what a button says, beside the thread that heard of it: a service takes its time."""
        call = self._book.find(str(message.get("id")))
        deed = None if call is None else _deed(call, message)
        if call is None or deed is None:
            return
        if not self._work.acquire(blocking=False):
            self._fail(call, "too much is being done at once; try again")
            return
        threading.Thread(
            target=self._do, args=(call, deed), name="realtime_nb phone", daemon=True
        ).start()

    def _do(self, call: PhoneCall, deed: Callable[[], object]) -> None:
        try:
            deed()
        except RealtimeError as error:
            self._fail(call, told(error))
        finally:
            self._work.release()

    def _fail(self, call: PhoneCall, reason: str) -> None:
        self._widget.tell({"kind": "failed", "id": call.id, "reason": reason})


def _deed(call: PhoneCall, message: Mapping[str, Any]) -> Callable[[], object] | None:
    target = message.get("target")
    deeds: dict[str, Callable[[], object]] = {
        "accept": call.accept,
        "reject": call.reject,
        "refer": lambda: call.refer(target if isinstance(target, str) else ""),
        "hang_up": call.hang_up,
    }
    return deeds.get(str(message.get("action")))


def _row(call: PhoneCall) -> dict[str, Any]:
    age = datetime.now(tz=UTC) - call.since
    chat = call.chat
    return {
        "id": call.id,
        "number": call.number,
        "caller": plain(call.caller, _LONGEST),
        "called": plain(call.called, _LONGEST),
        "state": call.state,
        "age_ms": age.total_seconds() * 1000,
        "talked_ms": call.talked_s * 1000,
        "dtmf": call.dtmf,
        "media": plain(call.media_security or "", _LONGEST),
        "problem": plain(call.problem, 2 * _LONGEST),
        "chat": "" if chat is None else chat.name,
        "headers": [
            [plain(name, _LONGEST), plain(value, 2 * _LONGEST)]
            for name, value in call.headers[:_HEADERS_SHOWN]
        ],
    }
