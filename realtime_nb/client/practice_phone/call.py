"""A telephone for the practice server: it rings, plays a clip as the caller, and listens.

The real service is called through a SIP trunk; here the call goes over a WebSocket to
``/v1/practice/phone`` of a practice server. All else is as there: a signed webhook announces
the call, whoever gets it accepts, rejects or refers it, and the talk runs on the call.
"""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from realtime_nb.audio.clip import AudioClip
from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.client.practice_phone.caller import RATE, Caller
from realtime_nb.client.practice_phone.link import dial
from realtime_nb.errors import ConnectionLost, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from realtime_nb.audio.clip_sources import Readable
    from realtime_nb.client.endpoints.secret import Secret
    from realtime_nb.client.endpoints.service import Endpoint
    from realtime_nb.client.loop import Call
    from realtime_nb.client.practice_phone.link import PhoneSocket

PhoneState = Literal["ringing", "accepted", "rejected", "referred", "ended", "failed"]

DEFAULT_CALLER: Final = "+15550100"
LONGEST_CALL_S: Final = 600.0
_DIGITS: Final = frozenset("0123456789*#ABCD")
_LONGEST_DTMF: Final = 64
_OVER: Final = ("rejected", "referred", "ended", "failed")


@dataclass(frozen=True, slots=True)
class PhoneNews:
    """One thing that happened to a call.

    Attributes
    ----------
    t_ms
        When, in ms since the call was placed.
    state
        What the call is from now on: ``ringing``, ``accepted``, ``rejected``, ``referred``,
        ``ended`` or ``failed``.
    detail
        A few words for people, such as the status code of a rejection; untrusted text.
    """

    t_ms: float
    state: PhoneState
    detail: str


@dataclass(frozen=True, slots=True)
class PhoneCallResult:
    """What became of a call.

    Attributes
    ----------
    state
        The last of its states: ``rejected``, ``referred``, ``ended`` or ``failed``.
    call_id
        ``rtc_…``; empty when the call never rang.
    heard
        What the caller heard from the moment the call was accepted, 24 kHz.
    log
        Everything that happened to it, in order.
    """

    state: PhoneState
    call_id: str
    heard: AudioClip
    log: tuple[PhoneNews, ...] = field(repr=False)

    @property
    def detail(self) -> str:
        """Why it ended so, in a few words."""
        return self.log[-1].detail if self.log else ""


def place_call(  # noqa: PLR0913 -- each is named where it is given
    endpoint: Endpoint,
    clip: Readable | AudioClip,
    *,
    webhook_url: str | None = None,
    webhook_secret: Secret | None = None,
    caller: str = DEFAULT_CALLER,
    headers: Sequence[tuple[str, str]] = (),
    dtmf: str = "",
    on_state: Callable[[PhoneNews], object] | None = None,
    quiet_s: float | None = None,
    longest_s: float = LONGEST_CALL_S,
    loop: BackgroundLoop | None = None,
) -> Call[PhoneCallResult]:
    """Place a call at a practice server: ring, play a clip as the caller, listen, hang up.

    The caller lets the other side begin: the clip starts when the line has been quiet for a
    second. Then come the digits, then silence; the caller hangs up when what was said has been
    answered and nothing has been heard for four seconds, or it is not answered for thirty.

    Parameters
    ----------
    endpoint
        A practice server; its key is the server's token, or the ticket of a published line.
    clip
        What the caller says: whatever `AudioClip.read` takes.
    webhook_url, webhook_secret
        Who is told of the call, on this computer, and what signs it. None for those that the
        practice server knows: of the ticket's line, else the one named last.
    caller
        The caller's number, as in ``+15550100``, or a SIP address.
    headers
        Further headers of the INVITE.
    dtmf
        Keys pressed after the clip: 0-9, ``*``, ``#``, A-D.
    on_state
        Told of each thing that happens, on the background loop's thread.
    quiet_s
        How long nothing is heard before the caller hangs up, in seconds, answered or not;
        None for those four and thirty.
    longest_s
        After this the caller hangs up in any case, in seconds.
    loop
        Where the call runs; the process's own when None.

    Returns
    -------
    Call
        Of the `PhoneCallResult`. Fails with `ConnectionFailed` when the practice server cannot
        be reached, and `UsageError` for what it refuses. Cancelling it hangs up.

    Raises
    ------
    UsageError
        At once, for what is no sound, for digits and for seconds that are none.
    """
    wrong = sorted(set(dtmf.upper()) - _DIGITS)
    if wrong or len(dtmf) > _LONGEST_DTMF:
        raise UsageError(
            f"{dtmf[:_LONGEST_DTMF]!r} cannot be dialled: a telephone's keys are 0-9, *, # and A-D,"
            f" at most {_LONGEST_DTMF} of them"
        )
    if quiet_s is not None and not 0 < quiet_s < math.inf:
        raise UsageError(f"quiet_s={quiet_s!r:.40}: write seconds, such as 10")
    said = AudioClip.read(clip, RATE)
    request: dict[str, Any] = {
        "type": "phone.dial",
        "from": caller,
        "headers": [list(header) for header in headers],
    }
    if webhook_url is not None:
        request["webhook_url"] = webhook_url
    if webhook_secret is not None:
        request["webhook_secret"] = webhook_secret.reveal()
    placed = _Placed(Caller(said.pcm16(), dtmf.upper(), quiet_s), on_state, longest_s)
    return (loop or BackgroundLoop.shared()).call(placed.run(endpoint, request), "place_call")


