from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.widget.phone import PhoneBox, PhoneWidget

if TYPE_CHECKING:
    from collections.abc import Iterator

LINE = {"kind": "line", "calls": [{"id": "rtc_1", "caller": "+15550123"}]}


@pytest.fixture
def acted() -> list[Any]:
    return []


@pytest.fixture
def widget(acted: list[Any]) -> Iterator[PhoneWidget]:
    made = PhoneWidget(lambda: dict(LINE), acted.append)
    yield made
    made.close()


def test_a_page_is_told_who_calls_and_no_state_holds_it(
    widget: PhoneWidget, acted: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(PhoneWidget, "send", lambda _, content: sent.append(content))
    for content in ("text", None, [1], {"kind": "?"}):
        widget._handle_custom_msg(content, [])
    assert (sent, acted) == ([], [])
    widget._handle_custom_msg({"kind": "hello", "id": "7"}, [])
    assert sent == [{**LINE, "asked": "7"}]
    widget._handle_custom_msg({"kind": "do", "id": "rtc_1", "action": "accept"}, [])
    assert [message["id"] for message in acted] == ["rtc_1"]
    assert "+15550123" not in json.dumps(widget.get_state(), default=str)


def test_a_closed_widget_is_told_nothing(
    widget: PhoneWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    widget.close()
    monkeypatch.setattr(PhoneWidget, "send", lambda *_: pytest.fail("it is closed"))
    widget.tell(dict(LINE))


def test_what_is_saved_of_a_line_is_its_text(widget: PhoneWidget) -> None:
    box = PhoneBox(widget)
    bundle = box.mime_bundle("<phone line>")
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert data["text/plain"] == "<phone line>"
    assert "text/html" not in data
    box.close()
    assert widget.comm is None
