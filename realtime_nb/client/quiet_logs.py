"""What libraries write to their logs of requests: with no key of ours in it.

``httpx`` logs each address with its query, ``openai`` and ``httpcore`` at DEBUG what a service
answered, which may repeat what it was told. Whoever turns such a log on gets it in a cell's
output, and with that in the notebook.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from realtime_nb.client.endpoints.secret import Secret
    from realtime_nb.client.endpoints.service import Endpoint

_LIBRARIES: Final = ("httpcore", "httpx", "openai")
_KEPT: Final = 256  # keys that are looked for, the newest


class _Scrubbing(logging.Filter):
    """Blots out the keys that requests were made with; lets every record pass."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._secrets: deque[Secret] = deque(maxlen=_KEPT)

    def know(self, endpoint: Endpoint) -> None:
        """Look for the keys of this endpoint, too."""
        with self._lock:
            for secret in endpoint.secrets():
                if secret.is_secret and secret not in self._secrets:
                    self._secrets.append(secret)

    def filter(self, record: logging.LogRecord) -> bool:
        """Take the keys out of a record."""
        try:
            said = record.getMessage()
        except Exception:  # noqa: BLE001 -- of another library, which logging itself will tell of
            return True
        clean = said
        with self._lock:
            for secret in self._secrets:
                clean = secret.scrub(clean)
        if clean != said:
            record.msg, record.args = clean, ()
        return True


_SCRUBBING: Final = _Scrubbing()


def keep_quiet(endpoint: Endpoint) -> None:
    """Have no library log a key of this endpoint; call it when the libraries are loaded.

    Parameters
    ----------
    endpoint
        Whose keys a request is about to carry.
    """
    _SCRUBBING.know(endpoint)
    # A filter is for what is logged by that very name, and each module has one of its own.
    for name in list(logging.root.manager.loggerDict):
        if name.startswith(_LIBRARIES):
            logging.getLogger(name).addFilter(_SCRUBBING)
