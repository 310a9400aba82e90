"""What came of a clip that was the microphone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from realtime_nb.protocol.shown_text import inert, visible
from realtime_nb.protocol.summary import shorten

if TYPE_CHECKING:
    from realtime_nb.client.turns.response import Response
    from realtime_nb.protocol.conversation.items import Item


@dataclass(frozen=True, eq=False, repr=False)
class Heard:
    """What a service made of a clip: the turns it heard, and what it answered.

    It shows itself as one line, and in a notebook's cell with a player for the answer.

    Attributes
    ----------
    items
        The user's items that the clip became, one for each turn the service heard; none where
        it heard nobody speak. Of a translation: the paragraphs of what was said.
    responses
        The answers, in order; of a turn whose answer called tools all of its responses.
    translation
        The paragraphs of what a translation session made of it.
    sent_ms
        How much sound was sent, in milliseconds, with the silence behind it.
    """

    items: tuple[Item, ...]
    responses: tuple[Response, ...]
    sent_ms: float
    translation: tuple[Item, ...] = ()

    @property
    def text(self) -> str:
        """What was heard, as far as it is transcribed; a late transcript joins it."""
        return " ".join(item.text for item in self.items if item.text)

    @property
    def response(self) -> Response | None:
        """The last answer; None when there was none."""
        return self.responses[-1] if self.responses else None

    @property
    def answer(self) -> str:
        """What was answered, or the translation."""
        parts = [item.text for item in self.translation] or [r.text for r in self.responses]
        return " ".join(part for part in parts if part)

    def __repr__(self) -> str:
        if not self.items:
            return f"<Heard: no turn, in {self.sent_ms / 1000:.1f} s of sound>"
        answer = f" → {shorten(self.answer)!r}" if self.answer else ""
        return f"<Heard {shorten(self.text)!r}{answer}>"

    def _repr_html_(self) -> str:
        said = (
            inert(visible(self.text)) or "<em>no words</em>" if self.items else "<em>no turn</em>"
        )
        answers = "".join(
            response._repr_html_()  # pyright: ignore[reportPrivateUsage] -- IPython's protocol
            for response in self.responses
        )
        told = "".join(f"<div>{inert(visible(item.text))}</div>" for item in self.translation)
        return f"<div><small>Heard:</small> {said}</div>{answers}{told}"
