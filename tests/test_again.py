"""What CI does with a test that failed: `.ci/pytest_again.py`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

SCRIPT = Path(__file__).parents[1] / ".ci" / "pytest_again.py"
PASSES_LATER = """
    def test_{name}():
        seen = pathlib.Path({name!r})
        if not seen.exists():
            seen.touch()
            assert False
"""
NEVER = "\n    def test_never():\n        assert False\n"


def run(folder: Path, *tests: str, workers: str = "0") -> tuple[int, str]:
    """Return exit code and output of tests in a file."""
    code = "import pathlib\n" + "".join(dedent(one) for one in tests)
    (folder / "test_it.py").write_text(code, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    command = [sys.executable, str(SCRIPT), "-q", "-n", workers, "test_it.py"]
    plugins = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "xdist.plugin"}
    done = subprocess.run(  # noqa: S603 -- our own script
        command,
        cwd=folder,
        env={**os.environ, **plugins},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("workers", ["0", "2"])
def test_one_that_passes_the_second_time_is_named(tmp_path: Path, workers: str) -> None:
    code, said = run(
        tmp_path, PASSES_LATER.format(name="late"), "def test_a(): pass", workers=workers
    )
    assert code == 0
    assert "1 failed, 1 passed" in said
    assert said.endswith("==> FLAKY, failed once and passed once: test_it.py::test_late\n")
    assert not (tmp_path / ".pytest_cache").exists()


def test_one_that_fails_twice_fails_the_run(tmp_path: Path) -> None:
    code, said = run(tmp_path, PASSES_LATER.format(name="late"), NEVER)
    assert code == 1
    assert "1 failed, 1 passed" in said
    assert "FLAKY" not in said


def test_three_are_no_accident(tmp_path: Path) -> None:
    code, said = run(tmp_path, *(PASSES_LATER.format(name=name) for name in ("x", "y", "z")))
    assert code == 1
    assert "once more" not in said


def test_what_is_no_test_s_failure_is_final(tmp_path: Path) -> None:
    code, said = run(tmp_path, "import nothing_of_this_name\n")
    assert code == 2
    assert "once more" not in said


def test_all_that_pass_are_run_once(tmp_path: Path) -> None:
    code, said = run(tmp_path, "def test_a(): pass")
    assert code == 0
    assert said.count("passed") == 1
