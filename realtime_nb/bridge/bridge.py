"""Joins the pages that show a session to the session itself."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from realtime_nb.bridge.carrier.carrier import Carriers
from realtime_nb.bridge.cost import Cost
from realtime_nb.bridge.mishaps import Mishaps
from realtime_nb.bridge.page_sound import PageSound
from realtime_nb.bridge.pages.presence import Presence
from realtime_nb.bridge.parts import Shown, Spoken
from realtime_nb.bridge.playing.answer_sound import AnswerSound
from realtime_nb.bridge.timing import Timing
from realtime_nb.bridge.view import told, untold
from realtime_nb.client.loop import Call

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from realtime_nb.bridge.pages.facts import PageFacts
    from realtime_nb.bridge.rtc import RtcPeer
    from realtime_nb.bridge.view import Buffers, Message, PageHandler, View
    from realtime_nb.client.loop import BackgroundLoop
    from realtime_nb.client.session import RealtimeSession
    from realtime_nb.protocol.events import Event
    from realtime_nb.protocol.log.event_log import Record

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
    peer
        What the session's transport asks for a WebRTC call, which one of the pages makes.

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

    def __init__(  # noqa: PLR0913 -- each is named where it is given
        self,
        session: RealtimeSession,
        view: View,
        *,
        loop: BackgroundLoop,
        name: str = "chat",
        phrases: Sequence[str] = (),
        peer: RtcPeer | None = None,
    ) -> None:
        self._session = session
        self._view = Carriers(view, loop)
        self._loop = loop
        self._name = name
        self.phrases = list(phrases)
        self._told_by_cell = False
        shown = Shown.of(session, self._view, loop, name)
        self._pages, self._status, self._announcer = shown.pages, shown.status, shown.announcer
        self._feed, self._edits, self.tools = shown.feed, shown.edits, shown.tools
        self._growth, self._rows, self._complaints = shown.growth, shown.rows, shown.complaints
        self.notice = self._announcer.notice
        spoken = Spoken.of(session, shown, loop, peer=peer, changed=self._show_state)
        self._loudspeaker, self._capture = spoken.loudspeaker, spoken.capture
        self._turns, self._modes, self.guarded = spoken.turns, spoken.modes, spoken.guarded
        self._on_call = spoken.on_call
        self.playback, self.uplink = self._loudspeaker.playback, self._capture.uplink
        self.timing = Timing(self.uplink)
        self._mishaps = Mishaps(
            session,
            self._status,
            feed=self._feed,
            loudspeaker=self._loudspeaker,
            capture=self._capture,
            turns=self._turns,
            announcer=self._announcer,
            loop=loop,
        )
        self._presence = Presence(
            self._pages,
            self._announcer,
            capture=self._capture,
            loudspeaker=self._loudspeaker,
            turns=self._turns,
            on_call=self._on_call,
            welcome=self._welcome,
            changed=self._show_state,
            loop=loop.loop,
        )
        self._cost = Cost(session, self._announcer, self._capture.let_go)
        self._handlers = self._handlers_of_pages(peer)
        self._received = self._handlers_of_events()
        self._undo: list[Callable[[], None]] = []

    def _handlers_of_pages(self, peer: RtcPeer | None) -> Mapping[str, PageHandler]:
        """Return what takes a page's messages, by kind."""
        page_sound = PageSound(
            self._pages, self._announcer, self._capture, self._on_call, self._presence.claim
        )
        return {
            **self._presence.pages,
            **page_sound.pages,
            "text": self._on_text,
            **({} if peer is None else {"rtc": peer.receive}),
            **self._mishaps.pages,
            "approve": self.tools.answer,
            "edit": self._edits.edit,
            "stop": untold(self._turns.stop),
            "commit": untold(self._turns.finish),
            "talk": self._on_talk,
            "turns": told(self._modes.asked),
            "played": told(self._loudspeaker.played),
            "started": self._on_started,
            "drained": told(self._loudspeaker.drained),
            "cleared": told(self._loudspeaker.cleared),
            "rows": self._rows.ask,
            "event": self._rows.ask,
            "event_sound": self._rows.ask,
        }

    def _handlers_of_events(self) -> Mapping[str, Callable[[Event], None]]:
        """Return what takes the session's events, by type."""
        answer_sound = AnswerSound(
            self._session,
            self._status,
            loudspeaker=self._loudspeaker,
            pages=self._pages,
            on_call=self._on_call,
            sounded=self._presence.sounded,
        )
        return {
            **self._mishaps.events,
            **answer_sound.events,
            "session.created": self._on_session,
            "session.updated": self._on_session,
            "response.created": self._on_response_created,
            "response.done": self._on_response_done,
        }

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

    def cell_tells(self) -> None:
        """Note that the cell's error says why the session failed: its pages need not say it, too.

        Call it from any thread.
        """
        self._told_by_cell = True
        self._loop.post(self._show_state)

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
    def page(self) -> PageFacts | None:
        """What the page that captures and plays said of itself; None before it did."""
        facts = self._pages.facts.get(self.owner or "")
        return facts and replace(facts, fast=self.owner in self._view.fast)

    @property
    def unplayed_ms(self) -> float:
        """Milliseconds of answers on their way to the page or unplayed in it."""
        return self._loudspeaker.unplayed_ms

    def lend_microphone(self, reason: str | None) -> None:
        """Send nothing that a page captures, and tell it the `reason`; None ends that."""
        self._capture.lend(reason)

    async def _stop(self, reason: str) -> None:
        self._on_call.end()
        self._presence.stop()
        self._edits.stop()
        self._capture.stop()
        self._feed.end()
        self._growth.flush()
        self._loudspeaker.stop()
        self._capture.let_go(reason)
        self._show_state()

    def _show_state(self) -> None:
        self._announcer.to_all({"kind": "state", **self._standing()})

    def _standing(self) -> Message:
        standing = {**self._status.message(), **self._modes.message()}
        if standing["state"] == "closed" and self._on_call.ended:
            standing["detail"] = self._on_call.ended
        return {**standing, "told": self._told_by_cell}

    def _on_state(self, state: str) -> None:
        self._on_call.state(state)
        self._mishaps.state(state)
        if state == "open":
            self._follow_config()
        self._show_state()
        if state in _ENDS:
            self._feed.end()
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
        self._on_call.event(event)
        self.timing.event(event, record.t_ms, self._status.turn_detection)

    def _on_response_created(self, event: Event) -> None:
        self._loudspeaker.answers.begun(event.get("response.id"))
        self._mishaps.response_created()

    def _on_response_done(self, event: Event) -> None:
        self._loudspeaker.answers.over(event.get("response.id"), wanted=self.has_page)
        self._mishaps.response_done(event)

    def _on_session(self, _event: Event) -> None:
        self._follow_config()
        self._show_state()

    def _follow_config(self) -> None:
        self._capture.follow_format()
        self._modes.remember()

    # -- from the pages

    def _post(self, message: Message, buffers: Buffers) -> None:
        """Hand a message over to the loop, on whichever thread it came."""
        self._loop.post(self._receive, message, buffers)

    def _receive(self, message: Message, buffers: Buffers) -> None:
        kind = str(message.get("kind"))
        handler = self._handlers.get(kind)
        client = message.get("client")
        if handler is None or not isinstance(client, str):
            return
        self._presence.heard(client, kind)
        try:
            handler(client, message, buffers)
        except Exception:  # noqa: BLE001 -- a bad message must not end the session
            _log.exception("a message of the page could not be handled: %s", kind)

    def _welcome(self, client: str, owner: bool) -> None:  # noqa: FBT001 -- a callback's
        """Tell a page that came all there is."""
        session = self._session
        endpoint = session.endpoint
        welcome: Message = {
            "kind": "welcome",
            "version": VERSION,
            "pulse": True,
            **self._standing(),
            "endpoint": {
                "name": endpoint.name,
                "model": self._status.model,
                "practice": endpoint.practice,
                "url": endpoint.base_url,
            },
            "owner": owner,
            "name": self._name,
            "items": self._feed.page(),
            "events": len(session.log),
            "phrases": self.phrases,
        }
        for message in (welcome, self._cost.message(), self._mishaps.limits.message()):
            self._announcer.to(client, message)
        self.tools.welcome(client)

    def _on_text(self, client: str, message: Message, _buffers: Buffers) -> None:
        text = str(message.get("text", "")).strip()
        if not text:
            return
        if self._status.takes and self._status.kind == "realtime":
            self._presence.claim(client)
        self._turns.say(text)

    def _on_talk(self, client: str, message: Message, _buffers: Buffers) -> None:
        if client == self._pages.owner:
            self._modes.talk(message)

    def _on_started(self, client: str, message: Message, _buffers: Buffers) -> None:
        if client == self._pages.owner:
            self.timing.started(message.get("t_ms"))
