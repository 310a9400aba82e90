"""What a response came to: its words, its sound, its cost."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from realtime_nb.client.sound.format import clip_of
from realtime_nb.client.turns.answer_data import FunctionCall, read_json
from realtime_nb.errors import one_line
from realtime_nb.protocol.shown_text import inert, visible
from realtime_nb.protocol.summary import item_texts, shorten
from realtime_nb.protocol.told import as_list, as_object, as_text

if TYPE_CHECKING:
    from realtime_nb.audio.clip import AudioClip
    from realtime_nb.protocol.events import Event

DELTAS = frozenset(
    {
        "response.output_audio.delta",
        "response.output_audio_transcript.delta",
        "response.output_text.delta",
    }
)
"""The events of a running response that a `Response` is made of, besides its end."""

_AUDIO_DELTA = "response.output_audio.delta"
_TEXT_DELTAS = ("response.output_text.delta", "response.output_audio_transcript.delta")


@dataclass(frozen=True, eq=False, repr=False)
class Response:
    """One response of the model, ended.

    It shows itself as one line, and in a notebook's cell with a player for its sound.

    Attributes
    ----------
    id
        The response's id.
    status
        ``"completed"``, ``"cancelled"`` or ``"incomplete"``; a failed one is raised as
        `ResponseFailed` instead.
    text
        What was written, or the transcript of what was said.
    usage
        The service's token counts, None when it gave none.
    item_ids
        Ids of the items it made, in order.
    status_details
        Why it was cancelled or is incomplete, as on the wire; None when completed.
    data
        The whole response object as on the wire.
    before
        The responses of the same turn that came before, the first one first: those that called
        the tools whose outputs this one has seen. Their own `before` is empty.
    """

    id: str
    status: str
    text: str
    usage: dict[str, Any] | None
    item_ids: tuple[str, ...]
    status_details: dict[str, Any] | None
    data: dict[str, Any]
    _deltas: tuple[Event, ...] = field(default=())
    before: tuple[Response, ...] = ()

    @classmethod
    def from_events(cls, done: Event, deltas: tuple[Event, ...] = ()) -> Response:
        """Read a response from its `response.done` and the deltas that came before.

        Parameters
        ----------
        done
            The `response.done` event.
        deltas
            The response's sound, text and transcript deltas, in order.
        """
        data = as_object(done.get("response"))
        output = data.get("output")
        made = as_list(output)
        items = [item for item in map(as_object, made) if item]
        text = " ".join(part for item in items for part in item_texts(item))
        if not text:
            # A service may leave the words of a cancelled response out of its end.
            text = "".join(
                as_text(delta.get("delta")) or "" for delta in deltas if delta.type in _TEXT_DELTAS
            )
        return cls(
            id=str(data.get("id", "")),
            status=str(data.get("status", "")),
            text=text,
            usage=as_object(data.get("usage")) or None,
            item_ids=tuple(str(item["id"]) for item in items if "id" in item),
            status_details=as_object(data.get("status_details")) or None,
            data=data,
            _deltas=deltas,
        )

    def json(self) -> Any:
        """Return the answer read as JSON, also from between a code block's fences.

        Raises
        ------
        UsageError
            When it is none, with how it begins and where it breaks off.
        """
        return read_json(self.text, self.status)

    @property
    def calls(self) -> tuple[FunctionCall, ...]:
        """The function calls of the turn, in order: those of `before`, and its own."""
        output = self.data.get("output")
        made = as_list(output)
        earlier = tuple(call for response in self.before for call in response.calls)
        return earlier + tuple(
            FunctionCall.of(item)
            for item in map(as_object, made)
            if item.get("type") == "function_call"
        )

    @cached_property
    def audio(self) -> AudioClip | None:
        """The sound of the response, as it was sent; None when there was none.

        At 24 kHz for PCM and 8 kHz for G.711, whatever part of it was played. On a call it is
        None: there the sound is in no event, and the chat's recording has what was heard.
        """
        sound = b"".join(delta.audio or b"" for delta in self._deltas if delta.type == _AUDIO_DELTA)
        if not sound:
            return None
        return clip_of(sound, _output_format(self.data), shorten(self.text))

    def __repr__(self) -> str:
        return one_line(f"<Response {self.status}: {shorten(self.text)!r}>")

    def _repr_html_(self) -> str:
        status = inert(visible(self.status))
        words = inert(visible(self.text)) or f"<em>no words ({status})</em>"
        # Without its caption, which would say the words again.
        clip = None if self.audio is None else replace(self.audio, caption="")
        player = "" if clip is None else clip._repr_html_()  # pyright: ignore[reportPrivateUsage] -- IPython's protocol
        return f"<div>{words}</div>{player}"


def _output_format(data: dict[str, Any]) -> dict[str, Any]:
    output = as_object(as_object(data.get("audio")).get("output"))
    return as_object(output.get("format"))
