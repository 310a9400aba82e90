"""How turns end: by the service's turn detection, by a key held down, or by a button.

The service knows only its turn detection. That a turn is held down, and that the microphone
is mute while the loudspeaker plays, are matters of the page that captures; they are kept
here, so that a page that reloads or takes over goes on in the same way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from realtime_nb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from realtime_nb.bridge.status import Status
    from realtime_nb.bridge.turns import Turns
    from realtime_nb.bridge.view import Message
    from realtime_nb.client.loop import BackgroundLoop
    from realtime_nb.client.session import RealtimeSession

MODES: Final = ("server_vad", "semantic_vad", "push_to_talk", "manual")
SHORTEST_MS: Final = 100
"""Below this the service refuses a commit."""

_BY_HAND: Final = ("push_to_talk", "manual")


class TurnModes:
    """The turn mode of a session, and changes of it.

    Parameters
    ----------
    session
        The session.
    status
        Says what is in force.
    turns
        What a user does by hand.
    changed
        Tells the pages how the session stands.
    notice
        Shows one line to people.
    loop
        The loop this runs on.

    Attributes
    ----------
    half_duplex
        Whether the microphone is mute while an answer plays: for loudspeakers without echo
        cancellation.
    """

    def __init__(  # noqa: PLR0913 -- each is named where it is given
        self,
        session: RealtimeSession,
        status: Status,
        turns: Turns,
        *,
        changed: Callable[[], None],
        notice: Callable[[str, str], None],
        loop: BackgroundLoop,
    ) -> None:
        self._session = session
        self._status = status
        self._turns = turns
        self._changed = changed
        self._notice = notice
        self._loop = loop
        self._push = False
        # Of each kind of turn detection, what was last in force: it comes back as it was.
        self._kept: dict[str, dict[str, Any]] = {}
        self.half_duplex = False

    @property
    def mode(self) -> str:
        """One of `MODES`, or a kind of turn detection that only the service knows."""
        if self._status.manual:
            return "push_to_talk" if self._push else "manual"
        return str(self._status.turn_detection.get("type", "server_vad"))

    def message(self) -> Message:
        """Return the fields of a page's `state` message."""
        return {"turns": self.mode, "half_duplex": self.half_duplex}

    def remember(self) -> None:
        """Note the turn detection that is in force now."""
        detection = self._status.turn_detection
        if detection:
            self._kept[str(detection.get("type"))] = dict(detection)
            self._kept = dict(list(self._kept.items())[-len(MODES) :])

    async def change(self, mode: str | None = None, *, half_duplex: bool | None = None) -> str:
        """Change how turns end.

        Parameters
        ----------
        mode
            One of `MODES`; None leaves it.
        half_duplex
            Whether the microphone is mute while an answer plays; None leaves it.

        Returns
        -------
        str
            The mode in force afterwards.

        Raises
        ------
        UsageError
            When there is no such mode.
        ServerError
            When the service refuses it: then the mode is as before.
        """
        if mode is not None and mode not in MODES:
            raise UsageError(f"turn mode {mode!r}: write one of {', '.join(MODES)}")
        if half_duplex is not None:
            self.half_duplex = half_duplex
        before = self._push
        try:
            if mode is not None:
                self._push = mode == "push_to_talk"
                await self._update(mode)
        except BaseException:
            self._push = before
            raise
        finally:
            self._changed()
        return self.mode

    def asked(self, message: Message) -> None:
        """Take a page's wish for another mode; a refusal is shown."""
        mode, half_duplex = message.get("mode"), message.get("half_duplex")
        call = self._loop.call(
            self.change(
                mode if isinstance(mode, str) else None,
                half_duplex=half_duplex if isinstance(half_duplex, bool) else None,
            )
        )
        call.add_done_callback(lambda done: self._refused(done.exception()))

    def talk(self, message: Message) -> None:
        """Take a page's word that its talk key is held down, or let go after ``ms`` of sound."""
        if self.mode != "push_to_talk":
            return
        if message.get("on"):
            self._turns.stop()
            # What a page sent before and never finished is no part of this turn.
            self._forget_input()
            return
        spoken_ms = message.get("ms")
        if isinstance(spoken_ms, int | float) and spoken_ms >= SHORTEST_MS:
            self._turns.finish()
        else:
            # The page says so, which also knows when it is not so any more.
            self._forget_input()

    async def _update(self, mode: str) -> None:
        wanted = None if mode in _BY_HAND else self._kept.get(mode, {"type": mode})
        if wanted is None and self._status.manual:
            return
        if wanted is not None and mode == self.mode:
            return
        config: Mapping[str, Any] = {"audio": {"input": {"turn_detection": wanted}}}
        await self._session.update(config)

    def _forget_input(self) -> None:
        if self._session.state == "restoring":
            return  # it would be forgotten behind what is said now, which goes out with it
        # Asking for the outcome takes it: nobody waits for it.
        self._session.clear_input().add_done_callback(lambda done: done.exception())

    def _refused(self, error: BaseException | None) -> None:
        if error is not None and self._session.state == "open":
            self._loop.post(self._notice, "error", f"The turns stay as they are: {error}")
