"""One telephone call: who calls whom, what became of it, and what may be done."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from realtime_nb.client.phone.states import ALLOWED, INSTEAD, OVER, Action, CallState
from realtime_nb.client.transport.call_control import hang_up_call, refer_call, reject_call
from realtime_nb.errors import (
    ConnectionFailed,
    ConnectionLost,
    RealtimeError,
    UsageError,
    one_line,
)
from realtime_nb.notebook.agents import forget
from realtime_nb.notebook.phone.answering import discard
from realtime_nb.notebook.phone.complaints import gone, told
from realtime_nb.protocol.shown_text import escaped, plain

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from realtime_nb.client.endpoints.service import Endpoint
    from realtime_nb.client.phone.incoming import Incoming
    from realtime_nb.notebook.phone.answering import Answering, CallChat
    from realtime_nb.protocol.log.event_log import Record

DTMF_EVENT: Final = "input_audio_buffer.dtmf_event_received"
MOST_DIGITS: Final = 200
"""Keys of a caller that are remembered; past that the oldest are forgotten."""

_DIGITS: Final = frozenset("0123456789*#ABCD")
_DECLINED: Final = 603
_NORMAL_END: Final = (1000, 1001)
_SHOWN: Final = 120


class Line(Protocol):
    """What a call asks of its line."""

    @property
    def endpoint(self) -> Endpoint:
        """The service that has the call."""
        ...

    def answering(self, config: Mapping[str, Any] | None) -> Answering:
        """Return what a call is accepted with."""
        ...

    def chat_name(self, call: PhoneCall) -> str:
        """Return what a call's chat is to be called."""
        ...

    @property
    def closed(self) -> bool:
        """Whether it takes no calls any more."""
        ...

    def changed(self) -> None:
        """Be told that a call is not what it was."""
        ...


