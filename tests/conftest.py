"""What every test stands on: no key, no endpoint of the person who runs the tests."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

# Settings of the harness itself, not of the package under test.
_KEPT = {"REALTIME_NB_CHROMIUM"}


@pytest.fixture(scope="session", autouse=True)
def _no_outside_world() -> Iterator[None]:
    """Take keys and endpoints out of the environment, so that no test can reach a service."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("OPENAI_", "REALTIME_NB_")) and name not in _KEPT:
                patch.delenv(name)
        yield
