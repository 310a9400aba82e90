from __future__ import annotations

import asyncio
import base64
import json
import threading
import traceback

import numpy as np
import pytest

from realtime_nb.audio.clip import AudioClip
from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.client.rest.chat import AudioChat
from realtime_nb.errors import ConnectionLost, RealtimeError, RequestRefused, UsageError

PCM = (np.sin(np.arange(24_000) / 12) * 9_000).astype("<i2").tobytes()
WAV = AudioClip.from_pcm16(PCM, 24_000).wav()
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}


def call_of(name="get_weather", arguments='{"city": "Oslo"}', call_id="call_1"):
    function = {"name": name, "arguments": arguments}
    return {
        "content": None,
        "tool_calls": [{"id": call_id, "type": "function", "function": function}],
    }


async def test_a_question_in_text_is_answered_in_sound(peer, wire):
    peer.says(wire.answering(wire.reply(wire.spoken("Yes, it is.", WAV))))
    chat = AudioChat(peer.endpoint(), system="Be brief.", voice="marin", format="wav")

    answer = await chat.ask("Is a golden retriever a good family dog?", temperature=0.5)

    assert peer.asked[0] == {
        "model": "gpt-audio-1.5",
        "modalities": ["text", "audio"],
        "audio": {"voice": "marin", "format": "wav"},
        "temperature": 0.5,
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Is a golden retriever a good family dog?"},
        ],
    }
    assert answer.clip.pcm16() == PCM
    assert answer.transcript == answer.text == "Yes, it is."
    assert answer.content == ""
    assert answer.message == {
        "role": "assistant",
        "content": None,
        "refusal": None,
        "audio": {"id": "audio_1", "expires_at": 2_000_000_000, "transcript": "Yes, it is."},
    }
    assert answer.id == "audio_1"
    assert answer.expires_at == 2_000_000_000
    assert answer.usage == wire.usage
    # 10 text and 20 audio tokens in, 20 text and 80 audio tokens out.
    assert answer.cost == pytest.approx((10 * 2.5 + 20 * 32 + 20 * 10 + 80 * 64) / 1e6)
    assert (answer.partial, answer.problem) == (False, "")
    assert answer.encoded() == WAV
    assert set(answer.timings) == {"first_text", "first_sound", "whole"}


@pytest.mark.parametrize("cut", [1, 7, 4_096, 0])
async def test_a_stream_cut_anywhere_is_the_same_answer(peer, wire, cut):
    said = "Ja, schöne Grüße 🐕!"
    stream = wire.spoken_events(said, PCM[:4_802] if cut == 1 else PCM)
    peer.says(wire.streaming(b": keepalive\n\n" + stream, cut=cut))
    told, notices = [], []
    chat = AudioChat(peer.endpoint())

    answer = await chat.ask("Go on", stream=True, on_progress=told.append, on_notice=notices.append)

    asked = peer.asked[0]
    assert asked["audio"]["format"] == "pcm16"
    assert asked["stream"] is True
    assert asked["stream_options"] == {"include_usage": True}
    assert answer.transcript == said
    assert answer.clip.pcm16() == (PCM[:4_802] if cut == 1 else PCM)
    assert answer.usage == wire.usage
    assert (answer.partial, answer.problem, answer.expires_at) == (False, "", 2_000_000_000)
    assert [notice.text for notice in notices] == [
        "a stream's sound is pcm16 on the wire; it is made into wav here"
    ]
    assert answer.encoded()[:4] == b"RIFF"
    assert told[0].state == "waiting for the answer"
    assert told[-1].transcript == said
    assert len(told[-1].sound) == len(answer.spool)
    starts = [said.startswith(progress.transcript) for progress in told]
    assert all(starts)


