"""The lines that are rung by the practice phone: where their webhooks go, and who may ring."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from realtime_nb.protocol.bounded import BoundedDict

if TYPE_CHECKING:
    from realtime_nb.server.phone.webhook import Webhook

TICKET_PREFIX: Final = "line_"
_MOST: Final = 64


class PhoneLines:
    """The webhooks known here; the oldest published one is forgotten beyond 64.

    Parameters
    ----------
    default
        Of calls that name no line, where none was published.
    """

    def __init__(self, default: Webhook | None = None) -> None:
        self._default = default
        self._published: BoundedDict[str, Webhook] = BoundedDict(_MOST)

    def publish(self, webhook: Webhook) -> str:
        """Take a line in; return the ticket with which it, and nothing else, may be rung."""
        ticket = TICKET_PREFIX + secrets.token_urlsafe(24)
        self._published[ticket] = webhook
        return ticket

    def of_ticket(self, ticket: str) -> Webhook | None:
        """Return the line of a ticket, None for one that was never given out."""
        # Random and long: how far a comparison goes tells nobody anything.
        return self._published.get(ticket)

    def at(self, url: str) -> Webhook | None:
        """Return the line whose webhook goes to `url`, None where its secret is not known."""
        known = [*self._published.values(), *filter(None, (self._default,))]
        return next((webhook for webhook in reversed(known) if webhook.url == url), None)

    @property
    def current(self) -> Webhook | None:
        """The default, else the line that was published last."""
        if self._default is not None:
            return self._default
        return next(reversed(self._published.values()), None)
