"""What a cell shows while a request is under way, and the one result it leaves behind.

Progress comes on the background loop's thread and is only noted there; the cell's own thread
shows it, a few times a second. Sound that is to be heard at once goes to a player on the page.
When all has come, the result takes the place of everything. Where a page still plays, the result
stands below its player, which goes when all was heard: whenever the notebook is saved or closed,
the result is in it.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.notebook.sound.screen import new_place
from realtime_nb.protocol.audio_api.answer import AudioAnswer
from realtime_nb.protocol.shown_text import escaped, plain, visible

if TYPE_CHECKING:
    from realtime_nb.client.rest.notices import Notice
    from realtime_nb.notebook.sound.kept import KeptSound
    from realtime_nb.notebook.sound.screen import Screen

TICK_S: Final = 0.15
"""How often what is shown may change."""
_NOTES_KEPT: Final = 20
_LONGEST_NOTE: Final = 500
_SHOWN_CHARACTERS: Final = 4_000
_QUIET: Final = "color:var(--jp-ui-font-color2,#666)"
# A page that has just been told of the player loads it first.
_PAGE_S: Final = 15.0
# A page that is paused, or may not play without a click, keeps its player for so long.
_STANDS_S: Final = 300.0
_AFTER_S: Final = 0.3
_END_MS: Final = 60.0
_LOOK_S: Final = 0.1
# A notebook that was saved while it played holds a player that nobody knows any more: JupyterLab's
# "model not found", which stands right before the result, is not shown.
_HIDES_THE_DEAD: Final = (
    "<style>.jp-OutputArea-child:has(> .jp-OutputArea-output.jupyter-widgets)"
    ":not(:has(> .jupyter-widgets > *)):has(+ * .rnb-was-played) { display: none; }</style>"
    '<span class="rnb-was-played" hidden></span>'
)


class Live:
    """The output of one cell.

    Parameters
    ----------
    screen
        Where it is shown.
    kept
        What may stay of its sound.
    title
        What is under way: ``gpt-audio-1.5``.
    plays
        Whether sound is to be heard as it comes.
    """

    def __init__(self, screen: Screen, kept: KeptSound, title: str, *, plays: bool = False) -> None:
        self._screen = screen
        self._kept = kept
        self._title = title
        self._place = new_place()
        self._cell, self._run = screen.cell(), screen.run()
        self._page = threading.Event()
        self._plays = plays and screen.can_play
        self._player: Any = None
        self._words = ""
        self._state = ""
        self._sound: Any = None
        self._until = 0.0
        self._began = time.monotonic()
        self._shown = ""
        self._stands = False
        self.notes: list[str] = []
        self.progress: Any = None
        self.news = threading.Event()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the request was made."""
        return time.monotonic() - self._began

    # -- on the background loop's thread

    def on_progress(self, progress: Any) -> None:
        """Take what has come by now."""
        self.progress = progress
        self._words, self._state = progress.transcript or "", progress.state or ""
        if progress.sound is not None:
            self._sound = progress.sound
            if self._player is not None:
                self._player.feed(progress.sound)
        self.news.set()

    def on_notice(self, notice: Notice) -> None:
        """Take a line for the person who waits."""
        if notice.kind == "progress":
            self._state = notice.text
        elif len(self.notes) < _NOTES_KEPT:
            self.notes.append(notice.text)
        self._until = time.monotonic() + notice.wait_s if notice.kind == "retry" else 0.0
        self.news.set()

    # -- on the cell's

    def tick(self) -> None:
        """Show how it goes."""
        if not self._screen.has_pages:
            self._print_notes()
            return
        if self._plays:
            self._tick_player()
            return
        text = plain(f"{self._line()}\n{self._words[-_SHOWN_CHARACTERS:]}", 2 * _SHOWN_CHARACTERS)
        if text != self._shown:
            self._shown = text
            self._stand({"text/html": self._html(), "text/plain": text.strip()})

    def _tick_player(self) -> None:
        if self._player is None:
            player = _new_player(self._title)
            player.on_msg(self._on_message)
            self._player = player
            if self._sound is not None:
                player.feed(self._sound)
            self._stand(_bundle_of(player))
        self._player.text(self._words)
        self._player.status(self._news())

    def end(self, result: Any) -> None:
        """Leave a result, which shows itself by ``_repr_html_`` and ``repr``.

        What plays plays on to its end above it; then its player goes.
        """
        player = self._player
        if player is None or self._sound is None:
            self._settle(self._left(result, self._place))
            return
        place = new_place()
        bundle = self._left(result, place, _HIDES_THE_DEAD)
        if bundle is not None:
            self._screen.show(bundle, place)
        player.text("")
        player.status("")
        player.finish()
        threading.Thread(
            target=self._go_when_played, name="realtime_nb player", daemon=True
        ).start()

    def stop(self, part: Any) -> None:
        """Leave what had come, or only the notes where there is None; nothing plays on."""
        self._settle(self._left(part, self._place))

    # -- its parts

    def _line(self) -> str:
        return f"{self._title}: {self._news()}"

    def _news(self) -> str:
        """Return how it goes, where the title stands already."""
        wait_s = self._until - time.monotonic()
        if wait_s > 0 and self.notes:
            return f"{self.notes[-1]} ({wait_s:.0f} s)"
        return f"{self._state or 'waiting'} · {self.elapsed_s:.0f} s"

    def _html(self) -> str:
        end = escaped(self._words[-_SHOWN_CHARACTERS:], _SHOWN_CHARACTERS)
        words = f'<div style="white-space:pre-wrap">{end}</div>'
        notes = "".join(_note(text) for text in self.notes)
        return f"{_note(self._line())}{notes}{words if self._words else ''}"

    def _left(self, result: Any, place: str, before: str = "") -> dict[str, Any] | None:
        """Return what is to stay in the notebook; None where there is no output to change."""
        told = [*self.notes]
        plain = _plain(result)
        if not self._screen.has_pages:
            self._print_notes()
            self._screen.show({"text/plain": plain}, self._place)
            return None
        if result is None and not self._stands and not told:
            return None
        if result is None:
            told.append(f"{self._title}: {self.elapsed_s:.1f} s")
        notes = "".join(_note(text) for text in told)
        shown = "" if result is None else result._repr_html_()
        text = "\n".join([*told, plain]).strip()
        bundle = {"text/html": f"{before}{notes}{shown}", "text/plain": text}
        return self._kept.fitted(bundle, place, self._cell, self._run)

    def _stand(self, bundle: dict[str, Any]) -> None:
        if self._stands:
            self._screen.replace(bundle, self._place)
        else:
            self._stands = True
            self._screen.show(bundle, self._place)

    def _print_notes(self) -> None:
        while self.notes:
            print(plain(self.notes.pop(0), _LONGEST_NOTE))  # noqa: T201 -- the terminal's answer

    def _on_message(self, *_said: Any) -> None:
        self._page.set()  # whatever it says, it is there

    def _settle(self, bundle: dict[str, Any] | None) -> None:
        if bundle is not None:
            self._stand(bundle)
        if self._player is not None:
            self._player.close()

    def _go_when_played(self) -> None:
        if self._page.wait(_PAGE_S):
            _wait_played(self._player, self._sound.duration_ms)
        self._screen.replace({}, self._place)
        self._player.close()


def _wait_played(player: Any, length_ms: float) -> None:
    """Wait until a page has played it all, or has stood still for long with nothing before it."""
    clock = time.monotonic
    until, played = clock() + _STANDS_S, 0.0
    while clock() < until and player.played_ms < length_ms - _END_MS:
        time.sleep(_LOOK_S)
        if player.played_ms > played or player.waits:
            played, until = player.played_ms, clock() + _STANDS_S
    time.sleep(_AFTER_S)


def _plain(result: Any) -> str:
    """Return a result as text: what a model said stands above what is known about it."""
    said = result.text if isinstance(result, AudioAnswer) else ""
    lines = [visible(said), "" if result is None else repr(result)]
    return "\n".join(line for line in lines if line)


def _new_player(title: str) -> Any:
    from realtime_nb.widget.stream_player import StreamPlayer  # noqa: PLC0415 -- for pages only

    return StreamPlayer(title)


def _bundle_of(player: Any) -> dict[str, Any]:
    bundle: Any = player._repr_mimebundle_()
    return cast("dict[str, Any]", bundle[0] if isinstance(bundle, tuple) else bundle)


def _note(text: str) -> str:
    return f'<div style="{_QUIET}"><small>{escaped(text, _LONGEST_NOTE)}</small></div>'