async def test_what_other_services_leave_out_or_add_does_no_harm(peer, wire):
    data = base64.b64encode(PCM).decode()
    stream = wire.events(
        {
            "id": "gen-1",
            "provider": "x",
            "choices": [{"delta": {"role": "assistant", "content": ""}}],
        },
        wire.chunk({"audio": None, "content": "Well: "}),
        # Cut within a group of four, and with a name of its own each time.
        wire.chunk({"audio": {"id": "audio_9", "data": data[:101]}, "content": None}),
        wire.chunk({"audio": {"id": "audio_9", "data": data[101:], "transcript": None}}),
        {"choices": []},
        {"choices": [{"index": 1, "delta": {"content": "another choice"}}]},
        wire.chunk({"audio": {"transcript": "After the sound."}}),
        wire.chunk({}, "stop", service_tier=None),
        done=False,
    )
    peer.says(wire.streaming(stream))

    answer = await AudioChat(peer.endpoint()).ask("Hi", stream=True)

    assert answer.clip.pcm16() == PCM
    assert answer.transcript == "After the sound."
    assert answer.content == "Well: "
    assert answer.text == "After the sound."
    assert (answer.partial, answer.usage, answer.cost) == (False, None, None)
    assert answer.price.reason == "the service told no usage"


async def test_a_service_that_wants_a_stream_gets_one(peer, wire):
    peer.says(
        wire.refusing("400 Bad Request", "Audio output requires stream: true"),
        wire.streaming(wire.spoken_events("Hello.", PCM)),
    )
    notices = []

    answer = await AudioChat(peer.endpoint()).ask("Hi", on_notice=notices.append)

    assert answer.transcript == "Hello."
    assert peer.asked[1]["stream"] is True
    assert "in a stream only" in notices[0].text


async def test_a_service_that_cannot_stream_answers_whole(peer, wire):
    peer.says(wire.answering(wire.reply(wire.spoken("Hello.", PCM))))

    answer = await AudioChat(peer.endpoint()).ask("Hi", stream=True)

    assert (answer.transcript, answer.clip.pcm16()) == ("Hello.", PCM)


@pytest.mark.parametrize("how", ["breaks", "ends", "error", "junk"])
async def test_a_stream_that_breaks_is_kept_as_far_as_it_came(peer, wire, how):
    pieces = [wire.chunk({"audio": {"id": "audio_1", "transcript": "Half a"}})]
    pieces += [wire.chunk(wire.sound(PCM[:9_601]))]
    if how == "error":
        pieces.append({"error": {"message": f"overloaded {wire.key}", "code": "server_error"}})
    if how == "junk":
        pieces.append("{not json")
    stream = wire.streaming(wire.events(*pieces, done=False), breaks=how == "breaks")
    peer.says(stream, wire.answering(wire.reply({"content": "Again."})))
    chat = AudioChat(peer.endpoint(), max_retries=0)

    answer = await chat.ask("Hi", stream=True)

    assert answer.partial is True
    assert answer.problem
    assert "\n" not in answer.problem
    assert wire.key not in answer.problem
    assert answer.transcript == "Half a"
    assert answer.clip.pcm16() == PCM[:9_600]
    assert "<b>partial</b>" in answer._repr_html_()
    # Its sound may not be known to the service: the words that came go back.
    await chat.ask("Go on")
    assert peer.asked[1]["messages"][1] == {"role": "assistant", "content": "Half a"}


async def test_a_stream_that_breaks_before_anything_came_is_an_error(peer, wire):
    stream = wire.events(wire.chunk({"role": "assistant"}), done=False)
    peer.says(wire.streaming(stream, breaks=True))
    chat = AudioChat(peer.endpoint(), max_retries=0)

    with pytest.raises(ConnectionLost, match="the connection to the peer broke off"):
        await chat.ask("Hi", stream=True)

    assert len(chat.history) == 0


@pytest.mark.parametrize(
    ("answered", "problem", "partial"),
    [
        (({"content": "Long"}, "length"), "cut off at the most tokens", True),
        (({"content": "B"}, "content_filter"), "content filter cut the answer off", True),
        (({"content": None, "refusal": "I can't help."}, "stop"), "would not answer", False),
        (({"content": ""}, "stop"), "answered nothing", False),
    ],
)
async def test_why_an_answer_is_not_all_it_could_be(peer, wire, answered, problem, partial):
    message = answered[0]
    peer.says(wire.answering(wire.reply(*answered)))

    answer = await AudioChat(peer.endpoint()).ask("Hi")

    assert problem in answer.problem
    assert answer.partial is partial
    assert answer.refused is bool(message.get("refusal"))
    assert answer.text == (message["content"] or message.get("refusal", ""))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            {"error": {"message": "No provider.", "code": 502}},
            "broke off with an error: No provider",
        ),
        ({"object": "list", "data": []}, "no answer of this API"),
        (b"<html>", "no answer of this API"),
    ],
)
async def test_success_that_is_none_is_an_error(peer, wire, body, said):
    peer.says(wire.answering(body))
    with pytest.raises(RealtimeError, match=said):
        await AudioChat(peer.endpoint()).ask("Hi")


