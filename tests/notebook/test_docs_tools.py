"""The page on tools: its examples run, and its numbers are those of the code."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from realtime_nb.notebook.tools.captured import DISPLAYED_BYTES, DISPLAYS, PRINTED_BYTES
from realtime_nb.protocol.tools.approval import APPROVAL_S
from realtime_nb.protocol.tools.guard import GuardOptions
from realtime_nb.protocol.tools.options import ToolOptions
from realtime_nb.protocol.tools.output import OUTPUT_LIMIT

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

PAGE = (Path(__file__).parents[2] / "docs" / "tools.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def run(shell: InteractiveShell, code: str) -> None:
    shell.run_cell(code).raise_error()


@pytest.fixture
def shop(shell: InteractiveShell) -> InteractiveShell:
    shell.user_ns["df"] = pd.DataFrame({"city": ["Paris", "Lyon"], "sold": [12, 40]})
    shell.user_ns["pd"] = pd
    return shell


def test_its_examples_run(shop: InteractiveShell) -> None:
    python = blocks("python")
    run(shop, python[0])
    cell, mcp = blocks("yaml")
    run(shop, cell.replace("%%realtime", "%%realtime --endpoint local"))
    chat = shop.user_ns["chat"]
    assert list(chat.tools) == ["sales"]
    chat.say("hello").result(60)
    for example in python[1:]:
        run(shop, example)
    assert {"refund", "transfer_to_billing", "escalate_to_human"} < set(chat.tools)
    assert set(chat.guards) == {"no_prices", "no_cards"}
    assert list(chat.agents) == ["billing"]
    assert mcp.count("{{") == 1


def test_its_numbers_and_options_are_those_of_the_code() -> None:
    rows = "".join(line for line in PAGE.splitlines() if line.startswith("| `"))
    for option in fields(ToolOptions):
        assert f"`{option.name}`" in rows, option.name
    assert f"| `timeout_s` | {ToolOptions().timeout_s:g} |" in PAGE
    assert f"more than {OUTPUT_LIMIT:,} characters" in PAGE
    assert f"within {APPROVAL_S:g}\nseconds is a no" in PAGE
    assert f"`timeout_s` ({GuardOptions().timeout_s:g})" in PAGE
    assert f"kept up to {PRINTED_BYTES >> 10} KiB" in PAGE
    assert f"displays up to {DISPLAYS} and {DISPLAYED_BYTES >> 20} MiB" in PAGE
