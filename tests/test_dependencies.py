"""What the project stands on: ranges with both ends, a lock that agrees, licences, advisories."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

SCRIPT = Path(__file__).parents[1] / ".ci" / "dependencies.py"


@pytest.fixture
def dependencies(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("dependencies", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "dependencies", module)
    spec.loader.exec_module(module)
    return module


def test_ranges_lock_licences_and_advisories_agree(dependencies: ModuleType) -> None:
    assert dependencies.complaints() == []


def test_an_open_range_is_told(dependencies: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    table = dependencies.project()
    table["dependencies"].append("colorsys>=1")
    monkeypatch.setattr(dependencies, "project", lambda: table)
    (told,) = dependencies.complaints()
    assert told.startswith("colorsys: the range")


def test_a_version_with_an_advisory_is_told_wherever_it_is_allowed(
    dependencies: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = tmp_path / "advisories.toml"
    told.write_text('[[advisory]]\npackage = "NumPy"\nid = "CVE-1"\nfixed = "9999"\n')
    monkeypatch.setattr(dependencies, "ADVISORIES", told)
    found = dependencies.complaints()
    assert [line.split(" is ")[1] for line in found] == [
        f"{how}; CVE-1" for how in ("installed", "allowed", "locked")
    ]


def test_what_is_neither_listed_nor_locked_is_told(
    dependencies: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(dependencies, "LOCKED_FOR", True)
    page, lock = tmp_path / "page.md", tmp_path / "lock.txt"
    page.write_text("nothing")
    lock.write_text("# nothing\n")
    monkeypatch.setattr(dependencies, "PAGE", page)
    monkeypatch.setattr(dependencies, "LOCK", lock)
    found = dependencies.complaints()
    assert any(line.startswith("numpy (") for line in found)
    assert "numpy: not in .ci/constraints.txt; run `make lock`" in found


def test_a_lock_that_debian_s_python_cannot_install_is_told(
    dependencies: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dependencies, "LOCKED_FOR", True)
    monkeypatch.setattr(dependencies, "FIRST_PYTHON", "3.1")
    found = dependencies.complaints()
    assert any(line.startswith("numpy ") and "asks for Python >=3." in line for line in found)


def test_what_an_extra_of_a_requirement_s_requirement_asks_for_is_found(
    dependencies: ModuleType,
) -> None:
    found = {row.name for row in dependencies.installed(dependencies.TESTS_EXTRAS)}
    assert {"webcolors", "aiortc", "espeakng-loader"} <= found  # jsonschema[format-nongpl], ours


def test_the_table_takes_the_place_of_the_one_before(dependencies: ModuleType) -> None:
    row = dependencies.Installed("x", "1", "MIT | other", "us")
    once = dependencies.page("head\n<!-- licences: begin -->\n<!-- licences: end -->\ntail", [row])
    assert once.startswith("head\n")
    assert once.endswith("\ntail")
    assert "| x | MIT / other | us |" in once
    assert dependencies.page(once, [row]) == once
