"""Joins the pages that show a session to the session itself."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from realtime_nb.bridge.absence import Absence
from realtime_nb.bridge.announcer import Announcer
from realtime_nb.bridge.capture import Capture
from realtime_nb.bridge.carrier import Carriers
from realtime_nb.bridge.complaints import Complaints
from realtime_nb.bridge.cost import Cost
from realtime_nb.bridge.editing import PageEdits
from realtime_nb.bridge.event_rows import EventRows, Growth
from realtime_nb.bridge.feed import Feed
from realtime_nb.bridge.guarded import GuardedSpeaker
from realtime_nb.bridge.loudspeaker import Loudspeaker
from realtime_nb.bridge.modes import TurnModes
from realtime_nb.bridge.pages import LOST_S, Pages
from realtime_nb.bridge.status import Status
from realtime_nb.bridge.succession import Succession
from realtime_nb.bridge.timing import Timing
from realtime_nb.bridge.tools import ToolRows
from realtime_nb.bridge.turns import Turns
from realtime_nb.bridge.view import told, untold
from realtime_nb.client.loop import Call

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from realtime_nb.bridge.view import Buffers, Message, PageHandler, View
    from realtime_nb.client.loop import BackgroundLoop
    from realtime_nb.client.session import RealtimeSession
    from realtime_nb.protocol.events import Event
    from realtime_nb.protocol.log import Record

VERSION: Final = 1
"""Of the messages between page and kernel."""

_ENDS: Final[Mapping[str, str]] = {"closed": "was closed", "failed": "lost its connection"}

_log = logging.getLogger(__name__)


class Bridge:
    """The one connection between a session and the pages that show it.

    Parameters
    ----------
    session
        The session; the bridge neither opens nor closes it.
    view
        The pages.
    loop
        The session's loop; everything here runs on it.
    name
        What the chat is called in the notebook.
    phrases
        What may be said to a practice server, shown to the user; empty for a real service.

    Attributes
    ----------
    notice
        Shows one line to people; see `Announcer.notice`.
    playback
        What of each answer has been received and heard.
    uplink
        Counts the microphone's frames, and knows when each was captured.
    timing
        Where each spoken turn's time went.
    guarded
        Holds and stops answers where guards say so.
    tools
        Shows a desk of tools in the pages; see `ToolRows.attach`.
    """

    def __init__(
        self,
        session: RealtimeSession,
        view: View,
        *,
        loop: BackgroundLoop,
        name: str = "chat",
        phrases: Sequence[str] = (),
    ) -> None:
        self._session = session
        self._view = Carriers(view, loop)
        self._loop = loop
        self._name = name
        self.phrases = list(phrases)
        self._pages = Pages()
        self._status = Status(session)
        self._announcer = Announcer(self._view, self._pages)
        self.notice = self._announcer.notice
        self._complaints = Complaints(self.notice, loop.loop)
        self.tools = ToolRows(session.conversation, self._pages, self._announcer, loop)
        self._edits = PageEdits(session, self._announcer, loop.loop)
        shows = (self.tools.card, self._edits.pictures)
        self._feed = Feed(session.conversation, self._announcer.to_all, loop.loop, *shows)
        self.tools.touched = self._feed.touched
        self._growth = Growth(session.log, self._announcer.to_all, loop.loop)
        self._rows = EventRows(session.log, name, self._announcer.to)
        self._loudspeaker = Loudspeaker(
            session, self._status, self._announcer, loop.loop, unheard=self._feed.unheard
        )
        self.playback = self._loudspeaker.playback
        self._turns = Turns(
            session,
            self._loudspeaker.interruption,
            answers=self._loudspeaker.answers,
            silence=self._loudspeaker.silence,
            notice=self.notice,
            loop=loop,
        )
        self.guarded = GuardedSpeaker(
            session, self._loudspeaker, self._turns, remark=self._feed.remark, notice=self.notice
        )
        self._absence = Absence(self._pages, self._turns.abandon, loop.loop)
        self._modes = TurnModes(
            session, self._turns, changed=self._show_state, notice=self.notice, loop=loop
        )
        self._capture = Capture(session, self._status, self._pages, self._announcer, loop.loop)
        self._succession = Succession(
            self._pages, self._loudspeaker, self._announcer, self._claim, loop.loop
        )
        self._cost = Cost(session, self._announcer, self._capture.let_go)
        self.uplink = self._capture.uplink
        self.timing = Timing(self.uplink)
        self._handlers: Mapping[str, PageHandler] = {
            "hello": self._on_hello,
            "leave": self._on_leave,
            "mic": self._on_microphone,
            "mic_failed": self._on_microphone_failed,
            "audio": self._on_audio,
            "text": self._on_text,
            "approve": self.tools.answer,
            "edit": self._edits.edit,
            "stop": untold(self._turns.stop),
            "commit": untold(self._turns.finish),
            "talk": self._on_talk,
            "turns": told(self._modes.asked),
            "take_over": self._on_take_over,
            "played": told(self._loudspeaker.played),
            "started": self._on_started,
            "drained": told(self._loudspeaker.drained),
            "cleared": told(self._loudspeaker.cleared),
            "rows": self._rows.ask,
            "event": self._rows.ask,
            "event_sound": self._rows.ask,
        }
        self._received: Mapping[str, Callable[[Event], None]] = {
            "session.created": self._on_session,
            "session.updated": self._on_session,
            "session.closed": self._on_session_closed,
            "session.output_audio.delta": self._on_translated_sound,
            "response.output_audio.delta": self._on_answer_sound,
            "response.output_audio.done": self._on_answer_sound,
            "response.created": self._on_response_created,
            "response.done": self._on_response_done,
            "input_audio_buffer.speech_started": self._on_speech_started,
            "conversation.item.deleted": self._loudspeaker.edited,
            "conversation.item.truncated": self._loudspeaker.edited,
        }
        self._undo: list[Callable[[], None]] = []

    # -- life

    def start(self) -> None:
        """Begin to listen to both sides."""
        self._undo = [
            self._session.subscribe(self._on_record),
            self._session.on_state(self._on_state),
            self._cost.start(),
            self._session.on_stray(self._complaints.stray),
            self._view.on_message(self._post),
        ]

    def stop(self, reason: str = "the chat was closed") -> Call[None]:
        """Let the page's microphone go and listen no more; call it from any thread."""
        for undo in self._undo:
            undo()
        self._undo = []
        self.tools.detach()
        if not self._loop.alive:
            return Call.of_nothing("stop")  # whatever there was ended with its loop
        return self._loop.call(self._stop(reason))

    def interrupt(self) -> None:
        """Stop the answer that is being made or heard; call it from any thread."""
        self._loop.post(self._turns.stop)

    def change_turns(
        self, mode: str | None = None, *, half_duplex: bool | None = None
    ) -> Call[str]:
        """Change how turns end; call it from any thread.

        Parameters
        ----------
        mode, half_duplex
            See `realtime_nb.bridge.modes.TurnModes.change`.

        Returns
        -------
        Call
            Of the mode in force afterwards.
        """
        return self._loop.call(self._modes.change(mode, half_duplex=half_duplex))

    @property
    def has_page(self) -> bool:
        """Whether there is a page that plays the answers."""
        return self._pages.present

    @property
    def owner(self) -> str | None:
        """Client id of the page that captures and plays, None before any came."""
        return self._pages.owner

    @property
    def unplayed_ms(self) -> float:
        """Milliseconds of answers on their way to the page or unplayed in it."""
        return self._loudspeaker.unplayed_ms

    def lend_microphone(self, reason: str | None) -> None:
        """Send nothing that a page captures, and tell it the `reason`; None ends that."""
        self._capture.lend(reason)

    async def _stop(self, reason: str) -> None:
        self._absence.end()
        self._succession.stop()
        self._edits.stop()
        self._capture.stop()
        self._feed.flush()
        self._growth.flush()
        self._loudspeaker.stop()
        self._capture.let_go(reason)
        self._show_state()

    def _show_state(self) -> None:
        self._announcer.to_all({"kind": "state", **self._standing()})

    def _standing(self) -> Message:
        return {**self._status.message(), **self._modes.message()}

    def _on_state(self, state: str) -> None:
        self._show_state()
        if state in _ENDS:
            self._capture.let_go(f"the chat {_ENDS[state]}")

    # -- from the session

    def _on_record(self, record: Record, changed: frozenset[str]) -> None:
        self._edits.add(record)
        self._feed.add(record, changed)
        self._growth.add()
        if record.direction != "received":
            return
        event = record.event
        if self._session.conversation.asides.tells(event):
            return  # out of band: nobody's turn, and not for the loudspeaker
        handler = self._received.get(event.type)
        if handler is not None:
            handler(event)
        self._capture.event(event)
        self.timing.event(event, record.t_ms, self._status.turn_detection)

    def _on_answer_sound(self, event: Event) -> None:
        self._loudspeaker.answers.take(event, wanted=self.has_page)
        self._succession.sounded()

    def _on_translated_sound(self, event: Event) -> None:
        if self.has_page:
            self._loudspeaker.translate(event)

    def _on_speech_started(self, _event: Event) -> None:
        if self._status.turn_detection.get("interrupt_response", True):
            # The service cancels it; what it had made by then may still come.
            for response_id in self._session.conversation.open_response_ids:
                self._loudspeaker.answers.silence(response_id)
            self._loudspeaker.interruption.start()

    def _on_response_created(self, event: Event) -> None:
        self._loudspeaker.answers.begun(event.get("response.id"))

    def _on_response_done(self, event: Event) -> None:
        self._loudspeaker.answers.over(event.get("response.id"), wanted=self.has_page)
        self._complaints.response_done(event)

    def _on_session_closed(self, _event: Event) -> None:
        self._loudspeaker.end_translation()

    def _on_session(self, _event: Event) -> None:
        self._capture.follow_format()
        self._modes.remember()
        self._show_state()

    # -- from the pages

    def _post(self, message: Message, buffers: Buffers) -> None:
        """Hand a message over to the loop, on whichever thread it came."""
        self._loop.post(self._receive, message, buffers)

    def _receive(self, message: Message, buffers: Buffers) -> None:
        handler = self._handlers.get(str(message.get("kind")))
        client = message.get("client")
        if handler is None or not isinstance(client, str):
            return
        self._pages.touch(client, self._loop.loop.time())
        if handler != self._on_leave:
            self._succession.heard(client)
        try:
            handler(client, message, buffers)
        except Exception:  # noqa: BLE001 -- a bad message must not end the session
            _log.exception("a message of the page could not be handled: %s", message.get("kind"))

    def _on_hello(self, client: str, _message: Message, _buffers: Buffers) -> None:
        self._succession.come(client)
        before, speaking = self._pages.owner, self._pages.microphone
        now_s = self._loop.loop.time()
        lost = not self._pages.left and self._pages.silent_s(now_s) > LOST_S
        owner = self._pages.arrive(client, now_s, playing=self._loudspeaker.downlink.active)
        come_for_another = before not in (None, client) and owner
        if come_for_another and speaking:
            self._capture.left()
        self._announcer.to(client, self._welcome(owner=owner))
        self._announcer.to(client, self._cost.message())
        self.tools.welcome(client)
        if owner:
            self._announcer.to_all({"kind": "owner", "client": client})
        self._announcer.show_early()
        if come_for_another and lost:
            self._turns.abandon()
        elif come_for_another:
            self._loudspeaker.take_up()
        elif before == client:
            self._loudspeaker.begin_anew()
            self._capture.begin_anew()
        self._succession.settled()

    def _welcome(self, *, owner: bool) -> Message:
        session = self._session
        endpoint = session.endpoint
        return {
            "kind": "welcome",
            "version": VERSION,
            **self._standing(),
            "endpoint": {
                "name": endpoint.name,
                "model": self._status.model,
                "practice": endpoint.practice,
                "url": endpoint.base_url,
            },
            "owner": owner,
            "name": self._name,
            "items": [self._feed.show(item) for item in session.conversation.items],
            "events": len(session.log),
            "phrases": self.phrases,
        }

    def _on_leave(self, client: str, _message: Message, _buffers: Buffers) -> None:
        self._absence.begin(client)
        self._succession.leave(client)

    def _claim(self, client: str) -> None:
        before, speaking = self._pages.owner, self._pages.microphone
        left = self._pages.left
        if before != client and not left:
            self._loudspeaker.pass_on()
        if self._pages.claim(client, self._loop.loop.time()):
            if speaking:
                self._capture.left()
            self._announcer.to_all({"kind": "owner", "client": client})
            if left:
                self._loudspeaker.take_up()
            self._succession.settled()

    def _on_microphone(self, client: str, message: Message, _buffers: Buffers) -> None:
        on = bool(message.get("on"))
        refusal = self._capture.refusal()
        if on and refusal is not None:
            self._announcer.to(client, {"kind": "mic_off", "reason": refusal})
            return
        if on:
            self._claim(client)
        if client == self._pages.owner:
            self._capture.switch(on=on)

    def _on_microphone_failed(self, client: str, message: Message, _buffers: Buffers) -> None:
        self._capture.failed(client, message)

    def _on_audio(self, client: str, _message: Message, buffers: Buffers) -> None:
        if client == self._pages.owner and buffers:
            self._capture.take(buffers[0])

    def _on_text(self, client: str, message: Message, _buffers: Buffers) -> None:
        text = str(message.get("text", "")).strip()
        if not text:
            return
        if self._session.state == "open" and self._status.kind == "realtime":
            self._claim(client)
        self._turns.say(text)

    def _on_take_over(self, client: str, _message: Message, _buffers: Buffers) -> None:
        self._claim(client)

    def _on_talk(self, client: str, message: Message, _buffers: Buffers) -> None:
        if client == self._pages.owner:
            self._modes.talk(message)

    def _on_started(self, client: str, message: Message, _buffers: Buffers) -> None:
        if client == self._pages.owner:
            self.timing.started(message.get("t_ms"))
