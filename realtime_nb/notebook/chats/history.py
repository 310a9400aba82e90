"""`HasHistory`: what a chat can do to its conversation: show, insert, delete, cut, seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.errors import ConnectionLost
from realtime_nb.protocol.conversation.authored import item_of, picture_message
from realtime_nb.protocol.conversation.carry import pictures_in
from realtime_nb.protocol.conversation.items import Item
from realtime_nb.protocol.images import read_picture
from realtime_nb.protocol.images.sources import MAX_SIDE
from realtime_nb.protocol.shown_text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from realtime_nb.client.editing import RetrievedItem
    from realtime_nb.client.loop import Call
    from realtime_nb.client.session import RealtimeSession
    from realtime_nb.notebook.tools.of_chat import ChatTools

T = TypeVar("T")

_UNASKED_S: Final = 1.0  # who wants the outcome has asked for it by then


class HasHistory:
    """Pictures, and a conversation that can be edited; `Chat` has it.

    All of it returns at once with a `Call`; what cannot be, and needs no service to know, is
    raised at once. A call that fails and that nobody asks about is told of in the chat.
    """

    session: RealtimeSession
    _tools: ChatTools

    def show(
        self,
        picture: Any,
        text: str | None = None,
        *,
        detail: str = "auto",
        respond: bool = False,
        max_side: int = MAX_SIDE,
    ) -> Call[str]:
        """Put a picture into the conversation; what is sent is printed before it goes.

        Parameters
        ----------
        picture
            A matplotlib figure or axes, a PIL image, an array of shape (h, w), (h, w, 3) or
            (h, w, 4), the path, bytes or ``data:`` URI of a PNG or JPEG, or what shows itself
            in a cell as one. It is taken as it is now. What a file tells beside the picture
            (EXIF with the place, the time and the camera, comments) is left out.
        text
            Words that go with it.
        detail
            How closely it is looked at: ``"auto"``, ``"low"`` (cheaper) or ``"high"``.
        respond
            Whether to have it answered; else the next answer sees it.
        max_side
            Pixels of the longer side; what is larger is scaled, and the line says so.

        Returns
        -------
        Call
            Of the item's id.

        Raises
        ------
        UsageError
            At once, for what is no picture or cannot be made small enough.
        """
        read = read_picture(picture, max_side=max_side)
        item = item_of(picture_message(read.url, detail, text))
        print(f"Picture: {read}")  # noqa: T201 -- told before it is sent, where it was asked for
        put = self.session.present_item if respond else self.session.insert_item
        return self._told("The picture was not added", put(item))

    def insert(
        self,
        item: str | Item | Mapping[str, Any],
        *,
        role: str = "user",
        after: str | Item | None = None,
    ) -> Call[str]:
        """Add an item; nothing answers it, and the next answer knows it.

        Parameters
        ----------
        item
            Words, an item of `items`, which is told again, or an item's dict.
        role
            Who says mere words: ``"user"``, ``"assistant"`` or ``"system"``.
        after
            The item it comes after, or its id; ``"root"`` for the front, None for the end.

        Returns
        -------
        Call
            Of the new item's id. It fails with one line when there is no item `after`, or the
            service refuses it.

        Raises
        ------
        UsageError
            At once, for what the service would refuse.
        """
        wire = item_of(item, role, lambda: pictures_in(self.session.log))
        call = self.session.insert_item(wire, None if after is None else _id(after))
        return self._told("Not inserted", call)

    def delete(self, item: str | Item) -> Call[None]:
        """Take an item, or the one of that id, out of the conversation."""
        return self._told("Not deleted", self.session.delete_item(_id(item)))

    def retrieve(self, item: str | Item) -> Call[RetrievedItem]:
        """Ask the service for an item as it has it; ``.audio`` is its sound as an `AudioClip`."""
        return self._told("Not retrieved", self.session.retrieve_item(_id(item)))

    def truncate(self, item: str | Item, ms: float) -> Call[None]:
        """Cut the sound of an answer after `ms` milliseconds; its words are forgotten with it.

        The service drops the transcript of an item that is cut: the next answer knows of it
        what was heard. The call fails with one line for an unknown id, for what is no sound of
        the assistant, and for a cut past the end.
        """
        return self._told("Not cut", self.session.cut_item(_id(item), ms))

    def seed(self, turns: Iterable[Any]) -> Call[list[str]]:
        """Begin the talk with earlier turns: they stand before all that was said.

        Parameters
        ----------
        turns
            A list of ``("user", "…")``, ``("assistant", "…")``, ``("system", "…")``, of items'
            dicts, or of items, as of another chat: ``chat.seed(before.items)``. Of mere
            items, those that cannot be told again are left out, with a warning.

        Returns
        -------
        Call
            Of the ids, in order: all were added, or, where one was refused, none.

        Raises
        ------
        UsageError
            At once, for what are no turns; it names the place.
        """
        return self._told("The earlier turns were not added", self.session.seed_items(turns))

    def _told(self, what: str, call: Call[T]) -> Call[T]:
        """Tell in the chat when a call fails and nobody asks for its outcome."""
        was_open = self.session.state == "open"

        def tell(error: BaseException) -> None:
            if not call.asked:
                self._tools.notice("error", visible(f"{what}: {error}"))

        def ended(done: Call[T]) -> None:
            error = done.exception()
            if error is None or (was_open and isinstance(error, ConnectionLost)):
                return  # that the session has ended is told of as that
            loop = BackgroundLoop.shared()
            loop.post(loop.loop.call_later, _UNASKED_S, tell, error)

        call.add_done_callback(ended)
        return call


def _id(item: str | Item) -> str:
    return item.id if isinstance(item, Item) else item
