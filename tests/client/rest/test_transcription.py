from __future__ import annotations

import asyncio
import email.policy
import json

import numpy as np
import pytest

from realtime_nb.audio.clip import AudioClip
from realtime_nb.client.rest.transcription import transcribe, translate_audio
from realtime_nb.errors import ConnectionFailed, ConnectionLost, RequestRefused, UsageError
from realtime_nb.protocol.audio_api.transcript_times import Segment, Word

CLIP = AudioClip(np.sin(np.arange(24_000) / 12).astype(np.float32) * 0.3, 24_000)
DURATION = {"type": "duration", "seconds": 2}
TOKENS = {
    "type": "tokens",
    "input_tokens": 14,
    "input_token_details": {"text_tokens": 0, "audio_tokens": 14},
    "output_tokens": 45,
    "total_tokens": 59,
}
VERBOSE = {
    "task": "transcribe",
    "language": "english",
    "duration": 1.0,
    "text": "Hello, you. Bye!",
    "segments": [
        {
            "id": 0,
            "seek": 0,
            "start": 0.0,
            "end": 0.6,
            "text": " Hello, you.",
            "tokens": [1],
            "temperature": 0.0,
            "avg_logprob": -0.2,
            "compression_ratio": 1.2,
            "no_speech_prob": 0.01,
        },
        {"id": 1, "start": 0.7, "end": 1.0, "text": " Bye!", "tokens": []},
    ],
    "words": [
        {"word": "Hello", "start": 0.0, "end": 0.3},
        {"word": "you", "start": 0.3, "end": 0.6},
        {"word": "Bye", "start": 0.7, "end": 1.0},
    ],
    "usage": DURATION,
}


def diarized(*told):
    return {
        "task": "transcribe",
        "duration": 27.4,
        "text": " ".join(text for *_, text in told),
        "segments": [
            {
                "type": "transcript.text.segment",
                "id": f"seg_{n:03d}",
                "start": start,
                "end": end,
                "speaker": who,
                "text": text,
            }
            for n, (start, end, who, text) in enumerate(told)
        ],
        "usage": DURATION,
    }


def form(request):
    """Return a form's fields, lists of them in order, and its file."""
    kind = request.headers["content-type"]
    message = email.message_from_bytes(
        f"Content-Type: {kind}\r\n\r\n".encode() + request.body, policy=email.policy.HTTP
    )
    fields, file = {}, None
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        data = part.get_payload(decode=True)
        if part.get_filename():
            file = (part.get_filename(), part.get_content_type(), data)
        elif name.endswith("[]"):
            fields.setdefault(name, []).append(data.decode())
        else:
            fields[name] = data.decode()
    return fields, file


def deltas(*texts, done=True, **last):
    told = [{"type": "transcript.text.delta", "delta": text} for text in texts]
    if done:
        told.append({"type": "transcript.text.done", "text": "".join(texts), **last})
    return told


async def test_a_clip_goes_out_as_a_wav_and_comes_back_as_text(peer, wire):
    answer = {"text": "Hello.", "usage": DURATION, "languages": [{"code": "en"}], "logprobs": None}
    peer.says(wire.answering(answer))
    endpoint = peer.endpoint(model="gpt-transcribe")
    transcript = await transcribe(
        CLIP, endpoint=endpoint, language=["en", "de"], prompt="A call", keywords=["Zoe", "ACME"]
    )
    fields, (name, kind, data) = form(peer.requests[0])
    assert peer.requests[0].line.startswith("POST /v1/audio/transcriptions ")
    assert fields == {
        "model": "gpt-transcribe",
        "response_format": "json",
        "languages[]": ["en", "de"],
        "prompt": "A call",
        "keywords[]": ["Zoe", "ACME"],
    }
    assert (name, kind) == ("sound.wav", "audio/wav")
    assert AudioClip.read(data).pcm16() == CLIP.pcm16()
    assert transcript.text == "Hello."
    assert transcript.languages == ("en",)
    assert transcript.duration_s == 1.0
    assert transcript.cost == pytest.approx(2 / 60 * 0.0045)
    assert transcript.clip is CLIP
    assert "Hello." in transcript._repr_html_()


