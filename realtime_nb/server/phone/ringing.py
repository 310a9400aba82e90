"""The practice phone while it rings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from realtime_nb.server.calls.call import Call
    from realtime_nb.server.phone.leg import PhoneLeg

_NOT_ANSWERED = 480


class PhoneRinging:
    """A phone that waits to be accepted.

    Parameters
    ----------
    leg
        Its end of the call.
    """

    kind: Literal["phone"] = "phone"

    def __init__(self, leg: PhoneLeg) -> None:
        self._leg = leg
        self._failed = ""

    async def answer(self, call: Call) -> PhoneLeg:  # noqa: ARG002 -- the desk's signature
        """Take the call up and return its sound."""
        if self._leg.over:
            raise ConnectionError("the caller hung up")
        self._leg.start()
        return self._leg

    async def decline(self, status_code: int) -> None:
        """Turn the phone away."""
        if self._failed:
            self._leg.finish("phone.failed", self._failed)
        elif status_code == _NOT_ANSWERED:
            self._leg.finish("phone.failed", "nobody answered (480)")
        else:
            self._leg.finish("phone.rejected", str(status_code))

    def fail(self, why: str) -> None:
        """Learn why nobody will answer."""
        self._failed = why
