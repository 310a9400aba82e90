"""What the service's events mean for what is being played: sound to play, turns that cut it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from realtime_nb.bridge.on_call import OnCall
    from realtime_nb.bridge.pages.pages import Pages
    from realtime_nb.bridge.playing.loudspeaker import Loudspeaker
    from realtime_nb.bridge.status import Status
    from realtime_nb.client.session import RealtimeSession
    from realtime_nb.protocol.events import Event


class AnswerSound:
    """Brings answers and translations to the loudspeaker.

    Parameters
    ----------
    session
        The session.
    status
        What is in force.
    loudspeaker
        What is being played.
    pages
        Which know whether there is one that plays.
    on_call
        The call, whose page plays by itself.
    sounded
        Called when an answer's sound has come.

    Attributes
    ----------
    events
        What takes the session's events, by type.
    """

    def __init__(  # noqa: PLR0913 -- each is named where it is given
        self,
        session: RealtimeSession,
        status: Status,
        *,
        loudspeaker: Loudspeaker,
        pages: Pages,
        on_call: OnCall,
        sounded: Callable[[], None],
    ) -> None:
        self._session = session
        self._status = status
        self._loudspeaker = loudspeaker
        self._pages = pages
        self._on_call = on_call
        self._sounded = sounded
        self.events: Mapping[str, Callable[[Event], None]] = {
            "response.output_audio.delta": self._answer,
            "response.output_audio.done": self._answer,
            "session.output_audio.delta": self._translation,
            "session.closed": self._closed,
            "input_audio_buffer.speech_started": self._speech_started,
            "conversation.item.deleted": loudspeaker.edited,
            "conversation.item.truncated": loudspeaker.edited,
        }

    def _answer(self, event: Event) -> None:
        if self._on_call.sound_elsewhere:
            return
        self._loudspeaker.answers.take(event, wanted=self._pages.present)
        self._sounded()

    def _translation(self, event: Event) -> None:
        if self._pages.present:
            self._loudspeaker.translate(event)

    def _closed(self, _event: Event) -> None:
        self._loudspeaker.end_translation()

    def _speech_started(self, _event: Event) -> None:
        if self._status.turn_detection.get("interrupt_response", True):
            # The service cancels it; what it had made by then may still come.
            for response_id in self._session.conversation.open_response_ids:
                self._loudspeaker.answers.silence(response_id)
            self._loudspeaker.interruption.start()
