"""Answers a page that shows the event table: rows by place, one event, one sound.

The page asks for what it shows and nothing else. All of it is worked out on a thread of its own,
never on the session's loop; of the log's growth a page is told only that it grew.
"""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakValueDictionary

from realtime_nb.audio.wav import encode_wav
from realtime_nb.bridge.codec import Decoder
from realtime_nb.bridge.frames import RATE
from realtime_nb.protocol.event_view import (
    answered_event,
    answering_errors,
    event_json,
    event_python,
)
from realtime_nb.protocol.log.id import log_id
from realtime_nb.protocol.rows.filter import Query
from realtime_nb.protocol.rows.table import Page, Rows, plain
from realtime_nb.protocol.session_sound import audio_format
from realtime_nb.protocol.summary import reference
from realtime_nb.protocol.told import as_list

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from realtime_nb.bridge.view import Buffers, Message
    from realtime_nb.protocol.log.event_log import EventLog, Record

    Reply = Callable[[str, Message, Buffers], None]

GROWN_S: Final = 0.2
"""Pages are told that there are more events no more often than this."""

SOUND_S: Final = 60
"""Of one row's sound this much is sent to a page, in seconds: messages share a way with speech."""

FAILED: Final = "the kernel could not work this out: its log says why"

_CATCH_UP_S: Final = 0.1  # then rows are given as far as they are known
_SLICE: Final = 256
_YIELD_S: Final = 0.0002
_MOST_WAITING: Final = 100
_ABOUT_SESSION: Final = ("session.created", "session.updated")

_log = logging.getLogger(__name__)
# One thread for all tables of the process: whoever is on it has every index to himself.
_worker = ThreadPoolExecutor(1, thread_name_prefix="realtime-nb-rows")
_shared: WeakValueDictionary[int, Rows] = WeakValueDictionary()


def rows_of(log: EventLog) -> Rows:
    """Return the rows of a log, the same for all its tables; only the tables' thread uses them."""
    rows = _shared.get(id(log))
    if rows is None:
        rows = _shared[id(log)] = Rows(log)
    return rows


