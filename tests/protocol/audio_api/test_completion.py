from __future__ import annotations

import base64
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_nb.errors import UsageError
from realtime_nb.protocol.audio_api.base64_run import Base64Run
from realtime_nb.protocol.audio_api.completion import (
    chat_tools,
    check_format,
    completion_request,
    user_message,
)
from realtime_nb.protocol.audio_api.completion_stream import CompletionStream
from realtime_nb.protocol.audio_api.completion_usage import (
    add_usage,
    chat_price,
    read_chat_usage,
)

WHOLE = {
    "id": "chatcmpl-1",
    "model": "gpt-audio-1.5",
    "usage": {"prompt_tokens": 3, "completion_tokens": 4},
}
CALLS = [("call_1", "get_weather", '{"city": "Tromsø 🐕"}'), ("call_2", "now", "{}")]


def pieces(text: Any, cuts: list[int]) -> list[Any]:
    places = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    return [text[one:other] for one, other in pairwise(places)]


def chunks(delta: dict[str, Any]) -> dict[str, Any]:
    return {**WHOLE, "usage": None, "choices": [{"index": 0, "delta": delta}]}


def assembled(bodies: list[dict[str, Any]], *, samples: bool = True) -> tuple[Any, ...]:
    sound = bytearray()
    stream = CompletionStream(sound.extend, samples=samples)
    for body in bodies:
        stream.feed(body)
    stream.finish()
    return bytes(sound), stream.message(), stream.usage, stream.finish_reason, stream.model


cut_lists = st.lists(st.integers(0, 10_000), max_size=12)


