"""`%%audio_chat`, `%%speak`, `%transcribe` and `%translate_audio`."""

# IPython's decorators have no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUntypedFunctionDecorator=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from IPython.core.magic import (
    Magics,
    cell_magic,
    line_cell_magic,
    line_magic,
    magics_class,
    no_var_expand,
)
from IPython.core.magic_arguments import argument, magic_arguments
from traitlets import Float, TraitError, Unicode, validate

from realtime_nb.errors import UsageError
from realtime_nb.notebook.cell.expressions import evaluator
from realtime_nb.notebook.cell.pasted_keys import refuse_keys
from realtime_nb.notebook.sound.arguments import read_options
from realtime_nb.notebook.sound.audio_chats import DEFAULT_NAME, AudioChats
from realtime_nb.notebook.sound.desk import Desk
from realtime_nb.notebook.sound.screen import screen_of
from realtime_nb.notebook.sound.speaking import run_speak
from realtime_nb.notebook.sound.writing import run_transcribe, run_translate

if TYPE_CHECKING:
    from realtime_nb.notebook.magics.realtime import RealtimeMagics

_ENDPOINT_HELP: Final = (
    "local, openai, azure, a name from your endpoints file, or the URL of a compatible service"
    " ending in /v1. Without it: OpenAI when OPENAI_API_KEY is set, which costs money, else the"
    " local practice server."
)
_LONGEST_S: Final = 3600.0


