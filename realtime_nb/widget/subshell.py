"""Keeping a widget's messages off the kernel's main thread while a cell runs.

JupyterLab (4.4 and later) sends widget messages to a subshell, so that they are handled while
a cell is busy. ipykernel 7.4 sends them back to whichever shell the kernel last sent from on
that comm, and a comm opened by a cell was opened from the main one: every frame of the
microphone would then wait for the cell. Here the choice is left to the front end again, as in
ipykernel 7.0 to 7.3.
"""

from __future__ import annotations

from typing import Any


def pin_subshell(comm: Any) -> bool:
    """Leave the choice of subshell for `comm` to the front end.

    Returns
    -------
    bool
        Whether there was anything to change; false on other kernels and versions.
    """
    if not hasattr(comm, "_reply_subshell_for"):
        return False
    comm._reply_subshell_for = _as_the_front_end_says  # noqa: SLF001 -- there is no public way
    return True


def _as_the_front_end_says(_data: Any, default: Any) -> Any:
    return default
