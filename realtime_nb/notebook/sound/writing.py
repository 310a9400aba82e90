"""`%transcribe` and `%translate_audio`: a recording, written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from realtime_nb.errors import UsageError
from realtime_nb.notebook.cell.variable import variable_name
from realtime_nb.notebook.sound.arguments import named_value
from realtime_nb.notebook.sound.desk import EARS
from realtime_nb.notebook.sound.inputs import refuse_path
from realtime_nb.notebook.sound.partial import stopped_transcript

if TYPE_CHECKING:
    from argparse import Namespace

    from realtime_nb.notebook.sound.desk import Desk

_FEW_WORDS: Final = (
    'The practice recogniser is no model, and knows some words better than others: --prompt "…"'
    " tells it what may be said."
)


def run_transcribe(desk: Desk, options: Namespace) -> Any:
    """Write a recording down; bind and return the transcript.

    Raises
    ------
    RealtimeError
        For a mistake in the line, or what the request failed with.
    """
    from realtime_nb.client.rest.transcription import transcribe  # noqa: PLC0415 -- as needed

    out = variable_name(options.out, "--out", "reply")
    _check_files(options)
    sound = desk.sound(options.clip, "%transcribe")
    speakers = {
        name: desk.sound(text, f"--speaker {name}")
        for name, text in (named_value(word, "--speaker") for word in options.speaker or ())
    }
    model = options.model or desk.settings.transcription_model
    endpoint = desk.endpoint("transcription", options.endpoint, model)
    live = desk.live(endpoint.model)
    desk.tell_missing(live, endpoint, EARS)
    timed = options.words or options.diarize
    transcript = desk.run(
        live,
        out,
        transcribe(
            sound,
            endpoint=endpoint,
            model=model or None,
            language=[code for code in (options.language or "").split(",") if code],
            prompt=options.prompt or "",
            stream=options.stream,
            words=options.words,
            # Subtitles need times.
            segments=options.segments or bool((options.srt or options.vtt) and not timed),
            diarize=options.diarize,
            known_speakers=speakers or None,
            timeout_s=desk.settings.timeout,
            on_progress=live.on_progress,
            on_notice=live.on_notice,
        ),
        lambda why: stopped_transcript(live, endpoint, sound, why),
        is_value=True,
        hint=_FEW_WORDS if endpoint.practice and not options.prompt else "",
    )
    _save_subtitles(transcript, options)
    return transcript


def run_translate(desk: Desk, options: Namespace) -> Any:
    """Write a recording down in English; bind and return the transcript.

    Raises
    ------
    RealtimeError
        For a mistake in the line, or what the request failed with.
    """
    from realtime_nb.client.rest.transcription import translate_audio  # noqa: PLC0415 -- as needed

    out = variable_name(options.out, "--out", "reply")
    _check_files(options)
    sound = desk.sound(options.clip, "%translate_audio")
    model = options.model or desk.settings.translation_model
    endpoint = desk.endpoint("translation", options.endpoint, model)
    live = desk.live(endpoint.model)
    desk.tell_missing(live, endpoint, EARS)
    transcript = desk.run(
        live,
        out,
        translate_audio(
            sound,
            endpoint=endpoint,
            model=model or None,
            prompt=options.prompt or "",
            segments=options.segments or bool(options.srt or options.vtt),
            timeout_s=desk.settings.timeout,
            on_progress=live.on_progress,
            on_notice=live.on_notice,
        ),
        lambda why: stopped_transcript(live, endpoint, sound, why),
        is_value=True,
        hint=_FEW_WORDS if endpoint.practice and not options.prompt else "",
    )
    _save_subtitles(transcript, options)
    return transcript


def _check_files(options: Namespace) -> None:
    """Refuse a file's name before anything is sent and paid for."""
    for option, path in (("srt", options.srt), ("vtt", options.vtt)):
        if path and not path.lower().endswith(f".{option}"):
            raise UsageError(f"--{option} {path}: write a name that ends in .{option}.")
        if path:
            refuse_path(path, f"--{option}")


def _save_subtitles(transcript: Any, options: Namespace) -> None:
    for path in (options.srt, options.vtt):
        if path:
            print(f"Saved as {transcript.save(path)}.")  # noqa: T201 -- the answer