@magics_class
class SoundMagics(Magics):
    """Cells of sound by REST; ``%config SoundMagics`` lists what can be set."""

    endpoint = Unicode(
        "", help="Where these cells go that name no --endpoint; empty for RealtimeMagics.endpoint."
    ).tag(config=True)
    chat_model = Unicode("", help="The model of %%audio_chat; empty for gpt-audio-1.5.").tag(
        config=True
    )
    speech_model = Unicode("", help="The model of %%speak; empty for gpt-4o-mini-tts.").tag(
        config=True
    )
    transcription_model = Unicode(
        "", help="The model of %transcribe; empty for gpt-transcribe."
    ).tag(config=True)
    translation_model = Unicode("", help="The model of %translate_audio; empty for whisper-1.").tag(
        config=True
    )
    voice = Unicode("alloy", help="The voice of cells that name none.").tag(config=True)
    timeout = Float(600.0, help="How long the service may be silent, in seconds.").tag(config=True)

    @validate("timeout")
    def _sensible(self, proposal: dict[str, Any]) -> float:
        seconds = proposal["value"]
        if not 1 <= seconds <= _LONGEST_S:
            raise TraitError(f"timeout is {seconds:g} s; it takes 1 to {_LONGEST_S:g}.")
        return seconds

    def __init__(self, shell: Any, realtime: RealtimeMagics) -> None:
        super().__init__(shell)
        self._desk = Desk(
            shell.user_ns,
            evaluate=evaluator(shell),
            screen=screen_of(shell),
            ask=realtime.ask_for_key,
            settings=self,
            realtime=realtime,
        )
        self._chats = AudioChats(self._desk)

    def show(self, result: Any) -> None:
        """Show a result, with as much sound as the notebook still keeps."""
        self._desk.show(result)

    def close(self) -> None:
        """Forget the conversations."""
        self._chats.reset("")

    @property
    def conversations(self) -> tuple[str, ...]:
        """The names of the conversations of ``%%audio_chat``."""
        return tuple(self._chats.by_name)

    @no_var_expand
    @magic_arguments()
    @argument(
        "--in",
        dest="inputs",
        action="append",
        metavar="CLIP",
        help="Sound that goes with the prompt: a variable, a path or an expression; repeatable.",
    )
    @argument(
        "--in-format",
        choices=("wav", "mp3"),
        default="wav",
        help="What clips are sent as; mp3 is a tenth of the size.",
    )
    @argument("--system", metavar="TEXT", help="How the model is to behave.")
    @argument("--voice", help="Who speaks: alloy, marin, cedar, …")
    @argument(
        "--format",
        choices=("wav", "mp3", "flac", "opus", "aac", "pcm16"),
        help="What the answer's sound comes as; with --stream it comes as pcm16, and is converted.",
    )
    @argument("--model", help="The model.")
    @argument("--endpoint", help=_ENDPOINT_HELP)
    @argument("--text-only", action="store_true", help="Answer in text, without sound.")
    @argument(
        "--tools",
        action="append",
        metavar="NAMES",
        help="Python functions or definitions of the notebook's that the model may call.",
    )
    @argument("--stream", action="store_true", help="Show and play the answer as it comes.")
    @argument(
        "--continue",
        dest="go_on",
        action="store_true",
        help="Go on with the conversation instead of beginning another.",
    )
    @argument(
        "--name",
        default=DEFAULT_NAME,
        help=f"Which conversation this is, where there are several ({DEFAULT_NAME}).",
    )
    @argument("--out", default="answer", help="The variable the answer is bound to (answer).")
    @line_cell_magic
    def audio_chat(self, line: str, cell: str | None = None) -> Any:
        """Ask a chat model that hears and speaks: the prompt stands below, sound comes by --in.

        As a line, %audio_chat --in CLIP asks by sound alone. %audio_chat lists the
        conversations, %audio_chat history [NAME] shows one, %audio_chat reset [NAME] forgets.
        """
        if cell is None and not line.lstrip().startswith("-"):
            refuse_keys(line, "")
            return self._audio_chat_line(line.split())
        self._chats.run(read_options(self.audio_chat, line, cell), cell or "")
        return None

    def _audio_chat_line(self, words: list[str]) -> Any:
        match words:
            case []:
                print(self._chats.listed())  # noqa: T201 -- the answer
                return None
            case ["history"] | ["history", _]:
                return self._chats.history(words[1] if words[1:] else DEFAULT_NAME)
            case ["reset"] | ["reset", _]:
                print(self._chats.reset(words[1] if words[1:] else ""))  # noqa: T201 -- as above
                return None
            case _:
                raise UsageError(
                    "%audio_chat lists the conversations; there are %audio_chat history [NAME],"
                    " %audio_chat reset [NAME] and %audio_chat --in CLIP, and %%audio_chat?"
                    " explains the cell."
                )

    @no_var_expand
    @magic_arguments()
    @argument("--voice", help="Who speaks: alloy, marin, cedar, …")
    @argument("--model", help="The model.")
    @argument("--endpoint", help=_ENDPOINT_HELP)
    @argument("--instructions", metavar="TEXT", help="How it is to be said; not with tts-1.")
    @argument("--speed", type=float, default=1.0, help="How fast, 0.25 to 4 (1).")
    @argument(
        "--format",
        choices=("mp3", "opus", "aac", "flac", "wav", "pcm"),
        help="What the sound is kept as (as --save is called, else mp3).",
    )
    @argument("--no-play", action="store_true", help="Do not play it as it comes.")
    @argument("--save", metavar="FILE", help="Write the sound to a file, too.")
    @argument("--out", default="speech", help="The variable the speech is bound to (speech).")
    @cell_magic
    def speak(self, line: str, cell: str) -> None:
        """Read the text below aloud; it plays before it is whole."""
        run_speak(self._desk, read_options(self.speak, line, cell), cell)

    @no_var_expand
    @magic_arguments()
    @argument("clip", help="The sound: a variable, a path or an expression.")
    @argument("--model", help="The model.")
    @argument("--endpoint", help=_ENDPOINT_HELP)
    @argument(
        "--language", metavar="CODE", help="The language that is spoken: en; or several: en,de."
    )
    @argument("--prompt", metavar="TEXT", help="Names and words that are likely to be said.")
    @argument("--stream", action="store_true", help="Show the words as they come.")
    @argument("--words", action="store_true", help="With the time of each word (whisper-1).")
    @argument("--segments", action="store_true", help="With the time of each phrase (whisper-1).")
    @argument(
        "--diarize", action="store_true", help="Tell speakers apart (gpt-4o-transcribe-diarize)."
    )
    @argument(
        "--speaker",
        action="append",
        metavar="NAME=CLIP",
        help="How a speaker sounds, in 2 to 10 s of sound; repeatable, up to four.",
    )
    @argument("--srt", metavar="FILE", help="Write subtitles, as SubRip.")
    @argument("--vtt", metavar="FILE", help="Write subtitles, as WebVTT.")
    @argument("--out", default="transcript", help="The variable as well (transcript).")
    @line_magic
    def transcribe(self, line: str) -> Any:
        """Write down what is said in a recording; the value is a `Transcript`."""
        return run_transcribe(self._desk, read_options(self.transcribe, line))

    @no_var_expand
    @magic_arguments()
    @argument("clip", help="The sound: a variable, a path or an expression.")
    @argument("--model", help="The model.")
    @argument("--endpoint", help=_ENDPOINT_HELP)
    @argument("--prompt", metavar="TEXT", help="Names and words that are likely to be said.")
    @argument("--segments", action="store_true", help="With the time of each phrase.")
    @argument("--srt", metavar="FILE", help="Write subtitles, as SubRip.")
    @argument("--vtt", metavar="FILE", help="Write subtitles, as WebVTT.")
    @argument("--out", default="transcript", help="The variable as well (transcript).")
    @line_magic
    def translate_audio(self, line: str) -> Any:
        """Write down in English what is said in a recording; the value is a `Transcript`."""
        return run_translate(self._desk, read_options(self.translate_audio, line))
