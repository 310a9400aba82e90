"""`Chat`: a session, the pages that show it, and the bridge between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_nb.bridge import Bridge
from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.client.practice import fetch_card, fetch_missing
from realtime_nb.client.session import RealtimeSession
from realtime_nb.errors import ConfigError, ServerError
from realtime_nb.protocol.config.read import read_config
from realtime_nb.widget import ChatWidget

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.client.endpoint import Endpoint
    from realtime_nb.client.loop import Call
    from realtime_nb.client.session import Response
    from realtime_nb.protocol.items import Item
    from realtime_nb.protocol.log import EventLog

OPEN_TIMEOUT_S = 20.0
CLOSE_TIMEOUT_S = 5.0


class Chat:
    """A live conversation in a notebook.

    A `%%realtime` cell makes one and binds it to a name; it is shown where it is the last
    value of a cell. Calls that take time return at once with a `Call`: await it, or ask it
    for its ``.result()``.

    Parameters
    ----------
    endpoint
        Which service, and with which model.
    config
        The session in the GA shape; see `realtime_nb.protocol.config.read.read_config`.
    name
        What the chat is called.
    """

    def __init__(
        self, endpoint: Endpoint, config: Mapping[str, Any], *, name: str = "chat"
    ) -> None:
        loop = BackgroundLoop.shared()
        self.name = name
        self.session = RealtimeSession(endpoint, config, loop=loop)
        self.widget = ChatWidget(label=name)
        self.bridge = Bridge(self.session, self.widget, loop=loop, name=name)
        self._closed = False

    def open(self) -> dict[str, Any]:
        """Connect, and wait for the service to have taken the config.

        Returns
        -------
        dict
            The session object in force.

        Raises
        ------
        ConnectionFailed
            When the service cannot be reached or refuses us.
        ServerError
            When it refuses the config; the session is then open with its defaults.
        """
        if self.session.endpoint.practice:
            self.bridge.phrases = fetch_card(self.session.endpoint)
            if missing := fetch_missing(self.session.endpoint):
                self.bridge.notice("warning", " ".join(missing))
        self.bridge.start()
        try:
            return self.session.open().result(OPEN_TIMEOUT_S)
        except ServerError as refusal:
            self.bridge.notice(
                "error",
                f"The service refused the cell's config, its defaults are in force: {refusal}",
            )
            raise

    @property
    def state(self) -> str:
        """``connecting``, ``open``, ``closed`` or ``failed``."""
        return self.session.state

    @property
    def endpoint(self) -> Endpoint:
        """Which service, and with which model."""
        return self.session.endpoint

    @property
    def events(self) -> EventLog:
        """Every event in both directions; ``.df`` is a `pandas.DataFrame`."""
        return self.session.log

    @property
    def items(self) -> list[Item]:
        """The items of the conversation, in order."""
        return self.session.conversation.items

    @property
    def effective(self) -> dict[str, Any] | None:
        """The session object in force, as the service last told it."""
        return self.session.effective

    def say(self, text: str) -> Call[Response]:
        """Say `text` as the user and ask for an answer; it waits for an active one to end."""
        return self.session.say(text)

    def respond(self, **overrides: Any) -> Call[Response]:
        """Ask for an answer to the conversation as it stands.

        Parameters
        ----------
        **overrides
            Fields of ``response.create``'s `response`, for this answer only.
        """
        return self.session.respond(**overrides)

    def update(self, **settings: Any) -> Call[dict[str, Any]]:
        """Change the live session; names as in a cell's front matter.

        Raises
        ------
        ConfigError
            At once, for what cannot be read. What the service refuses is raised by
            the `Call`, as `ServerError`.
        """
        draft = read_config(settings)
        if draft.problems:
            raise ConfigError(f"{draft.problems[0]}.")
        return self.session.update(draft.config)

    def interrupt(self) -> None:
        """Stop the answer that is being made or heard, and cut it where it was heard to."""
        self.bridge.interrupt()

    def close(self) -> None:
        """End the session and let the microphone go; closing twice is fine."""
        if self._closed:
            return
        self._closed = True
        self.session.close().result(CLOSE_TIMEOUT_S)
        self.bridge.stop().result(CLOSE_TIMEOUT_S)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return self.widget.mime_bundle(**kwargs)

    def __repr__(self) -> str:
        endpoint = self.session.endpoint
        where = f"{endpoint.name}, {endpoint.model}"
        return f"<chat {self.name!r}: {self.state}, {where}, {len(self.items)} items>"
