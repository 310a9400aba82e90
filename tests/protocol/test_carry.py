from __future__ import annotations

from realtime_nb.protocol.carry import carry_over
from realtime_nb.protocol.items import Item, Part


def message(role: str, text: str, kind: str = "text", **fields: object) -> Item:
    item = Item(id=f"item_{role}_{text[:3]}", role=role, **fields)
    item.parts[0] = Part(kind, text, 1000.0 if kind == "audio" else 0.0)
    return item


def test_what_was_said_goes_over_as_text_in_its_order() -> None:
    carried = carry_over(
        [
            message("system", "Be brief."),
            message("user", "what time is it", "audio"),
            message("assistant", "Noon.", "audio"),
        ]
    )
    assert [item["role"] for item in carried.items] == ["system", "user", "assistant"]
    assert carried.items[1]["content"] == [{"type": "input_text", "text": "what time is it"}]
    assert carried.items[2]["content"] == [{"type": "output_text", "text": "Noon."}]
    assert all("id" not in item for item in carried.items)
    assert carried.left == 0


def test_of_a_cut_answer_goes_what_was_heard() -> None:
    cut = message("assistant", "one two three four", "audio", truncated_ms=500)
    unheard = message("assistant", "nothing of it", "audio", truncated_ms=0)
    carried = carry_over([cut, unheard])
    assert carried.items[0]["content"][0]["text"] == "one two"
    assert (len(carried.items), carried.left) == (1, 1)


def test_calls_go_with_their_outputs_or_not_at_all() -> None:
    call = Item("a", "function_call", name="f", call_id="c1", arguments='{"x": 1}')
    output = Item("b", "function_call_output", call_id="c1", output="2")
    open_call = Item("c", "function_call", name="g", call_id="c2")
    stray = Item("d", "function_call_output", call_id="c3", output="?")
    carried = carry_over([call, output, open_call, stray])
    assert carried.items == (
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": '{"x": 1}'},
        {"type": "function_call_output", "call_id": "c1", "output": "2"},
    )
    assert carried.left == 2


def test_what_has_no_words_stays_behind() -> None:
    silent = Item("a", role="user", parts={0: Part("audio", "", 900.0)})
    assert carry_over([silent, Item("b", "mcp_call")]).left == 2