@given(
    whole_answer=st.tuples(st.binary(max_size=300), st.text(max_size=40), st.text(max_size=20)),
    cuts=st.tuples(cut_lists, cut_lists, cut_lists, cut_lists),
    alone=st.booleans(),
    order=st.randoms(use_true_random=False),
)
def test_any_chunking_gives_the_same_answer(whole_answer, cuts, alone, order):
    pcm, said, content = whole_answer
    pcm = pcm[: len(pcm) // 2 * 2]
    # Half of a surrogate pair may come in each of two pieces, as JSON has it.
    said_units = "".join(
        chr(int.from_bytes(said.encode("utf-16-le")[at : at + 2], "little"))
        for at in range(0, len(said.encode("utf-16-le")), 2)
    )
    # Pieces that decode alone, or one run of base64 cut anywhere.
    sounds = (
        [base64.b64encode(piece).decode() for piece in pieces(pcm, cuts[0])]
        if alone
        else pieces(base64.b64encode(pcm).decode(), cuts[0])
    )
    lanes = [
        [{"audio": {"data": piece}} for piece in sounds],
        [{"audio": {"transcript": piece}} for piece in pieces(said_units, cuts[1])],
        [{"content": piece, "audio": None} for piece in pieces(content, cuts[2])],
        [
            {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}
            for index, call in enumerate(CALLS)
            for piece in pieces(call[2], cuts[3])
        ],
    ]
    starts = [
        {"index": index, "id": call[0], "function": {"name": call[1], "arguments": ""}}
        for index, call in enumerate(CALLS)
    ]
    streamed = [chunks({"role": "assistant", "audio": {"id": "audio_1"}, "tool_calls": starts})]
    while any(lanes):
        lane = order.choice([lane for lane in lanes if lane])
        streamed.append(chunks(lane.pop(0)))
    streamed.append(chunks({"audio": {"expires_at": 99}}))
    streamed.append({**WHOLE, "usage": None, "choices": [{"delta": {}, "finish_reason": "stop"}]})
    streamed.append({**WHOLE, "choices": []})

    calls = [
        {"id": name, "type": "function", "function": {"name": function, "arguments": arguments}}
        for name, function, arguments in CALLS
    ]
    audio = {
        "id": "audio_1",
        "expires_at": 99,
        "transcript": said,
        "data": base64.b64encode(pcm).decode(),
    }
    message = {"content": content, "refusal": None, "audio": audio, "tool_calls": calls}
    whole = {**WHOLE, "choices": [{"index": 0, "finish_reason": "stop", "message": message}]}

    once = assembled([whole])
    assert assembled(streamed) == once
    assert once[0] == pcm
    assert once[1]["audio"] == {"id": "audio_1", "expires_at": 99, "transcript": said}
    assert once[1]["tool_calls"] == calls


@given(data=st.binary(max_size=200), cuts=cut_lists)
def test_base64_without_its_padding_or_cut_within_it(data, cuts):
    written = base64.b64encode(data).decode()
    for text in (written, written.rstrip("=")):
        run = Base64Run()
        made = b"".join(run.feed(piece) for piece in pieces(text, cuts)) + run.finish()
        assert made == data
        assert not run.broken


def test_what_is_no_base64_is_left_out_and_remembered():
    run = Base64Run()
    assert run.feed("AAAA") + run.feed("%%%%") + run.feed("AAAA") + run.finish() == bytes(6)
    # The good group after the bad one is not lost with it.
    assert run.broken


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "choices",
                    "delta",
                    "message",
                    "audio",
                    "data",
                    "transcript",
                    "id",
                    "content",
                    "index",
                    "tool_calls",
                    "function",
                    "name",
                    "arguments",
                    "usage",
                    "expires_at",
                    "refusal",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(bodies=st.lists(JSON, max_size=6))
def test_junk_is_read_as_far_as_it_means_anything(bodies):
    stream = CompletionStream(lambda _data: None)
    for body in bodies:
        stream.feed(body)
    stream.finish()
    assert stream.message()["role"] == "assistant"
    assert isinstance(stream.transcript + stream.content + stream.refusal, str)


def test_a_file_that_comes_whole_keeps_its_odd_byte():
    body = {"choices": [{"message": {"audio": {"data": base64.b64encode(b"RIF").decode()}}}]}
    assert assembled([body], samples=False)[0] == b"RIF"
    assert assembled([body])[0] == b"RI"


def test_a_request_has_what_was_asked_and_no_more():
    body = completion_request(
        [user_message("Hi")], model="m", voice={"id": "voice_1"}, format="mp3"
    )
    assert body == {
        "model": "m",
        "messages": [{"role": "user", "content": "Hi"}],
        "modalities": ["text", "audio"],
        "audio": {"voice": {"id": "voice_1"}, "format": "mp3"},
    }
    body = completion_request(
        [], model="m", voice="v", format="wav", text_only=True, stream=True,
        overrides={"stream_options": None, "temperature": 0.2, "modalities": ["text", "x"]},
    )  # fmt: skip
    assert body == {
        "model": "m",
        "messages": [],
        "modalities": ["text", "x"],
        "stream": True,
        "temperature": 0.2,
    }


def test_formats_have_one_name():
    assert check_format("pcm") == "pcm16"
    assert check_format("flac") == "flac"
    with pytest.raises(UsageError, match=r"'mp33' is no format of this API; did you mean 'mp3'\?"):
        check_format("mp33")


def test_tools_of_a_realtime_session_are_those_of_a_chat():
    flat = {"type": "function", "name": "f", "parameters": {"type": "object"}}
    nested = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    assert chat_tools([flat]) == [nested]
    assert chat_tools([nested]) == [nested]
    with pytest.raises(UsageError, match="no function can be called"):
        chat_tools([{"type": "function", "function": {"name": "a b"}}])
    with pytest.raises(UsageError, match="is called already"):
        chat_tools([flat, nested])


def test_usage_is_priced_by_kind():
    told = {
        "prompt_tokens": 300,
        "completion_tokens": 500,
        "prompt_tokens_details": {"audio_tokens": 200, "text_tokens": 100, "cached_tokens": 0},
        "completion_tokens_details": {"audio_tokens": 400, "text_tokens": 100},
    }
    usage = read_chat_usage(told)
    assert usage is not None
    assert (usage.text_in, usage.audio_in, usage.text_out, usage.audio_out) == (100, 200, 100, 400)
    price = chat_price(told, "gpt-audio-1.5-2026-03-01")
    assert price.usd == pytest.approx((100 * 2.5 + 200 * 32 + 100 * 10 + 400 * 64) / 1e6)
    assert chat_price(told, "local-demo", practice=True).usd == 0
    assert chat_price(told, "gpt-nix").reason == "no price is known of gpt-nix"
    assert chat_price(None, "gpt-audio-1.5").reason == "the service told no usage"


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (
            {"prompt_tokens": 5, "completion_tokens": 2},
            "the kinds of the input tokens are not told",
        ),
        (
            {
                "prompt_tokens": 9,
                "completion_tokens": 0,
                "prompt_tokens_details": {"text_tokens": 9, "cached_tokens": 4},
            },
            "no price is known of text cached of gpt-audio-1.5",
        ),
        (
            {
                "prompt_tokens": 1,
                "completion_tokens": 9,
                "prompt_tokens_details": {"text_tokens": 1},
                "completion_tokens_details": {"audio_tokens": 3, "text_tokens": 2},
            },
            "the kinds of the output tokens are not told",
        ),
        ({"prompt_tokens": 0, "completion_tokens": 0}, "the service told no tokens"),
        ({"prompt_tokens": True, "completion_tokens": "many"}, "the service told no tokens"),
    ],
)
def test_a_price_that_cannot_be_known_has_its_reason(told, reason):
    price = chat_price(told, "gpt-audio-1.5")
    assert price.usd is None
    assert price.reason == reason


def test_usage_adds_up_at_every_depth():
    one = {"prompt_tokens": 1, "prompt_tokens_details": {"audio_tokens": 1}, "tier": "x"}
    two = {"prompt_tokens": 2, "prompt_tokens_details": {"audio_tokens": 5}, "completion_tokens": 4}
    assert add_usage(one, two) == {
        "prompt_tokens": 3,
        "prompt_tokens_details": {"audio_tokens": 6},
        "tier": "x",
        "completion_tokens": 4,
    }
    assert add_usage(one, None) is None
    assert add_usage(None, two) is None
