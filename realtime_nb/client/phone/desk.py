"""Where webhooks arrive, whatever route they took: checked, told apart, and counted."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from realtime_nb.client.phone.incoming import INCOMING, LIVE, Incoming, read_incoming
from realtime_nb.client.phone.repeats import Repeats
from realtime_nb.client.phone.signature import Signature, WebhookRefused
from realtime_nb.protocol.shown_text import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from realtime_nb.client.endpoints.secret import Secret

LARGEST_BODY: Final = 256 * 1024
"""Bytes of the largest webhook that is read."""

_TELLS_S: Final = 1.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answered:
    """What a webhook is answered with: an HTTP status, and one line of plain text."""

    status: int
    text: str


class WebhookDesk:
    """Takes webhooks; may be called from any thread, and never waits for anybody.

    Parameters
    ----------
    secret
        What they are signed with.
    on_call
        Told of each call that rings, once; it must not wait. Where it raises, the webhook is
        answered with 503 and may be delivered again.
    on_notice
        Told one line about whatever else arrived from who knows the secret.
    on_refusal
        Told that `refusals` says something else, once a second at the most: anybody who reaches
        the route can have webhooks refused.
    clock
        Seconds that only go forward.
    """

    def __init__(
        self,
        secret: Secret,
        on_call: Callable[[Incoming], object],
        on_notice: Callable[[str], object] = lambda _line: None,
        *,
        on_refusal: Callable[[], object] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._signature = Signature(secret)
        self._on_call = on_call
        self._on_notice = on_notice
        self._on_refusal = on_refusal
        self._refusal: WebhookRefused | None = None
        self._told_s = -math.inf
        self._clock = clock
        self._repeats = Repeats()
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()

    @property
    def refusals(self) -> str:
        """One line about the webhooks that were refused, however many; empty for none."""
        with self._lock:
            number, last = self.counts["refused"], self._refusal
        if last is None:
            return ""
        if number == 1:
            return f"A webhook was refused ({last.status}): {last}."
        return f"{number:,} webhooks were refused, the last one ({last.status}): {last}."

    def take(self, body: bytes, headers: Mapping[str, str]) -> Answered:
        """Take one webhook.

        Parameters
        ----------
        body
            As it came, byte for byte.
        headers
            Names in any letters.
        """
        try:
            return self._take(body, headers)
        except WebhookRefused as refusal:
            return self.refuse(refusal)

    def too_large(self) -> Answered:
        """Return the answer to a webhook of more than `LARGEST_BODY`, which nobody has read."""
        words = f"the webhook is larger than {LARGEST_BODY // 1024} KiB"
        return self.refuse(WebhookRefused(words, status=413))

    def refuse(self, refusal: WebhookRefused) -> Answered:
        """Count and tell of a webhook that is not taken; return its answer."""
        now_s = self._clock()
        with self._lock:
            self.counts["refused"] += 1
            self._refusal = refusal
            due = now_s - self._told_s >= _TELLS_S
            self._told_s = now_s if due else self._told_s
        if due:
            self._on_refusal()
        return Answered(refusal.status, str(refusal))

    def _take(self, body: bytes, headers: Mapping[str, str]) -> Answered:
        if len(body) > LARGEST_BODY:
            return self.too_large()
        delivery = self._signature.check(body, headers)
        with self._lock:
            first = self._repeats.first(delivery.id, self._clock())
        if not first:
            self.counts["repeated"] += 1
            return Answered(200, "taken before")
        kind = delivery.event.get("type")
        if kind != INCOMING:
            return self._ignore(kind)
        call = read_incoming(delivery.event)
        try:
            self._on_call(call)
        except Exception:  # noqa: BLE001 -- whatever it is, the sender may try again
            with self._lock:
                self._repeats.take_back(delivery.id)
            _log.exception("a call could not be taken")
            return Answered(503, "the call could not be taken; deliver it again")
        self.counts["taken"] += 1
        return Answered(200, "taken")

    def _ignore(self, kind: object) -> Answered:
        self.counts["ignored"] += 1
        if kind == LIVE:
            words = f"{LIVE} is of the Live API; the same call rings here as {INCOMING}"
        else:
            shown = plain(kind, 60) if isinstance(kind, str) else "no type"
            words = f"it is {shown}, and this line takes {INCOMING}"
        self._on_notice(f"A webhook was ignored: {words}.")
        return Answered(200, "ignored")
