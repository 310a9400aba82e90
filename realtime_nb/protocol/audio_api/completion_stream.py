"""An answer of Chat Completions, put together from what comes.

The pieces of a stream and the one body of an answer that comes whole are read by the same
code. Nothing is taken for granted: other services leave fields out, send null or send pieces
cut elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from realtime_nb.protocol.audio_api.base64_run import Base64Run
from realtime_nb.protocol.told import as_list, as_object
from realtime_nb.protocol.whole_text import whole_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_SAMPLE: Final = 2

CUT_SHORT: Final[Mapping[str, str]] = {
    "length": "the answer was cut off at the most tokens it may have",
    "content_filter": "the service's content filter cut the answer off",
}
"""What a `finish_reason` says of an answer that is not whole."""


class CompletionStream:
    """Puts an answer together.

    Parameters
    ----------
    on_sound
        Called with the bytes of sound as they come.
    samples
        Whether these are to be whole samples of PCM16; otherwise they are a file's.
    """

    def __init__(self, on_sound: Callable[[bytes], object], *, samples: bool = True) -> None:
        self._on_sound = on_sound
        self._samples = samples
        self._base64 = Base64Run()
        self._odd: bytes = b""
        self._texts = {"content": _Text(), "transcript": _Text(), "refusal": _Text()}
        self._calls: dict[int, dict[str, Any]] = {}
        self._last: dict[str, Any] = {}
        self.sound_bytes = 0

    def feed(self, body: object) -> None:
        """Take in a chunk of a stream, or the whole body of an answer."""
        told = as_object(body)
        for name in ("id", "model", "usage"):
            if told.get(name):
                self._last[name] = told[name]
        for place, choice in enumerate(as_list(told.get("choices"))):
            fields = as_object(choice)
            if (fields.get("index") or place) != 0:
                continue  # only one answer was asked for
            if isinstance(fields.get("finish_reason"), str):
                self._last["finish_reason"] = fields["finish_reason"]
            self._message(as_object(fields.get("delta")) or as_object(fields.get("message")))

    def finish(self) -> None:
        """Take what is left of the sound, once nothing more comes."""
        self._sound(self._base64.finish())
        self._odd = b""

    def _message(self, message: dict[str, Any]) -> None:
        for name in ("content", "refusal"):
            self._texts[name].add(_words(message.get(name)))
        audio = as_object(message.get("audio"))
        self._texts["transcript"].add(_words(audio.get("transcript")))
        if isinstance(audio.get("id"), str) and audio["id"]:
            self._last["audio_id"] = audio["id"]
        if isinstance(audio.get("expires_at"), int | float):
            self._last["expires_at"] = int(audio["expires_at"])
        if isinstance(audio.get("data"), str):
            self._sound(self._base64.feed(audio["data"]))
        for place, call in enumerate(as_list(message.get("tool_calls"))):
            self._call(place, as_object(call))

    def _call(self, place: int, piece: dict[str, Any]) -> None:
        index = piece.get("index")
        call = self._calls.setdefault(
            index if isinstance(index, int) else place,
            {"id": "", "type": "function", "function": {"name": "", "arguments": ""}},
        )
        if isinstance(piece.get("id"), str) and piece["id"]:
            call["id"] = piece["id"]
        function = as_object(piece.get("function"))
        # The name comes whole; some services repeat it with every piece.
        call["function"]["name"] = _words(function.get("name")) or call["function"]["name"]
        call["function"]["arguments"] += _words(function.get("arguments"))

    def _sound(self, data: bytes) -> None:
        if self._samples:
            data = self._odd + data
            whole = len(data) // _SAMPLE * _SAMPLE
            data, self._odd = data[:whole], data[whole:]
        if data:
            self.sound_bytes += len(data)
            self._on_sound(data)

    @property
    def content(self) -> str:
        """The text beside the sound."""
        return self._texts["content"].whole

    @property
    def transcript(self) -> str:
        """What is said in the sound, as far as it has come; it may come after the sound."""
        return self._texts["transcript"].whole

    @property
    def refusal(self) -> str:
        """What the model says where it will not answer."""
        return self._texts["refusal"].whole

    @property
    def tool_calls(self) -> list[dict[str, Any]]:
        """The calls of functions, in the wire's shape."""
        return [self._calls[index] for index in sorted(self._calls)]

    @property
    def audio_id(self) -> str | None:
        """What the service calls the sound; the next turn names it so."""
        return self._last.get("audio_id")

    @property
    def expires_at(self) -> int | None:
        """Until when it does, in seconds since 1970."""
        return self._last.get("expires_at")

    @property
    def usage(self) -> dict[str, Any] | None:
        """What the service counted; None where it tells nothing."""
        return as_object(self._last.get("usage")) or None

    @property
    def model(self) -> str:
        """Which model says it answers; ``""`` where it does not say."""
        return _words(self._last.get("model"))

    @property
    def finish_reason(self) -> str | None:
        """Why the answer ended; None while it has not."""
        return self._last.get("finish_reason")

    @property
    def anything(self) -> bool:
        """Whether anything of an answer has come."""
        return bool(
            self.sound_bytes or self._calls or any(text.whole for text in self._texts.values())
        )

    @property
    def ended(self) -> bool:
        """Whether the service has said that it is the end, of the answer or of its sound."""
        return self.finish_reason is not None or self.expires_at is not None

    @property
    def cut_short(self) -> str:
        """Why the service made no more of it, in one line; ``""`` where it made all of it."""
        return CUT_SHORT.get(self.finish_reason or "", "")

    @property
    def broken_sound(self) -> bool:
        """Whether some of the sound could not be read."""
        return self._base64.broken

    def message(self) -> dict[str, Any]:
        """Return the assistant's message as the wire would have it whole, without the sound."""
        audio: dict[str, Any] | None = None
        if self.audio_id is not None or self.transcript or self.sound_bytes:
            audio = {
                "id": self.audio_id,
                "expires_at": self.expires_at,
                "transcript": self.transcript,
            }
        message: dict[str, Any] = {
            "role": "assistant",
            "content": self.content or None,
            "refusal": self.refusal or None,
            "audio": audio,
        }
        if self._calls:
            message["tool_calls"] = self.tool_calls
        return message


class _Text:
    """A text that comes in pieces, joined when it is asked for."""

    def __init__(self) -> None:
        self._whole = ""
        self._pieces: list[str] = []

    def add(self, piece: str) -> None:
        if piece:
            self._pieces.append(piece)

    @property
    def whole(self) -> str:
        if self._pieces:
            # The halves of a surrogate pair may come in two pieces; only the whole is mended.
            self._whole += "".join(self._pieces)
            self._pieces.clear()
        return whole_text(self._whole)


def _words(given: Any) -> str:
    """Return a text, or the texts of content parts together."""
    if isinstance(given, str):
        return given
    return "".join(_words(as_object(part).get("text")) for part in as_list(given))
