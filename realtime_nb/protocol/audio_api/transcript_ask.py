"""What a transcription is asked for: checked before anything is sent, then as the wire's fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.errors import UsageError
from realtime_nb.protocol.audio_api.transcriber_models import (
    DIARIZING_MODEL,
    TIMING_MODEL,
    TRANSLATING_MODEL,
    find_transcriber,
)
from realtime_nb.protocol.config.models import find_model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.protocol.audio_api.transcriber_models import Transcriber
    from realtime_nb.protocol.audio_api.transcript import Task

UNCHUNKED_S: Final = 30.0
"""Seconds above which speakers are told apart only in chunks."""

MOST_SPEAKERS: Final = 4
SHORTEST_SAMPLE_S: Final = 2.0
LONGEST_SAMPLE_S: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptAsk:
    """What is asked for.

    Attributes
    ----------
    model
        Who is asked.
    task
        Whether to write it down, or to translate it into English.
    languages
        Languages that are spoken, as ISO 639-1 codes.
    prompt
        Words before, names and style to expect.
    keywords
        Words and phrases to expect.
    stream
        Whether words come as they are written.
    words, segments
        Whether their times are told.
    diarize
        Whether speakers are told apart.
    logprobs
        Whether it is told how sure the model is.
    temperature
        0 to 1; None leaves the service's own.
    samples
        Data URIs of the voices of known speakers, by name.
    """

    model: str
    task: Task = "transcribe"
    languages: tuple[str, ...] = ()
    prompt: str = ""
    keywords: tuple[str, ...] = ()
    stream: bool = False
    words: bool = False
    segments: bool = False
    diarize: bool = False
    logprobs: bool = False
    temperature: float | None = None
    samples: Mapping[str, str] = field(default_factory=dict[str, str])

    def fields(self, seconds: float | None = None) -> dict[str, Any]:
        """Return the fields of the request, without the file.

        Parameters
        ----------
        seconds
            Length of the recording; None where it is not known.
        """
        told = {"model": self.model, "response_format": self._format(), **self._hints()}
        return told if self.task == "translate" else {**told, **self._wishes(seconds)}

    def _hints(self) -> dict[str, Any]:
        """Return what helps to hear right; all transcripts and translations take it."""
        told: dict[str, Any] = {}
        if len(self.languages) > 1:
            told["languages"] = list(self.languages)
        elif self.languages:
            told["language"] = self.languages[0]
        if self.prompt:
            told["prompt"] = self.prompt
        if self.keywords:
            told["keywords"] = list(self.keywords)
        if self.temperature is not None:
            told["temperature"] = self.temperature
        return told

    def _wishes(self, seconds: float | None) -> dict[str, Any]:
        """Return what is asked for besides the words."""
        told: dict[str, Any] = {}
        if self.words or self.segments:
            asked = (("word", self.words), ("segment", self.segments))
            told["timestamp_granularities"] = [name for name, wanted in asked if wanted]
        if self.logprobs:
            told["include"] = ["logprobs"]
        if self.diarize and (seconds is None or seconds > UNCHUNKED_S):
            told["chunking_strategy"] = "auto"
        if self.samples:
            told["known_speaker_names"] = list(self.samples)
            told["known_speaker_references"] = list(self.samples.values())
        if self.stream:
            told["stream"] = True
        return told

    def _format(self) -> str:
        if self.diarize:
            return "diarized_json"
        return "verbose_json" if self.words or self.segments else "json"


def check_ask(ask: TranscriptAsk) -> None:
    """Refuse what the model is known not to do; of a model that is not known nothing is.

    Raises
    ------
    UsageError
        In one line, with the model that does it.
    """
    known = find_transcriber(ask.model)
    if ask.samples and not ask.diarize:
        raise UsageError("known_speakers are for telling speakers apart: add diarize=True.")
    if ask.diarize and (ask.words or ask.segments):
        raise UsageError(
            "diarize=True tells segments with their speakers; the times of words are "
            f"{TIMING_MODEL}'s: ask for one or the other."
        )
    if known is None:
        _check_use(ask.model)
        return
    if ask.task == "translate" and not known.translate:
        raise UsageError(f"{ask.model} does not translate: model={TRANSLATING_MODEL!r} does.")
    for wanted, able, cannot, instead in _abilities(ask, known):
        if wanted and not able:
            raise UsageError(f"{ask.model} {cannot}: {instead}.")


def _abilities(ask: TranscriptAsk, known: Transcriber) -> tuple[tuple[bool, bool, str, str], ...]:
    """Return what is wanted, whether it can be, and what to say when not."""
    return (
        (
            ask.words or ask.segments,
            known.times,
            "tells no times of words or segments",
            f"model={TIMING_MODEL!r} does",
        ),
        (
            ask.diarize,
            known.diarize,
            "does not tell speakers apart",
            f"model={DIARIZING_MODEL!r} does",
        ),
        (
            bool(ask.prompt),
            known.prompt,
            "takes no prompt",
            "leave it out, or choose 'gpt-transcribe'",
        ),
        (
            bool(ask.keywords),
            known.keywords,
            "takes no keywords",
            "put them into the prompt, or choose 'gpt-transcribe'",
        ),
        (
            len(ask.languages) > 1,
            known.languages,
            "takes one language",
            "name one, or choose 'gpt-transcribe'",
        ),
        (
            ask.logprobs,
            known.logprobs,
            "does not tell how sure it is",
            "model='gpt-4o-transcribe' does",
        ),
    )


def _check_use(model: str) -> None:
    """Refuse a model that is known to be for something else."""
    known = find_model(model)
    if known is None or model == "local-demo":
        return
    if known.use == "transcription":
        raise UsageError(
            f"{model} writes down what is said in a realtime session, not a recording: choose "
            "'gpt-transcribe', or open a transcription session."
        )
    raise UsageError(f"{model} writes no speech down: choose 'gpt-transcribe'.")


def check_samples(seconds: Mapping[str, float]) -> None:
    """Refuse samples of known speakers' voices that the service would.

    Parameters
    ----------
    seconds
        The length of each sample, by the speaker's name.

    Raises
    ------
    UsageError
        In one line.
    """
    if len(seconds) > MOST_SPEAKERS:
        raise UsageError(
            f"{len(seconds)} known speakers are too many: the service takes {MOST_SPEAKERS}."
        )
    for name, length_s in seconds.items():
        if not name.strip():
            raise UsageError("a known speaker has no name: name each, e.g. {'Anna': clip}.")
        if not SHORTEST_SAMPLE_S <= length_s <= LONGEST_SAMPLE_S:
            raise UsageError(
                f"the sample of {name!r} is {length_s:.1f} s long: give 2 to 10 s, "
                "e.g. clip.cut(0, 8)."
            )