class _Placed:
    """A call on its way."""

    def __init__(
        self, caller: Caller, on_state: Callable[[PhoneNews], object] | None, longest_s: float
    ) -> None:
        self._caller = caller
        self._on_state = on_state
        self._longest_s = longest_s
        self._log: list[PhoneNews] = []
        self._call_id = ""
        self._began = time.monotonic()

    async def run(self, endpoint: Endpoint, request: dict[str, Any]) -> PhoneCallResult:
        async with dial(endpoint) as socket:
            self._began = time.monotonic()
            await socket.send(request)
            talking = asyncio.ensure_future(self._talk(socket))
            try:
                await self._listen(socket)
            finally:
                talking.cancel()
        heard = AudioClip.from_pcm16(bytes(self._caller.heard), RATE, caption="heard by the caller")
        return PhoneCallResult(self._log[-1].state, self._call_id, heard, tuple(self._log))

    async def _talk(self, socket: PhoneSocket) -> None:
        """Speak from the moment the call is accepted, and hang up in the end."""
        try:
            async with asyncio.timeout(self._longest_s):
                await self._caller.speak(socket)
        except TimeoutError:
            pass
        except ConnectionLost:
            return  # `_listen` learns of it too
        await socket.send({"type": "phone.hang_up"})

    async def _listen(self, socket: PhoneSocket) -> None:
        """Return when the call is over."""
        try:
            while not (self._log and self._log[-1].state in _OVER):
                message = await socket.receive()
                if isinstance(message, bytes):
                    self._caller.hear(message)
                else:
                    self._learn(message)
        except ConnectionLost as lost:
            self._tell("failed", str(lost))

    def _learn(self, message: dict[str, Any]) -> None:
        kind = str(message.get("type", ""))
        if kind == "phone.refused":
            raise UsageError(str(message.get("detail") or "the practice server refused the call"))
        state = kind.removeprefix("phone.")
        if state == "ringing":
            self._call_id = str(message.get("call_id", ""))
            self._tell("ringing", self._call_id)
        elif state == "accepted":
            self._caller.answered()
            self._tell("accepted", "")
        elif state in _OVER:
            self._tell(state, str(message.get("detail", "")))

    def _tell(self, state: PhoneState, detail: str) -> None:
        news = PhoneNews((time.monotonic() - self._began) * 1000, state, detail)
        self._log.append(news)
        if self._on_state is not None:
            self._on_state(news)
