"""The conversation edited from a page, item by item, and the pictures that a page shows.

Every question of a page is answered, to that page alone: with what was asked for, or with one
line that says why not. Pictures are sent when a page asks for them, made small: a reload would
else bring all of them at once, before the words.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.audio.wav import encode_wav
from realtime_nb.bridge.tools.card import card_kind
from realtime_nb.errors import RealtimeError, UsageError
from realtime_nb.protocol.conversation.authored import item_of
from realtime_nb.protocol.images import GatheredPictures
from realtime_nb.protocol.images.pillow import small
from realtime_nb.protocol.shown_text import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from realtime_nb.audio.clip import AudioClip
    from realtime_nb.bridge.pages.announcer import Announcer
    from realtime_nb.bridge.view import Buffers, Message
    from realtime_nb.client.session import RealtimeSession
    from realtime_nb.protocol.conversation.items import Item
    from realtime_nb.protocol.log.event_log import Record

SHOWN_SIDE: Final = 640
SHOWN_BYTES: Final = 150_000
"""Pictures with more bytes are made smaller for the page, to `SHOWN_SIDE` pixels a side."""

SOUND_S: Final = 60
"""Of a retrieved item's sound this much is sent to a page, in seconds."""

_LONGEST_TEXT: Final = 20_000
_LONGEST_ERROR: Final = 500
_MOST_WAITING: Final = 32
_TELLS_PICTURES: Final = (
    "conversation.item.create",
    "conversation.item.added",
    "conversation.item.created",
)
_DELETED: Final = "conversation.item.deleted"

_Asked = dict[str, Any]


class PageEdits:
    """Does to the conversation what pages ask for.

    Parameters
    ----------
    session
        The session.
    announcer
        The way to the pages.
    loop
        The session's loop; everything here runs on it.
    """

    def __init__(
        self, session: RealtimeSession, announcer: Announcer, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._session = session
        self._announcer = announcer
        self._loop = loop
        self._pictures = GatheredPictures()
        self._asked: set[asyncio.Task[None]] = set()
        self._ops: dict[str, Callable[[Message], Coroutine[Any, Any, tuple[_Asked, Buffers]]]] = {
            "insert": self._insert,
            "delete": self._delete,
            "cut": self._cut,
            "retrieve": self._retrieve,
            "picture": self._picture,
        }

    # -- what is shown

    def add(self, record: Record) -> None:
        """Take in one event, before items are shown that it changed."""
        if record.event.type in _TELLS_PICTURES:
            self._pictures.add(record)
        elif record.event.type == _DELETED:
            self._pictures.forget(str(record.event.get("item_id")))

    def pictures(self, item: Item) -> list[Message]:
        """Return what a page needs to show an item's pictures: their places and what they are."""
        places = [index for index, part in sorted(item.parts.items()) if part.kind == "image"]
        return [self._note(item.id, index) for index in places]

    def _note(self, item_id: str, index: int) -> Message:
        held = self._pictures.of(item_id, index)
        return {
            "index": index,
            "facts": self._pictures.facts(item_id, index) or "a picture",
            "width": 0 if held is None else held.width,
            "height": 0 if held is None else held.height,
            "held": held is not None,
        }

    # -- what is asked

    def edit(self, client: str, message: Message, _buffers: Buffers = ()) -> None:
        """Take a page's question: ``{"kind": "edit", "id", "op", "item_id", …}``."""
        op, asked = message.get("op"), message.get("id")
        if not isinstance(op, str) or op not in self._ops or not isinstance(asked, int):
            return
        if len(self._asked) >= _MOST_WAITING:
            self._answer(client, asked, {"error": "too much is asked at once; wait a little"})
            return
        task = self._loop.create_task(self._do(client, asked, op, message))
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)

    def stop(self) -> None:
        """Answer nothing any more."""
        for task in tuple(self._asked):
            task.cancel()

    async def _do(self, client: str, asked: int, op: str, message: Message) -> None:
        try:
            answer, buffers = await self._ops[op](message)
        except RealtimeError as error:
            answer, buffers = {"error": plain(str(error), _LONGEST_ERROR)}, ()
        self._answer(client, asked, answer, buffers)

    def _answer(self, client: str, asked: int, answer: Message, buffers: Buffers = ()) -> None:
        self._announcer.to(client, {"kind": "edited", "id": asked, "error": "", **answer}, buffers)

    # -- the operations

    async def _insert(self, message: Message) -> tuple[_Asked, Buffers]:
        item = item_of(str(message.get("text", "")), str(message.get("role", "user")))
        await self._session.insert_item(item, _item_id(message))
        return {}, ()

    async def _delete(self, message: Message) -> tuple[_Asked, Buffers]:
        item_id = _item_id(message)
        for other in self._in_its_card(item_id):
            await self._session.delete_item(other)
        await self._session.delete_item(item_id)
        return {}, ()

    def _in_its_card(self, item_id: str) -> list[str]:
        """Return the items that a page shows as one with this: outputs of a call, answers.

        They go first: without its call an output stands for nothing, here and at the service.
        """
        items = self._session.conversation.items
        first = next((item for item in items if item.id == item_id), None)
        if first is None or card_kind(first) in {None, "output"}:
            return []
        key = first.call_id or first.id
        return [
            item.id
            for item in items
            if item.id != item_id and card_kind(item) is not None and item.call_id == key
        ]

    async def _cut(self, message: Message) -> tuple[_Asked, Buffers]:
        ms: Any = message.get("ms")
        await self._session.cut_item(_item_id(message), ms)
        return {}, ()

    async def _retrieve(self, message: Message) -> tuple[_Asked, Buffers]:
        item = await self._session.retrieve_item(_item_id(message))
        clip = item.audio
        told: _Asked = {
            "text": plain(item.text or item.output or item.arguments, _LONGEST_TEXT),
            "status": str(item.status),
            "ms": 0 if clip is None else round(clip.duration_ms),
        }
        return told, () if clip is None else (await asyncio.to_thread(_wav, clip),)

    async def _picture(self, message: Message) -> tuple[_Asked, Buffers]:
        index = message.get("index")
        found = self._pictures.of(_item_id(message), index if isinstance(index, int) else -1)
        if found is None:
            raise UsageError("the picture is no longer kept")
        shown = await asyncio.to_thread(small, found, SHOWN_SIDE, SHOWN_BYTES)
        return {"type": f"image/{shown.kind}"}, (shown.data,)


def _item_id(message: Message) -> str:
    item_id = message.get("item_id")
    return item_id if isinstance(item_id, str) else ""


def _wav(clip: AudioClip) -> bytes:
    most = SOUND_S * clip.rate
    return encode_wav(clip.pcm16()[: 2 * most], clip.rate)
