"""The conversation edited by its client: items put in, taken out, fetched and cut.

What the service refuses is told with what to write instead. An item that is being made cannot
be cut here: `RealtimeSession.cancel` stops it, and what plays it tells what was heard.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

import pybase64

from realtime_nb.client.calls import present
from realtime_nb.client.kinds import require_call
from realtime_nb.client.restoring.retelling import ask_to_cut
from realtime_nb.client.sound.format import clip_of
from realtime_nb.errors import RealtimeError, ServerError, UsageError
from realtime_nb.protocol.conversation.authored import items_of
from realtime_nb.protocol.conversation.carry import pictures_in
from realtime_nb.protocol.conversation.items import Item
from realtime_nb.protocol.session_sound import audio_format
from realtime_nb.protocol.shown_text import escaped, inert
from realtime_nb.protocol.summary import shorten
from realtime_nb.protocol.told import as_object

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from realtime_nb.audio.clip import AudioClip
    from realtime_nb.client.core import SessionCore
    from realtime_nb.client.loop import Call

T = TypeVar("T")

ROOT: Final = "root"
"""The place before all items."""
_LISTED: Final = "chat.items lists what there is"
_LONGEST_TEXT: Final = 20_000
_AT_ONCE: Final = 100  # items on their way: each has its own time to be answered in


@dataclass(slots=True)
class RetrievedItem(Item):
    """An item as the service has it.

    Attributes
    ----------
    audio
        The sound of all its parts, None where it has none.
    wire
        The item as it came; sound is in it as base64.
    """

    audio: AudioClip | None = None
    wire: dict[str, Any] = field(default_factory=dict[str, Any], repr=False)

    def _repr_html_(self) -> str:
        who = escaped(self.role or self.type, 100)
        words = escaped(self.text, _LONGEST_TEXT) if self.text else "<em>no words</em>"
        clip = None if self.audio is None else replace(self.audio, caption="")
        player = "" if clip is None else clip._repr_html_()  # pyright: ignore[reportPrivateUsage] -- IPython's protocol
        return f"<div><b>{who}</b> <small>{inert(self.id)}</small><br>{words}</div>{player}"


class HasEdits:
    """What `RealtimeSession` can do to its conversation."""

    _core: SessionCore

    def _call(self, coroutine: Coroutine[Any, Any, T], name: str) -> Call[T]:
        raise NotImplementedError

    def present_item(self, item: Mapping[str, Any]) -> Call[str]:
        """Add an item at the end and have it answered; the call gives its id, once it is in."""
        return self._call(present(self._core, dict(item)), "present_item")

    def insert_item(self, item: Mapping[str, Any], after: str | None = None) -> Call[str]:
        """Add an item to the conversation; nothing answers it.

        Parameters
        ----------
        item
            In the service's shape.
        after
            The id of the item it comes after, ``"root"`` for the front; None for the end.

        Returns
        -------
        Call
            Of its id. It fails with `UsageError` when there is no item `after`, with
            `ServerError` when the service refuses it.
        """
        return self._call(insert(self._core, dict(item), after), "insert_item")

    def delete_item(self, item_id: str) -> Call[None]:
        """Take an item out of the conversation; it fails with `UsageError` for an unknown id."""
        return self._call(delete(self._core, item_id), "delete_item")

    def retrieve_item(self, item_id: str) -> Call[RetrievedItem]:
        """Ask the service for an item as it has it, with its sound; as `delete_item`."""
        return self._call(retrieve(self._core, item_id), "retrieve_item")

    def cut_item(self, item_id: str, audio_end_ms: float) -> Call[None]:
        """Cut the sound of an answer, and with it what the service remembers of its words.

        Unlike `truncate` it fails, with `UsageError`, for an unknown id, for what is no sound
        of the assistant, and for a cut past the end.

        Parameters
        ----------
        item_id
            The item.
        audio_end_ms
            How much of its sound stays, in milliseconds.
        """
        return self._call(cut(self._core, item_id, audio_end_ms), "cut_item")

    def seed_items(self, turns: Any) -> Call[list[str]]:
        """Put earlier turns before all that was said: all of them, or none.

        Parameters
        ----------
        turns
            As for `realtime_nb.protocol.conversation.authored.items_of`.

        Returns
        -------
        Call
            Of their ids, in order.

        Raises
        ------
        UsageError
            At once, for what are no turns.
        """
        items = items_of(turns, lambda: pictures_in(self._core.log))
        return self._call(seed(self._core, items), "seed_items")


async def insert(core: SessionCore, item: dict[str, Any], after: str | None) -> str:
    """Add an item; return its id."""
    await _ready(core, "insert")
    return await _create(core, item, after)


async def delete(core: SessionCore, item_id: str) -> None:
    """Take an item out."""
    await _ready(core, "delete")
    event = {"type": "conversation.item.delete", "item_id": _named(item_id)}
    try:
        await core.ask(event)
    except ServerError as error:
        raise _told(error, item_id) from None


async def retrieve(core: SessionCore, item_id: str) -> RetrievedItem:
    """Return an item as the service has it."""
    await _ready(core, "retrieve")
    event = {"type": "conversation.item.retrieve", "item_id": _named(item_id)}
    try:
        answer = await core.ask(event)
    except ServerError as error:
        raise _told(error, item_id) from None
    wire = as_object(answer.get("item"))
    item = RetrievedItem(item_id, wire=wire)
    item.read(wire)
    # What only the events told.
    known = core.conversation.item(item_id)
    if known is not None:
        item.response_id, item.started_ms = known.response_id, known.started_ms
        item.truncated_ms = known.truncated_ms
    item.audio = _sound_of(item, core.conversation.session)
    return item


async def cut(core: SessionCore, item_id: str, audio_end_ms: float) -> None:
    """Cut the sound of an item of the assistant."""
    await _ready(core, "truncate")
    index, end_ms = _place_of_cut(core, _named(item_id), audio_end_ms)
    event = {
        "type": "conversation.item.truncate",
        "item_id": item_id,
        "content_index": index,
        "audio_end_ms": end_ms,
    }
    try:
        await ask_to_cut(core, event)
    except ServerError as error:
        raise _told(error, item_id) from None


async def seed(core: SessionCore, items: list[dict[str, Any]]) -> list[str]:
    """Put items before all others; return their ids, or add none of them."""
    await _ready(core, "seed")
    # In an empty conversation they need no places.
    before: str | None = ROOT if core.conversation.items else None
    asked: list[asyncio.Task[str]] = []
    turn = asyncio.Semaphore(_AT_ONCE)

    async def put(item: dict[str, Any], after: str | None) -> str:
        async with turn:
            return await _create(core, item, after)

    for item in items:
        asked.append(asyncio.create_task(put(item, before)))
        before = item["id"] if before is not None else None
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    for place, outcome in enumerate(outcomes):
        if isinstance(outcome, BaseException):
            await _take_back(core, [one for one in outcomes if isinstance(one, str)])
            if not isinstance(outcome, ServerError | UsageError):
                raise outcome
            raise UsageError(f"turns[{place}] was refused, so none was added: {outcome}") from None
    return [str(one) for one in outcomes]


async def _take_back(core: SessionCore, item_ids: list[str]) -> None:
    asked = [core.ask({"type": "conversation.item.delete", "item_id": one}) for one in item_ids]
    await asyncio.gather(*asked, return_exceptions=True)


async def _create(core: SessionCore, item: dict[str, Any], after: str | None) -> str:
    event: dict[str, Any] = {"type": "conversation.item.create"}
    if after is not None:
        event["previous_item_id"] = _named(after)
    try:
        answer = await core.ask({**event, "item": item})
    except ServerError as error:
        if after is not None and (error.code or "").endswith("invalid_previous_item_id"):
            raise UsageError(f"there is no item {after!r} to come after; {_LISTED}") from None
        raise
    return str(answer.get("item.id", ""))


async def _ready(core: SessionCore, call: str) -> None:
    await core.ready()
    require_call(core.kind, call)


def _named(item_id: Any) -> str:
    if not isinstance(item_id, str) or not item_id:
        raise UsageError(f"an item is named by its id, and this is {item_id!r}; {_LISTED}")
    return item_id


def _place_of_cut(core: SessionCore, item_id: str, audio_end_ms: Any) -> tuple[int, int]:
    """Return the index of the part with the sound, and where to cut it; check what we know."""
    if isinstance(audio_end_ms, bool) or not isinstance(audio_end_ms, int | float):
        raise UsageError(f"a cut is made at a number of milliseconds, not at {audio_end_ms!r}")
    if not 0 <= audio_end_ms < float("inf"):
        raise UsageError(f"a cut is made at 0 ms or later, not at {audio_end_ms:g} ms")
    end_ms = int(audio_end_ms)
    item = core.conversation.item(item_id)
    if item is None:
        return 0, end_ms
    if item.type != "message" or item.role != "assistant":
        what = f"the {item.role}'s" if item.type == "message" else f"a {item.type}"
        raise UsageError(f"only the assistant's sound can be cut, and {item_id!r} is {what}")
    if item.status == "in_progress":
        raise UsageError(f"{item_id!r} is still being made; stop it first: chat.interrupt()")
    index = next((place for place, part in sorted(item.parts.items()) if part.audio_ms > 0), 0)
    part = item.parts.get(index)
    long_ms = 0.0 if part is None else part.audio_ms
    if item.truncated_ms is not None:
        long_ms = min(long_ms, item.truncated_ms)
    if long_ms and end_ms > long_ms:
        raise UsageError(
            f"{item_id!r} has {long_ms:,.0f} ms of sound; a cut lies before {end_ms} ms"
        )
    return index, end_ms


def _told(error: ServerError, item_id: str) -> RealtimeError:
    """Return what to tell of a refusal: what is wrong, and where to look."""
    said = str(error)
    if (error.code or "").endswith("invalid_item_id") or "does not exist" in said:
        return UsageError(f"there is no item {item_id!r} in the conversation; {_LISTED}")
    if "is already shorter" in said:
        return UsageError(f"{item_id!r} has less sound than that: {said}")
    if "Only model output audio" in said:
        return UsageError(f"only the assistant's sound can be cut, and {item_id!r} has none")
    return error


def _sound_of(item: RetrievedItem, session: dict[str, Any] | None) -> AudioClip | None:
    content = item.wire.get("content")
    pieces: list[bytes] = []
    for part in content if isinstance(content, list) else ():  # pyright: ignore[reportUnknownVariableType] -- JSON
        sound = as_object(part).get("audio")
        if isinstance(sound, str) and sound:
            try:
                pieces.append(pybase64.b64decode(sound))
            except ValueError:
                continue
    if not pieces:
        return None
    side = "output" if item.role == "assistant" else "input"
    return clip_of(b"".join(pieces), audio_format(session, side), shorten(item.text))