async def test_words_and_segments_with_their_times(peer, wire):
    peer.says(wire.answering(VERBOSE))
    transcript = await transcribe(
        CLIP, endpoint=peer.endpoint(model="whisper-1"), words=True, segments=True, language="en"
    )
    fields, _ = form(peer.requests[0])
    assert fields["response_format"] == "verbose_json"
    assert fields["timestamp_granularities[]"] == ["word", "segment"]
    assert fields["language"] == "en"
    assert transcript.words[0] == Word("Hello", 0.0, 0.3)
    assert transcript.segments[1] == Segment("Bye!", 0.7, 1.0)
    assert transcript.segments[0].facts["no_speech_prob"] == 0.01
    assert transcript.language == "english"
    assert list(transcript.df["text"]) == ["Hello", "you", "Bye"]
    assert "Hello, you. Bye!" in transcript.srt()


async def test_speakers_are_told_apart_and_known_ones_sent_as_data(peer, wire):
    told = ((0.0, 4.7, "agent", "Thanks for calling."), (4.7, 9.0, "A", "Hi <b>"))
    peer.says(wire.answering(diarized(*told)))
    voice = AudioClip.silence(3_000, 24_000)
    transcript = await transcribe(
        AudioClip.silence(31_000, 8_000),
        endpoint=peer.endpoint(model="gpt-4o-transcribe-diarize"),
        diarize=True,
        known_speakers={"agent": voice},
    )
    fields, _ = form(peer.requests[0])
    assert fields["response_format"] == "diarized_json"
    assert fields["chunking_strategy"] == "auto"
    assert fields["known_speaker_names[]"] == ["agent"]
    (sample,) = fields["known_speaker_references[]"]
    assert sample.startswith("data:audio/wav;base64,UklGR")
    assert transcript.speakers == ("agent", "A")
    page = transcript._repr_html_()
    assert "Hi &lt;b&gt;" in page
    assert "Hi <b>" not in page
    assert "<v agent>Thanks" in transcript.vtt()
    assert transcript.cost is None
    assert transcript.price.reason.startswith("no price is known")


async def test_thirty_seconds_need_no_chunks(peer, wire):
    peer.says(wire.answering(diarized((0, 1, "A", "Hi"))))
    endpoint = peer.endpoint(model="gpt-4o-transcribe-diarize")
    await transcribe(AudioClip.silence(30_000, 8_000), endpoint=endpoint, diarize=True)
    assert "chunking_strategy" not in form(peer.requests[0])[0]


async def test_words_stream_with_logprobs_segments_and_usage(peer, wire):
    sure = [{"token": "Hi", "logprob": -0.1, "bytes": [72, 105]}]
    segment = diarized((0.0, 1.0, "A", "Hi there"))["segments"][0]
    told = [
        {"type": "transcript.text.delta", "delta": "Hi", "logprobs": sure, "segment_id": "s"},
        {"type": "transcript.text.unheard_of", "x": 1},
        segment,
        *deltas(" there", usage=TOKENS)[:-1],
        {"type": "transcript.text.done", "text": "Hi there", "usage": TOKENS},
    ]
    peer.says(wire.streaming(wire.events(*told), cut=13))
    texts = []
    transcript = await transcribe(
        CLIP,
        endpoint=peer.endpoint(model="gpt-4o-transcribe"),
        stream=True,
        logprobs=True,
        on_progress=lambda progress: texts.append(progress.transcript),
    )
    fields, _ = form(peer.requests[0])
    assert fields["stream"] == "true"
    assert fields["include[]"] == ["logprobs"]
    assert texts[0] == "Hi"
    assert texts[-1] == transcript.text == "Hi there"
    assert transcript.segments == (Segment("Hi there", 0.0, 1.0, "A"),)
    assert transcript.logprobs == tuple(sure)
    assert transcript.cost == pytest.approx((14 * 2.5 + 45 * 10) / 1e6)
    assert not transcript.partial


@pytest.mark.parametrize("breaks", [True, False])
async def test_a_stream_that_breaks_leaves_what_came(peer, wire, breaks):
    events = wire.events(*deltas("All good ", "boys", done=False), done=False)
    peer.says(wire.streaming(events, breaks=breaks))
    endpoint = peer.endpoint(model="gpt-transcribe")
    transcript = await transcribe(CLIP, endpoint=endpoint, stream=True)
    assert transcript.partial
    assert transcript.text == "All good boys"
    assert transcript.problem
    assert "partial" in transcript._repr_html_()


