"""The house itself: what is committed, what the wheel holds, what CI refuses."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def committed() -> list[Path]:
    """Return every file that git holds or would take in."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 -- the git of whoever has a checkout
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def text_of(path: Path) -> str:
    """Return a file's text, empty when it is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def test_lock_files_name_no_host() -> None:
    locks = [path for path in committed() if "lock" in path.name and path.suffix == ".json"]
    assert locks
    for lock in locks:
        packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
        assert [name for name, entry in packages.items() if "resolved" in entry] == []
        assert len([entry for entry in packages.values() if "integrity" in entry]) > 10


def test_no_file_names_the_machine_it_was_written_on() -> None:
    # Home folders, and the folder of this very checkout unless that is a word like /src.
    home = re.compile(r"(?<![\w.])/(?:home|Users)/[a-z][\w.-]*/|(?<![\w.])/root/")
    named = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in committed()
        if path != Path(__file__) and (match := home.search(text_of(path)))
    ]
    here = [
        str(path.relative_to(ROOT))
        for path in committed()
        if ROOT.as_posix().count("/") > 1 and f"{ROOT.as_posix()}/" in text_of(path)
    ]
    assert named == []
    assert here == []


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Build the wheel from a copy of what is committed; return the names it holds."""
    folder = tmp_path_factory.mktemp("wheel")
    for path in committed():
        copy = folder / "source" / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy)
    done = subprocess.run(  # noqa: S603 -- our own command
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"),
            *("--no-build-isolation", "--disable-pip-version-check"),
            *("--wheel-dir", str(folder), str(folder / "source")),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("realtime_nb-*.whl")
    with zipfile.ZipFile(built) as archive:
        return archive.namelist()


def test_the_wheel_holds_the_package_the_widget_and_the_tutorials(wheel: list[str]) -> None:
    assert {
        "realtime_nb/__main__.py",
        "realtime_nb/py.typed",
        "realtime_nb/widget/static/widget.js",
        "realtime_nb/tutorials/00_hello.ipynb",
    } <= set(wheel)
    modules = {
        path.relative_to(ROOT).as_posix()
        for path in committed()
        if path.is_relative_to(ROOT / "realtime_nb")
    }
    assert modules <= set(wheel)
    tops = {name.split("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith((".dist-info", ".data"))} == {"realtime_nb"}
    # What enables the relay of the fast path in Jupyter Server, and nothing else outside.
    data = {name.partition("/")[2] for name in wheel if name.split("/")[0].endswith(".data")}
    assert data == {"data/etc/jupyter/jupyter_server_config.d/realtime_nb.json"}


SKIPS = {
    "in_a_test": "import pytest\ndef test_it(): pytest.skip('no sound card')\n",
    "by_a_mark": "import pytest\n@pytest.mark.skip(reason='later')\ndef test_it(): pass\n",
    "of_a_module": "import pytest\npytest.skip('no sound card', allow_module_level=True)\n",
}


@pytest.mark.parametrize("ci", ["true", ""])
def test_a_skipped_browser_test_fails_in_ci(ci: str, tmp_path: Path) -> None:
    folder = tmp_path / "tests" / "browser"
    folder.mkdir(parents=True)
    for source in (ROOT / "tests" / "browser").iterdir():
        if source.name.startswith(("conftest", "harness", "ears", "desk")):
            shutil.copy(source, folder)
    for name, test in SKIPS.items():
        (folder / f"test_skipped_{name}.py").write_text(test)
    (folder / "test_good.py").write_text("def test_it(): pass\n")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    done = subprocess.run(  # noqa: S603 -- our own command
        [
            *(sys.executable, "-m", "pytest", "-q", "-m", "browser", "-p", "no:cacheprovider"),
            "--continue-on-collection-errors",
        ],
        cwd=tmp_path,
        env=os.environ | {"CI": ci},
        capture_output=True,
        text=True,
        check=False,
    )
    closing = done.stdout.splitlines()[-1]
    if ci:
        assert done.returncode == 1
        assert closing.startswith("1 failed, 1 passed, 2 errors")
        assert done.stdout.count("skipped in CI, where every browser test must run") >= len(SKIPS)
    else:
        assert done.returncode == 0
        assert closing.startswith("1 passed, 3 skipped")
