"""No key that anybody planted is found in what a chat keeps, shows or writes."""

from __future__ import annotations

import io
import json
import logging
import time
import traceback
import zipfile
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from IPython.core.displaypub import CapturingDisplayPublisher
from nbclient import NotebookClient

from realtime_nb.client import LocalServer
from realtime_nb.errors import RealtimeError, ServerError
from realtime_nb.notebook.saved import output as saved_output
from tests.server.mcp.real import TOKEN as LISTED
from tests.server.mcp.real import mcp_server

if TYPE_CHECKING:
    from pathlib import Path

KEY = "sk-planted-in-the-environment-0123456789"
HEADER = "planted-in-a-header-of-the-endpoint-file"
BEARER = "planted-authorization-of-a-tool"
TOOL_HEADER = "planted-header-of-a-tool"
VARIABLE = "planted-variable-of-a-stored-prompt"
IN_URL = "planted-in-the-url-of-a-tool"
CANARIES = (KEY, HEADER, BEARER, TOOL_HEADER, VARIABLE, IN_URL)

CELL = """\
---
prompt:
  id: pmpt_practice_greeter
  variables: {place: "{{place}}", name: Ada}
---
"""
TOOL = {
    "type": "mcp",
    "server_label": "docs",
    "server_url": f"https://me:{IN_URL}@mcp.example/sse?key={IN_URL}",
    "authorization": BEARER,
    "headers": {"X-Key": TOOL_HEADER},
}

IN_MCP = {"DOCS_TOKEN": LISTED, "DOCS_HEADER": TOOL_HEADER, "DOCS_KEY": IN_URL}
# As a notebook has it: the credentials are in the environment, and the cell has their names.
MCP_CELL = """\
---
output_modalities: [text]
tools:
  - type: mcp
    server_label: docs
    server_url: "{url}?key={{{{os.environ['DOCS_KEY']}}}}"
    authorization: "{{{{os.environ['DOCS_TOKEN']}}}}"
    headers: {{X-Key: "{{{{os.environ['DOCS_HEADER']}}}}"}}
    require_approval: never
---
"""


def everything(value: Any) -> str:
    """Return all that a value may show, in one text."""
    return f"{value!r}{value!s}{getattr(value, '_repr_html_', str)()}"


def written(path: Path) -> str:
    """Return what a file holds, each part of a ZIP unpacked."""
    data = path.read_bytes()
    if not zipfile.is_zipfile(path):
        return data.decode(errors="replace")
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return "".join(file.read(name).decode(errors="replace") for name in file.namelist())


@pytest.fixture
def endpoint(tmp_path, monkeypatch: pytest.MonkeyPatch):
    """The practice server by another name, as an endpoint that has a key and a header."""
    server = LocalServer.shared()
    file = tmp_path / "endpoints.toml"
    file.write_text(
        f'[endpoints.work]\nurl = "{server.url}"\nmodel = "local-demo"\nkey_env = "WORK_KEY"\n'
        f'headers = {{ "X-Team" = "{HEADER}" }}\n'
    )
    monkeypatch.setenv("WORK_KEY", server.token)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("REALTIME_NB_ENDPOINTS", str(file))
    return "work"


