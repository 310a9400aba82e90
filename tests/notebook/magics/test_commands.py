"""``%realtime`` and a word."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from IPython.core.completer import provisionalcompleter

import realtime_nb
from realtime_nb.client.local import LocalServer

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

CELL = """%%realtime --endpoint local
---
voice: ash
---
Answer in one sentence. Give long, detailed answers.
IF balance > 100 THEN call lookup_balance."""


@pytest.fixture
def run(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(cell: str) -> str:
        shell.run_cell(cell)
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return out + err

    return run


def test_help_and_lists(run: Any) -> None:
    assert "0.25" in run("%realtime help speed")
    assert "did you mean 'voice'" in run("%realtime help voise")
    assert "turn_detection" in run("%realtime help")
    assert "knows no 'secrets'" in run("%realtime secrets")
    assert "there is none yet; a %%realtime cell starts one" in run("%realtime prompt check x")


def test_the_traits_are_configured(run: Any, shell: InteractiveShell) -> None:
    assert "RealtimeMagics.endpoint" in run("%config RealtimeMagics")
    run("%config RealtimeMagics.endpoint = 'http://127.0.0.1:9/v1'")
    assert "127.0.0.1:9" in run("%%realtime\nHi")
    run("%config RealtimeMagics.endpoint = ''")
    assert shell.user_ns.pop("chat").state == "failed"


def test_named_endpoints_come_from_a_file(run: Any, tmp_path: Any) -> None:
    file = tmp_path / "endpoints.toml"
    file.write_text('[endpoints.work]\nurl = "http://127.0.0.1:9/v1"\n', encoding="utf-8")
    run(f"%config RealtimeMagics.endpoints_file = {str(file)!r}")
    assert "127.0.0.1:9" in run("%%realtime --endpoint work\nHi")
    assert "work" in run("%%realtime --endpoint wrok\nHi")


def test_a_secret_opens_a_session_with_the_cells_config_and_is_shown_masked(
    run: Any, shell: InteractiveShell
) -> None:
    run(CELL)
    printed = run("key = %realtime secret --expires 30\nkey")
    key = shell.user_ns["key"]
    assert key.masked in printed
    assert key.reveal().startswith("ek_")
    assert key.reveal() not in printed
    assert key.reveal() not in repr(shell.user_ns["_"])

    async def voice() -> str:
        url = LocalServer.shared().url
        async with realtime_nb.connect(base_url=url, api_key=key.reveal()) as connection:
            event = await connection.recv()
            return event.get("session.audio.output.voice")

    assert asyncio.run(voice()) == "ash"


def test_a_secret_out_of_range_is_one_line(run: Any) -> None:
    assert "10 to 7200" in run("%realtime secret --endpoint local --expires 5")
    assert "unrecognized arguments" in run("%realtime secret --for ever")


def test_a_prompt_is_checked_with_the_lines_of_its_cell(run: Any) -> None:
    run(CELL)
    printed = run("%realtime prompt check")
    assert "line 5" in printed
    assert "line 6" in printed
    assert "lookup_balance" in printed


def test_a_new_prompt_is_put_into_a_cell(
    run: Any, shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposed: list[tuple[str, bool]] = []
    monkeypatch.setattr(
        shell, "set_next_input", lambda text, replace: proposed.append((text, replace))
    )
    run("%realtime prompt new guide")
    ((text, replace),) = proposed
    assert text.startswith("%%realtime guide\n---\n")
    assert "Role" in text
    assert replace is False


def test_a_critique_needs_an_endpoint_of_its_own(run: Any) -> None:
    run(CELL)
    assert "critique_endpoint" in run("%realtime prompt critique")
    assert "there is no chat 'x': there is chat;" in run("%realtime prompt critique x")
    assert "choose one" in run("%realtime prompt")


def test_completion_is_registered_and_taken_away(shell: InteractiveShell) -> None:
    def offered() -> set[str]:
        text = "%%realtime\n---\nvoi"
        return {one.text for one in shell.Completer.completions(text, len(text))}

    with provisionalcompleter():
        assert any("voice" in word for word in offered())
        shell.run_line_magic("unload_ext", "realtime_nb")
        assert not any("voice" in word for word in offered())
    shell.run_line_magic("load_ext", "realtime_nb")


def test_a_new_prompt_has_a_name_that_can_be_one(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.run_cell("%realtime prompt new 9x")
    assert "cannot be a variable" in capsys.readouterr().out
