"""What decides which ways of sound work here and now."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from realtime_nb.client.endpoints.keys import is_azure, is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from realtime_nb.bridge.pages.facts import PageFacts
    from realtime_nb.notebook.chats.chat import Chat
    from realtime_nb.protocol.config.problem import SessionKind

AIORTC: Final = "aiortc"
OPENAI: Final = "openai"
_PACKAGES: Final = (AIORTC, OPENAI)
_SECRET: Final = "OPENAI_WEBHOOK_SECRET"  # noqa: S105 -- the name of a variable


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides which ways of sound work.

    Attributes
    ----------
    endpoint
        What the service is called before people.
    host
        The host's name in the service's URL; ``""`` of a practice server that does not run.
    practice, azure, ephemeral
        Whether it is the practice server, Azure's, or known by an ephemeral key only.
    kind
        Of the session.
    page
        What the page in use said of itself; None where none is open.
    shown
        Whether a chat is there that a page could show.
    state
        Of that chat; ``""`` where there is none.
    transport
        Which of the ways that chat goes; ``""`` where there is none.
    call_id
        Of its call; ``""`` where it is none.
    packages
        Which of the packages that only some ways need are installed.
    webhook_secret
        Whether the environment has one.
    """

    endpoint: str
    host: str = ""
    practice: bool = False
    azure: bool = False
    ephemeral: bool = False
    kind: SessionKind = "realtime"
    page: PageFacts | None = None
    shown: bool = False
    state: str = ""
    transport: str = ""
    call_id: str = ""
    packages: frozenset[str] = frozenset(_PACKAGES)
    webhook_secret: bool = False

    @property
    def on_this_machine(self) -> bool:
        """Whether the service is on the kernel's computer, and heard nowhere else."""
        return self.practice or is_loopback(self.host)

    @classmethod
    def of_chat(cls, chat: Chat) -> Self:
        """Return the facts of a chat that is there."""
        endpoint = chat.endpoint
        return cls(
            endpoint=endpoint.name,
            host=endpoint.host,
            practice=endpoint.practice,
            azure=endpoint.azure,
            ephemeral=endpoint.ephemeral,
            kind=chat.kind,
            page=chat.bridge.page if chat.bridge.has_page else None,
            shown=True,
            state=chat.state,
            transport=chat.transport,
            call_id=chat.call_id or "",
            packages=_installed(),
            webhook_secret=bool(os.environ.get(_SECRET)),
        )

    @classmethod
    def of_service(cls, name: str, environ: Mapping[str, str] = os.environ) -> Self:
        """Return the facts of a service that nothing is connected to yet.

        Parameters
        ----------
        name
            What stands after ``--endpoint``; ``""`` for the usual one.
        environ
            Where a key may be.
        """
        named = name or (OPENAI if environ.get("OPENAI_API_KEY") else "local")
        host = urlsplit(named).hostname or "" if "//" in named else ""
        return cls(
            endpoint=host or named,
            host=host,
            practice=named == "local",
            azure=named == "azure" or is_azure(host),
            packages=_installed(),
            webhook_secret=bool(environ.get(_SECRET)),
        )


def _installed() -> frozenset[str]:
    return frozenset(name for name in _PACKAGES if find_spec(name) is not None)
