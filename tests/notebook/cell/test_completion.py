"""What is offered while a cell is written. A caret marks the cursor."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipykernel.ipkernel import IPythonKernel
from IPython.core.completer import provisionalcompleter

from realtime_nb.notebook.cell.completion import register, unregister
from realtime_nb.notebook.cell.suggest import Known, Suggestion, suggest

if TYPE_CHECKING:
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

KNOWN = Known(
    options=("--endpoint", "--model", "--config", "--no-check", "--transport", "--phone"),
    flags=frozenset({"--no-check"}),
    endpoints=lambda: ("local", "openai", "work"),
    chats=("chat", "tutor"),
    lines=("line", "desk"),
)
TOP = "%%realtime\n---\n"


def at_caret(written: str) -> tuple[str, int]:
    return written.replace("^", "", 1), written.index("^")


def offered(written: str) -> Suggestion | None:
    return suggest(*at_caret(written), KNOWN)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (
            "%realtime ^",
            (
                *(
                    "help",
                    "secret",
                    "prompt",
                    "events",
                    "cost",
                    "check",
                    "timeline",
                    "tools",
                    "save",
                ),
                *("open", "transports", "page", "which"),
            ),
        ),
        ("%realtime which low-latency t^", ("talk",)),
        ("%realtime save c^", ("chat",)),
        ("%realtime page t^", ("tutor",)),
        ("%realtime transports ch^", ("chat",)),
        ("%%realtime --transport w^", ("websocket", "webrtc")),
        ("%%realtime --transport=webr^", ("webrtc",)),
        ("%%realtime --phone ^", ("line", "desk")),
        ("%realtime he^", ("help",)),
        ("key = %realtime sec^", ("secret",)),
        ("x = 1\n%realtime prompt c^", ("check", "critique")),
        ("%realtime prompt check t^", ("tutor",)),
        ("%realtime help voi^", ("voice",)),
        ("%realtime help audio.output.v^", ("audio.output.voice", "audio.output.voice.id")),
        ("%realtime secret --ex^", ("--expires",)),
        ("%realtime secret --endpoint w^", ("work",)),
        ("%%realtime --e^", ("--endpoint",)),
        ("%%realtime tutor --no-check --m^", ("--model",)),
        ("%%realtime --endpoint ^", ("local", "openai", "work")),
        ("%%realtime --endpoint=o^", ("openai",)),
        ("%%realtime --model gpt-realtime-t^", ("gpt-realtime-translate",)),
        ("%%realtime tu^", ("tutor",)),
        (TOP + "vo^\n---\nBe brief.", ("voice",)),
        (TOP + "voice: ma^", ("marin",)),
        (TOP + 'voice: "ma^', ("marin",)),
        (TOP + "turn_detection: ^", ("server_vad", "semantic_vad", "none")),
        (TOP + "turn_detection:\n  thr^", ("threshold",)),
        (TOP + "turn_detection:\n  type: sem^", ("semantic_vad",)),
        (TOP + "turn_detection: {type: server_vad, thr^", ("threshold",)),
        (TOP + "turn_detection: {type: se^", ("server_vad", "semantic_vad")),
        (TOP + "audio:\n  output:\n    voice: ash\n  inp^", ("input",)),
        (TOP + "audio:\n  input:\n    turn_detection:\n      eag^", ("eagerness",)),
        (TOP + "audio:\n  output: {vo^", ("voice",)),
        (TOP + "output_modalities: ^", ("[audio]", "[text]")),
        (TOP + "output_modalities: [t^", ("text",)),
        (TOP + "tools:\n- type: function\n  para^", ("parameters",)),
        (TOP + "tools:\n  - type: function\n    name: a\n  - type: m^", ("mcp",)),
        (TOP + "tools: [{type: function}, {type: m^", ("mcp",)),
        (TOP + "model: gpt-realtime-2.1^", ("gpt-realtime-2.1", "gpt-realtime-2.1-mini")),
        (TOP + "type: transcription\nlan^", ("language", "languages")),
        (TOP + "lan^\ntype: translation\n---\n", ("language",)),
        (TOP + "type: translation\nmodel: ^", ("gpt-realtime-translate",)),
    ],
)
def test_what_fits_is_offered(written: str, words: tuple[str, ...]) -> None:
    found = offered(written)
    assert found is not None
    assert found.words == words
    text, cursor = at_caret(written)
    assert text[:cursor].endswith(found.fragment)


@pytest.mark.parametrize(
    "written",
    [
        "%%realtime\nvo^",
        TOP + "voice: ash\n---\nvo^",
        TOP + "voice: ash\nvo^",  # given already
        TOP + "voice: ash # ma^",
        TOP + "instructions: |\n  vo ^",
        TOP + "tool_choice: zzz^",
        "%%realtime --config ^",
        "%%realtimes ^",
        "%%time\nvo^",
        "vo^",
        "^",
        "%realtime zzz ^",
    ],
)
def test_elsewhere_nothing_is_offered(written: str) -> None:
    assert offered(written) is None


@given(
    st.lists(st.sampled_from([*" \n-:{}[],'\"#.", "voice", "audio", "type", "%%realtime", "---"]))
)
def test_no_text_breaks_it(parts: list[str]) -> None:
    for text in ("".join(parts), TOP + "".join(parts)):
        found = suggest(text, len(text), KNOWN)
        if found is not None:
            assert text.endswith(found.fragment)
            assert found.words


@pytest.fixture
def completing(shell: InteractiveShell):
    register(shell)
    register(shell)
    yield shell
    unregister(shell)


def completions(shell: InteractiveShell, written: str) -> list[str]:
    text, cursor = at_caret(written)
    with provisionalcompleter():
        return [text[: one.start] + one.text for one in shell.Completer.completions(text, cursor)]


def test_ipython_offers_only_what_fits(completing: InteractiveShell) -> None:
    assert completions(completing, TOP + "vo^\n---\nHi") == [TOP + "voice"]
    assert completions(completing, TOP + "turn_detection: s^") == [
        TOP + "turn_detection: server_vad",
        TOP + "turn_detection: semantic_vad",
    ]
    assert "%%realtime --endpoint" in completions(completing, "%%realtime --en^")
    assert completions(completing, "%realtime pro^") == ["%realtime prompt"]


def test_the_options_are_those_of_the_magic(completing: InteractiveShell) -> None:
    magic: Any = completing.find_cell_magic("realtime")
    options = {name for action in magic.parser._actions for name in action.option_strings}
    offers = completions(completing, "%%realtime --^")
    assert {f"%%realtime {name}" for name in options if name.startswith("--")} == set(offers)
    assert len(offers) > 3


def test_a_registered_endpoint_is_offered_and_a_broken_file_breaks_nothing(
    completing: InteractiveShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "endpoints.toml"
    file.write_text('[endpoints.workbench]\nurl = "https://example.com/v1"\n')
    monkeypatch.setenv("REALTIME_NB_ENDPOINTS", str(file))
    assert completions(completing, "%%realtime --endpoint wor^") == [
        "%%realtime --endpoint workbench"
    ]
    file.write_text("[[[")
    assert completions(completing, "%%realtime --endpoint loc^") == ["%%realtime --endpoint local"]


def test_python_is_completed_as_before(completing: InteractiveShell) -> None:
    assert "str.partition" in completions(completing, "str.partit^")
    unregister(completing)
    assert TOP + "voice" not in completions(completing, TOP + "vo^")
    unregister(completing)


def test_a_kernel_answers_with_it(completing: InteractiveShell) -> None:
    text, cursor = at_caret(TOP + "voice: ma^\n---\nBe brief.")
    kernel: Any = type("Kernel", (), {"shell": completing, "use_experimental_completions": True})()
    kernel._experimental_do_complete = IPythonKernel._experimental_do_complete.__get__(kernel)
    reply = IPythonKernel.do_complete(kernel, text, cursor)
    assert reply["matches"] == ["marin"]
    assert text[reply["cursor_start"] : reply["cursor_end"]] == "ma"
    assert json.dumps(reply["metadata"])
