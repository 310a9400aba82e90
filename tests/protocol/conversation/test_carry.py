from __future__ import annotations

from realtime_nb.protocol.conversation.carry import carry_on, carry_over, pictures_in
from realtime_nb.protocol.conversation.items import Item, Part
from realtime_nb.protocol.conversation.reducer import Conversation
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.event_log import EventLog


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
    assert carried.lost == ()


def test_of_a_cut_answer_goes_what_was_heard() -> None:
    cut = message("assistant", "one two three four", "audio", truncated_ms=500)
    unheard = message("assistant", "nothing of it", "audio", truncated_ms=0)
    carried = carry_over([cut, unheard])
    assert carried.items[0]["content"][0]["text"] == "one two"
    assert (len(carried.items), carried.lost) == (1, ("1 message whose words are not known",))


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
    assert carried.lost == (
        "1 function call whose output is missing",
        "1 function output whose call is missing",
    )


def test_what_has_no_words_stays_behind() -> None:
    silent = Item("a", role="user", parts={0: Part("audio", "", 900.0)})
    assert carry_over([silent, Item("b", "mcp_call")]).lost == (
        "1 message whose words are not known",
        "1 item of a kind that cannot be told again",
    )


def test_pictures_go_where_they_stood_or_are_told_of() -> None:
    seen = Item("a", role="user", parts={0: Part("text", "Look:"), 1: Part("image")})
    seen.parts[2] = Part("text", "What is it?")
    unseen = Item("b", role="user", parts={0: Part("image")})
    log = EventLog()
    picture = {"type": "input_image", "image_url": "data:image/png;base64,AA==", "detail": "low"}
    content = [{"type": "input_text", "text": "Look:"}, picture]
    event = {"type": "conversation.item.create", "item": {"id": "a", "content": content}}
    log.append("sent", Event(event), t_ms=1.0, size=100)
    untold = {"id": "a", "content": [content[0], {"type": "input_image", "image_url": None}]}
    log.append(
        "received",
        Event({"type": "conversation.item.added", "item": untold}),
        t_ms=2.0,
        size=100,
    )
    carried = carry_over([seen, unseen], pictures_in(log))
    assert [part["type"] for part in carried.items[0]["content"]] == [
        "input_text",
        "input_image",
        "input_text",
    ]
    assert carried.items[0]["content"][1] == picture
    assert carried.lost == ("1 message whose words are not known", "1 picture not at hand any more")


def test_a_successor_is_told_by_the_ids_that_are_known() -> None:
    said = message("user", "what time is it", "audio")
    cut = message("assistant", "one two three four", "audio", truncated_ms=500)
    carried = carry_on([said, cut])
    assert [item["id"] for item in carried.items] == [said.id, cut.id]
    assert carried.items[1]["content"][0]["text"] == "one two"


def test_a_successor_is_told_calls_that_still_run_and_words_nobody_wrote_down() -> None:
    running = Item("a", "function_call", name="f", call_id="c1")
    given_up = Item("b", "function_call", name="g", call_id="c2")
    held = Item("c", role="user", parts={0: Part("audio", "", 900.0)})
    gone = Item("d", role="user", parts={0: Part("audio", "", 900.0)})
    carried = carry_on(
        [running, given_up, held, gone], open_calls={"c1"}, sounds={"c": "AAA=", "x": "AAA="}
    )
    assert [item["id"] for item in carried.items] == ["a", "c"]
    assert carried.items[1]["content"] == [{"type": "input_audio", "audio": "AAA="}]
    assert carried.lost == (
        "1 function call whose output is missing",
        "1 message whose words are not known",
    )


def test_a_call_whose_arguments_streamed_is_told_with_its_output() -> None:
    call = {"id": "item_1", "type": "function_call", "name": "f", "call_id": "c1"}
    output = {"id": "item_2", "type": "function_call_output", "call_id": "c1", "output": "4"}
    place = {"item_id": "item_1", "call_id": "c1", "response_id": "r", "output_index": 0}
    conversation = Conversation()
    for event in (
        {"type": "response.created", "response": {"id": "r"}},
        {"type": "response.output_item.added", "response_id": "r", "item": call},
        {"type": "conversation.item.added", "item": call},
        {"type": "response.function_call_arguments.delta", **place, "delta": "{}"},
        {"type": "response.function_call_arguments.done", **place, "arguments": "{}"},
        {"type": "conversation.item.done", "item": {**call, "arguments": "{}"}},
        {"type": "response.done", "response": {"id": "r", "status": "completed", "output": []}},
        {"type": "conversation.item.added", "item": output, "previous_item_id": "item_1"},
    ):
        conversation.apply("received", Event(event), 0.0)
    assert [item["type"] for item in carry_on(conversation.items).items] == [
        "function_call",
        "function_call_output",
    ]


def test_what_nobody_misses_is_not_told_as_lost() -> None:
    unheard = Item("a", role="assistant", status="incomplete", lost=True)
    silent = Item("b", role="assistant", parts={0: Part("audio", "", 500.0)})
    assert carry_on([unheard, Item("c", "mcp_list_tools"), silent]).lost == (
        "1 message whose words are not known",
    )
