"""What a `%%realtime` cell says to a user's mistake: one line, and no session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def run(shell: InteractiveShell, capsys: pytest.CaptureFixture[str], cell: str) -> str:
    """Run a cell and return all it printed, errors too."""
    shell.run_cell(cell)
    out, err = capsys.readouterr()
    return out + err


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("%%realtime\n---\nvoise: marin\n---\nHi", "did you mean 'voice'"),
        ("%%realtime\n---\nmodalities: [text]\n---\nHi", "beta API"),
        ("%%realtime\n---\nvoice: marin\nHi", "the front matter has no end"),
        ("%%realtime 2chat\nHi", "cannot be a variable"),
        ("%%realtime class\nHi", "cannot be a variable"),
        ("%%realtime --voice marin\nHi", "'voice' is no option: write it between"),
        ("%%realtime --endpont local\nHi", "did you mean '--endpoint'?"),
        ("%%realtime --endp local\nHi", "did you mean '--endpoint'?"),
        ("%%realtime --endpoint\nHi", "expected one argument; %%realtime? explains"),
        ("%%realtime chat local\nHi", "unrecognized arguments: local; %%realtime? explains"),
        ("%%realtime --endpoint ftp://x\nHi", "ftp"),
        ("%%realtime --model a\n---\nmodel: b\n---\nHi", "disagree"),
        ("%%realtime\n---\ninstructions: Be brief.\n---\nHi", "keep one"),
        ("%%realtime --endpoint http://127.0.0.1:9/v1\nHi", "127.0.0.1:9"),
    ],
)
def test_a_mistake_is_one_line(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str], cell: str, said: str
) -> None:
    printed = run(shell, capsys, cell)
    assert said in printed
    assert "Traceback" not in printed
    error = [line for line in printed.splitlines() if said in line]
    assert len(error) == 1


def test_the_list_of_chats_is_empty_at_first(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "No chats yet" in run(shell, capsys, "%realtime")


def test_help_is_there(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    magic = shell.find_cell_magic("realtime")
    assert magic is not None
    assert "--endpoint" in (magic.__doc__ or "")
    assert run(shell, capsys, "1 + 1") is not None
