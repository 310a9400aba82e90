"""What every test stands on: no key, no endpoint of who runs the tests, one practice server."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.kept_practice import KeptPractice

if TYPE_CHECKING:
    from collections.abc import Iterator

# The same examples at each run, so that a change is judged by itself. New ones are looked for
# with `pytest --hypothesis-profile=default`, `make faults` and `make fuzz`.
settings.register_profile("steady", derandomize=True)
settings.load_profile("steady")

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


@pytest.fixture(scope="session", autouse=True)
def _kept_practice(_no_outside_world: None) -> Iterator[KeptPractice]:
    kept = KeptPractice()
    with kept.installed():
        yield kept


@pytest.fixture
def own_practice_server(_kept_practice: KeptPractice) -> Iterator[None]:
    """Start and stop `LocalServer.shared` as a notebook does, with none of other tests."""
    with _kept_practice.away():
        yield
