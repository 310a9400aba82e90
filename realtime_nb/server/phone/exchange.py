"""The exchange: lines that may be rung, and webhooks of calls on their way to them."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from realtime_nb.server.beside import Beside
from realtime_nb.server.phone.lines import PhoneLines
from realtime_nb.server.phone.webhook import (
    ATTEMPTS_AFTER_S,
    WebhookFailed,
    deliver,
    incoming_event,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from realtime_nb.server.calls.call import Call
    from realtime_nb.server.phone.webhook import Webhook

_log = logging.getLogger(__name__)


class Exchange:
    """What all telephones of a server share.

    Parameters
    ----------
    lines
        Where calls are announced.

    Attributes
    ----------
    after_s : sequence of float
        How long to wait before each attempt to announce a call, in seconds.
    """

    def __init__(self, lines: PhoneLines | None = None) -> None:
        self.lines = lines or PhoneLines()
        self.after_s: Sequence[float] = ATTEMPTS_AFTER_S
        self._beside = Beside("a call was not announced")

    def announce(
        self, call: Call, webhook: Webhook, on_failure: Callable[[str], object] = lambda _: None
    ) -> None:
        """Tell of a call by its webhook, at once and beside everything else.

        A call that nobody took is hung up. No further attempt is made once it does not ring.

        Parameters
        ----------
        call
            The call, ringing.
        webhook
            Where it is announced.
        on_failure
            Told why nobody took it, before it is hung up.
        """
        self._beside.run(self._announce(call, webhook, on_failure))

    async def close(self) -> None:
        """Give up what is still on its way."""
        await self._beside.end()

    async def _announce(
        self, call: Call, webhook: Webhook, on_failure: Callable[[str], object]
    ) -> None:
        event = incoming_event(call.id, call.headers, call.media_security)
        try:
            ringing = partial(_rings, call)
            await deliver(webhook, event, wanted=ringing, after_s=self.after_s)
        except WebhookFailed as failed:
            _log.warning("call %s: %s", call.id, failed)
            on_failure(str(failed))
            await call.hang_up(str(failed))


def _rings(call: Call) -> bool:
    return call.state == "ringing"
