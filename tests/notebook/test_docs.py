"""Pages of the documentation name every option there is, and no place that is not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from realtime_nb.__main__ import _parser
from realtime_nb.notebook.magics.realtime import RealtimeMagics

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_page_on_the_cell_has_each_of_its_options() -> None:
    parser = RealtimeMagics.realtime.parser
    options = {word for action in parser._actions for word in action.option_strings}
    assert {"--transport", "--phone"} <= options
    assert options - set(re.findall(r"--[a-z-]+", read("docs/cell.md"))) == set()


def test_the_readme_has_each_command() -> None:
    commands = next(action.choices for action in _parser()._actions if action.choices)
    named = set(re.findall(r"`realtime-nb (\w+)", read("README.md")))
    assert named == set(commands)


def test_the_page_on_the_practice_server_has_each_option_of_a_caller() -> None:
    commands = next(action.choices for action in _parser()._actions if action.choices)
    call = {word for action in commands["call"]._actions for word in action.option_strings}
    assert call - {"-h", "--help"} <= set(re.findall(r"--[a-z-]+", read("docs/practice-server.md")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
