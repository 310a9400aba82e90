"""``%load_ext realtime_nb`` and ``%unload_ext realtime_nb``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.client.local import LocalServer
from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.notebook import event_display
from realtime_nb.notebook.cell import completion
from realtime_nb.notebook.ending import end_each
from realtime_nb.notebook.magics.realtime import RealtimeMagics
from realtime_nb.notebook.magics.sound import SoundMagics
from realtime_nb.notebook.saved import kept_widgets
from realtime_nb.notebook.saved import output as saved_output
from realtime_nb.notebook.sound import echo
from realtime_nb.notebook.tools import place

if TYPE_CHECKING:
    from collections.abc import Callable

_KINDS: Final = ("line", "cell")
_STATE: Final = "_realtime_nb_extension"
_NAME: Final = "realtime_nb"


def load_ipython_extension(shell: Any) -> None:
    """Register the magics, remembering what they hide; all of it, or none."""
    unload_ipython_extension(shell)  # of a load that was interrupted at its very end
    unload: list[Callable[[], object]] = []
    setattr(shell, _STATE, unload)
    try:
        _load(shell, unload)
    except BaseException:  # also of an interrupt
        unload_ipython_extension(shell)
        raise


def _load(shell: Any, unload: list[Callable[[], object]]) -> None:
    """Register everything, noting before each what takes it away again."""
    magics = RealtimeMagics(shell)
    unload.append(magics.close_all)
    sounds = SoundMagics(shell, magics)
    unload.append(sounds.close)
    outputs = saved_output.register(shell, magics)
    unload.append(partial(saved_output.unregister, shell, outputs))
    for one in (magics, sounds):
        hidden = {
            (kind, name): shell.magics_manager.magics[kind][name]
            for kind, name in _names(one)
            if name in shell.magics_manager.magics[kind]
        }
        unload.append(partial(_take_away, shell, one, hidden))
        shell.register_magics(one)
    unload.append(partial(completion.unregister, shell))
    completion.register(shell)
    unload.append(partial(event_display.unregister, shell))
    event_display.register(shell)
    unload.append(partial(kept_widgets.unregister, shell))
    kept_widgets.register(shell, magics)
    unload.append(partial(echo.unregister, shell))
    echo.register(shell, sounds.show)
    unload.append(partial(place.unregister, shell))
    place.register(magics)
    unload += [lambda: LocalServer.stop_shared(), lambda: BackgroundLoop.stop_shared()]  # noqa: PLW0108 -- as they are then


def unload_ipython_extension(shell: Any) -> None:
    """End the chats, the loop and the local server; put back what was hidden.

    All of it, whatever befalls one part: what was interrupted, or has failed, can be loaded again.
    """
    unload = getattr(shell, _STATE, None)
    if unload is None:
        return
    try:
        end_each(unload)
    except BaseException:
        # IPython takes what raised as loaded still, and would not load it again.
        getattr(getattr(shell, "extension_manager", None), "loaded", set[str]()).discard(_NAME)
        raise
    finally:
        delattr(shell, _STATE)


def _take_away(shell: Any, one: Any, hidden: dict[tuple[str, str], Any]) -> None:
    for kind, name in _names(one):
        shell.magics_manager.magics[kind].pop(name, None)
        if (kind, name) in hidden:
            shell.magics_manager.magics[kind][name] = hidden[kind, name]
    shell.magics_manager.registry.pop(type(one).__name__, None)
    # What `%config` lists.
    shell.configurables[:] = [other for other in shell.configurables if other is not one]


def _names(magics: Any) -> list[tuple[str, str]]:
    """Return the kind and the name of each magic."""
    return [(kind, name) for kind in _KINDS for name in magics.magics[kind]]
