from __future__ import annotations

import threading
from typing import Any

import pytest

from realtime_nb.widget import ChatWidget


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Any]]:
    messages: list[tuple[Any, Any]] = []
    monkeypatch.setattr(
        ChatWidget, "send", lambda _, content, buffers=None: messages.append((content, buffers))
    )
    return messages


def test_messages_and_buffers_go_out_as_they_are(sent: list[tuple[Any, Any]]) -> None:
    widget = ChatWidget("chat")
    widget.send_message({"kind": "audio"}, (b"ab",))
    widget.send_message({"kind": "state"})
    assert sent == [({"kind": "audio"}, [b"ab"]), ({"kind": "state"}, [])]
    widget.close()


def test_a_handler_hears_until_it_is_taken_off() -> None:
    widget = ChatWidget("chat")
    heard: list[Any] = []
    off = widget.on_message(lambda message, buffers: heard.append((message, list(buffers))))
    widget._handle_custom_msg({"kind": "hello"}, [])
    widget._handle_custom_msg("not an object", [])
    off()
    widget._handle_custom_msg({"kind": "hello"}, [])
    assert heard == [({"kind": "hello"}, [])]
    widget.close()


def test_nothing_that_is_saved_holds_more_than_the_page_needs() -> None:
    widget = ChatWidget("chat")
    state = widget.get_state()
    own = {key for key in state if not key.startswith(("_model", "_view", "_anywidget", "_esm"))}
    assert own <= {
        "_audio_constraints",
        "_css",
        "saved_key",
        "layout",
        "tabbable",
        "tooltip",
        "_dom_classes",
    }
    widget.close()


def test_where_no_page_can_be_it_says_what_it_is() -> None:
    widget = ChatWidget("mine")
    bundle = widget._repr_mimebundle_()
    assert "mine" in str(bundle)
    widget.close()


def test_a_probe_is_told_whether_its_channel_waits_for_cells(sent: list[tuple[Any, Any]]) -> None:
    widget = ChatWidget("chat")
    heard: list[Any] = []
    off = widget.on_message(lambda message, _: heard.append(message))
    probe = {"kind": "probe", "client": "page"}
    widget._handle_custom_msg(probe, [])
    elsewhere = threading.Thread(target=widget._handle_custom_msg, args=(probe, []))
    elsewhere.start()
    elsewhere.join()
    assert [content for content, _ in sent] == [
        {"kind": "waits", "to": "page", "cells": True},
        {"kind": "waits", "to": "page", "cells": False},
    ]
    assert heard == []
    off()
    widget.close()


def test_a_pulse_is_answered_with_its_number(sent: list[tuple[Any, Any]]) -> None:
    widget = ChatWidget("chat")
    heard: list[Any] = []
    off = widget.on_message(lambda message, _: heard.append(message))
    for number in (1, 2):
        widget._handle_custom_msg({"kind": "pulse", "client": "page", "id": number}, [])
    assert [content for content, _ in sent] == [
        {"kind": "pulse", "to": "page", "id": 1},
        {"kind": "pulse", "to": "page", "id": 2},
    ]
    assert heard == []
    off()
    widget.close()


def test_it_knows_the_session_of_each_page() -> None:
    widget = ChatWidget()
    widget.on_message(lambda _content, _buffers: None)
    for client, session in (("a", "first"), ("b", "reloaded")):
        data = {"method": "custom", "content": {"kind": "hello", "client": client}}
        message = {"header": {"session": session}, "content": {"data": data}, "buffers": []}
        widget._handle_msg(message)
    assert [widget.session_of(client) for client in ("a", "b", "c", None)] == [
        "first",
        "reloaded",
        "",
        "",
    ]
