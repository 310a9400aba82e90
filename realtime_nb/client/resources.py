"""The client's events as methods, named as in the ``openai`` package.

Each sends one event and returns when it is handed to the socket; the service's answer comes
as an event. Arguments left out are left out of the event.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final, Protocol

from realtime_nb.client.service_limits import in_appends

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.protocol.events import Event


class Sender(Protocol):
    """What the methods need of a connection."""

    async def send(self, event: Mapping[str, Any] | Event) -> None:
        """Send one event."""
        ...


class _Left:
    """Marks an argument that was left out; None is a value of the wire."""

    def __repr__(self) -> str:
        return "left out"


_LEFT: Final = _Left()


class _Resource:
    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    async def _send(self, kind: str, event_id: str | None, **fields: Any) -> None:
        event: dict[str, Any] = {"type": kind}
        if event_id is not None:
            event["event_id"] = event_id
        event.update((name, value) for name, value in fields.items() if value is not _LEFT)
        await self._sender.send(event)

    async def _append(self, kind: str, event_id: str | None, audio: str | bytes) -> None:
        for part in in_appends(_base64(audio)):
            await self._send(kind, event_id, audio=part)
            event_id = None


class SessionResource(_Resource):
    """Events about the session.

    Attributes
    ----------
    input_audio_buffer
        Events about the sound that goes up in a translation session.
    """

    def __init__(self, sender: Sender) -> None:
        super().__init__(sender)
        self.input_audio_buffer = TranslationInputResource(sender)

    async def update(self, *, session: Mapping[str, Any], event_id: str | None = None) -> None:
        """Send ``session.update`` with `session` as it is; answered by ``session.updated``.

        A `session` without ``type`` is refused whole by the service.
        """
        await self._send("session.update", event_id, session=session)

    async def close(self, *, event_id: str | None = None) -> None:
        """Send ``session.close``: what remains of a translation comes, and ``session.closed``."""
        await self._send("session.close", event_id)


class TranslationInputResource(_Resource):
    """Events about the sound that goes up in a translation session."""

    async def append(self, *, audio: str | bytes, event_id: str | None = None) -> None:
        """Send ``session.input_audio_buffer.append``; not answered.

        Parameters
        ----------
        audio
            PCM16 at 24 kHz, little endian and mono, as base64 or as raw bytes. What is more
            than the service takes at once goes in several events.
        event_id
            Id of the event, of the first where there are several.
        """
        await self._append("session.input_audio_buffer.append", event_id, audio)


def _base64(audio: str | bytes) -> str:
    return audio if isinstance(audio, str) else base64.b64encode(audio).decode("ascii")


class ResponseResource(_Resource):
    """Events about responses."""

    async def create(
        self, *, response: Mapping[str, Any] | _Left = _LEFT, event_id: str | None = None
    ) -> None:
        """Send ``response.create``; refused while a response is active."""
        await self._send("response.create", event_id, response=response)

    async def cancel(
        self, *, response_id: str | _Left = _LEFT, event_id: str | None = None
    ) -> None:
        """Send ``response.cancel``; answered by ``response.done``."""
        await self._send("response.cancel", event_id, response_id=response_id)


class InputAudioBufferResource(_Resource):
    """Events about the sound that goes up."""

    async def append(self, *, audio: str | bytes, event_id: str | None = None) -> None:
        """Send ``input_audio_buffer.append``; not answered.

        Parameters
        ----------
        audio
            Sound in the session's input format as base64, or its raw bytes. What is more than
            the service takes at once goes in several events.
        event_id
            Id of the event, of the first where there are several.
        """
        await self._append("input_audio_buffer.append", event_id, audio)

    async def commit(self, *, event_id: str | None = None) -> None:
        """Send ``input_audio_buffer.commit``; answered by ``…committed``, creates no response."""
        await self._send("input_audio_buffer.commit", event_id)

    async def clear(self, *, event_id: str | None = None) -> None:
        """Send ``input_audio_buffer.clear``; answered by ``…cleared``."""
        await self._send("input_audio_buffer.clear", event_id)


class OutputAudioBufferResource(_Resource):
    """Events about the sound that comes down over WebRTC or SIP."""

    async def clear(self, *, event_id: str | None = None) -> None:
        """Send ``output_audio_buffer.clear``."""
        await self._send("output_audio_buffer.clear", event_id)


class ConversationResource:
    """Events about the conversation.

    Attributes
    ----------
    item
        Events about its items.
    """

    def __init__(self, sender: Sender) -> None:
        self.item = ConversationItemResource(sender)


class ConversationItemResource(_Resource):
    """Events about the items of the conversation."""

    async def create(
        self,
        *,
        item: Mapping[str, Any],
        previous_item_id: str | _Left | None = _LEFT,
        event_id: str | None = None,
    ) -> None:
        """Send ``conversation.item.create``; answered by ``…added`` and ``…done``.

        Parameters
        ----------
        item
            The item.
        previous_item_id
            The item to put it after; ``"root"`` for the front; at the end when left out.
        event_id
            Id of the event.
        """
        await self._send(
            "conversation.item.create", event_id, previous_item_id=previous_item_id, item=item
        )

    async def retrieve(self, *, item_id: str, event_id: str | None = None) -> None:
        """Send ``conversation.item.retrieve``; answered by ``…retrieved``, with its sound."""
        await self._send("conversation.item.retrieve", event_id, item_id=item_id)

    async def truncate(
        self, *, item_id: str, content_index: int, audio_end_ms: int, event_id: str | None = None
    ) -> None:
        """Send ``conversation.item.truncate``: cut the sound at `audio_end_ms` milliseconds."""
        await self._send(
            "conversation.item.truncate",
            event_id,
            item_id=item_id,
            content_index=content_index,
            audio_end_ms=audio_end_ms,
        )

    async def delete(self, *, item_id: str, event_id: str | None = None) -> None:
        """Send ``conversation.item.delete``; answered by ``…deleted``."""
        await self._send("conversation.item.delete", event_id, item_id=item_id)
