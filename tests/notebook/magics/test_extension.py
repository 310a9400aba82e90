from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

import realtime_nb
from realtime_nb.audio.clip import AudioClip
from realtime_nb.notebook import load_ipython_extension, unload_ipython_extension
from realtime_nb.protocol.audio_api.speech import Speech

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def test_loading_and_unloading_leave_the_shell_as_it_was(shell: InteractiveShell) -> None:
    manager = shell.magics_manager
    assert "realtime" in manager.magics["cell"]
    shell.run_line_magic("unload_ext", "realtime_nb")
    assert "realtime" not in manager.magics["cell"]
    assert "realtime" not in manager.magics["line"]
    for kind, name in (("cell", "audio_chat"), ("cell", "speak"), ("line", "transcribe")):
        assert name not in manager.magics[kind]
    left = {type(one).__name__ for one in shell.configurables}
    assert not left & {"RealtimeMagics", "SoundMagics"}
    shell.run_line_magic("load_ext", "realtime_nb")


def test_a_chat_of_python_is_closed_after_the_extension_has_gone(
    shell: InteractiveShell,
) -> None:
    from realtime_nb.client.endpoints.endpoint import resolve_endpoint  # noqa: PLC0415
    from realtime_nb.notebook.chats.chat import Chat  # noqa: PLC0415

    chat = Chat(resolve_endpoint("local"), {"output_modalities": ["text"]})
    chat.open()
    shell.run_line_magic("unload_ext", "realtime_nb")  # and the loop with it
    chat.close()
    chat.close()
    shell.run_line_magic("load_ext", "realtime_nb")


@pytest.mark.parametrize("name", ["realtime", "audio_chat", "transcribe"])
def test_a_magic_of_the_same_name_comes_back(shell: InteractiveShell, name: str) -> None:
    unload_ipython_extension(shell)
    mine = lambda line: line  # noqa: E731 -- any callable will do
    shell.register_magic_function(mine, "line", name)
    try:
        load_ipython_extension(shell)
        assert shell.magics_manager.magics["line"][name] is not mine
        unload_ipython_extension(shell)
        assert shell.magics_manager.magics["line"][name] is mine
    finally:
        shell.magics_manager.magics["line"].pop(name, None)
        load_ipython_extension(shell)


def test_in_a_notebook_a_result_that_is_a_value_counts_as_kept(
    shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[dict[str, str]] = []
    monkeypatch.setattr(shell, "kernel", SimpleNamespace(), raising=False)
    monkeypatch.setattr(shell.display_pub, "publish", lambda bundle, *_, **__: shown.append(bundle))
    shell.run_line_magic("reload_ext", "realtime_nb")
    speech = Speech(
        text="Hello.",
        sound=AudioClip.silence(500, 24_000).wav(),
        format="wav",
        voice="alloy",
        model="m",
    )
    shell.user_ns["speech"] = speech
    shell.run_cell("speech")
    assert "<audio" in shown[-1]["text/html"]
    shell.run_line_magic("config", "RealtimeMagics.saved_audio_bytes = 100")
    shell.run_cell("speech")
    assert "<audio" not in shown[-1]["text/html"]
    assert "left out" in shown[-1]["text/html"]
    shell.run_line_magic("unload_ext", "realtime_nb")
    assert Speech not in shell.display_formatter.ipython_display_formatter
    shell.run_line_magic("load_ext", "realtime_nb")


def test_unloading_what_was_never_loaded_does_nothing() -> None:
    unload_ipython_extension(SimpleNamespace())


@pytest.mark.parametrize("name", realtime_nb.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(realtime_nb, name) is not None
    assert name in dir(realtime_nb)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nothing_like_it"):
        _ = realtime_nb.nothing_like_it


def test_loading_it_leaves_what_few_talks_need_on_the_disk() -> None:
    code = (
        "import sys; from IPython.core.interactiveshell import InteractiveShell\n"
        "InteractiveShell.instance().run_line_magic('load_ext', 'realtime_nb')\n"
        "heavy = {'pandas', 'matplotlib', 'PIL', 'mcp'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(  # noqa: S603 -- our own command
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
