"""`%%speak`: a text of the notebook's, read aloud."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from realtime_nb.audio.codec_files import SUFFIXES as CLIP_SUFFIXES
from realtime_nb.errors import UsageError
from realtime_nb.notebook.cell.variable import variable_name
from realtime_nb.notebook.sound.desk import VOICE
from realtime_nb.notebook.sound.inputs import refuse_path
from realtime_nb.notebook.sound.partial import stopped_speech
from realtime_nb.protocol.audio_api.speech import SUFFIXES

if TYPE_CHECKING:
    from argparse import Namespace

    from realtime_nb.notebook.sound.desk import Desk


def run_speak(desk: Desk, options: Namespace, body: str) -> None:
    """Read the text of a cell aloud, and bind the speech.

    Raises
    ------
    RealtimeError
        For a mistake in the cell, or what the request failed with.
    """
    from realtime_nb.client.rest.speech import speak  # noqa: PLC0415 -- when first asked

    out = variable_name(options.out, "--out", "reply")
    text = desk.text(body)
    if not text:
        raise UsageError("the cell has nothing to say: write the text below %%speak.")
    form = options.format or _format_of(options.save)
    if options.save:
        _check_suffix(options.save, form)
        refuse_path(options.save, "--save")
    settings = desk.settings
    model = options.model or settings.speech_model
    endpoint = desk.endpoint("speech", options.endpoint, model)
    voice = options.voice or settings.voice
    live = desk.live(endpoint.model, plays=not options.no_play)
    desk.tell_missing(live, endpoint, VOICE)
    speech = desk.run(
        live,
        out,
        speak(
            text,
            endpoint=endpoint,
            model=model or None,
            voice=voice,
            instructions=options.instructions or "",
            speed=options.speed,
            format=form,
            stream=not options.no_play,
            timeout_s=settings.timeout,
            on_progress=live.on_progress,
            on_notice=live.on_notice,
        ),
        lambda why: stopped_speech(live, endpoint, text, voice, why),
    )
    if options.save:
        kept = speech.format in _formats_of(options.save)
        what = "" if kept else f", converted; `{out}` keeps the {speech.format} it came as"
        print(f"Saved as {speech.save(options.save)}{what}.")  # noqa: T201 -- the answer


def _format_of(path: str | None) -> str:
    """Return the format where none is named: that of the file that is wanted."""
    return next(iter(_formats_of(path or "")), "mp3")


def _formats_of(path: str) -> list[str]:
    suffix = Path(path).suffix.lower()
    return [form for form, suffixes in SUFFIXES.items() if suffix in suffixes]


def _check_suffix(path: str, made: str) -> None:
    """Refuse a file's name before anything is sent and paid for."""
    suffix = Path(path).suffix.lower()
    if suffix not in CLIP_SUFFIXES and suffix not in SUFFIXES.get(made, ()):
        known = ", ".join(sorted(filter(None, CLIP_SUFFIXES)))
        raise UsageError(f"--save {path}: {suffix} is no format of sound; there are {known}.")