class EventRows:
    """Answers the tables of one log.

    Parameters
    ----------
    log
        The log.
    name
        What the chat is called.
    reply
        Sends a message and its buffers to a page, by the page's id; from any thread.
    """

    def __init__(self, log: EventLog, name: str, reply: Reply) -> None:
        self._source = log
        self._rows = rows_of(log)
        self._name = name
        self._reply = reply
        self._waiting = threading.BoundedSemaphore(_MOST_WAITING)
        self._answers: dict[str, Callable[[Message], tuple[Message, Buffers]]] = {
            "rows": self._page,
            "event": self._event,
            "event_sound": self._sound,
        }

    def ask(self, client: str, message: Message, _buffers: Buffers = ()) -> None:
        """Take a page's question; it is answered later, and not at all if too many wait."""
        kind = message.get("kind")
        if not isinstance(kind, str) or kind not in self._answers:
            return
        if not self._waiting.acquire(blocking=False):
            return
        try:
            _worker.submit(self._answer, client, message)
        except RuntimeError:  # the process ends
            self._waiting.release()

    def _answer(self, client: str, message: Message) -> None:
        self._waiting.release()
        kind = str(message["kind"])
        try:
            answer, buffers = self._answers[kind](message)
            self._reply(client, {"kind": kind, "id": message.get("id"), **answer}, buffers)
        except Exception:  # noqa: BLE001 -- a bad question must not end the thread
            _log.exception("a question about events could not be answered: %s", kind)
            # Else the page would wait until it takes the kernel for gone.
            self._reply(client, {"kind": kind, "id": message.get("id"), "failed": FAILED}, ())

    # -- rows

    def _page(self, message: Message) -> tuple[Message, Buffers]:
        rows = self._rows
        behind = _catch_up(rows)
        query = Query.read(message.get("filter"))
        unfolded = [seq for seq in as_list(message.get("unfolded")) if isinstance(seq, int)]
        around = message.get("around")
        start, stop = _number(message.get("start"), 0), _number(message.get("stop"), None)
        page: Page
        if isinstance(around, int):
            page = rows.around(query, around, _number(message.get("count"), 50), unfolded=unfolded)
        else:
            page = rows.page(query, start, stop, unfolded=unfolded)
            # Places move when the log lets go of its oldest: the page asks where one is now.
            anchor = message.get("anchor")
            if isinstance(anchor, int):
                at = rows.place(query, anchor, unfolded=unfolded)
                page = replace(page, at=at)
        kinds = [[plain(kind), count] for kind, count in rows.kinds()[:_MOST_WAITING]]
        return {
            "log": log_id(self._source),
            "start": page.start,
            "total": page.total,
            "rows": page.rows,
            "at": page.at,
            "events": len(self._source),
            "dropped": self._source.dropped_records,
            "behind": behind,
            "kinds": kinds,
        }, ()

    # -- one event

    def _event(self, message: Message) -> tuple[Message, Buffers]:
        record = self._record(message)
        if record is None:
            return {"gone": True}, ()
        whole = message.get("whole") is True
        event = record.event
        text, cut = event_json(event, whole=whole)
        rows = self._rows
        _catch_up(rows)
        sounds = rows.sound_of(record.seq, alone=message.get("alone") is True)
        errors = answering_errors(self._source, record)
        return {
            "seq": record.seq,
            "type": plain(event.type),
            "dir": record.direction,
            "t_ms": round(record.t_ms, 1),
            "size": record.size,
            "ref": plain(reference(event)),
            "json": text,
            "cut": cut,
            "python": event_python(record, self._name) if whole else "",
            "answers": answered_event(self._source, record) if event.type == "error" else None,
            "error": errors[0] if errors else None,
            "sound": sum(one.event.audio_size for one in sounds),
        }, ()

    def _sound(self, message: Message) -> tuple[Message, Buffers]:
        record = self._record(message)
        if record is None:
            return {"gone": True}, ()
        rows = self._rows
        _catch_up(rows)
        sounds = rows.sound_of(record.seq, alone=message.get("alone") is True)
        told = rows.last_of(_ABOUT_SESSION, record.seq)
        side = "input" if record.direction == "sent" else "output"
        wire = audio_format(told.event.get("session"), side) if told is not None else None
        pcm, whole = _decode(sounds, wire)
        wav = encode_wav(pcm, RATE)
        return {"ms": len(pcm) // 2 * 1000 // RATE, "whole": whole}, (wav,)

    def _record(self, message: Message) -> Record | None:
        seq = message.get("seq")
        return self._source.find(seq) if isinstance(seq, int) else None


class Growth:
    """Tells pages that the log has grown, now and then.

    Parameters
    ----------
    log
        The log.
    send
        Sends a message to every page.
    loop
        The loop this runs on.
    """

    def __init__(
        self, log: EventLog, send: Callable[[Message], None], loop: asyncio.AbstractEventLoop
    ) -> None:
        self._source = log
        self._send = send
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None

    def add(self) -> None:
        """There is one more event."""
        if self._timer is None:
            self._timer = self._loop.call_later(GROWN_S, self.flush)

    def flush(self) -> None:
        """Tell now what would be told soon."""
        if self._timer is None:
            return
        self._timer.cancel()
        self._timer = None
        self._send({"kind": "events", "events": len(self._source)})


def _catch_up(rows: Rows) -> bool:
    """Take in what is new for a while; return whether there is more."""
    end = time.perf_counter() + _CATCH_UP_S
    while rows.index.catch_up(_SLICE):
        if time.perf_counter() > end:
            return True
        time.sleep(_YIELD_S)  # the session's thread waits for nobody's table
    return False


def _decode(records: list[Record], wire: dict[str, Any] | None) -> tuple[bytes, bool]:
    """Return records' sound as PCM16 at 24 kHz, and whether it is all of it."""
    first = records[0].event if records else None
    told = first is not None and isinstance(first.get("sample_rate"), int)
    form = {"type": "audio/pcm", "rate": first.get("sample_rate")} if first and told else wire
    channels = first.get("channels", 1) if first else 1
    decode = Decoder(form, channels=channels if isinstance(channels, int) else 1)
    most = 2 * int(SOUND_S * RATE)
    pcm = bytearray()
    for record in records:
        pcm += decode(record.event.audio or b"")
        if len(pcm) > most:
            return bytes(pcm[:most]), False
    return bytes(pcm + decode.rest()), True


def _number(value: Any, otherwise: Any) -> Any:
    return value if isinstance(value, int) else otherwise
