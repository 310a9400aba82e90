"""``%load_ext realtime_nb`` and ``%unload_ext realtime_nb``."""

from __future__ import annotations

from typing import Any, Final

from realtime_nb.client.local import LocalServer
from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.notebook import completion, event_display, kept_widgets, saved_output
from realtime_nb.notebook.magics import RealtimeMagics
from realtime_nb.notebook.sound import echo
from realtime_nb.notebook.sound_magics import SoundMagics
from realtime_nb.notebook.tools import place

_KINDS: Final = ("line", "cell")
_STATE: Final = "_realtime_nb_extension"


def load_ipython_extension(shell: Any) -> None:
    """Register the magics, remembering what they hide."""
    magics = RealtimeMagics(shell)
    sounds = SoundMagics(shell, magics)
    ours = (magics, sounds)
    hidden = {
        (kind, name): shell.magics_manager.magics[kind][name]
        for kind, name in _names(ours)
        if name in shell.magics_manager.magics[kind]
    }
    for one in ours:
        shell.register_magics(one)
    completion.register(shell)
    event_display.register(shell)
    kept_widgets.register(shell, magics)
    echo.register(shell, sounds.show)
    place.register(magics)
    setattr(shell, _STATE, (ours, hidden, saved_output.register(shell, magics)))


def unload_ipython_extension(shell: Any) -> None:
    """End the chats, the loop and the local server; put back what was hidden."""
    state = getattr(shell, _STATE, None)
    if state is None:
        return
    delattr(shell, _STATE)
    ours, hidden, outputs = state
    try:
        ours[0].close_all()
        ours[1].close()
    finally:
        saved_output.unregister(shell, outputs)
        for kind, name in _names(ours):
            shell.magics_manager.magics[kind].pop(name, None)
            if (kind, name) in hidden:
                shell.magics_manager.magics[kind][name] = hidden[kind, name]
        for one in ours:
            shell.magics_manager.registry.pop(type(one).__name__, None)
        # What `%config` lists.
        shell.configurables[:] = [one for one in shell.configurables if one not in ours]
        completion.unregister(shell)
        event_display.unregister(shell)
        kept_widgets.unregister(shell)
        echo.unregister(shell)
        place.unregister(shell)
        LocalServer.stop_shared()
        BackgroundLoop.stop_shared()


def _names(magics: tuple[Any, ...]) -> list[tuple[str, str]]:
    """Return the kind and the name of each magic."""
    return [(kind, name) for one in magics for kind in _KINDS for name in one.magics[kind]]