async def test_stopping_closes_the_connection_and_keeps_what_came(peer, wire):
    piece = wire.events(
        wire.chunk({"audio": {"id": "a", "transcript": "One "}}),
        wire.chunk(wire.sound(PCM)),
        done=False,
    )
    more = wire.events(wire.chunk(wire.sound(bytes(48_000))), done=False)

    async def endless(_request, writer):
        writer.write(wire.head(kind="text/event-stream") + piece)
        while True:
            # Fails once the other side has closed the socket.
            writer.write(more)
            await writer.drain()

    peer.says(endless)
    chat = AudioChat(peer.endpoint())
    heard = []

    def stop(progress):
        heard.append(progress)
        if progress.transcript and len(heard) > 3:
            chat.stop()

    answer = await chat.ask("Count", stream=True, on_progress=stop)

    assert peer.gone.wait(10)
    assert answer.partial
    assert answer.problem == "stopped before it was whole"
    assert answer.transcript == "One "
    assert answer.spool.read(0, len(PCM)) == PCM
    assert [entry.role for entry in chat.history] == ["user", "assistant"]
    assert chat.stop() is False


async def test_a_cancelled_call_closes_the_connection(peer, wire):
    async def endless(_request, writer):
        writer.write(wire.head(kind="text/event-stream"))
        while True:
            writer.write(wire.events(wire.chunk(wire.sound(PCM)), done=False))
            await writer.drain()

    peer.says(endless)
    chat = AudioChat(peer.endpoint())
    call = None

    def cancel(progress):
        if progress.state == "answering" and call is not None:
            call.cancel()

    call = chat.ask("Count", stream=True, on_progress=cancel)
    with pytest.raises(ConnectionLost, match="cancelled"):
        await call

    assert peer.gone.wait(10)
    # The next question waits until the first is put away.
    peer.says(wire.answering(wire.reply({"content": "Two."})))
    assert (await chat.ask("And?")).text == "Two."
    assert chat.history[1].partial


async def test_sound_goes_in_as_wav_or_mp3(peer, wire, tmp_path):
    peer.says(wire.answering(wire.reply({"content": "A tone."})))
    path = AudioClip.from_pcm16(PCM, 24_000).save(tmp_path / "tone.wav")
    chat = AudioChat(peer.endpoint(), text_only=True)

    answer = await chat.ask("What is in this recording?", path, WAV)
    await chat.ask("", AudioClip.from_pcm16(PCM, 24_000), encode="mp3")

    first = peer.asked[0]
    assert first["modalities"] == ["text"]
    assert "audio" not in first
    text, *sounds = first["messages"][0]["content"]
    assert text == {"type": "text", "text": "What is in this recording?"}
    assert [part["type"] for part in sounds] == ["input_audio", "input_audio"]
    for part in sounds:
        assert part["input_audio"]["format"] == "wav"
        sent = AudioClip.read(base64.b64decode(part["input_audio"]["data"]))
        assert sent.pcm16() == PCM
    (mp3,) = peer.asked[1]["messages"][2]["content"]
    assert mp3["input_audio"]["format"] == "mp3"
    sent = AudioClip.read(base64.b64decode(mp3["input_audio"]["data"]))
    assert sent.duration_ms == pytest.approx(1000, abs=120)
    assert answer.clip is None
    assert answer.text == "A tone."


