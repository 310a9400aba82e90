"""The fast path's half in the Jupyter Server: one WebSocket of a page, one of a kernel's ports.

A Jupyter Server extension, enabled by installing this package. The page's WebSocket is of the
server's own origin and guarded by its own authentication; the kernel is found by an id whose
file the kernel wrote (`realtime_nb.relay.meeting`), so that a page can name no host and no port.
"""

from __future__ import annotations

from typing import Any

# What Jupyter Server looks for in an extension's module.
__all__ = ["_jupyter_server_extension_points", "_load_jupyter_server_extension"]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Return what Jupyter Server loads."""
    return [{"module": "realtime_nb.relay"}]


def _load_jupyter_server_extension(app: Any) -> None:
    """Add the relay to a Jupyter Server."""
    # Kernels import this room for the meeting place and need no Jupyter Server.
    from realtime_nb.relay.handler import routes  # noqa: PLC0415 -- see above

    app.web_app.add_handlers(".*$", routes(app.web_app.settings["base_url"]))
