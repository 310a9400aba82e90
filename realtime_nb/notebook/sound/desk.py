"""What every cell of sound needs: values of the notebook, endpoints, a place to show, a name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from realtime_nb.client.practice import fetch_missing
from realtime_nb.client.rest.notices import Notice
from realtime_nb.client.rest.resolve import RestKind, rest_endpoint
from realtime_nb.notebook.cell.expressions import Expressions
from realtime_nb.notebook.cell.reading import lines_of
from realtime_nb.notebook.sound.inputs import read_input
from realtime_nb.notebook.sound.kept import KeptSound
from realtime_nb.notebook.sound.live import Live
from realtime_nb.notebook.sound.screen import new_place
from realtime_nb.notebook.sound.waiting import Stopped, wait

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.audio.clip import AudioClip
    from realtime_nb.client.endpoints.service import Endpoint
    from realtime_nb.client.loop import Call
    from realtime_nb.notebook.sound.screen import Screen

T = TypeVar("T")

VOICE: Final = "speaker"
"""The engine that sound out needs, as a practice server calls it."""
EARS: Final = "recogniser"
"""The engine that sound in needs."""

# The first line of a cell's text, as a person counts: the magic's own is 1.
_TEXT_LINE: Final = 2


class RealtimeSettings(Protocol):
    """What ``%config RealtimeMagics`` sets that holds for these cells, too."""

    endpoint: Any
    endpoints_file: Any
    saved_audio_bytes: Any


class SoundSettings(Protocol):
    """What ``%config SoundMagics`` sets; read anew each time a cell runs."""

    endpoint: Any
    chat_model: Any
    speech_model: Any
    transcription_model: Any
    translation_model: Any
    voice: Any
    timeout: Any


class Desk:
    """The notebook, as a cell of sound sees it.

    Parameters
    ----------
    names
        The notebook's variables; results are bound in them.
    evaluate
        Gives the value of an expression.
    screen
        Where things are shown.
    ask
        Asks for a key without showing it; None where nobody can be asked.
    settings, realtime
        The defaults of the options.
    """

    def __init__(  # noqa: PLR0913 -- the whole notebook
        self,
        names: dict[str, Any],
        *,
        evaluate: Callable[[str], Any],
        screen: Screen,
        ask: Callable[[str], str | None] | None,
        settings: SoundSettings,
        realtime: RealtimeSettings,
    ) -> None:
        self.names = names
        self.settings = settings
        self._evaluate = evaluate
        self._screen = screen
        self._ask = ask
        self._realtime = realtime
        self._told: set[str] = set()
        self._kept = KeptSound(lambda: int(realtime.saved_audio_bytes), screen.replace)

    def text(self, body: str) -> str:
        """Return the text of a cell, with the values of ``{{expression}}`` in it.

        Raises
        ------
        ConfigError
            When an expression cannot be evaluated; with its line.
        """
        text = "\n".join(lines_of(body))
        return Expressions(self._evaluate).expand(text, _TEXT_LINE).strip()

    def sound(self, text: str, option: str) -> AudioClip | Path:
        """Return the sound that a word of the line stands for; see `read_input`."""
        return read_input(text, option, self.names, self._evaluate)

    def value(self, text: str) -> Any:
        """Return the value of a name or an expression; whatever it raises."""
        return self.names[text] if text in self.names else self._evaluate(text)

    def endpoint(
        self, kind: RestKind, endpoint: str | None, model: str | None, *, may_ask: bool = True
    ) -> Endpoint:
        """Return where a request goes; a key that is missing is asked for where that may be.

        Raises
        ------
        EndpointError
            When there is no such endpoint, or no key.
        """
        file = self._realtime.endpoints_file
        return rest_endpoint(
            endpoint or self.settings.endpoint or self._realtime.endpoint or None,
            model or None,
            kind=kind,
            file=Path(file).expanduser() if file else None,
            ask=self._ask if may_ask else None,
        )

    def tell_missing(self, live: Live, endpoint: Endpoint, *parts: str) -> None:
        """Say once what a practice server does without, of what a cell needs of it."""
        if not endpoint.practice:
            return
        for line in fetch_missing(endpoint):
            if line not in self._told and any(line.startswith(f"No {part}") for part in parts):
                self._told.add(line)
                live.on_notice(Notice("note", line))

    def show(self, result: Any) -> None:
        """Show a result again; its sound counts as that of the cell that made it."""
        bundle = {"text/html": result._repr_html_(), "text/plain": repr(result)}
        place, screen = new_place(), self._screen
        screen.show(self._kept.fitted(bundle, place, screen.cell(), screen.run()), place)

    def live(self, title: str, *, plays: bool = False) -> Live:
        """Return the output of the cell that runs."""
        return Live(self._screen, self._kept, title, plays=plays)

    def run(  # noqa: PLR0913 -- what a request needs
        self,
        live: Live,
        out: str,
        call: Call[T],
        halt: Callable[[str], T | None],
        *,
        is_value: bool = False,
        hint: str = "",
    ) -> T:
        """Wait for a request, show how it goes, and bind what comes of it.

        Parameters
        ----------
        live
            The cell's output.
        out
            The variable.
        call
            The request.
        halt
            Makes a result of what had come when the cell was stopped, given why; None where
            that was nothing. The call is cancelled afterwards in any case.
        is_value
            Whether the result is the value of the cell and shows itself.
        hint
            A line for people that goes with a result that is whole.

        Raises
        ------
        Stopped
            When the cell was interrupted.
        RealtimeError
            What the request failed with. The variable then keeps what it held.
        """
        try:
            result = wait(call, live)
        except Stopped as stopped:
            part = _halted(halt, f"stopped {stopped}")
            live.stop(part)
            if part is None:
                raise Stopped(f"{stopped}; nothing had come{self._as_before(out)}.") from None
            self.names[out] = part
            raise Stopped(f"{stopped}; what had come is in `{out}`.") from None
        except BaseException:
            live.stop(None)
            self._tell_kept(out)
            raise
        finally:
            call.cancel()
        self.names[out] = result
        if hint:
            live.on_notice(Notice("note", hint))
        if is_value:
            live.stop(None)
        else:
            live.end(result)
        return result

    def _tell_kept(self, out: str) -> None:
        if out in self.names:
            print(f"`{out}` is what it was before.")  # noqa: T201 -- beside the error

    def _as_before(self, out: str) -> str:
        return f", and `{out}` is what it was" if out in self.names else ""


def _halted(halt: Callable[[str], T | None], why: str) -> T | None:
    try:
        return halt(why)
    except KeyboardInterrupt:  # stopped again: nobody wants to wait for what had come
        return None