async def test_an_error_within_a_stream_leaves_what_came(peer, wire):
    error = {"type": "error", "error": {"message": "worn out", "code": "server_error"}}
    peer.says(wire.streaming(wire.events(*deltas("All ", done=False), error, done=False)))
    endpoint = peer.endpoint(model="gpt-transcribe")
    transcript = await transcribe(CLIP, endpoint=endpoint, stream=True)
    assert (transcript.text, transcript.partial) == ("All", True)
    assert "worn out" in transcript.problem


async def test_whisper_does_not_stream_and_says_so(peer, wire):
    peer.says(wire.answering({"text": "Hi"}))
    notices = []
    endpoint = peer.endpoint(model="whisper-1")
    await transcribe(CLIP, endpoint=endpoint, stream=True, on_notice=notices.append)
    assert "stream" not in form(peer.requests[0])[0]
    assert notices[0].text == "whisper-1 does not stream: all words come at once"


async def test_a_model_that_answers_whole_though_asked_to_stream_is_understood(peer, wire):
    peer.says(wire.answering({"text": "Hi"}))
    transcript = await transcribe(CLIP, endpoint=peer.endpoint(model="other"), stream=True)
    assert (transcript.text, transcript.partial) == ("Hi", False)


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ({"words": True}, "gpt-transcribe tells no times .* model='whisper-1' does"),
        ({"diarize": True}, "model='gpt-4o-transcribe-diarize' does"),
        ({"logprobs": True}, "model='gpt-4o-transcribe' does"),
        ({"language": ["en", "de"], "model": "whisper-1"}, "takes one language"),
        ({"keywords": ["x"], "model": "whisper-1"}, "takes no keywords"),
        (
            {"prompt": "x", "diarize": True, "model": "gpt-4o-transcribe-diarize"},
            "takes no prompt",
        ),
        ({"words": True, "diarize": True}, "one or the other"),
        ({"known_speakers": {"A": AudioClip.silence(1_000, 8_000)}}, "2 to 10 s"),
        ({"known_speakers": {"": AudioClip.silence(3_000, 8_000)}}, "no name"),
        ({"known_speakers": {"A": AudioClip.silence(3_000, 8_000)}}, "add diarize=True"),
        (
            {"known_speakers": dict.fromkeys("ABCDE", AudioClip.silence(3_000, 8_000))},
            "5 known speakers",
        ),
        ({"model": "gpt-live-transcribe"}, "in a realtime session"),
        ({"model": "tts-1"}, "writes no speech down"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_sent(peer, asked, line):
    asked = {"model": "gpt-transcribe", **asked}
    with pytest.raises(UsageError, match=line) as caught:
        transcribe(CLIP, endpoint=peer.endpoint(), **asked)
    assert "\n" not in str(caught.value)
    assert not peer.requests


async def test_where_nobody_chose_a_model_one_that_can_is_asked_and_said(peer, wire):
    peer.says(wire.answering(VERBOSE), wire.answering(diarized((0, 1, "A", "Hi"))))
    endpoint, notices = peer.endpoint(model=""), []
    transcript = await transcribe(CLIP, endpoint=endpoint, words=True, on_notice=notices.append)
    assert transcript.model == "whisper-1"
    assert "whisper-1 is asked" in notices[0].text
    await transcribe(CLIP, endpoint=endpoint, diarize=True, on_notice=notices.append)
    assert form(peer.requests[1])[0]["model"] == "gpt-4o-transcribe-diarize"


async def test_what_was_asked_for_and_not_told_is_said(peer, wire):
    peer.says(wire.answering({"text": "Hi"}))
    notices = []
    endpoint = peer.endpoint(model="other")
    await transcribe(CLIP, endpoint=endpoint, words=True, segments=True, on_notice=notices.append)
    await transcribe(CLIP, endpoint=endpoint, diarize=True, on_notice=notices.append)
    assert [one.text for one in notices] == [
        "the peer told no times of words and no times of segments",
        "the peer told no speakers",
    ]


async def test_a_translation(peer, wire):
    peer.says(wire.answering({"text": "Good day."}))
    transcript = await translate_audio(CLIP, endpoint=peer.endpoint(model="whisper-1"), prompt="x")
    assert peer.requests[0].line.startswith("POST /v1/audio/translations ")
    assert form(peer.requests[0])[0] == {
        "model": "whisper-1",
        "prompt": "x",
        "response_format": "json",
    }
    assert transcript.task == "translate"
    assert "translated into English" in transcript._repr_html_()
    with pytest.raises(UsageError, match="does not translate"):
        translate_audio(CLIP, endpoint=peer.endpoint(), model="gpt-transcribe")


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        ("401 Unauthorized", "check PEER_KEY"),
        ("429 Too Many Requests", "try again"),
        ("500 Internal Server Error", "try again later"),
    ],
)
async def test_refusals_are_one_line_with_what_to_do(peer, wire, status, advice):
    peer.says(wire.refusing(status, "No.", x_should_retry="false"))
    with pytest.raises(RequestRefused, match=advice) as caught:
        await transcribe(CLIP, endpoint=peer.endpoint(model="gpt-transcribe"))
    assert "\n" not in str(caught.value)


