"""The desk of all calls: opens them, lets them ring, finds them by their id, ends them."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal

from realtime_nb.server.beside import Beside
from realtime_nb.server.calls.call import Call
from realtime_nb.server.calls.leg import Transferable
from realtime_nb.server.calls.session import CallSession
from realtime_nb.server.calls.settling import is_target, settle_session
from realtime_nb.server.wire_errors import WireError, invalid_value, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from realtime_nb.server.brain.interface import Brain
    from realtime_nb.server.calls.leg import MediaLeg, Ringing
    from realtime_nb.server.config.config import SessionKind
    from realtime_nb.server.door.client_secrets import Grant
    from realtime_nb.server.workers import Settings
    from realtime_nb.speech.interfaces import Engines

Json = dict[str, Any]

MOST_CALLS: Final = 32
CONNECT_S: Final = 15.0
RING_S: Final = 60.0
_MOST_ENDED: Final = 256  # calls remembered, so that who asks for one hears that it has ended
_DECLINED, _NOBODY_ANSWERED, _ENDED = 603, 480, 487
_LOWEST_STATUS, _HIGHEST_STATUS = 300, 699


class CallDesk:
    """The calls of one server.

    Parameters
    ----------
    make_brain, engines, settings
        For their sessions.

    Attributes
    ----------
    connect_s : float
        So long a page may take to connect after its offer; then its call ends.
    ring_s : float
        So long a call rings.
    most : int
        Calls at once, those that ring included.
    """

    def __init__(
        self, make_brain: Callable[[], Brain], engines: Engines, settings: Settings
    ) -> None:
        self.connect_s = CONNECT_S
        self.ring_s = RING_S
        self.most = MOST_CALLS
        self._make_brain = make_brain
        self._engines = engines
        self._settings = settings
        self._calls: dict[str, Call] = {}
        self._ringing: dict[str, Ringing] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._ended: dict[str, str] = {}
        self._beside = Beside("a call did not end well")

    def __len__(self) -> int:
        return len(self._calls)

    def find(self, call_id: str) -> Call:
        """Return a call.

        Raises
        ------
        WireError
            ``call_id_not_found`` for one that is not here, or not here any more.
        """
        call = self._calls.get(call_id)
        if call is not None:
            return call
        if call_id in self._ended:
            why = self._ended[call_id]
            raise WireError(
                f"The call {call_id} has ended: {why}", code="call_id_not_found", param="call_id"
            )
        raise WireError(
            f"No call found with id '{shown(call_id)}'.", code="call_id_not_found", param="call_id"
        )

    async def open_webrtc(
        self, offer_sdp: str, session: Json | None = None, grant: Grant | None = None
    ) -> tuple[Call, str]:
        """Open a call for a page's offer.

        Parameters
        ----------
        offer_sdp
            The page's SDP: one audio track, and a data channel for the events.
        session
            The session's first config, None for the defaults.
        grant
            What the page's ephemeral key opens; `session` is laid over its config.

        Returns
        -------
        tuple of Call and str
            The call, which ends after `connect_s` when the page does not connect, and the answer.

        Raises
        ------
        WireError
            When the offer or the session is refused, or there are too many calls.
        """
        self._check_room()
        kind, updates = settle_session(session, grant)
        from realtime_nb.server.calls.webrtc import open_peer  # noqa: PLC0415 -- aiortc: only here

        call = self._new("webrtc")
        try:
            leg, answer = await open_peer(call, offer_sdp)
            await self._begin(call, leg, kind, updates)
        except BaseException:
            self._forget(call)
            raise
        leg.start()
        self._after(call, self.connect_s, self._give_up)
        return call, answer

    def ring(
        self,
        caller: Ringing,
        headers: Sequence[tuple[str, str]] = (),
        media_security: Literal["rtp", "srtp"] | None = None,
    ) -> Call:
        """Let a call ring until somebody accepts or rejects it; it ends after `ring_s`.

        Whoever rings ends it with `Call.hang_up` when the caller gives up.

        Parameters
        ----------
        caller
            Who waits.
        headers, media_security
            What the webhook tells of the caller; untrusted.

        Raises
        ------
        WireError
            When there are too many calls.
        """
        self._check_room()
        call = self._new(caller.kind, headers, media_security)
        self._ringing[call.id] = caller
        self._after(call, self.ring_s, self._give_up)
        return call

    async def accept(self, call_id: str, session: Json | None) -> None:
        """Take a ringing call up.

        Raises
        ------
        WireError
            When there is none, it does not ring any more, or the session is refused.
        """
        call, caller = self._ringing_call(call_id)
        kind, updates = settle_session(session, None)
        self._disarm(call.id)
        del self._ringing[call.id]
        try:
            leg = await caller.answer(call)
            await self._begin(call, leg, kind, updates)
        except OSError as error:
            await call.hang_up(f"the caller is gone: {error}")
            raise WireError(
                f"The caller of {call_id} is gone.", code="call_id_not_found", param="call_id"
            ) from None
        except BaseException:  # also who accepted may be gone; the caller must not wait for ever
            if call.id in self._calls:
                self._ringing[call.id] = caller
            await call.hang_up("it could not be accepted")
            raise
        call.connected()

    async def reject(self, call_id: str, status_code: int = _DECLINED) -> None:
        """Turn a ringing call away.

        Parameters
        ----------
        call_id
            Its id.
        status_code
            Of SIP, 300 to 699.

        Raises
        ------
        WireError
            When there is none, or it does not ring any more.
        """
        call, caller = self._ringing_call(call_id)
        if not _LOWEST_STATUS <= status_code <= _HIGHEST_STATUS:
            raise invalid_value(
                "status_code", f"expected a SIP status of 300 to 699, but got {status_code}."
            )
        del self._ringing[call.id]
        await caller.decline(status_code)
        await call.hang_up(f"it was rejected with {status_code}")

    async def refer(self, call_id: str, target_uri: str) -> None:
        """Send an accepted call's caller elsewhere.

        Parameters
        ----------
        call_id
            Its id.
        target_uri
            ``tel:`` or ``sip:``.

        Raises
        ------
        WireError
            When there is none, it cannot be referred, or the target is none.
        """
        call = self._accepted(call_id)
        if not is_target(target_uri):
            raise invalid_value(
                "target_uri", "expected a URI such as tel:+14155550123 or sip:agent@example.com."
            )
        if not isinstance(call.leg, Transferable):
            raise WireError(
                f"The call {call_id} is a {call.kind} call: only SIP calls can be referred.",
                code="call_not_referable",
                param="call_id",
            )
        try:
            await call.leg.refer(target_uri)
        except OSError as error:
            raise WireError(f"The call {call_id} was not referred: {error}") from None

    async def hang_up(self, call_id: str) -> None:
        """End a call, be it accepted or not.

        Raises
        ------
        WireError
            When there is none.
        """
        await self.find(call_id).hang_up("it was hung up")

    async def close(self) -> None:
        """End all calls, because the server ends."""
        await asyncio.gather(*(call.hang_up("the server ends") for call in [*self._calls.values()]))
        await self._beside.finish()

    def _check_room(self) -> None:
        if len(self._calls) >= self.most:
            raise WireError(
                f"{self.most} calls are under way: hang one up first.", code="rate_limit_exceeded"
            )

    def _new(
        self,
        kind: Literal["webrtc", "sip", "phone"],
        headers: Sequence[tuple[str, str]] = (),
        media_security: Literal["rtp", "srtp"] | None = None,
    ) -> Call:
        call = Call(
            self._make_session,
            self._forget,
            kind=kind,
            headers=headers,
            media_security=media_security,
        )
        self._calls[call.id] = call
        return call

    def _make_session(self, sink: Any, *, updates: Sequence[Json], **ways: Any) -> CallSession:
        session = CallSession(
            sink,
            brain=self._make_brain(),
            engines=self._engines,
            settings=self._settings,
            **ways,
        )
        for update in updates:
            session.configure(update)
        return session

    async def _begin(
        self, call: Call, leg: MediaLeg, kind: SessionKind, updates: Sequence[Json]
    ) -> None:
        """Begin a call; one that ended meanwhile, or cannot begin, keeps no leg."""
        try:
            call.begin(leg, kind, updates)
        except BaseException:
            await leg.close(call.ended_because or "it could not begin")
            raise

    def _ringing_call(self, call_id: str) -> tuple[Call, Ringing]:
        call = self.find(call_id)
        caller = self._ringing.get(call_id)
        if caller is None:
            raise WireError(
                f"The call {call_id} does not ring: it was answered already.",
                code="call_already_answered",
                param="call_id",
            )
        return call, caller

    def _accepted(self, call_id: str) -> Call:
        call = self.find(call_id)
        if call.state == "ringing":
            raise WireError(
                f"The call {call_id} was not accepted yet: accept it first.",
                code="call_not_accepted",
                param="call_id",
            )
        return call

    def _after(self, call: Call, seconds: float, do: Callable[[Call], None]) -> None:
        loop = asyncio.get_running_loop()
        self._timers[call.id] = loop.call_later(seconds, partial(do, call))

    def _disarm(self, call_id: str) -> None:
        timer = self._timers.pop(call_id, None)
        if timer is not None:
            timer.cancel()

    def _give_up(self, call: Call) -> None:
        """End a call that came to nothing in its time."""
        if call.state == "ringing":
            self._beside.run(call.hang_up(f"nobody answered within {self.ring_s:g} s"))
        elif call.state == "connecting":
            self._beside.run(call.hang_up(f"the page did not connect within {self.connect_s:g} s"))

    def _forget(self, call: Call) -> None:
        self._disarm(call.id)
        caller = self._ringing.pop(call.id, None)
        if caller is not None:
            self._beside.run(caller.decline(_NOBODY_ANSWERED))
        self._calls.pop(call.id, None)
        self._ended[call.id] = call.ended_because
        while len(self._ended) > _MOST_ENDED:
            del self._ended[next(iter(self._ended))]
