"""One Jupyter Server for all tests of the relay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.relay.jupyter import jupyter_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def _folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("jupyter")
    for kind in ("CONFIG", "DATA", "RUNTIME"):
        (folder / kind).mkdir(mode=0o700)
    return folder


@pytest.fixture
def folder(_folders: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Jupyter's folders, of the server and of the kernels that these tests play."""
    for kind in ("CONFIG", "DATA", "RUNTIME"):
        monkeypatch.setenv(f"JUPYTER_{kind}_DIR", str(_folders / kind))
    return _folders


@pytest.fixture(scope="session")
def _address(_folders: Path) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        for kind in ("CONFIG", "DATA", "RUNTIME"):
            patch.setenv(f"JUPYTER_{kind}_DIR", str(_folders / kind))
        running = jupyter_server(_folders)
        address = running.__enter__()
    yield address
    running.__exit__(None, None, None)


@pytest.fixture
def server(folder: Path, _address: str) -> str:  # noqa: ARG001 -- whose kernels meet it there
    """A Jupyter Server that finds the extension as an installation gives it; its host and port."""
    return _address