async def test_pages_and_errors_with_200_are_no_transcripts(peer, wire):
    peer.says(
        wire.answering(b"<html>", kind="text/html"), wire.answering({"error": {"message": "no"}})
    )
    endpoint = peer.endpoint(model="gpt-transcribe")
    with pytest.raises(ConnectionFailed, match="text/html and no words"):
        await transcribe(CLIP, endpoint=endpoint)
    with pytest.raises(RequestRefused, match="no; try again"):
        await transcribe(CLIP, endpoint=endpoint)


async def test_silence_is_an_empty_transcript(peer, wire):
    peer.says(wire.answering({"text": "", "usage": DURATION}))
    transcript = await transcribe(
        AudioClip.silence(1_000, 24_000), endpoint=peer.endpoint(model="gpt-transcribe")
    )
    assert transcript.text == transcript.srt() == ""
    assert "Nothing was said" in transcript._repr_html_()
    assert len(transcript.df) == 0


async def test_a_file_goes_out_as_it_is_under_a_name_of_ours(peer, wire, tmp_path):
    peer.says(wire.answering({"text": "Hi"}))
    path = CLIP.save(tmp_path / "Salaries of Müller GmbH.mp3")
    transcript = await transcribe(path, endpoint=peer.endpoint(model="gpt-4o-transcribe"))
    _, (name, kind, data) = form(peer.requests[0])
    assert (name, kind, data) == ("sound.mp3", "audio/mpeg", path.read_bytes())
    assert transcript.sound == path
    assert transcript.clip is not None


@pytest.mark.parametrize("what", ["words", "missing", "empty", "no samples"])
async def test_what_is_no_sound_is_one_line_and_nothing_is_sent(peer, wire, tmp_path, what):
    path = tmp_path / "x.wav"
    if what != "missing":
        path.write_bytes(b"Dear diary, this is no sound." if what == "words" else b"")
    given = AudioClip.silence(0, 8_000) if what == "no samples" else path
    peer.says(wire.answering({"text": "Hi"}))
    with pytest.raises(UsageError) as caught:
        await transcribe(given, endpoint=peer.endpoint(model="gpt-transcribe"))
    assert "\n" not in str(caught.value)
    assert not peer.requests


async def test_a_cancelled_call_closes_the_connection(peer, wire):
    asked = asyncio.Event()

    async def never(_request, writer):
        peer_loop_set()
        writer.write(wire.head(kind="text/event-stream") + wire.events(*deltas("a", done=False)))
        while True:
            writer.write(b": still here\n\n")
            await writer.drain()
            await asyncio.sleep(0.01)

    loop = asyncio.get_running_loop()

    def peer_loop_set():
        loop.call_soon_threadsafe(asked.set)

    peer.says(never)
    call = transcribe(CLIP, endpoint=peer.endpoint(model="gpt-transcribe"), stream=True)
    await asyncio.wait_for(asked.wait(), 20)
    call.cancel()
    assert await asyncio.to_thread(peer.gone.wait, 20)
    with pytest.raises(ConnectionLost):
        await call


def test_saving_by_suffix(tmp_path):
    from realtime_nb.protocol.audio_api.transcript_read import read_transcript  # noqa: PLC0415

    transcript = read_transcript(json.dumps(VERBOSE))
    for suffix in ("txt", "srt", "vtt", "json"):
        assert transcript.save(tmp_path / f"x.{suffix}").stat().st_size > 10
    assert json.loads((tmp_path / "x.json").read_bytes())["words"][0]["word"] == "Hello"
    with pytest.raises(UsageError, match=r"x\.srt"):
        transcript.save(tmp_path / "x.doc")
