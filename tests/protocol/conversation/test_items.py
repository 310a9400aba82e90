"""What a service tells of an item is taken over where it is what it should be."""

from __future__ import annotations

import pytest

from realtime_nb.protocol.conversation.items import LONGEST_TEXT, MAX_PARTS, Item, Part

_TEXTS = ("type", "role", "status", "name", "call_id", "arguments", "output")


@pytest.mark.parametrize("value", [7, True, 0.5, ["x"], {"a": 1}, None, ""])
def test_a_field_that_is_no_text_changes_nothing(value):
    item = Item("item_1", role="user", name="f", call_id="call_1", arguments="{}", output="x")
    before = {name: getattr(item, name) for name in _TEXTS}
    item.read(dict.fromkeys(_TEXTS, value))
    assert {name: getattr(item, name) for name in _TEXTS} == before


def test_an_approval_is_of_a_text():
    item = Item("item_1", call_id="item_0")
    item.read({"type": "mcp_approval_response", "approval_request_id": 7})
    assert item.call_id == "item_0"


def test_a_text_without_end_is_kept_up_to_a_bound_and_says_so():
    part = Part()
    for _ in range(30):
        part.add("x" * 50_000)
    assert len(part.text) == LONGEST_TEXT
    assert part.text.endswith("x…")
    item = Item("item_1")
    item.read({"arguments": "y" * 2_000_000, "content": [{"text": "z" * 2_000_000}]})
    assert (len(item.arguments), len(item.parts[0].text)) == (LONGEST_TEXT, LONGEST_TEXT)


def test_parts_without_end_are_let_go():
    item = Item("item_1")
    for index in range(3_000):
        item.part(index, "text").add("x")
    item.part(2_999).add("y")
    assert len(item.parts) == MAX_PARTS
    assert item.part(0).text == "x"