async def test_sound_goes_back_by_id_until_that_expires(peer, wire):
    peer.says(wire.answering(wire.reply(wire.spoken("Woof.", WAV, "audio_7", 1_000))))
    now = 900.0
    chat = AudioChat(peer.endpoint(), clock=lambda: now)
    notices = []

    await chat.ask("Hi")
    await chat.ask("Again", on_notice=notices.append)
    assert peer.asked[1]["messages"][1] == {"role": "assistant", "audio": {"id": "audio_7"}}
    assert notices == []

    now = 995.0
    await chat.ask("Once more", on_notice=notices.append)
    assert peer.asked[2]["messages"][1] == {"role": "assistant", "content": "Woof."}
    assert [notice.text for notice in notices] == [
        "the sound of 2 earlier answers has expired; its transcript goes instead"
    ]

    chat.text_only = True
    now = 0.0
    await chat.ask("In text")
    assert peer.asked[3]["messages"][1] == {"role": "assistant", "content": "Woof."}
    chat.reset()
    await chat.ask("Anew")
    assert peer.asked[4]["messages"] == [{"role": "user", "content": "Anew"}]


@pytest.mark.parametrize(
    ("status", "message", "fields"),
    [
        ("400 Bad Request", "Invalid audio id 'audio_7'", {"param": "messages[1].audio.id"}),
        ("404 Not Found", "Audio with id audio_7 not found.", {"code": "not_found"}),
        ("400 Bad Request", "The audio response has expired.", {"param": "messages"}),
        ("400 Bad Request", "Missing required parameter: 'messages[1].content'.", {}),
        ("422 Unprocessable Entity", "body -> messages -> 1 -> content: field required", {}),
    ],
)
async def test_an_id_the_service_does_not_know_is_replaced_once(
    peer, wire, status, message, fields
):
    refused = wire.refusing(status, message, **fields)
    peer.says(
        wire.answering(wire.reply(wire.spoken("Woof.", WAV, "audio_7"))),
        refused,
        wire.answering(wire.reply(wire.spoken("Yes.", WAV, "audio_8"))),
    )
    chat, notices = AudioChat(peer.endpoint()), []
    await chat.ask("Hi")

    answer = await chat.ask("Again", on_notice=notices.append)

    assert answer.text == "Yes."
    assert peer.asked[2]["messages"][1] == {"role": "assistant", "content": "Woof."}
    assert "is not taken by the service; its transcript goes" in notices[0].text
    await chat.ask("And now?")
    named = [message.get("audio") for message in peer.asked[3]["messages"]]
    assert named == [None, None, None, {"id": "audio_8"}, None]


async def test_a_refusal_of_the_voice_is_no_matter_of_ids(peer, wire):
    peer.says(
        wire.answering(wire.reply(wire.spoken("Woof.", WAV))),
        wire.refusing(
            "400 Bad Request", "Invalid value: 'x' is no voice of audio.", param="audio.voice"
        ),
    )
    chat = AudioChat(peer.endpoint())
    await chat.ask("Hi")

    with pytest.raises(RequestRefused, match=r"audio\.voice"):
        await chat.ask("Again", voice="x")

    assert len(peer.requests) == 2
    assert len(chat.history) == 2


async def test_functions_are_called_and_their_output_sent(peer, wire):
    def get_weather(city: str) -> dict[str, str]:
        """Return the weather of a city."""
        return {"city": city, "sky": "clear"}

    async def get_time(zone: str) -> str:
        """Return the time."""
        return f"noon in {zone}"

    both = call_of()
    both["tool_calls"] += call_of("get_time", '{"zone": "CET"}', "call_2")["tool_calls"]
    peer.says(
        wire.answering(wire.reply(both, "tool_calls")),
        wire.answering(wire.reply(wire.spoken("Clear, at noon.", WAV))),
    )
    chat, notices = AudioChat(peer.endpoint(), tools=[get_weather, get_time]), []

    answer = await chat.ask("The weather?", on_notice=notices.append)

    first = peer.asked[0]["tools"][0]
    assert first["type"] == "function"
    assert first["function"]["name"] == "get_weather"
    assert peer.asked[1]["messages"][1:] == [
        {"role": "assistant", "content": None, "tool_calls": both["tool_calls"]},
        {"role": "tool", "tool_call_id": "call_1", "content": '{"city":"Oslo","sky":"clear"}'},
        {"role": "tool", "tool_call_id": "call_2", "content": "noon in CET"},
    ]
    assert answer.text == "Clear, at noon."
    assert [run.name for run in answer.runs] == ["get_weather", "get_time"]
    assert answer.tool_calls == []
    assert answer.usage["prompt_tokens"] == 60
    assert [notice.kind for notice in notices] == ["progress", "progress"]
    assert [entry.role for entry in chat.history] == [
        "user",
        "assistant",
        "tool",
        "tool",
        "assistant",
    ]


