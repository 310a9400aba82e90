"""The page that ``%realtime page`` writes, as a text; a browser opens it elsewhere."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.errors import UsageError
from realtime_nb.notebook.transports.page import PLACEHOLDER, page_of, write_page

if TYPE_CHECKING:
    from pathlib import Path

EVIL = "</script><script>alert(1)</script><!-- $url \u2028 sk-abcdefghijklmnopqrst"


def chat(name: str = "chat", **session: Any) -> Any:
    """Return as much of a chat as a page is made of."""
    told = {"type": "realtime", "object": "realtime.session", "id": "sess_1", **session}
    talk = SimpleNamespace(kind=told["type"], conversation=SimpleNamespace(session=told))
    place = SimpleNamespace(base_url="https://voice.example/v1/", practice=False)
    return SimpleNamespace(name=name, kind=told["type"], endpoint=place, talk=lambda: talk)


def config_in(text: str) -> dict[str, Any]:
    found = re.search(r"const SESSION = (\{.*?\n      \});", text, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


class _Scripts(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found = 0
        self.feed(text)

    def handle_starttag(self, tag: str, _attrs: Any) -> None:
        self.found += tag == "script"


def test_a_page_has_the_config_in_force_and_a_place_for_a_key() -> None:
    text, notes = page_of(
        chat(
            model="gpt-realtime-2.1",
            instructions="Be brief.",
            tracing=None,
            audio={
                "input": {"format": {"type": "audio/pcm", "rate": 24000}, "turn_detection": None},
                "output": {"format": {"type": "audio/pcmu"}, "voice": "marin"},
            },
        )
    )
    assert notes == []
    assert config_in(text) == {
        "type": "realtime",
        "instructions": "Be brief.",
        "audio": {"input": {"turn_detection": None}, "output": {"voice": "marin"}},
    }
    assert text.count(f'"{PLACEHOLDER}"') == 1
    assert '"https://voice.example/v1/realtime/calls"' in text


def test_what_is_said_in_a_config_is_no_markup_and_no_key() -> None:
    text, _ = page_of(chat(name="<b>", instructions=EVIL))
    assert _Scripts(text).found == 1
    assert "sk-abc" not in text
    assert "\u2028" not in text
    assert "<b>" not in text
    said = config_in(text)["instructions"]
    assert said.startswith("</script><script>alert(1)</script><!-- $url")


def test_what_only_the_kernel_has_is_left_out_and_said() -> None:
    hosted = {"type": "mcp", "server_label": "docs", "authorization": "hidden-1"}
    hosted["server_url"] = "https://mcp.example/docs?token=hidden-2"
    text, notes = page_of(
        chat(
            tools=[{"type": "function", "name": "look_up"}, hosted],
            tool_choice="auto",
            prompt={"id": "pmpt_1", "variables": {"name": "hidden-3"}},
        )
    )
    config = config_in(text)
    assert [tool["server_url"] for tool in config["tools"]] == ["https://mcp.example/docs"]
    assert config["prompt"] == {"id": "pmpt_1"}
    assert "hidden" not in text
    assert "look_up" in notes[0]
    assert "MCP" in notes[1]
    only, _ = page_of(chat(tools=[{"type": "function", "name": "look_up"}], tool_choice="auto"))
    assert config_in(only) == {"type": "realtime"}


def test_a_translation_has_no_such_page() -> None:
    with pytest.raises(UsageError, match="--transport websocket"):
        page_of(chat(type="translation"))


def test_a_page_replaces_a_page_and_nothing_else(tmp_path: Path) -> None:
    path, _ = write_page(chat(instructions="One."), tmp_path / "talk")
    assert path == tmp_path / "talk.html"
    write_page(chat(instructions="Two."), path)
    assert config_in(path.read_text("utf-8"))["instructions"] == "Two."
    mine = tmp_path / "mine.html"
    mine.write_text("my own page", "utf-8")
    with pytest.raises(UsageError, match="it is not replaced"):
        write_page(chat(), mine)
    assert mine.read_text("utf-8") == "my own page"


@pytest.mark.parametrize(("name", "said"), [("talk.txt", "ends in"), ("no/such/talk", "cannot")])
def test_a_place_that_cannot_be_is_said(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        write_page(chat(), tmp_path / name)
