"""Recordings written down, or translated into English, by REST: of any length, kind and size."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from realtime_nb.audio.clip import AudioClip
from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.client.rest.long_sound import sample_uri
from realtime_nb.client.rest.notices import Notice, tell
from realtime_nb.client.rest.resolve import DEFAULT_MODELS, rest_endpoint
from realtime_nb.client.rest.service import RestService
from realtime_nb.client.rest.transcription_reading import write_down
from realtime_nb.protocol.audio_api.transcriber_models import DIARIZING_MODEL, TIMING_MODEL
from realtime_nb.protocol.audio_api.transcript_ask import (
    TranscriptAsk,
    check_ask,
    check_samples,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from realtime_nb.client.endpoints.service import Endpoint
    from realtime_nb.client.loop import Call
    from realtime_nb.client.rest.long_sound import Recording
    from realtime_nb.client.rest.progress import Progress
    from realtime_nb.protocol.audio_api.transcript import Transcript

_DEFAULT: Final = DEFAULT_MODELS["transcription"]


def transcribe(  # noqa: PLR0913 -- what a request is made of
    recording: Recording,
    *,
    endpoint: str | Endpoint | None = None,
    model: str | None = None,
    language: str | Sequence[str] | None = None,
    prompt: str = "",
    keywords: Sequence[str] = (),
    stream: bool = False,
    words: bool = False,
    segments: bool = False,
    diarize: bool = False,
    known_speakers: Mapping[str, Recording] | None = None,
    logprobs: bool = False,
    temperature: float | None = None,
    timeout_s: float = 600.0,
    on_progress: Callable[[Progress], object] | None = None,
    on_notice: Callable[[Notice], object] | None = None,
) -> Call[Transcript]:
    """Have a recording written down.

    Parameters
    ----------
    recording
        A clip, a file's path, its bytes, or an array with its rate. What is too large for one
        request is made smaller, and cut in its quiet moments where that is not enough.
    endpoint, model
        Who writes; see `realtime_nb.client.rest.resolve.rest_endpoint`. Where no model is
        named, the one that can do what is asked is taken, and said.
    language
        What is spoken, as an ISO 639-1 code; several for models that take several; None leaves
        it to the model.
    prompt
        Words before, names and style to expect.
    keywords
        Words and phrases to expect, for models that take them.
    stream
        Whether words come as they are written.
    words, segments
        Whether the times of words, or of phrases, are told.
    diarize
        Whether speakers are told apart.
    known_speakers
        Up to four names, each with 2 to 10 s of its voice.
    logprobs
        Whether it is told how sure the model is of each token.
    temperature
        0 to 1; None leaves the service's own.
    timeout_s
        How long the service may be silent, in seconds.
    on_progress
        Called with a `Progress` as words come, on the background loop's thread.
    on_notice
        Called with a `Notice` for what is to be told meanwhile, there too.

    Returns
    -------
    Call
        Of the transcript. Cancelled, it closes the connection at once. Where a stream breaks,
        or a part of a long recording fails, it is what had come, marked as partial.

    Raises
    ------
    UsageError
        For what the model is known not to do, with the model that does; for samples of
        speakers that the service would refuse.
    EndpointError
        Where there is nobody to ask.
    """
    writer = rest_endpoint(endpoint, model, kind="transcription")
    samples = _samples(known_speakers or {})
    ask = TranscriptAsk(
        model=writer.model,
        languages=(language,) if isinstance(language, str) and language else tuple(language or ()),
        prompt=prompt,
        keywords=tuple(keywords),
        stream=stream,
        words=words,
        segments=segments,
        diarize=diarize,
        logprobs=logprobs,
        temperature=temperature,
        samples=samples,
    )
    if model is None and writer.model == _DEFAULT:
        ask = _with_able_model(ask, on_notice)
        writer = replace(writer, model=ask.model)
    return _start(writer, ask, recording, timeout_s, on_progress, on_notice)


def translate_audio(  # noqa: PLR0913 -- what a request is made of
    recording: Recording,
    *,
    endpoint: str | Endpoint | None = None,
    model: str | None = None,
    prompt: str = "",
    segments: bool = False,
    temperature: float | None = None,
    timeout_s: float = 600.0,
    on_progress: Callable[[Progress], object] | None = None,
    on_notice: Callable[[Notice], object] | None = None,
) -> Call[Transcript]:
    """Have a recording translated into English, in writing.

    Parameters
    ----------
    recording, endpoint, model, temperature, timeout_s, on_progress, on_notice
        As for `transcribe`.
    prompt
        Words before, and style to expect, in English.
    segments
        Whether the times of phrases are told.

    Returns
    -------
    Call
        Of the translation, as for `transcribe`.

    Raises
    ------
    UsageError
        For a model that is known not to translate.
    EndpointError
        Where there is nobody to ask.
    """
    writer = rest_endpoint(endpoint, model, kind="translation")
    ask = TranscriptAsk(
        model=writer.model,
        task="translate",
        prompt=prompt,
        segments=segments,
        temperature=temperature,
    )
    return _start(writer, ask, recording, timeout_s, on_progress, on_notice)


def _start(  # noqa: PLR0913, PLR0917 -- what a request is made of
    endpoint: Endpoint,
    ask: TranscriptAsk,
    recording: Recording,
    timeout_s: float,
    on_progress: Callable[[Progress], object] | None,
    on_notice: Callable[[Notice], object] | None,
) -> Call[Transcript]:
    check_ask(ask)
    service = RestService(endpoint, timeout_s=timeout_s, on_notice=on_notice)
    name = "transcribe" if ask.task == "transcribe" else "translate_audio"
    return BackgroundLoop.shared().call(write_down(service, ask, recording, on_progress), name)


def _with_able_model(
    ask: TranscriptAsk, on_notice: Callable[[Notice], object] | None
) -> TranscriptAsk:
    """Return what is asked with a model that can, where nobody chose one; that is said."""
    if ask.diarize:
        able, why = DIARIZING_MODEL, "tells speakers apart"
    elif ask.words or ask.segments:
        able, why = TIMING_MODEL, "tells the times of words"
    else:
        return ask
    tell(on_notice, Notice("note", f"{able} is asked, which {why}; {ask.model} does not"))
    return replace(ask, model=able)


def _samples(speakers: Mapping[str, Recording]) -> dict[str, str]:
    """Return the voices of known speakers as data URIs, by name."""
    clips = {name: AudioClip.read(sound) for name, sound in speakers.items()}
    check_samples({name: clip.duration_ms / 1000 for name, clip in clips.items()})
    return {name: sample_uri(clip) for name, clip in clips.items()}