async def test_a_call_comes_in_pieces_of_a_stream(peer, wire):
    def get_weather(city: str) -> str:
        """Return the weather of a city."""
        return f"rain in {city}"

    def piece(call):
        return wire.chunk({"tool_calls": [{"index": 0, **call}]})

    start = {
        "id": "call_1",
        "type": "function",
        "function": {"name": "get_weather", "arguments": ""},
    }
    stream = wire.events(
        piece(start),
        piece({"function": {"arguments": '{"ci'}}),
        piece({"function": {"arguments": 'ty": "Rom"}'}}),
        wire.chunk({}, "tool_calls"),
    )
    peer.says(wire.streaming(stream), wire.streaming(wire.spoken_events("Rain.", PCM)))

    answer = await AudioChat(peer.endpoint(), tools=[get_weather]).ask("?", stream=True)

    assert answer.runs[0].output == "rain in Rom"
    assert peer.asked[1]["messages"][2]["content"] == "rain in Rom"
    assert answer.clip.pcm16() == PCM


@pytest.mark.parametrize(
    ("call", "output"),
    [
        (call_of(), "failed: ValueError: no such city"),
        (call_of(arguments="{"), "bad_arguments: get_weather(): the arguments are no JSON ("),
        (call_of(arguments="[1]"), "bad_arguments: get_weather(): the arguments are [1]; write"),
        (
            call_of("get_wether"),
            "unknown: there is no function get_wether; there are: get_weather",
        ),
    ],
)
async def test_what_a_function_raises_is_told_to_the_model_and_shown(peer, wire, call, output):
    def get_weather(city: str) -> str:
        """Return the weather of a city."""
        del city
        raise ValueError("no such city")

    peer.says(
        wire.answering(wire.reply(call, "tool_calls")),
        wire.answering(wire.reply({"content": "I cannot tell."})),
    )
    notices = []
    chat = AudioChat(peer.endpoint(), tools=[get_weather])

    answer = await chat.ask("The weather?", on_notice=notices.append)

    told = json.loads(peer.asked[1]["messages"][2]["content"])
    assert f"{told['status']}: {told['error']}".startswith(output)
    assert answer.runs[0].failed
    assert answer.text == "I cannot tell."
    assert "failed" in notices[-1].text


async def test_calls_without_end_are_ended(peer, wire):
    def get_weather(city: str) -> str:
        """Return the weather of a city."""
        return city

    peer.says(wire.answering(wire.reply(call_of(), "tool_calls")))

    answer = await AudioChat(peer.endpoint(), tools=[get_weather]).ask("?")

    assert len(peer.requests) == 8
    assert answer.partial
    assert answer.problem == "the model called functions 8 times over and did not answer"


async def test_a_mere_definition_leaves_its_call_to_the_caller(peer, wire):
    peer.says(
        wire.answering(wire.reply(call_of(), "tool_calls")),
        wire.answering(wire.reply({"content": "Rain."})),
    )
    chat = AudioChat(peer.endpoint(), tools=[WEATHER])

    answer = await chat.ask("The weather?")

    assert [call["id"] for call in answer.tool_calls] == ["call_1"]
    assert not answer.partial
    with pytest.raises(UsageError, match="no call waits under 'call_9'; there are: call_1"):
        await chat.ask(outputs={"call_9": "rain"})
    answer = await chat.ask(outputs={"call_1": "rain"})
    assert peer.asked[1]["messages"][2:] == [
        {"role": "tool", "tool_call_id": "call_1", "content": "rain"}
    ]
    assert answer.text == "Rain."


