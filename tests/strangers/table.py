"""The table of strangers: what their programs told, as Markdown, and its place in the docs."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

BEGIN = "<!-- make strangers writes from here -->"
END = "<!-- to here -->"


@dataclass(frozen=True)
class Verdict:
    """How one flow of one client went.

    Parameters
    ----------
    client, version
        The client.
    flow
        What was tried.
    why
        What went wrong; empty when it passed.
    seconds
        How long it took.
    """

    client: str
    version: str
    flow: str
    why: str
    seconds: float

    @property
    def passed(self) -> bool:
        return not self.why


def markdown(verdicts: Sequence[Verdict]) -> str:
    """Return one row for each client, in the order in which they were tried."""
    rows = ["| client | version | passed | failed |", "|---|---|---|---|"]
    for client, version in dict.fromkeys((each.client, each.version) for each in verdicts):
        own = [each for each in verdicts if each.client == client]
        passed = ", ".join(_cell(each.flow) for each in own if each.passed)
        failed = "; ".join(_cell(f"{each.flow}: {each.why}") for each in own if not each.passed)
        rows.append(f"| {_cell(client)} | {_cell(version)} | {passed} | {failed} |")
    return "\n".join(rows)


def write(page: Path, verdicts: Sequence[Verdict]) -> None:
    """Put the table into a page, between its two marks."""
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{markdown(verdicts)}\n{END}{after}", "utf-8")


def missing(verdicts: Iterable[Verdict], clients: Iterable[str]) -> list[str]:
    """Return the clients that told nothing at all: a program that died is a failure."""
    told = {each.client for each in verdicts}
    return [client for client in clients if client not in told]


def _cell(text: str) -> str:
    """Return text that stays in its cell: what a client says of itself is foreign text."""
    return html.escape(" ".join(text.split()), quote=False).replace("|", "\\|")
