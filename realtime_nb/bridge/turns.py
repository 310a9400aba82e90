"""What a user does besides speaking: types, ends a turn by hand, stops an answer."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from realtime_nb.errors import AnswerCut, ResponseFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.bridge.playing.answers import Answers
    from realtime_nb.bridge.playing.interruption import Interruption
    from realtime_nb.bridge.status import Status
    from realtime_nb.client.loop import BackgroundLoop
    from realtime_nb.client.session import RealtimeSession

_NO_SOUND: Final = "input_audio_buffer_commit_empty"
_log = logging.getLogger(__name__)


class Turns:
    """Turns what a user does into calls of the session; what fails is shown.

    Parameters
    ----------
    session
        The session.
    status
        Says of which kind it is, and how it stands.
    interruption
        Stops an answer, and cuts it where it was heard to.
    answers
        Where the sound of answers comes in.
    silence
        Has the page play no more, where there is nothing to cut.
    hush
        Ends what is heard on a call, where the session's sound runs on one.
    notice
        Shows one line to people.
    loop
        The loop this runs on.
    """

    def __init__(  # noqa: PLR0913 -- each is named where it is given
        self,
        session: RealtimeSession,
        status: Status,
        interruption: Interruption,
        *,
        answers: Answers,
        silence: Callable[[], None],
        hush: Callable[[], None],
        notice: Callable[[str, str], None],
        loop: BackgroundLoop,
    ) -> None:
        self._session = session
        self._status = status
        self._interruption = interruption
        self._answers = answers
        self._silence = silence
        self._hush = hush
        self._notice = notice
        self._loop = loop
        # Turns that were ended by hand: how many nobody has taken yet, and whether one was.
        self._ending = 0
        self._ended = False

    def say(self, text: str) -> None:
        """Say a typed line as the user; an answer that is made or heard gives way."""
        if not self._status.takes:
            self._notice("warning", f"Not sent, the chat is {self._status.state}: “{text}”")
        elif self._status.kind != "realtime":
            self._notice("warning", f"Not sent: a {self._status.kind} only listens: “{text}”")
        else:
            self.stop()
            self._interruption.when_cut(lambda: self._say(text))

    def finish(self) -> None:
        """End the turn of who speaks; in a conversation it is then answered.

        Turns that were ended one behind the other, while nobody took them, are answered together.
        """
        if not self._status.takes:
            self._notice("warning", f"Nothing to finish, the chat is {self._status.state}")
        elif self._status.kind != "translation":
            if self._status.kind == "realtime":
                self.stop()
            self._ending += 1
            call = self._session.commit()
            call.add_done_callback(lambda done: self._loop.post(self._finished, done.exception()))

    def stop(self) -> None:
        """Stop what is being made or heard."""
        if self._status.kind != "realtime":
            self._silence()
            return
        # A tool may run although no response does.
        self._session.interrupted()
        # Also one that was asked for and has not begun.
        under_way = self._session.conversation.open_response_ids
        if self._session.state == "restoring":
            pass  # what was under way ended with its connection
        elif self._session.responding or under_way:
            # Sound of it may be on its way until the service knows.
            for response_id in under_way or (None,):
                self._answers.silence(response_id)
            call = self._session.cancel()
            call.add_done_callback(lambda done: self._loop.post(self._stopped, done.exception()))
        self._hush()
        self._interruption.start()

    def ask_again(self) -> None:
        """Have another answer made in the place of one that failed."""
        if self._status.takes and self._status.kind == "realtime":
            self._answer()

    def abandon(self) -> None:
        """Stop an answer whose sound nobody is there to hear."""
        if self._interruption.due:
            self.stop()

    def _say(self, text: str) -> None:
        if not self._status.takes:
            self._notice("warning", f"Not sent, the chat is {self._status.state}: “{text}”")
            return
        call = self._session.say(text)
        call.add_done_callback(lambda done: self._say_refused(done.exception()))

    def _answer(self) -> None:
        call = self._session.respond()
        call.add_done_callback(lambda done: self._say_refused(done.exception()))

    def _stopped(self, error: BaseException | None) -> None:
        self._answers.go_on()
        if error is not None and self._session.state == "open":
            _log.warning("the answer could not be stopped: %s", error)

    def _finished(self, error: BaseException | None) -> None:
        self._ending -= 1
        self._ended = self._ended or error is None
        if getattr(error, "code", None) == _NO_SOUND:
            self._notice("info", "Nothing was said yet: switch the microphone on and speak first.")
        elif error is not None:
            self._say_refused(error)
        if self._ending or not self._ended:
            return
        self._ended = False
        if self._status.kind == "realtime":
            self._interruption.when_cut(self._answer)

    def _say_refused(self, error: BaseException | None) -> None:
        # An answer that failed is told of by its own event, whoever asked for it; one that was cut
        # with its connection says so where it stands.
        if isinstance(error, ResponseFailed | AnswerCut):
            return
        if error is not None and self._status.takes:
            self._loop.post(self._notice, "error", str(error))
