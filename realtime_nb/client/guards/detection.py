"""Keeps a service's turn detection from creating responses, while guards are over the user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_nb.client.kinds import creates_response
from realtime_nb.protocol.told import as_object

if TYPE_CHECKING:
    from realtime_nb.client.guards.guarding import Speaker
    from realtime_nb.client.loop import BackgroundLoop
    from realtime_nb.client.session import RealtimeSession


class QuietDetection:
    """Switches ``create_response`` off, again where something has switched it on, and back.

    A service that refuses, or goes on all the same, is told of once.

    Parameters
    ----------
    session
        The session.
    speaker
        Where people are told.
    loop
        The session's loop; everything here runs on it.
    """

    def __init__(self, session: RealtimeSession, speaker: Speaker, loop: BackgroundLoop) -> None:
        self._session = session
        self._speaker = speaker
        self._loop = loop
        self._wanted = False
        self._switched = False
        self._under_way = False
        self._told = False

    @property
    def by_hand(self) -> bool:
        """Whether turns are ended by hand: then who ends one asks for the answer."""
        return not self._detection

    def want(self, *, quiet: bool) -> None:
        """Say whether the service shall create no responses by itself."""
        if quiet == self._wanted:
            return
        self._wanted = quiet
        if quiet:
            self.look()
        elif self._switched:
            self._switched = False
            if self._detection.get("create_response") is False:
                self._switch(create=True)

    def look(self) -> None:
        """Look at the session in force: a cell, or another way to find turns, may differ."""
        creates = creates_response(self._session.effective)
        ready = self._session.state == "open" and not self._under_way and not self._told
        if self._wanted and creates and ready:
            self._switched = True
            self._switch(create=False)

    def _switch(self, *, create: bool) -> None:
        if self._session.state != "open":
            return
        self._under_way = True
        # What is left out of the object stays as it is, but for its type.
        detection = {"type": self._detection.get("type"), "create_response": create}
        call = self._session.update({"audio": {"input": {"turn_detection": detection}}})
        call.add_done_callback(lambda done: self._loop.post(self._answered, done.exception()))

    def _answered(self, error: BaseException | None) -> None:
        self._under_way = False
        goes_on = error is not None or creates_response(self._session.effective)
        if not self._wanted or not goes_on or self._told or self._session.state != "open":
            return
        self._told = True
        why = f" ({error})" if error is not None else ""
        self._speaker.notice(
            "warning",
            f"The service goes on answering by itself{why}: its answers are held until the"
            " guards have passed what was said.",
        )

    @property
    def _detection(self) -> dict[str, Any]:
        audio = as_object((self._session.effective or {}).get("audio"))
        return as_object(as_object(audio.get("input")).get("turn_detection"))
