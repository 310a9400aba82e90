"""No secret is written where the list of processes shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from realtime_nb.__main__ import main
from realtime_nb.client.local import LocalServer

SIGNS = "whsec_planted0123456789planted"


@pytest.mark.parametrize(
    ("words", "instead"),
    [
        (["call", "a.wav", "--secret", SIGNS], "--secret-file FILE"),
        (["call", "a.wav", f"--secret={SIGNS}"], "--secret-file FILE"),
        (["serve", "--webhook-secret", SIGNS], "--webhook-secret-file FILE"),
    ],
)
def test_a_secret_on_the_command_line_is_refused_and_not_repeated(
    words: list[str], instead: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(words)
    said = "".join(capsys.readouterr())
    assert end.value.code == 2
    assert instead in said
    assert said.count("\n") == 1
    assert SIGNS not in said


def test_it_comes_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[object] = []
    monkeypatch.setattr(
        "realtime_nb.server.main", lambda *_, **options: given.append(options["webhook_secret"])
    )
    file = tmp_path / "secret"
    file.write_text(f"{SIGNS}\n")
    with pytest.raises(TypeError):  # the stand-in has no exit code
        main(["serve", "--webhook-url", "http://127.0.0.1:1/", "--webhook-secret-file", str(file)])
    assert given == [SIGNS]


@pytest.mark.parametrize("held", [b"", b" \n", b"a\nb", b"\x00\x01", b"x" * 5000])
def test_a_file_that_holds_none_is_one_line(
    held: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "secret"
    file.write_bytes(held)
    assert main(["call", "a.wav", "--secret-file", str(file)]) == 2
    said = capsys.readouterr().err
    assert "holds no secret" in said
    assert said.count("\n") == 1
    assert main(["call", "a.wav", "--secret-file", str(tmp_path / "none")]) == 1


def test_no_child_has_a_key_in_its_arguments_or_needless_ones_around_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    canaries = {
        "OPENAI_API_KEY": "sk-planted-openai-0123456789",
        "AZURE_OPENAI_API_KEY": "planted-azure-0123456789",
        "OPENAI_WEBHOOK_SECRET": SIGNS,
        "HTTPS_PROXY": "http://me:planted-proxy@proxy.example:8080",
        "WORK_KEY": "planted-of-an-endpoints-file",
    }
    for name, value in canaries.items():
        monkeypatch.setenv(name, value)
    server = LocalServer()
    try:
        process = Path(f"/proc/{server.pid}")
        line, around = ((process / name).read_text() for name in ("cmdline", "environ"))
        assert "serve" in line
        assert server.token not in line + around  # it comes by standard input
        for canary in canaries.values():
            assert canary not in line + around
    finally:
        server.stop()
