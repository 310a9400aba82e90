"""The client of a realtime voice service: endpoints, connections, long-lived sessions.

Two ways in. `connect` gives one connection in the shape of the ``openai`` package, for
code that reads events itself. `RealtimeSession` keeps a conversation alive on a thread of
its own, so that a busy notebook cell cannot stop it; its methods return a `Call`, which is
awaited in a cell or asked for its `result()` in plain code.
"""

from __future__ import annotations

from realtime_nb.client.connection import Connection, connect
from realtime_nb.client.endpoints.endpoint import DEFAULT_MODEL, Endpoint, resolve_endpoint
from realtime_nb.client.endpoints.ephemeral import EphemeralKey, create_client_secret
from realtime_nb.client.endpoints.named import named_endpoints
from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.client.local import LocalServer
from realtime_nb.client.loop import BackgroundLoop, Call
from realtime_nb.client.session import RealtimeSession
from realtime_nb.client.sound.heard import Heard
from realtime_nb.client.turns.response import Response

__all__ = [
    "DEFAULT_MODEL",
    "BackgroundLoop",
    "Call",
    "Connection",
    "Endpoint",
    "EphemeralKey",
    "Heard",
    "LocalServer",
    "RealtimeSession",
    "Response",
    "Secret",
    "connect",
    "create_client_secret",
    "named_endpoints",
    "resolve_endpoint",
]
