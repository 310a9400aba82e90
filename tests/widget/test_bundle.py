"""The committed bundle is what the sources say, shown without Node where there is none."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
JS = ROOT / "js"
STATIC = ROOT / "realtime_nb" / "widget" / "static"
MODULES = (
    "widget.js",
    "secret.js",
    "events.js",
    "timeline.js",
    "stream_player.js",
    "recorder.js",
    "phone.js",
)
BUNDLES = (*MODULES, "widget.css")
BUILD_INPUTS = (
    "package.json",
    "scripts/build.mjs",
    "scripts/worklet-text.mjs",
    "tsconfig.json",
)


def digest_of_sources() -> str:
    """Hash path and text of every input, in path order: what js/scripts/build.mjs does."""
    files = [p for p in (JS / "src").rglob("*") if p.suffix in {".ts", ".css"}]
    names = sorted([p.relative_to(JS).as_posix() for p in files] + list(BUILD_INPUTS))
    hashed = hashlib.sha256()
    for name in names:
        text = (JS / name).read_bytes().replace(b"\r\n", b"\n")
        hashed.update(name.encode() + b"\0" + text + b"\0")
    return hashed.hexdigest()


@pytest.mark.parametrize("name", BUNDLES)
def test_the_bundle_was_built_from_these_sources(name: str) -> None:
    first = (STATIC / name).read_text().splitlines()[0]
    found = re.search(r"sha256:([0-9a-f]{64})", first)
    assert found, f"the first line of {name} carries no digest: {first}"
    assert found[1] == digest_of_sources(), "js/ has changed: run `npm run build` in js/"


@pytest.mark.skipif(
    not (JS / "node_modules" / "esbuild").exists(),
    reason="`npm ci` has not run in js/; the digest above still shows a stale bundle",
)
def test_a_rebuild_gives_the_same_bytes(tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    node = shutil.which("node", path=path)
    assert node, "js/node_modules is here but no node"
    # Another working directory: no path of this checkout may reach the bytes.
    command = [node, str(JS / "scripts" / "build.mjs"), "--out", str(tmp_path)]
    subprocess.run(command, check=True, cwd=tmp_path, timeout=60)  # noqa: S603 -- our own script
    for name in BUNDLES:
        assert (tmp_path / name).read_bytes() == (STATIC / name).read_bytes(), name


def test_the_module_stands_alone() -> None:
    """Loaded from a Blob URL it can import nothing; and no path of a checkout is in it."""
    for name in MODULES:
        text = (STATIC / name).read_text()
        assert not re.search(r"^import\s|\bimport\(|\brequire\(", text, re.MULTILINE)
        assert re.search(r"^export \{", text, re.MULTILINE)
    for name in BUNDLES:
        text = (STATIC / name).read_text()
        assert str(ROOT) not in text
        assert "file://" not in text


def test_a_models_words_never_become_markup() -> None:
    text = "".join((STATIC / name).read_text() for name in MODULES)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", text)


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((JS / "package-lock.json").read_text())
    assert lock["packages"]
    assert [name for name, entry in lock["packages"].items() if "resolved" in entry] == []