async def test_a_call_nobody_answered_is_no_hindrance(peer, wire):
    peer.says(
        wire.answering(wire.reply(call_of(), "tool_calls")),
        wire.answering(wire.reply({"content": "Fine."})),
    )
    chat, notices = AudioChat(peer.endpoint(), tools=[WEATHER]), []
    await chat.ask("The weather?")

    await chat.ask("Never mind", on_notice=notices.append)

    assert peer.asked[1]["messages"][2]["role"] == "tool"
    assert notices[0].text == "no output was given for get_weather"


def test_what_cannot_be_asked_is_said_before_anything_is_sent(peer):
    chat = AudioChat(peer.endpoint())
    with pytest.raises(UsageError, match="there is nothing to ask"):
        chat.ask("  ")
    with pytest.raises(UsageError, match="'mp4' is no format"):
        AudioChat(peer.endpoint(), format="mp4")
    with pytest.raises(UsageError, match="'ogg' is no format of this API; there are wav, mp3"):
        chat.ask("x", encode="ogg")
    with pytest.raises(UsageError, match="no tool called"):
        AudioChat(peer.endpoint(), tools=["get_weather"])
    long = AudioClip.silence(600_000, 24_000)
    with pytest.raises(UsageError, match=r"10:00\.0 of sound are 29 MB as wav.*send it as mp3"):
        chat.ask("x", long)
    assert peer.requests == []


async def test_questions_asked_at_once_are_answered_one_after_the_other(peer, wire):
    peer.says(wire.answering(wire.reply({"content": "Yes."})))
    chat = AudioChat(peer.endpoint())

    first, second = chat.ask("One"), chat.ask("Two")
    await second
    await first

    assert [len(asked["messages"]) for asked in peer.asked] == [1, 3]
    assert chat.usage["prompt_tokens"] == 60
    assert chat.cost == pytest.approx(2 * first.result().cost)


async def test_an_unknown_price_is_told_as_such(peer, wire):
    peer.says(wire.answering(wire.reply({"content": "Yes."}, model="new-model")))
    chat = AudioChat(peer.endpoint(model="new-model", api_key=Secret()))

    answer = await chat.ask("One")

    assert answer.cost is None
    assert answer.price.reason == "no price is known of new-model"
    assert chat.cost is None
    assert "cost unknown: no price is known of new-model" in answer._repr_html_()


async def test_the_practice_server_is_never_passed_off_as_a_model(peer, wire):
    peer.says(wire.answering(wire.reply({"content": "Hello."}, model="local-demo")))

    answer = await AudioChat(peer.endpoint(practice=True, model="local-demo")).ask("Hi")

    assert answer.practice
    assert answer.cost == 0
    assert "local practice server, not a model" in answer._repr_html_()


async def test_a_question_may_be_stopped_before_it_is_sent(peer, wire):
    peer.says(wire.answering(wire.reply({"content": "Yes."})))
    chat = AudioChat(peer.endpoint())

    call = chat.ask("One")
    assert chat.stop()
    answer = await call

    assert answer.partial
    assert answer.problem == "stopped before it was whole"
    assert len(chat.history) == 0
    assert (await chat.ask("Two")).text == "Yes."


async def test_recordings_that_no_longer_fit_are_left_out_and_said(peer, wire, monkeypatch):
    monkeypatch.setattr("realtime_nb.client.rest.chat.LARGEST_SOUND", 100_000)
    peer.says(wire.answering(wire.reply({"content": "Yes."})))
    chat, notices = AudioChat(peer.endpoint()), []

    for number in range(3):
        await chat.ask(f"{number}?", WAV, on_notice=notices.append)

    kinds = [[p["type"] for p in m["content"]] for m in peer.asked[2]["messages"][::2]]
    assert kinds == [["text", "text"], ["text", "input_audio"], ["text", "input_audio"]]
    assert [n.text for n in notices] == [
        "an old recording is left out: a request takes 0.1 MB of sound"
    ]


