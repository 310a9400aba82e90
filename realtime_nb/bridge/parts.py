"""What a bridge is made of: what pages show of a session, and what is said and heard in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from realtime_nb.bridge.capture import Capture
from realtime_nb.bridge.complaints import Complaints
from realtime_nb.bridge.editing import PageEdits
from realtime_nb.bridge.event_rows import EventRows, Growth
from realtime_nb.bridge.feed import Feed
from realtime_nb.bridge.guarded import GuardedSpeaker
from realtime_nb.bridge.modes import TurnModes
from realtime_nb.bridge.on_call import OnCall
from realtime_nb.bridge.pages.announcer import Announcer
from realtime_nb.bridge.pages.pages import Pages
from realtime_nb.bridge.playing.loudspeaker import Loudspeaker
from realtime_nb.bridge.status import Status
from realtime_nb.bridge.tools.tools import ToolRows
from realtime_nb.bridge.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.bridge.rtc import RtcPeer
    from realtime_nb.bridge.view import View
    from realtime_nb.client.loop import BackgroundLoop
    from realtime_nb.client.session import RealtimeSession


@dataclass(frozen=True, slots=True)
class Shown:
    """What pages show of a session.

    Attributes
    ----------
    pages
        Which there are, and which of them captures and plays.
    announcer
        The way to them.
    status
        How the session stands.
    complaints
        Errors of the service that answer nothing.
    tools, edits, feed
        Calls, edits of the conversation, and the transcript.
    growth, rows
        How long the log is, and its rows.
    """

    pages: Pages
    announcer: Announcer
    status: Status
    complaints: Complaints
    tools: ToolRows
    edits: PageEdits
    feed: Feed
    growth: Growth
    rows: EventRows

    @classmethod
    def of(cls, session: RealtimeSession, view: View, loop: BackgroundLoop, name: str) -> Shown:
        """Make them for a session that is called `name`; everything runs on `loop`."""
        pages = Pages()
        announcer = Announcer(view, pages)
        to_all = announcer.to_all
        tools = ToolRows(session.conversation, pages, announcer, loop)
        edits = PageEdits(session, announcer, loop.loop)
        feed = Feed(session.conversation, to_all, loop.loop, tools.card, edits.pictures)
        tools.touched = feed.touched
        return cls(
            pages,
            announcer,
            Status(session),
            Complaints(announcer.notice, loop.loop),
            tools,
            edits,
            feed,
            Growth(session.log, to_all, loop.loop),
            EventRows(session.log, name, announcer.to),
        )


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is said and heard in a session.

    Attributes
    ----------
    loudspeaker, capture
        The owner's, where the sound goes through the kernel.
    on_call
        What is otherwise where it runs on a call.
    turns, modes
        What a user does besides speaking, and how turns end.
    guarded
        The loudspeaker as guards see it.
    """

    loudspeaker: Loudspeaker
    capture: Capture
    on_call: OnCall
    turns: Turns
    modes: TurnModes
    guarded: GuardedSpeaker

    @classmethod
    def of(
        cls,
        session: RealtimeSession,
        shown: Shown,
        loop: BackgroundLoop,
        *,
        peer: RtcPeer | None,
        changed: Callable[[], None],
    ) -> Spoken:
        """Make them; `peer` makes the page's call, `changed` tells pages how the session stands."""
        status, announcer = shown.status, shown.announcer
        loudspeaker = Loudspeaker(session, status, announcer, loop.loop, unheard=shown.feed.unheard)
        on_call = OnCall(session, peer, shown.pages, announcer)
        turns = Turns(
            session,
            status,
            loudspeaker.interruption,
            answers=loudspeaker.answers,
            silence=loudspeaker.silence,
            hush=on_call.hush,
            notice=announcer.notice,
            loop=loop,
        )
        guarded = GuardedSpeaker(
            session,
            loudspeaker,
            turns,
            on_call=on_call,
            remark=shown.feed.remark,
            notice=announcer.notice,
        )
        modes = TurnModes(
            session, status, turns, changed=changed, notice=announcer.notice, loop=loop
        )
        capture = Capture(session, status, shown.pages, announcer, loop.loop)
        return cls(loudspeaker, capture, on_call, turns, modes, guarded)
