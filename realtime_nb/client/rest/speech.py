"""Text read aloud by REST: sound that plays before all of it is there, and long texts.

While a text is read its sound comes as PCM and is passed on byte by byte; the file that was
asked for is made of it here, at the end. A text that is longer than the service takes is read
in parts that are cut at sentences and joined.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.client.rest.notices import Notice, tell
from realtime_nb.client.rest.resolve import rest_endpoint
from realtime_nb.client.rest.service import RestService
from realtime_nb.client.rest.speech_reading import SpeechAsk, SpeechReading
from realtime_nb.protocol.audio_api.speech_models import (
    longest_text,
)
from realtime_nb.protocol.audio_api.speech_text import split_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.client.endpoints.service import Endpoint
    from realtime_nb.client.loop import Call
    from realtime_nb.client.rest.progress import Progress
    from realtime_nb.protocol.audio_api.speech import Speech
    from realtime_nb.protocol.audio_api.speech_models import Voice


def speak(  # noqa: PLR0913 -- what a request is made of
    text: str,
    *,
    endpoint: str | Endpoint | None = None,
    model: str | None = None,
    voice: Voice = "alloy",
    instructions: str = "",
    speed: float = 1.0,
    format: str = "mp3",  # noqa: A002 -- what everybody calls it
    stream: bool = True,
    timeout_s: float = 600.0,
    on_progress: Callable[[Progress], object] | None = None,
    on_notice: Callable[[Notice], object] | None = None,
) -> Call[Speech]:
    """Have a text read aloud.

    Parameters
    ----------
    text
        What to read, of any length.
    endpoint, model
        Who reads it; see `realtime_nb.client.rest.resolve.rest_endpoint`.
    voice
        A voice's name, or a custom one as its id, ``{"id": "voice_1234"}``.
    instructions
        How to read it, for models that can be told.
    speed
        0.25 to 4; 1 is the voice's own.
    format
        Of the file: ``mp3``, ``opus``, ``aac``, ``flac``, ``wav`` or ``pcm``.
    stream
        Whether the sound comes as PCM while it is made, and the file is made here. Otherwise
        the service makes the file.
    timeout_s
        How long the service may be silent, in seconds.
    on_progress
        Called with a `Progress` as sound comes, on the background loop's thread.
    on_notice
        Called with a `Notice` for what is to be told meanwhile, there too.

    Returns
    -------
    Call
        Of the speech. Cancelled, it closes the connection at once. A stream that breaks gives
        what had come, marked as partial.

    Raises
    ------
    UsageError
        For what the model is known not to do.
    EndpointError
        Where there is nobody to ask.
    """
    reader = rest_endpoint(endpoint, model, kind="speech")
    ask = SpeechAsk(text, voice, instructions, speed, format, stream)
    ask.check(reader.model)
    service = RestService(reader, timeout_s=timeout_s, on_notice=on_notice)
    return BackgroundLoop.shared().call(read_aloud(service, ask, on_progress), "speak")


async def read_aloud(
    service: RestService,
    ask: SpeechAsk,
    on_progress: Callable[[Progress], object] | None = None,
) -> Speech:
    """Have a text read aloud; `speak` as a coroutine, on whatever loop.

    Raises
    ------
    RealtimeError
        When no sound came at all.
    """
    model, on_notice = service.endpoint.model, service.on_notice
    hint = ask.check(model)
    if hint:
        tell(on_notice, Notice("note", hint))
    parts = split_text(ask.text, longest_text(ask.text, model))
    if len(parts) > 1:
        count = f"{len(ask.text):,} characters are read in {len(parts)} parts"
        tell(on_notice, Notice("note", f"{count}, cut at sentences and joined"))
    reading = SpeechReading(service, ask, parts, on_progress)
    return await reading.run()