async def test_a_service_that_falls_silent_in_a_stream_leaves_what_came(peer, wire):
    async def stuck(_request, writer):
        writer.write(wire.head(kind="text/event-stream"))
        writer.write(wire.events(wire.chunk({"content": "One, "}), done=False))
        await writer.drain()
        await asyncio.sleep(3)

    peer.says(stuck)

    answer = await AudioChat(peer.endpoint(), timeout_s=0.5).ask("Count", stream=True)

    assert answer.partial
    assert answer.text == "One, "
    assert "the peer was silent for 0.5 s" in answer.problem


async def test_the_key_is_in_no_log_and_no_frame(peer, wire, caplog):
    caplog.set_level("DEBUG")
    peer.says(wire.refusing("401 Unauthorized", f"Incorrect API key provided: {wire.key}"))
    call = AudioChat(peer.endpoint()).ask("Hi")
    with pytest.raises(RequestRefused):
        await call

    error = call.exception()
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    ours = [frame for frame in told.stack if "realtime_nb" in frame.filename]
    # Those between, which hold the key, are left out.
    assert ours
    assert wire.key not in str([frame.locals for frame in ours])
    assert wire.key not in caplog.text
    (line,) = error._render_traceback_()
    assert line.endswith("Incorrect API key provided: [key]; check PEER_KEY")


async def test_a_refusal_of_the_sound_that_was_sent_is_no_matter_of_ids(peer, wire):
    peer.says(
        wire.answering(wire.reply(wire.spoken("Woof.", WAV))),
        wire.refusing(
            "400 Bad Request",
            "Invalid audio data.",
            param="messages[2].content[0].input_audio.data",
        ),
    )
    chat, notices = AudioChat(peer.endpoint()), []
    await chat.ask("Hi")

    with pytest.raises(RequestRefused, match="Invalid audio data"):
        await chat.ask("", WAV, on_notice=notices.append)

    assert len(peer.requests) == 2
    assert notices == []


async def test_a_function_that_hangs_does_not_hold_up_a_stop(peer, wire):
    begun, release = threading.Event(), threading.Event()

    def get_weather(city: str) -> str:
        """Return the weather of a city."""
        begun.set()
        release.wait(30)
        return city

    peer.says(wire.answering(wire.reply(call_of(), "tool_calls")))
    chat = AudioChat(peer.endpoint(), tools=[get_weather])
    call = chat.ask("?")
    assert await asyncio.to_thread(begun.wait, 10)

    chat.stop()
    answer = await call
    release.set()

    assert answer.partial
    assert answer.cost is not None  # one request was answered, and counts
    assert len(chat.history) == 0


async def test_an_answer_in_a_format_asked_for_once(peer, wire):
    mp3 = AudioClip.from_pcm16(PCM, 24_000).encode("mp3")
    peer.says(wire.answering(wire.reply(wire.spoken("Hi.", mp3), model="gpt-audio-mini")))
    chat = AudioChat(peer.endpoint(), voice={"id": "voice_1"})

    answer = await chat.ask("Hi", format="mp3", system="Sing.", model="gpt-audio-mini")

    assert peer.asked[0]["audio"] == {"voice": {"id": "voice_1"}, "format": "mp3"}
    assert peer.asked[0]["model"] == "gpt-audio-mini"
    assert peer.asked[0]["messages"][0] == {"role": "system", "content": "Sing."}
    assert answer.encoded() == mp3
    assert answer.model == "gpt-audio-mini"
    assert answer.voice == "voice_1"
    assert answer.clip.duration_ms == pytest.approx(1000, abs=120)
    assert chat.history[1].seconds == answer.seconds
    assert chat.format == "wav"


async def test_what_is_under_way_when_a_conversation_is_reset_is_not_kept(peer, wire):
    asked, go_on = threading.Event(), asyncio.Event()

    async def slowly(request, writer):
        asked.set()
        await go_on.wait()
        await wire.answering(wire.reply({"content": "Old."}))(request, writer)

    peer.says(slowly, wire.answering(wire.reply({"content": "New."})))
    chat = AudioChat(peer.endpoint())
    first = chat.ask("First?")
    await asyncio.to_thread(asked.wait, 10)
    chat.reset()
    second = chat.ask("Second?")
    peer.loop.post(go_on.set)

    assert ((await first).text, (await second).text) == ("Old.", "New.")
    assert peer.asked[1]["messages"] == [{"role": "user", "content": "Second?"}]
    assert [entry.text for entry in chat.history] == ["Second?", "New."]


