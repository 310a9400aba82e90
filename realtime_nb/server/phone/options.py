"""What a server that starts is told of telephones."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from realtime_nb.errors import UsageError
from realtime_nb.server.phone.exchange import Exchange
from realtime_nb.server.phone.lines import PhoneLines
from realtime_nb.server.phone.webhook import Webhook
from realtime_nb.server.sip.endpoint import SipEndpoint

if TYPE_CHECKING:
    from realtime_nb.server.door.web import Shared

SECRET_VARIABLE: Final = "OPENAI_WEBHOOK_SECRET"  # noqa: S105 -- a variable's name, no secret


@dataclass(frozen=True, slots=True)
class PhoneOptions:
    """Options of the command line.

    Parameters
    ----------
    sip_port
        UDP port for SIP, 0 for a free one, None for no SIP.
    webhook_url, webhook_secret
        Who is told of calls that name no line, and what signs it.
    """

    sip_port: int | None = None
    webhook_url: str | None = None
    webhook_secret: str | None = field(default=None, repr=False)

    def exchange(self) -> Exchange:
        """Return the exchange of a server that is told this.

        Raises
        ------
        UsageError
            For a URL or a secret that cannot be, and one without the other.
        """
        if self.webhook_url is None:
            if self.webhook_secret is not None:
                raise UsageError(
                    "--webhook-secret-file signs what goes to --webhook-url: name that too"
                )
            return Exchange()
        secret = self.webhook_secret or os.environ.get(SECRET_VARIABLE, "")
        if not secret:
            raise UsageError(
                f"what goes to --webhook-url is signed: set {SECRET_VARIABLE}, or name"
                " --webhook-secret-file FILE"
            )
        return Exchange(PhoneLines(Webhook.of(self.webhook_url, secret)))

    async def open_sip(self, shared: Shared, host: str) -> SipEndpoint | None:
        """Begin to take SIP calls, where that is wanted.

        Raises
        ------
        UsageError
            When the port cannot be had.
        """
        if self.sip_port is None:
            return None
        endpoint = SipEndpoint(shared.calls, shared.phone)
        await endpoint.open(host, self.sip_port)
        return endpoint
