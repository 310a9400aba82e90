"""What the Jupyter Server does for a kernel: the fast path of a chat, webhooks of a phone line.

The fast path is one WebSocket of a page, and one of a kernel's ports; a webhook is one request.

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
    from realtime_nb.relay.webhook import webhook_routes  # noqa: PLC0415

    base_url = app.web_app.settings["base_url"]
    app.web_app.add_handlers(".*$", [*routes(base_url), *webhook_routes(base_url)])
