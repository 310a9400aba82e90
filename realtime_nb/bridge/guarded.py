"""What guards do to the answers that a page plays: hold them, let them go, stop them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.bridge.on_call import OnCall
    from realtime_nb.bridge.playing.loudspeaker import Loudspeaker
    from realtime_nb.bridge.turns import Turns
    from realtime_nb.client.session import RealtimeSession


class GuardedSpeaker:
    """The loudspeaker as guards see it; see `realtime_nb.client.guards.guarding.Speaker`.

    Parameters
    ----------
    session
        The session.
    loudspeaker
        What plays answers.
    turns
        Stops them.
    on_call
        Knows whether their sound passes here at all.
    remark
        Shows a line at an item.
    notice
        Shows one line to people.
    """

    def __init__(  # noqa: PLR0913 -- each is named where it is given
        self,
        session: RealtimeSession,
        loudspeaker: Loudspeaker,
        turns: Turns,
        *,
        on_call: OnCall,
        remark: Callable[[str, str], None],
        notice: Callable[[str, str], None],
    ) -> None:
        self._session = session
        self._loudspeaker = loudspeaker
        self._turns = turns
        self._on_call = on_call
        self.remark = remark
        self.notice = notice

    def hold(self, response_id: str) -> None:
        """Play nothing of a response before `release`."""
        self._on_call.unheld(self.notice)
        self._loudspeaker.answers.holding.hold(response_id)

    def release(self, response_id: str) -> None:
        """Play what was held of a response, and what is still to come."""
        self._loudspeaker.answers.holding.release(response_id)

    def stop(self, response_id: str, note: str) -> None:
        """Cancel a response, play nothing more of it, and cut it at what was heard.

        Parameters
        ----------
        response_id
            The response. One that has ended and been played is not changed any more.
        note
            Why, shown at its items and as a notice; ``""`` shows nothing.
        """
        conversation = self._session.conversation
        items = [item.id for item in conversation.items if item.response_id == response_id]
        answers = self._loudspeaker.answers
        answers.silence(response_id)
        if response_id in conversation.open_response_ids:
            self._turns.stop()
        elif any(one.key[0] in items for one in self._loudspeaker.downlink.streams()):
            # It is made and still being heard.
            self._loudspeaker.interruption.start()
        elif self._on_call.sounds(response_id):
            self._on_call.hush()
        if note:
            for item_id in items:
                self.remark(item_id, note)
            self.notice("warning", f"The answer was {note}")