async def test_a_stop_ends_all_that_is_under_way(peer):
    asked = threading.Event()

    async def never(_request, _writer):
        asked.set()
        await asyncio.sleep(60)

    peer.says(never)
    chat = AudioChat(peer.endpoint())
    calls = [chat.ask("First?"), chat.ask("Second?")]
    await asyncio.to_thread(asked.wait, 10)
    assert chat.stop()

    assert [(await call).problem for call in calls] == ["stopped before it was whole"] * 2
    assert len(peer.requests) == 1


FILES = ("wav", "mp3", "flac", "opus")


@pytest.mark.parametrize("asked", ["pcm16", "mp3"])
@pytest.mark.parametrize("sent", FILES)
async def test_a_service_that_sends_another_format_is_believed_by_what_it_sent(
    peer, wire, tmp_path, asked, sent
):
    clip = AudioClip.from_pcm16(PCM, 24_000)
    peer.says(wire.answering(wire.reply(wire.spoken("Yes.", clip.encode(sent)))))
    told = []

    answer = await AudioChat(peer.endpoint(), format=asked).ask("Hm?", on_notice=told.append)

    assert answer.format == sent
    assert answer.clip.duration_ms == pytest.approx(1000, abs=30)
    assert answer.clip.rms_dbfs == pytest.approx(clip.rms_dbfs, abs=0.5)
    assert AudioClip.read(answer.save(tmp_path / "a.flac")).duration_ms > 900
    assert answer.save(tmp_path / "a.mp3").read_bytes()[:4] != b"RIFF"
    said = [notice.text for notice in told]
    assert said == ([f"the service sent {sent} where {asked} was asked for"] * (sent != asked))


@pytest.mark.parametrize("sent", FILES)
async def test_a_file_in_a_stream_is_decoded_and_not_played_as_noise(peer, wire, sent):
    clip = AudioClip.from_pcm16(PCM, 24_000)
    peer.says(wire.streaming(wire.spoken_events("Yes.", clip.encode(sent))))
    told = []

    answer = await AudioChat(peer.endpoint(), format="pcm16").ask(
        "Hm?", stream=True, on_notice=told.append
    )

    assert answer.clip.duration_ms == pytest.approx(1000, abs=30)
    assert answer.clip.rms_dbfs == pytest.approx(clip.rms_dbfs, abs=0.5)
    assert [notice.text for notice in told] == ["the service sent a file where pcm16 was asked for"]


async def test_an_error_of_a_stream_may_come_without_anything_around_it(peer, wire):
    told = {"object": "error", "message": "out of memory", "code": 500}
    chunks = (wire.chunk({"audio": {"id": "audio_1", "transcript": "Well"}}), told)
    peer.says(wire.streaming(wire.events(*chunks)), wire.streaming(wire.events(told)))
    chat = AudioChat(peer.endpoint())

    answer = await chat.ask("Hm?", stream=True)

    assert (answer.text, answer.partial) == ("Well", True)
    assert "out of memory" in answer.problem
    with pytest.raises(RequestRefused, match="out of memory"):
        await chat.ask("Again?", stream=True)


@pytest.mark.parametrize("stream", [False, True])
async def test_what_a_service_says_of_the_key_is_in_no_frame_behind_the_error(peer, wire, stream):
    peer.says(wire.answering({"error": {"message": f"the key {wire.key} is bad"}}))

    with pytest.raises(RequestRefused) as refused:
        await AudioChat(peer.endpoint()).ask("Hi", stream=stream)

    frames = [frame for frame, _ in traceback.walk_tb(refused.value.__traceback__)]
    seen = [repr(value) for frame in frames for value in frame.f_locals.values()]
    ours = [text for text in seen if "Peer(" not in text and "namespace(" not in text]
    assert not [text for text in ours if wire.key in text]
    assert wire.key not in str(refused.value)
