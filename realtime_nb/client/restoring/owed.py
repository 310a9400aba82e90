"""Whether the service owes an answer to what the user said last, and how it is had."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_nb.client.kinds import creates_response
from realtime_nb.client.turns.turn import ACTIVE_CODE, AGAIN_KEY
from realtime_nb.protocol.tools.call_events import out_of_band

if TYPE_CHECKING:
    from realtime_nb.client.traffic import Traffic
    from realtime_nb.client.turns.turn import Timer
    from realtime_nb.errors import ServerError
    from realtime_nb.protocol.conversation.items import Item
    from realtime_nb.protocol.events import Event


class Answers:
    """Whether the spoken turn that was committed last has had its answer, be it an empty one.

    One that failed, or that the user has cancelled, is an answer too: nobody asks for it anew.
    """

    def __init__(self) -> None:
        self._response_id: Any = None
        self.awaited = False

    def received(self, event: Event) -> None:
        """Take in a server event."""
        match event.type:
            case "input_audio_buffer.committed":
                self.awaited, self._response_id = True, None
            case "response.created":
                if not out_of_band(event):
                    self._response_id = event.get("response.id")
            case "response.done":
                if self._response_id is not None and event.get("response.id") == self._response_id:
                    self.awaited = False
            case _:
                return


class OwedAnswer:
    """The answer that a session owes, asked for where it does not come by itself.

    Turn detection answers each turn when it ends, and is refused that while a response is
    active, so one that we ask for while the user goes on talking would cost that turn its
    answer. So it is asked for when the service has had time to hear what it was sent and nobody
    speaks; a response that begins meanwhile answers all that was said before it. Where the two
    meet all the same, what was refused is asked for once the other has ended.

    Parameters
    ----------
    core
        The session; everything happens on its loop.
    """

    def __init__(self, core: Traffic) -> None:
        self._core = core
        self._waits = False
        self._timer: Timer | None = None

    def await_it(self, delay_s: float) -> None:
        """Ask for it after so many seconds, unless it comes with something else.

        Parameters
        ----------
        delay_s
            How long the service may take to hear whether the user speaks, in seconds.
        """
        self.forget()
        self._waits = True
        self._timer = self._core.later(delay_s, self._look)

    def forget(self) -> None:
        """Ask for nothing: another connection is lost, or it comes by itself."""
        self._waits = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def received(self, event: Event, stray: ServerError | None) -> None:
        """Take in a server event, and the error that it is, where that answers nothing of ours."""
        core = self._core
        if stray is not None:
            answers = core.answers.awaited and creates_response(core.conversation.session)
            if stray.code == ACTIVE_CODE and answers and not core.sequencer.owes:
                # Turn detection was to answer a turn, and met a response of ours.
                self._ask()
        elif event.type == "response.created":
            if not out_of_band(event):
                self.forget()
        elif event.type == "input_audio_buffer.committed":
            # That turn is answered, and all that was said before it with it.
            if creates_response(core.conversation.session):
                self.forget()
        elif event.type == "input_audio_buffer.cleared" and self._timer is None:
            self._look()

    def _look(self) -> None:
        self._timer = None
        if self._waits and not self._core.held.speaking:
            self._ask()

    def _ask(self) -> None:
        self.forget()
        core, turn = self._core, last_turn(self._core)
        overrides = {"metadata": {AGAIN_KEY: "1"}}
        # A newer turn is answered by itself, and all that was said before it with it.
        core.sequencer.submit(
            overrides,
            lambda _: None,
            lambda _: None,
            lambda: core.answers.awaited and last_turn(core) == turn,
        )


def owes_answer(core: Traffic) -> bool:
    """Return whether a spoken turn has ended that turn detection answers, and nothing has come.

    A turn that is still spoken will be answered when it ends, and a request of ours is known to
    the sequencer; where a gate asks for the answers, it asks for this one too.
    """
    if core.kind != "realtime" or core.held.speaking or core.sequencer.owes:
        return False
    if not core.answers.awaited:
        return False
    if not creates_response(core.conversation.session):
        return False
    for item in reversed(core.conversation.items):
        if item.role == "user":
            return _is_spoken(item)
        if _says_something(item):
            return False
    return False


def last_turn(core: Traffic) -> str | None:
    """Return the item of the spoken turn that has ended last, None before the first."""
    begun_id = core.conversation.begun_id
    for item in reversed(core.conversation.items):
        if item.role == "user" and _is_spoken(item) and item.id != begun_id:
            return item.id
    return None


def _is_spoken(item: Item) -> bool:
    return any(part.kind == "audio" for part in item.parts.values())


def _says_something(item: Item) -> bool:
    if item.type == "message":
        return item.role == "assistant" and bool(item.text or item.audio_ms)
    return item.status == "completed" or item.type == "function_call_output"