def test_nothing_planted_is_found_in_notebook_widget_log_or_file(
    shell, endpoint, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher = CapturingDisplayPublisher()
    monkeypatch.setattr(shell, "display_pub", publisher)
    monkeypatch.setattr(shell, "kernel", object(), raising=False)
    token = LocalServer.shared().token
    outputs = saved_output.register(shell, SimpleNamespace(saved_audio_bytes=2_000_000))
    shell.user_ns.update(place=VARIABLE)
    sent: list[str] = []
    try:
        shell.run_cell_magic("realtime", f"--endpoint {endpoint}", "Be brief.")
        chat = shell.user_ns["chat"]
        chat.session.subscribe(lambda record, _: sent.append(record.event.type))
        chat.say("what is seven plus five").result(30)
        # After the answer: what a voice says aloud is heard, whatever it was before.
        shell.run_cell_magic("realtime", f"--endpoint {endpoint}", CELL)
        with pytest.raises(ServerError):  # it asks none elsewhere; what was sent is in the log
            chat.update(tools=[TOOL], check=False).result(30)
        assert "mcp.example" in str([record.event.data for record in chat.events])
        outputs.flush()
        path = chat.save(tmp_path / "talk.rtnb")
        lines = chat.events.to_jsonl(tmp_path / "talk.jsonl")
        report = outputs._all[0].report
        found = {
            "notebook": json.dumps(publisher.outputs, default=str),
            "widget": json.dumps(chat.widget.get_state(), default=str),
            "log": "".join(f"{record.event!r}{record.event.data}" for record in chat.events),
            "frames": everything(chat.events.df.to_dict()) + everything(chat.items),
            "chat": everything(chat) + everything(chat.config) + everything(chat.talk()),
            "file": written(path),
            "lines": written(lines),
            "html": report.html(chat.talk()) + report.text(chat.talk()),
        }
    finally:
        saved_output.unregister(shell, outputs)
    assert sent.count("session.update") >= 2
    assert "12" in found["html"]
    for place, text in found.items():
        assert len(text) > 100, place
        for canary in (*CANARIES, token):
            assert canary not in text, f"{canary} is in the {place}"


def test_nothing_of_an_mcp_server_that_is_really_asked_is_found(
    shell, tmp_path, monkeypatch: pytest.MonkeyPatch, caplog, capsys
) -> None:
    publisher = CapturingDisplayPublisher()
    monkeypatch.setattr(shell, "display_pub", publisher)
    caplog.set_level(logging.DEBUG)
    for name, value in IN_MCP.items():
        monkeypatch.setenv(name, value)
    with mcp_server(LISTED) as url:
        assert "os" not in shell.user_ns  # the cell needs no import
        cell = MCP_CELL.format(url=url)
        shell.run_cell_magic("realtime", "--endpoint local", cell)
        chat = shell.user_ns["chat"]
        listed(chat)
        # The credentials were right, and taken.
        assert "2100000" in chat.say("what is the population of Paris").result(30).text
        failed: list[str] = []
        tool = {"type": "mcp", "server_label": "docs", "server_url": url, "authorization": LISTED}
        for wrong in (
            {**tool, "headers": {"authorization": TOOL_HEADER}},
            {**tool, "authorization": [LISTED]},
            {**tool, "token": LISTED},
            {"type": "function", "name": "x", "authorization": LISTED},
            [tool],
        ):
            for check in (True, False):
                with pytest.raises(RealtimeError) as caught:
                    chat.update(tools=[wrong], check=check).result(10)
                failed.append("".join(traceback.format_exception(caught.value)))
        for slip in ("authorization:", "authorisation:"), ("never", "[1]"):
            shell.run_cell("%%realtime --endpoint local\n" + cell.replace(*slip))
        shell.run_cell("%realtime tools\n%realtime\n%realtime events")
        lines = chat.events.to_jsonl(tmp_path / "talk.jsonl")
        found = {
            "printed": "".join(capsys.readouterr()),
            "displays": json.dumps(publisher.outputs, default=str),
            "widget": json.dumps(chat.widget.get_state(), default=str),
            "logging": caplog.text,
            "log": "".join(f"{record.event!r}{record.event.data}" for record in chat.events),
            "frames": everything(chat.events.df.to_dict()) + everything(chat.items),
            "chat": everything(chat) + everything(chat.config) + everything(chat.tools),
            "effective": everything(chat.effective),
            "file": written(chat.save(tmp_path / "talk.rtnb")),
            "lines": written(lines),
            "errors": "".join(failed),
        }
    assert "docs" in found["log"]
    for place, text in found.items():
        assert len(text) > 100, place
        for canary in IN_MCP.values():
            assert canary not in text, f"{canary} is in the {place}"


def listed(chat: Any) -> None:
    """Wait until the tools of the MCP servers are known."""
    end = time.monotonic() + 20
    while not any(one.event.type == "mcp_list_tools.completed" for one in chat.events):
        assert time.monotonic() < end, "nothing was listed"
        time.sleep(0.02)


def test_a_notebook_that_was_executed_with_its_widgets_holds_none(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("REALTIME_NB_ENDPOINTS", str(tmp_path / "endpoints.toml"))
    begin = f"""\
import os
from pathlib import Path
from realtime_nb.client import LocalServer
server = LocalServer.shared()
os.environ["WORK_KEY"] = server.token
place = {VARIABLE!r}
Path({str(tmp_path / "token")!r}).write_text(server.token)
Path(os.environ["REALTIME_NB_ENDPOINTS"]).write_text(
    '[endpoints.work]\\nurl = "' + server.url + '"\\nmodel = "local-demo"\\nkey_env = "WORK_KEY"\\n'
    'headers = {{ "X-Team" = "{HEADER}" }}\\n')
%load_ext realtime_nb"""
    cells = [
        begin,
        "%%realtime --endpoint work\nBe brief.",
        "chat.say('what is seven plus five').result(60)",
        f"%%realtime --endpoint work\n{CELL}",
        "display(chat, chat.events, chat.items, chat.turns, chat.usage, chat.config, chat.audio)",
        "%realtime\n%realtime cost",
        "chat.events.df",
        "chat.close()",
    ]
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in cells]
    NotebookClient(notebook, timeout=100, kernel_name="python3").execute()
    shown = [nbformat.from_dict(cell) for cell in notebook.cells]
    for cell in shown[:1]:
        cell.source = ""  # which plants them
    text = json.dumps([shown, notebook.metadata], default=str)
    assert "7 plus 5 is 12." in text
    assert "widget-state+json" in text
    for canary in (*CANARIES, (tmp_path / "token").read_text()):
        assert canary not in text


def test_the_canaries_were_really_used(shell, endpoint) -> None:
    shell.user_ns.update(place=VARIABLE)
    shell.run_cell_magic("realtime", f"--endpoint {endpoint}", CELL)
    chat = shell.user_ns["chat"]
    assert chat.endpoint.headers()["X-Team"] == HEADER
    assert LocalServer.shared().token in str(chat.endpoint.headers())
    assert chat.effective["prompt"]["variables"]["place"] == VARIABLE