class PhoneCall:
    """A call of a `PhoneLine`. What it says of the caller is the caller's word.

    Attributes
    ----------
    id
        What the service calls it, ``rtc_…``.
    caller, called
        Who calls whom, as the caller's network says; untrusted text, ``""`` if unknown.
    headers
        Name and value of each SIP header, in order; untrusted text.
    media_security
        ``rtp`` or ``srtp``; None where the service does not say.
    number
        The how manieth call of its line it is, from 1.
    rang_at
        When it rang.
    problem
        What went wrong last, in one line; ``""`` when nothing did.
    """

    def __init__(self, incoming: Incoming, line: Line, number: int) -> None:
        self.id = incoming.call_id
        self.caller = incoming.caller
        self.called = incoming.called
        self.headers = incoming.headers
        self.media_security = incoming.media_security
        self.number = number
        self.rang_at = datetime.now(tz=UTC).astimezone()
        self.problem = ""
        self._line = line
        self._lock = threading.Lock()
        self._unsure = False  # whether the service has accepted it, though it rings here
        self._deciding = False  # what is about to be said of its end is not to be guessed
        self._state: CallState = "ringing"
        self._since = self.rang_at
        self._accepted_at: datetime | None = None
        self._chat: CallChat | None = None
        self._dtmf: deque[str] = deque(maxlen=MOST_DIGITS)

    # -- what it is

    @property
    def state(self) -> CallState:
        """What became of it so far: see `realtime_nb.client.phone.states.CallState`.

        A caller who hangs up before the call is accepted is not told of by the service: such a
        call rings here until it is accepted or rejected, or has rung for three minutes.
        """
        return self._state

    @property
    def since(self) -> datetime:
        """When that state began."""
        return self._since

    @property
    def talked_s(self) -> float:
        """How long it has been active, in seconds; 0 of one that was never accepted."""
        begun = self._accepted_at
        if begun is None:
            return 0.0
        end = self._since if self.over else datetime.now(tz=UTC)
        return max(0.0, (end - begun).total_seconds())

    @property
    def dtmf(self) -> str:
        """The keys that the caller has pressed: ``0`` to ``9``, ``*``, ``#``, ``A`` to ``D``."""
        return "".join(self._dtmf)

    @property
    def chat(self) -> CallChat | None:
        """The chat of a call that was accepted; None before that."""
        return self._chat

    @property
    def over(self) -> bool:
        """Whether nothing happens to it any more."""
        return self._state in OVER

    @property
    def may_run(self) -> bool:
        """Whether somebody may be on it, who would stay there until it is hung up."""
        return self._state in ALLOWED["hang_up"] or (self._unsure and self._state == "ringing")

    # -- what may be done

    def accept(self, config: Mapping[str, Any] | None = None) -> CallChat:
        """Take the call; the caller is answered from now on.

        Parameters
        ----------
        config
            What to accept it with, names as in a cell's front matter; None takes the line's.

        Returns
        -------
        Chat
            Of the talk: its sound runs between caller and service, and its events, tools and
            updates here.

        Raises
        ------
        UsageError
            When it does not ring any more, or the config is none.
        ServerError
            When the service refuses the config: the call rings still.
        ConnectionFailed
            When the service cannot be reached, or does not have the call any more.
        """
        answering = self._line.answering(config)
        self._enter("accept", "accepting")
        try:
            chat = answering.take(self._line.endpoint, self.id, name=self._line.chat_name(self))
        except BaseException as error:
            self._not_taken(error)
            raise
        return self._join(chat)

    def reject(self, status_code: int = _DECLINED) -> None:
        """Refuse the call that rings, with a SIP status: 603 declined, 486 busy, 480 away.

        Raises
        ------
        UsageError
            When it does not ring, or the status is none.
        ConnectionFailed
            When the service cannot be reached, or does not have the call any more.
        """
        self._allow("reject")
        with self._telling():
            reject_call(self._line.endpoint, self.id, status_code)
            self._become("rejected")

    def refer(self, target_uri: str) -> None:
        """Hand the caller on to somebody else: ``tel:+1555…`` or ``sip:…``; the talk here ends.

        Raises
        ------
        UsageError
            When it is not active, or the target is none.
        ConnectionFailed, ServerError
            When the service cannot be reached or refuses: the talk goes on.
        """
        self._allow("refer")
        if not isinstance(target_uri, str):  # pyright: ignore[reportUnnecessaryIsInstance] -- of a user
            raise UsageError(f"{target_uri!r:.60} is no place: write tel:+15550100 or sip:….")
        with self._telling():
            refer_call(self._line.endpoint, self.id, target_uri)
            self._become("referred")
        self._end_chat()

    def hang_up(self) -> None:
        """End the call, also in the middle of an answer or a tool.

        Raises
        ------
        UsageError
            When it is not active; one that rings is rejected.
        ConnectionFailed
            When the service cannot be reached.
        """
        self._allow("hang_up")
        with contextlib.suppress(_Gone), self._telling():
            hang_up_call(self._line.endpoint, self.id)
        self._become("ended")
        self._end_chat()

    # -- for its line

    def move_to(self, line: Line) -> None:
        """Belong to another line from now on."""
        self._line = line

    def given_up(self, why: str) -> None:
        """Note that nobody waits any more, where it rings still."""
        with self._lock:
            if self._state != "ringing" or self._deciding:
                return
            self._set("ended", why)
        self._line.changed()

    def unlist(self) -> None:
        """Have its chat found by name no more, once call and line are both over."""
        if self.over and self._line.closed and self._chat is not None:
            forget(self._chat)

    def let_go(self) -> None:
        """Forget its chat, which is taken off the page."""
        chat, self._chat = self._chat, None
        if chat is not None:
            discard(chat)

    # -- inside

    def _not_taken(self, error: BaseException) -> None:
        """Note that the service did not take the call, or that nobody knows whether it did."""
        if gone(error):
            self._become("ended", problem=told(error))
        elif isinstance(error, Exception):
            self._unsure = self._unsure or isinstance(error, ConnectionFailed)
            self._become("ringing", problem=told(error))
        else:  # a kernel's interrupt, while the service may have taken it already
            self._become("failed", problem=f"{told(error)}: hang_up() ends it")

    def _join(self, chat: CallChat) -> CallChat:
        self._chat = chat
        chat.session.subscribe(self._heard)
        try:
            chat.join()
        except BaseException as error:
            self._become("ended" if gone(error) else "failed", problem=told(error))
            raise
        self._become("active")
        chat.session.on_state(lambda _state: self._follow(chat))
        self._follow(chat)  # it may have ended meanwhile
        return chat

    def _heard(self, record: Record, _items: frozenset[str]) -> None:
        if record.direction != "received" or record.event.type != DTMF_EVENT:
            return
        digit = record.event.get("event")
        known = isinstance(digit, str) and digit.upper() in _DIGITS
        self._dtmf.append(digit.upper() if known and isinstance(digit, str) else "?")
        self._line.changed()

    def _follow(self, chat: CallChat) -> None:
        state, failure = chat.session.state, chat.session.failure
        if self.over or self._deciding or state not in ("closed", "failed"):
            return
        if chat.left:
            self.problem = "its chat was closed, and the call goes on: hang_up() ends it"
            self._line.changed()
            return
        normal = failure is None or (
            isinstance(failure, ConnectionLost) and failure.code in _NORMAL_END
        )
        self._become("ended" if normal else "failed", problem="" if normal else told(failure))

    def _end_chat(self) -> None:
        chat = self._chat
        if chat is not None:
            chat.session.close()  # its pages still show what was said

    def _allow(self, action: Action) -> None:
        with self._lock:
            self._check(action)

    def _enter(self, action: Action, state: CallState) -> None:
        with self._lock:
            self._check(action)
            self._set(state, "")
        self._line.changed()

    def _check(self, action: Action) -> None:
        if action == "hang_up" and self.may_run:
            return
        if self._state not in ALLOWED[action]:
            raise UsageError(f"{action}() of call {self.id}: {INSTEAD[self._state]}.")

    def _become(self, state: CallState, *, problem: str = "") -> None:
        with self._lock:
            # What has been said of its end stays: a session that closes after it is no news.
            if not self.over or (self._state == "failed" and state == "ended"):
                self._set(state, problem)
        self.unlist()  # also one that was joined while its line closed
        self._line.changed()

    def _set(self, state: CallState, problem: str) -> None:
        if state != self._state:
            self._since = datetime.now(tz=UTC).astimezone()
        if state == "active":
            self._accepted_at = self._since
        self._state = state
        self.problem = problem

    @contextlib.contextmanager
    def _telling(self) -> Generator[None]:
        """Note what the service says against it; a call that it does not have has ended."""
        self._deciding = True
        try:
            yield
        except RealtimeError as error:
            if gone(error):
                self._become("ended", problem=told(error))
                raise _Gone(str(error)) from None
            self.problem = told(error)
            self._line.changed()
            raise
        finally:
            self._deciding = False
            if self._chat is not None:
                self._follow(self._chat)

    def __repr__(self) -> str:
        who = plain(self.caller or "unknown caller", _SHOWN)
        digits = f", pressed {self.dtmf}" if self._dtmf else ""
        return one_line(f"<call {self.id} of {who}: {self._state}{digits}>")

    def _repr_html_(self) -> str:
        rows = [
            ("caller", self.caller),
            ("called", self.called),
            ("state", self._state),
            ("media", self.media_security or "not said"),
            ("keys", self.dtmf),
            ("problem", self.problem),
            *self.headers,
        ]
        body = "".join(
            f"<tr><th>{escaped(name, _SHOWN)}</th>"
            f'<td style="text-align:left">{escaped(value, 4 * _SHOWN)}</td></tr>'
            for name, value in rows
            if value
        )
        return f"<table><caption>{escaped(self.id, _SHOWN)}</caption><tbody>{body}</tbody></table>"


class _Gone(ConnectionFailed):
    """The service does not have the call any more."""
