"""What is billed, to the cent: published examples worked out by hand, and what is unknown."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_nb.protocol.config.models import MODELS
from realtime_nb.protocol.cost.meter import (
    BY_SOUND_SENT,
    Charge,
    CostMeter,
    Total,
    charges,
    total_of,
    usd_text,
)
from realtime_nb.protocol.cost.prices import price, read_usage
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.event_log import EventLog, Record


def usage(text=0, audio=0, image=0, *, cached=(0, 0, 0), out=(0, 0)) -> dict[str, Any]:
    names = ("text_tokens", "audio_tokens", "image_tokens")
    return {
        "total_tokens": text + audio + image + sum(out),
        "input_tokens": text + audio + image,
        "output_tokens": sum(out),
        "input_token_details": {
            **dict(zip(names, (text, audio, image), strict=True)),
            "cached_tokens": sum(cached),
            "cached_tokens_details": dict(zip(names, cached, strict=True)),
        },
        "output_token_details": dict(zip(names, out, strict=False)),
    }


def cost(told: Any, model: str):
    return price(read_usage(told), model)


# -- published examples

# developers.openai.com/api/docs/guides/realtime-costs, the example of `response.done`.
GUIDE = usage(text=119, audio=13, cached=(64, 0, 0), out=(30, 91))
# The same page, the example of a transcript ("Hi, can you hear me?", gpt-4o-transcribe).
GUIDE_TRANSCRIPT = {
    "type": "tokens",
    "total_tokens": 26,
    "input_tokens": 17,
    "input_token_details": {"text_tokens": 0, "audio_tokens": 17},
    "output_tokens": 9,
}
# github.com/openai/openai-dotnet/issues/1045, a first response of gpt-realtime-mini that found
# nearly all of its input cached, sound too.
DOTNET = usage(text=1349, audio=110, cached=(1344, 64, 0), out=(97, 299))
# community.openai.com/t/help-me-understand-the-realtime-usage-block/1060242; there of a beta
# model, here at the prices of those that are on sale.
FORUM = usage(text=313, audio=476, cached=(256, 384, 0), out=(9, 23))


@pytest.mark.parametrize(
    ("told", "model", "millionths"),
    [
        # 55 text at 4 = 220, 64 cached text at 0.40 = 25.6, 13 audio at 32 = 416,
        # 30 text out at 24 = 720, 91 audio out at 64 = 5824: 7205.6
        (GUIDE, "gpt-realtime-2.1", 7205.6),
        # the same, but text out at 16: 30 * 16 = 480 in place of 720: 6965.6
        (GUIDE, "gpt-realtime-1.5", 6965.6),
        # 17 audio at 2.50 = 42.5, 9 text out at 10 = 90: 132.5
        (GUIDE_TRANSCRIPT, "gpt-4o-transcribe", 132.5),
        # half of that
        (GUIDE_TRANSCRIPT, "gpt-4o-mini-transcribe", 66.25),
        # 5 text at 0.60 = 3, 1344 cached text at 0.06 = 80.64, 46 audio at 10 = 460,
        # 64 cached audio at 0.30 = 19.2, 97 text out at 2.40 = 232.8,
        # 299 audio out at 20 = 5980: 6775.64
        (DOTNET, "gpt-realtime-mini", 6775.64),
        # 57 text at 4 = 228, 256 cached text at 0.40 = 102.4, 92 audio at 32 = 2944,
        # 384 cached audio at 0.40 = 153.6, 9 text out at 24 = 216, 23 audio out at 64 = 1472:
        # 5116
        (FORUM, "gpt-realtime-2", 5116.0),
        # 57 at 0.60 = 34.2, 256 at 0.06 = 15.36, 92 at 10 = 920, 384 at 0.30 = 115.2,
        # 9 at 2.40 = 21.6, 23 at 20 = 460: 1566.36
        (FORUM, "gpt-realtime-2.1-mini", 1566.36),
    ],
)
def test_published_usage_costs_what_it_does_by_hand(told, model: str, millionths: float) -> None:
    found = cost(told, model)
    assert found.usd == pytest.approx(millionths / 1e6, abs=1e-12)
    assert sum(found.parts.values()) == pytest.approx(found.usd)
    assert found.reason == ""


def test_a_conversation_comes_to_the_cent() -> None:
    # The forum's turn four hundred times, by hand 400 * 0.005116 = 2.0464, and 40 minutes of
    # transcripts at 0.0045 = 0.18: two dollars and 23 cents.
    found = [cost(FORUM, "gpt-realtime-2").usd] * 400
    found.append(cost({"type": "duration", "seconds": 2400}, "gpt-transcribe").usd)
    assert usd_text(sum(found)) == "$2.23"


def test_cached_sound_is_priced_once_and_not_as_fresh_sound() -> None:
    # 10,000 tokens of sound, all but 16 of them cached: 16 * 32 + 9984 * 0.40 = 4505.6
    found = cost(usage(audio=10_000, cached=(0, 9984, 0)), "gpt-realtime-2.1")
    assert found.usd == pytest.approx(0.0045056)
    # As fresh, they would cost 71 times as much.
    assert cost(usage(audio=10_000), "gpt-realtime-2.1").usd == pytest.approx(0.32)


def test_images_have_prices_of_their_own() -> None:
    # 1000 text at 4 = 4000, 600 image at 5 = 3000, 400 cached image at 0.50 = 200: 7200
    found = cost(usage(text=1000, image=1000, cached=(0, 0, 400)), "gpt-realtime-2.1")
    assert found.usd == pytest.approx(0.0072)
    assert found.parts == pytest.approx(
        {"text_in": 0.004, "image_in": 0.003, "image_cached": 0.0002}
    )


@pytest.mark.parametrize(
    ("model", "seconds", "usd"),
    # 90 s at 0.006, 0.0045 and 0.017 a minute
    [
        ("whisper-1", 90, 0.009),
        ("gpt-transcribe", 90, 0.00675),
        ("gpt-live-transcribe", 90, 0.0255),
    ],
)
def test_transcripts_by_the_second(model: str, seconds: float, usd: float) -> None:
    assert cost({"type": "duration", "seconds": seconds}, model).usd == pytest.approx(usd)


# -- what is not known


@pytest.mark.parametrize(
    ("told", "model", "words"),
    [
        (None, "gpt-realtime-2.1", "no usage"),
        ("free", "gpt-realtime-2.1", "no usage"),
        ({}, "gpt-realtime-2.1", "no tokens"),
        ({"total_tokens": 30, "input_tokens": 20, "output_tokens": 10}, "gpt-realtime-2.1", "kind"),
        (usage(10), "gpt-of-tomorrow", "gpt-of-tomorrow"),
        (usage(10), "", "not named"),
        (usage(10), "gpt-4o-realtime-preview", "no price is known of gpt-4o-realtime-preview"),
        (usage(10, image=10), "gpt-audio-1.5", "image in"),
        (usage(audio=64, cached=(0, 64, 0)), "gpt-audio-1.5", "audio cached"),
        (usage(10, cached=(20, 0, 0)), "gpt-realtime-2.1", "more tokens are cached"),
        ({"type": "duration", "seconds": 3}, "gpt-4o-transcribe", "priced by tokens"),
        (GUIDE_TRANSCRIPT, "gpt-transcribe", "by the minute"),
        ({"type": "duration"}, "whisper-1", "seconds are not told"),
        (
            {"type": "tokens", **usage(5, 17), "output_tokens": 9},
            "gpt-4o-transcribe",
            "output tokens",
        ),
    ],
)
def test_what_cannot_be_priced_is_unknown_and_says_why(told, model: str, words: str) -> None:
    found = cost(told, model)
    assert found.usd is None
    assert words in found.reason
    assert found.parts == {}


def test_cached_tokens_of_one_kind_need_no_details_and_of_two_they_do() -> None:
    bare = usage(text=100)
    bare["input_token_details"] = {"text_tokens": 100, "audio_tokens": 0, "cached_tokens": 64}
    # 36 at 4 = 144, 64 at 0.40 = 25.6
    assert cost(bare, "gpt-realtime-2.1").usd == pytest.approx(169.6e-6)
    mixed = usage(text=100, audio=100)
    mixed["input_token_details"] = {"text_tokens": 100, "audio_tokens": 100, "cached_tokens": 64}
    assert cost(mixed, "gpt-realtime-2.1").usd is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(
    st.dictionaries(
        st.sampled_from(
            ["type", "input_tokens", "output_tokens", "input_token_details", "seconds"]
        ),
        JSON | st.dictionaries(st.sampled_from(["text_tokens", "cached_tokens"]), JSON),
    ),
    st.sampled_from([*MODELS, "", "unknown"]),
)
def test_no_usage_is_so_odd_that_it_raises_or_costs_less_than_nothing(told, model: str) -> None:
    found = cost(told, model)
    assert (found.usd is None) == bool(found.reason)
    assert found.usd is None or found.usd >= 0


COUNT = st.integers(0, 10**6)


@given(COUNT, COUNT, COUNT, COUNT, COUNT)
def test_cached_tokens_only_ever_make_it_cheaper(text, audio, cached_text, cached_audio, out):
    cached = (min(text, cached_text), min(audio, cached_audio), 0)
    fresh = cost(usage(text, audio, out=(out, out)), "gpt-realtime-2.1")
    some = cost(usage(text, audio, cached=cached, out=(out, out)), "gpt-realtime-2.1")
    assert some.usd <= fresh.usd + 1e-12
    assert some.usd >= out * 88e-6 - 1e-12


# -- a session's bill


class Log:
    def __init__(self) -> None:
        self.log = EventLog()

    def add(self, kind: str, direction="received", **fields: Any) -> Record:
        event = Event({"type": kind, **fields})
        return self.log.append(direction, event, t_ms=float(len(self.log)), size=100)

    def session(self, model="gpt-realtime-2.1", transcriber: str | None = None, **fields) -> None:
        hears = {"model": transcriber} if transcriber else None
        audio = {"input": {"transcription": hears}}
        self.add("session.updated", session={"model": model, "audio": audio, **fields})

    def done(self, rid: str, told: Any, status="completed") -> None:
        self.add("response.done", response={"id": rid, "status": status, "usage": told})

    def heard(self, item_id: str, told: Any, word="completed") -> None:
        kind = f"conversation.item.input_audio_transcription.{word}"
        self.add(kind, item_id=item_id, content_index=0, usage=told)


def test_what_was_cancelled_is_billed_as_far_as_it_was_made() -> None:
    log = Log()
    log.session()
    log.done("r1", GUIDE)
    log.done("r2", GUIDE, status="cancelled")
    log.done("r3", GUIDE, status="incomplete")
    log.done("r4", None, status="failed")
    found = charges(log.log)
    assert [one.status for one in found] == ["completed", "cancelled", "incomplete", "failed"]
    total = total_of(found)
    assert total.known_usd == pytest.approx(3 * 7205.6e-6)
    assert (total.unknown, total.usd) == (1, None)
    assert str(total) == "$0.0216 + unknown"


def test_a_response_that_is_told_twice_is_billed_once() -> None:
    log = Log()
    log.session()
    log.done("r1", GUIDE)
    log.done("r1", GUIDE)
    assert total_of(charges(log.log)).known_usd == pytest.approx(7205.6e-6)


def test_transcripts_are_billed_apart_to_the_model_that_wrote_them() -> None:
    log = Log()
    log.session(transcriber="gpt-4o-transcribe")
    log.add("input_audio_buffer.committed", item_id="a")
    log.session(transcriber="whisper-1")
    log.done("r1", GUIDE)
    log.heard("a", GUIDE_TRANSCRIPT)  # late: after the answer, and after the change
    log.add("input_audio_buffer.committed", item_id="b")
    log.heard("b", {"type": "duration", "seconds": 3})
    found = charges(log.log)
    assert [(one.kind, one.id, one.model) for one in found] == [
        ("response", "r1", "gpt-realtime-2.1"),
        ("transcription", "a", "gpt-4o-transcribe"),
        ("transcription", "b", "whisper-1"),
    ]
    assert [one.usd for one in found] == pytest.approx([7205.6e-6, 132.5e-6, 300e-6])


def test_the_model_told_in_the_log_counts_more_than_the_one_given() -> None:
    log = Log()
    log.done("r0", GUIDE)
    log.session("gpt-realtime-2.1-mini")
    log.done("r1", GUIDE)
    assert [one.model for one in charges(log.log, "gpt-realtime-2")] == [
        "gpt-realtime-2",
        "gpt-realtime-2.1-mini",
    ]


def test_the_practice_server_is_free_and_says_so() -> None:
    log = Log()
    log.session("local-demo", transcriber="gpt-transcribe")
    log.done("r1", GUIDE)
    log.heard("a", {"type": "duration", "seconds": 3})
    found = charges(log.log, free=True)
    assert [one.usd for one in found] == [0.0, 0.0]
    assert all("free" in one.note for one in found)
    assert str(total_of(found, free=True)) == "free"


def test_a_translation_is_billed_by_the_sound_sent() -> None:
    log = Log()
    log.add("session.created", session={"type": "translation", "model": "gpt-realtime-translate"})
    found = charges(log.log, kind="translation", sent_ms=90_000)
    # 1.5 minutes at 0.034
    assert [(one.kind, one.usd, one.note) for one in found] == [
        ("translation", pytest.approx(0.051), BY_SOUND_SENT)
    ]
    assert charges(log.log, kind="translation") == []


def test_a_transcriber_that_needs_no_turns_is_billed_by_the_sound_too() -> None:
    log = Log()
    log.session("", transcriber="gpt-live-transcribe", type="transcription")
    # A minute at 0.017, of which nothing has been told.
    found = charges(log.log, kind="transcription", sent_ms=60_000)
    assert [(one.kind, one.usd, one.note) for one in found] == [
        ("transcription", pytest.approx(0.017), BY_SOUND_SENT)
    ]
    # What is told of it is not billed a second time.
    log.heard("a", {"type": "duration", "seconds": 45})
    found = charges(log.log, kind="transcription", sent_ms=60_000)
    assert [one.usage.seconds for one in found] == [45, 15]
    assert total_of(found).usd == pytest.approx(0.017)
    turns = Log()
    turns.session("", transcriber="gpt-transcribe", type="transcription")
    assert charges(turns.log, kind="transcription", sent_ms=60_000) == []


def test_a_response_that_never_ended_is_of_unknown_cost() -> None:
    log = Log()
    log.session()
    for rid in ("r1", "r2"):
        log.add("response.created", response={"id": rid})
    log.done("r1", GUIDE)
    log.add("response.created", response={"id": "r1"})  # told twice
    found = charges(log.log)
    assert [(one.id, one.status) for one in found] == [("r1", "completed"), ("r2", "in_progress")]
    assert found[1].usd is None
    assert "not told" in found[1].note
    assert total_of(found).usd is None
    assert charges(log.log, free=True)[1].usd == 0


def test_the_meter_keeps_up_with_the_log() -> None:
    log = Log()
    log.session(transcriber="whisper-1")
    meter = CostMeter()
    for number in range(20):
        log.done(f"r{number}", GUIDE)
        log.heard(f"i{number}", {"type": "duration", "seconds": number})
    for record in log.log:
        meter.take(record)
    assert meter.total == total_of(charges(log.log))
    assert meter.total.as_of == MODELS["gpt-realtime-2.1"].as_of


@given(st.lists(st.tuples(st.sampled_from(sorted(("response.done", "session.updated"))), JSON)))
def test_no_event_is_so_odd_that_the_meter_raises(told) -> None:
    meter = CostMeter()
    for kind, junk in told:
        for fields in ({"response": junk, "session": junk}, {"response": {"id": junk}}):
            meter.take(Record(0, 0.0, "received", 1, Event({"type": kind, **fields})))
    assert meter.total.known_usd == 0


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        (0, "$0.00"),
        (1e-6, "<$0.0001"),
        (0.0072056, "$0.0072"),
        (0.5, "$0.50"),
        (1234.5, "$1,234.50"),
    ],
)
def test_amounts_for_people(usd: float, text: str) -> None:
    assert usd_text(usd) == text


def test_nothing_known_is_shown_as_unknown_and_not_as_nought() -> None:
    unknown = Total().plus(Charge(kind="response", note="no price is known"))
    assert str(unknown) == "unknown"
    assert str(Total()) == "$0.00"
