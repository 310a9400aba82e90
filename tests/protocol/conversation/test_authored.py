"""Items as an author writes them, and as the wire wants them."""

from __future__ import annotations

import pytest

from realtime_nb.errors import ConfigError, ConfigWarning, UsageError
from realtime_nb.protocol.config.review_items import review_item
from realtime_nb.protocol.conversation.authored import item_of, items_of, picture_message
from realtime_nb.protocol.conversation.items import Item, Part


def said(role, text, **fields):
    return Item("item_1", role=role, status="completed", parts={0: Part("text", text)}, **fields)


def test_turns_become_items_that_a_service_takes() -> None:
    call = Item("c", type="function_call", name="look", call_id="call_1", arguments="{}")
    output = Item("o", type="function_call_output", call_id="call_1", output="3")
    turns = [
        ("user", "Hello"),
        ["assistant", "Good day"],
        {"role": "system", "content": "Be brief"},
        {"id": "mine", "type": "message", "role": "user", "content": []},
        said("assistant", "Again"),
        call,
        output,
    ]
    items = items_of(turns)
    assert [item.get("role", item["type"]) for item in items] == [
        *("user", "assistant", "system", "user", "assistant"),
        *("function_call", "function_call_output"),
    ]
    assert [list(review_item(item, "item")) for item in items] == [[]] * len(items)
    assert len({item["id"] for item in items}) == len(items)
    assert items[3]["id"] == "mine"
    assert items[1]["content"] == [{"type": "output_text", "text": "Good day"}]
    assert items_of(iter([])) == []


def test_of_items_alone_what_cannot_be_told_again_is_left_out() -> None:
    spoken = said("assistant", "One two", truncated_ms=0)
    with pytest.warns(ConfigWarning, match="not told again: 1 message whose words are not known"):
        (kept,) = items_of([said("user", "a"), spoken])
    assert kept["content"][0]["text"] == "a"
    with pytest.raises(UsageError, match="told again: 1 message whose words are not known"):
        items_of([spoken])
    with pytest.raises(UsageError, match="not all of these"):
        items_of([("user", "a"), spoken])


def test_pictures_are_looked_for_only_where_there_are_any() -> None:
    part = {"type": "input_image", "image_url": "data:image/png;base64,AAAA"}
    shown = Item("p", role="user", status="completed", parts={0: Part("image")})
    looked = []

    def find():
        looked.append(1)
        return {("p", 0): part}

    items_of([said("user", "a")], find)
    assert looked == []
    assert item_of(shown, "user", find)["content"] == [part]


WRONG = [
    ("words", "a list of"),
    ({"role": "user"}, "a list of"),
    (3, "this is int"),
    ([3], r"turns\[0\] is 3"),
    ([("user", "a"), ("user",)], r"turns\[1\]"),
    ([("usr", "a")], r"turns\[0\]: there is no role 'usr'"),
    ([("user", " ")], r"turns\[0\]: a message needs some text"),
    ([("user", 3)], r"turns\[0\]"),
    ([{"type": "message", "role": "user"}], r"turns\[0\].*content"),
    ([("user", "x" * 9)] * 1_001, "at most 1,000"),
]


@pytest.mark.parametrize(("turns", "words"), WRONG)
def test_what_are_no_turns_is_told_at_its_place(turns, words) -> None:
    with pytest.raises(UsageError, match=words) as told:
        items_of(turns)
    assert len(str(told.value)) < 300


def test_one_item_is_checked_too() -> None:
    for given, role, words in (
        ("", "user", "needs some text"),
        ("a", "bot", "there is no role 'bot'"),
        (3, "user", "int is no item"),
        ({"type": "mesage"}, "user", "message"),
    ):
        with pytest.raises(UsageError, match=words):
            item_of(given, role)
    with pytest.raises(ConfigError):
        item_of({"type": "message", "role": "assistant", "content": [{"type": "input_text"}]})
    with pytest.raises(UsageError, match="text=3: a picture goes with words"):
        picture_message("data:image/png;base64,AAAA", text=3)
    with pytest.raises(UsageError, match="'auto', 'low', 'high'"):
        picture_message("data:image/png;base64,AAAA", "medium")
