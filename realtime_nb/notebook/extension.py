"""``%load_ext realtime_nb`` and ``%unload_ext realtime_nb``."""

from __future__ import annotations

from typing import Any, Final

from realtime_nb.client.local import LocalServer
from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.notebook import completion, event_display, saved_output
from realtime_nb.notebook.magics import RealtimeMagics

_KINDS: Final = ("line", "cell")
_NAME: Final = "realtime"
_STATE: Final = "_realtime_nb_extension"


def load_ipython_extension(shell: Any) -> None:
    """Register the magics, remembering what they hide."""
    hidden = {
        kind: shell.magics_manager.magics[kind][_NAME]
        for kind in _KINDS
        if _NAME in shell.magics_manager.magics[kind]
    }
    magics = RealtimeMagics(shell)
    shell.register_magics(magics)
    completion.register(shell)
    event_display.register(shell)
    setattr(shell, _STATE, (magics, hidden, saved_output.register(shell, magics)))


def unload_ipython_extension(shell: Any) -> None:
    """End the chats, the loop and the local server; put back what was hidden."""
    state = getattr(shell, _STATE, None)
    if state is None:
        return
    delattr(shell, _STATE)
    magics, hidden, outputs = state
    try:
        magics.close_all()
    finally:
        saved_output.unregister(shell, outputs)
        for kind in _KINDS:
            shell.magics_manager.magics[kind].pop(_NAME, None)
            if kind in hidden:
                shell.magics_manager.magics[kind][_NAME] = hidden[kind]
        shell.magics_manager.registry.pop(type(magics).__name__, None)
        # What `%config` lists.
        shell.configurables[:] = [one for one in shell.configurables if one is not magics]
        completion.unregister(shell)
        event_display.unregister(shell)
        LocalServer.stop_shared()
        BackgroundLoop.stop_shared()
