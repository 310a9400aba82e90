"""A conversation as HTML: readable, escaped, bounded, each sound in it once."""

from __future__ import annotations

import base64
import html
import io
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from realtime_nb.audio.clip import AudioClip
from realtime_nb.bridge.recording.lanes import Part
from realtime_nb.bridge.recording.notes import Notes
from realtime_nb.inspection import Talk
from realtime_nb.inspection.report import html as report_module
from realtime_nb.inspection.report import sound as report_sound
from realtime_nb.inspection.report.html import Report, report_html
from realtime_nb.inspection.report.sound import Players
from realtime_nb.protocol.conversation.items import MAX_PARTS
from realtime_nb.protocol.conversation.reducer import Conversation
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.event_log import EventLog
from realtime_nb.protocol.shown_text import clipped, clock, escaped, visible

FORM = ("audio/pcm", 24_000, 1)
SECOND = 24_000


class Spoken:
    """A talk that is told turn by turn, with sound and notes as a session would have them."""

    def __init__(self) -> None:
        self.log = EventLog()
        self.conversation = Conversation()
        self.notes = Notes()
        self.t_ms = 0.0
        self.last = ""
        self.receive({"type": "session.created", "session": {"type": "realtime"}})

    def receive(self, event: dict[str, object], direction: str = "received") -> None:
        self.t_ms += 1
        one = Event(event)
        record = self.log.append(direction, one, t_ms=self.t_ms, size=len(str(event)))
        self.conversation.apply(direction, one, self.t_ms)
        self.notes.last_seq = record.seq

    def item(self, item_id: str, role: str, text: str, **more: object) -> None:
        content = [{"type": "input_text" if role == "user" else "output_text", "text": text}]
        wire = {"id": item_id, "type": "message", "role": role, "content": content, **more}
        self.receive(
            {"type": "conversation.item.added", "previous_item_id": self.last or None, "item": wire}
        )
        self.receive({"type": "conversation.item.done", "item": wire})
        self.last = item_id

    def user(self, item_id: str, seconds: float, pitch: float, text: str = "asked") -> None:
        first = self.notes.user.audio_ms
        for _ in range(round(seconds * 10)):
            sound = base64.b64encode(tone(0.1, pitch).tobytes()).decode()
            self.t_ms += 99
            self.receive({"type": "input_audio_buffer.append", "audio": sound}, "sent")
            seq = self.notes.last_seq
            self.notes.user.add(seq, self.t_ms, 4800, 100.0, FORM)
        self.notes.turns[item_id] = (first, self.notes.user.audio_ms)
        self.receive({"type": "input_audio_buffer.committed", "item_id": item_id})
        self.item(item_id, "user", text)

    def answer(self, item_id: str, seconds: float, pitch: float, text: str = "told") -> Part:
        response = {"id": f"r-{item_id}", "conversation_id": "c", "status": "in_progress"}
        self.receive({"type": "response.created", "response": response})
        self.item(item_id, "assistant", text)
        part = self.notes.parts[item_id, 0] = Part(FORM, self.t_ms)
        for _ in range(round(seconds * 10)):
            sound = tone(0.1, pitch).tobytes()
            self.receive(
                {
                    "type": "response.output_audio.delta",
                    "response_id": f"r-{item_id}",
                    "item_id": item_id,
                    "content_index": 0,
                    "delta": base64.b64encode(sound).decode(),
                }
            )
            part.size += len(sound)
            part.ms += 100.0
        self.receive({"type": "response.done", "response": {**response, "status": "completed"}})
        self.t_ms += seconds * 1000
        return part

    @property
    def talk(self) -> Talk:
        return Talk(self.log, self.conversation, self.notes.copy(), model="m", name="chat")


def tone(seconds: float, pitch: float) -> np.ndarray:
    times = np.arange(round(seconds * SECOND)) / SECOND
    return (8000 * np.sin(2 * np.pi * pitch * times)).astype("<i2")


def pitch_of(uri: str) -> tuple[float, float]:
    """Return the strongest frequency of a player's sound, and its length in seconds."""
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(uri.partition(",")[2])))
    power = np.abs(np.fft.rfft(samples))
    return float(np.argmax(power)) * rate / len(samples), len(samples) / rate


class Reader(HTMLParser):
    """What a browser would make of it: tags, attributes, and whether all are closed."""

    EMPTY = frozenset({"br", "img"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.EMPTY:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_it_tells_the_conversation_with_a_player_for_each_turn() -> None:
    told = Spoken()
    told.user("u1", 1.0, 300, "What is it?")
    told.answer("a1", 2.0, 700, "It is this.")
    report = Report()
    report.gather(told.talk)
    page = Reader(report.html(told.talk))
    assert page.text.index("What is it?") < page.text.index("It is this.")
    assert page.tags.count("audio") == 2
    for item_id, pitch, seconds in (("u1", 300, 1.0), ("a1", 700, 2.0)):
        heard, length = pitch_of(report.players.by_item[item_id].uri)
        assert heard == pytest.approx(pitch, abs=2)
        assert length == pytest.approx(seconds, abs=0.05)
    text = report.text(told.talk)
    assert "You: What is it?\nAssistant: It is this." in text
    assert "chat" in text.splitlines()[0]


def test_what_was_not_heard_is_struck_and_its_sound_is_not_kept() -> None:
    told = Spoken()
    part = told.answer("a1", 4.0, 500, "one two three four five six seven eight")
    told.receive(
        {
            "type": "conversation.item.truncated",
            "item_id": "a1",
            "content_index": 0,
            "audio_end_ms": 2000,
        }
    )
    part.cut_ms = 2000.0
    report = Report()
    report.gather(told.talk)
    text = report.html(told.talk)
    heard, struck = re.split("<del[^>]*>", text)
    assert "four" in heard
    assert "five" in struck.partition("</del>")[0]
    assert "cut off after 2.0 s" in Reader(text).text
    assert report.players.by_item["a1"].duration_ms == pytest.approx(2000, abs=1)
    assert "[not heard: five six seven eight]" in report.text(told.talk)


def test_a_turn_cut_later_has_its_sound_made_anew() -> None:
    told = Spoken()
    part = told.answer("a1", 3.0, 500)
    players = Players()
    players.gather(told.talk)
    before = players.by_item["a1"]
    players.gather(told.talk)
    assert players.by_item["a1"] is before
    part.cut_ms = 1000.0
    players.gather(told.talk)
    assert players.by_item["a1"].duration_ms == pytest.approx(1000, abs=1)


def test_as_it_grows_it_is_the_same_as_made_at_once() -> None:
    told = Spoken()
    grown = Players()
    for turn in range(6):
        told.user(f"u{turn}", 0.5, 200 + 100 * turn)
        grown.gather(told.talk)
        told.answer(f"a{turn}", 1.0, 250 + 100 * turn)
        if turn % 2:
            grown.gather(told.talk)
    grown.gather(told.talk)
    whole = Players()
    whole.gather(told.talk)
    assert len(whole.by_item) == 12
    assert {k: p.uri for k, p in grown.by_item.items()} == {
        k: p.uri for k, p in whole.by_item.items()
    }


def test_past_the_limit_the_oldest_turns_have_no_player_and_the_report_says_so() -> None:
    told = Spoken()
    for turn in range(8):
        told.answer(f"a{turn}", 2.0, 300 + turn)
    size = Players()
    size.gather(told.talk)
    limit = size.size // 2
    for report in (Report(limit), Report(limit)):
        report.gather(told.talk)
        text = report.html(told.talk)
        kept = sorted(report.players.by_item)
        assert 0 < len(kept) < 8
        assert kept == [f"a{turn}" for turn in range(8 - len(kept), 8)]
        assert sum(len(uri) for uri in re.findall('<audio[^>]* src="([^"]*)"', text)) <= limit
        assert f"{8 - len(kept)} turns without a player" in Reader(text).text
        assert text.count("over the limit") == 8 - len(kept)
    nothing = report_html(told.talk, limit_bytes=0)
    assert "<audio" not in nothing
    assert "told" in nothing


def test_with_a_higher_limit_those_left_out_come_back() -> None:
    told = Spoken()
    for turn in range(4):
        told.answer(f"a{turn}", 1.0, 300 + turn)
    players = Players(0)
    players.gather(told.talk)
    assert players.left_out == {"a0", "a1", "a2", "a3"}
    players.limit_bytes = 2_000_000
    players.gather(told.talk)
    assert set(players.by_item) == {"a0", "a1", "a2", "a3"}
    assert players.left_out == set()


def test_each_sound_is_there_once_and_nothing_is_fetched() -> None:
    told = Spoken()
    told.user("u1", 1.0, 300)
    told.answer("a1", 1.0, 600)
    text = report_html(told.talk)
    uris = re.findall('<audio[^>]* src="([^"]*)"', text)
    assert len(uris) == len(set(uris)) == 2
    assert all(uri.startswith("data:audio/") for uri in uris)
    assert all(text.count(uri[-200:]) == 1 for uri in uris)
    page = Reader(text)
    fetched = [value for name, value in page.attributes if name in ("src", "href", "srcset")]
    assert all(value.startswith("data:") for value in fetched)
    assert not {"script", "link", "iframe", "object", "a", "form"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name == "href"]


def test_without_the_library_it_is_the_telephones_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_sound, "_soundfile", lambda: None)
    told = Spoken()
    told.answer("a1", 1.03, 600)
    players = Players()
    players.gather(told.talk)
    uri = players.by_item["a1"].uri
    assert uri.startswith("data:audio/wav;")
    clip = AudioClip.read(base64.b64decode(uri.partition(",")[2]))
    assert clip.rate == 8000
    assert clip.duration_ms == pytest.approx(1000, abs=40)
    assert pitch_of(uri)[0] == pytest.approx(600, abs=2)


def test_it_has_the_timeline_as_a_picture_and_the_cost() -> None:
    told = Spoken()
    told.user("u1", 1.0, 300)
    told.answer("a1", 1.0, 600)
    page = Reader(report_html(told.talk))
    (source,) = [value for name, value in page.attributes if str(value).startswith("data:image")]
    picture = ET.fromstring(base64.b64decode(source.partition(",")[2]))  # noqa: S314 -- ours
    assert picture.tag.endswith("svg")
    (alt,) = [value for name, value in page.attributes if name == "alt"]
    assert ("style", "overflow-x: auto") in page.attributes  # no wider than a narrow page
    assert re.fullmatch(r"Timeline of chat: 0:0\d\.\d", alt)
    assert "cost unknown" in page.text
    free = Talk(told.log, told.conversation, told.notes, name="chat", practice=True)
    assert "free" in Reader(report_html(free)).text


def test_while_a_talk_goes_on_its_picture_is_not_drawn_with_every_report() -> None:
    told = Spoken()
    told.answer("a1", 1.0, 400)
    report = Report()
    report.gather(told.talk)
    drawn = re.findall('src="(data:image[^"]*)"', report.html(told.talk, whole=False))
    assert len(drawn) == 1
    report.picture.rest_until = float("inf")
    told.answer("a2", 1.0, 500, "later")
    report.gather(told.talk)
    spared = report.html(told.talk, whole=False)
    assert drawn[0] in spared
    assert "later" in spared
    assert re.search(r"Timeline up to 0:0\d\.\d, the rest follows", spared)
    assert report.picture.behind
    whole = report.html(told.talk)
    assert drawn[0] not in whole
    assert "the rest follows" not in whole
    assert not report.picture.behind


def test_sound_that_the_log_let_go_is_no_player() -> None:
    told = Spoken()
    told.log.max_audio_bytes = 100_000
    told.answer("a1", 1.0, 400)
    told.answer("a2", 3.0, 500)
    players = Players()
    players.gather(told.talk)
    assert set(players.by_item) == {"a2"}


NASTY = (
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    '"><svg onload=alert(3)>',
    "</bdi></div></del><h1>loud</h1>",
    "a\x00b\x1b[31mc\x9bd\x7f",
    "abc\u202edef\u2066ghi",
    "half \ud800 a pair",
    "&lt;b&gt; &amp;",
)


@pytest.mark.parametrize("nasty", NASTY)
def test_nothing_anybody_says_is_markup(nasty: str) -> None:
    plain = Spoken()
    hostile = Spoken()
    for told, text in ((plain, "words"), (hostile, nasty)):
        told.item("u1", "user", text)
        wire = {"id": "f1", "type": "function_call", "name": text, "arguments": text}
        told.receive({"type": "conversation.item.added", "item": wire})
        told.receive({"type": text or "x"})
        told.receive(
            {
                "type": "conversation.item.input_audio_transcription.failed",
                "item_id": "u1",
                "error": {"message": text},
            }
        )
    pages: list[Reader] = []
    for told, text in ((plain, "words"), (hostile, nasty)):
        row = {"path": text, "requested": {text: text}, "effective": text, "verdict": text}
        talk = Talk(
            told.log,
            told.conversation,
            model=text,
            name=text,
            config_rows=[{**row, "note": text, "origin": ""}],
        )
        made = report_html(talk)
        made.encode()  # nothing in it that UTF-8 cannot hold
        assert not re.search("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", made)
        pages.append(Reader(made))
    assert pages[0].tags == pages[1].tags
    assert pages[0].attributes == pages[1].attributes


@pytest.mark.parametrize("odd", [None, 3, -1.5, True, [1, [2]], {"a": {"b": "<i>"}}, "", "x"])
def test_a_service_that_sends_anything_has_a_report_all_the_same(odd: object) -> None:
    told = Spoken()
    wire = dict.fromkeys(("type", "role", "status", "name", "arguments", "output"), odd)
    told.item("u1", "user", "before")
    for number, item in enumerate((wire, {**wire, "type": "message"}, {**wire, "role": "user"})):
        told.receive({"type": "conversation.item.added", "item": {**item, "id": f"i{number}"}})
    told.receive({"type": "conversation.item.truncated", "item_id": "u1", "audio_end_ms": odd})
    told.receive({"type": "response.done", "response": {"usage": odd, "status": odd}})
    told.item("u2", "user", "after")
    report = Report()
    report.gather(told.talk)
    page = Reader(report.html(told.talk))
    assert "before" in report.text(told.talk)
    assert "after" in page.text
    assert "i" not in page.tags


def test_a_megabyte_in_one_line_and_ten_thousand_items_are_bounded() -> None:
    told = Spoken()
    told.item("u1", "user", "x" * 1_000_000)
    assert len(report_html(told.talk)) < 2 * report_module.LONGEST_TEXT
    assert "1,000,000 characters" in Reader(report_html(told.talk)).text
    for number in range(2000):
        told.item(f"u{number + 2}", "user", f"line {number}")
    page = Reader(report_html(told.talk))
    assert "line 1999" in page.text
    assert "line 3 " not in page.text
    assert "1,601 earlier items are not shown." in page.text


def test_an_mcp_servers_list_calls_and_leave_are_told() -> None:
    spoken = Spoken()
    tools = [{"name": "search", "input_schema": {}}, {"name": "fetch", "input_schema": {}}]
    call = {"server_label": "docs", "name": "search", "arguments": '{"q": 1}'}
    for wire in (
        {"id": "l", "type": "mcp_list_tools", "server_label": "docs", "tools": tools},
        {"id": "r", "type": "mcp_approval_request", **call},
        {"id": "a", "type": "mcp_approval_response", "approval_request_id": "r", "approve": False},
        {"id": "c", "type": "mcp_call", "error": {"type": "x", "message": "refused"}, **call},
    ):
        spoken.receive({"type": "conversation.item.added", "item": wire})
    lines = Report().text(spoken.talk).splitlines()
    assert lines[1:] == [
        "MCP list tools docs: search, fetch",
        'MCP approval request docs search: {"q": 1}',
        "MCP approval response: (denied)",
        'MCP call docs search: {"q": 1} (refused)',
    ]


def test_calls_images_and_fields_are_bounded() -> None:
    told = Spoken()
    for number in range(390):
        wire = {"id": f"f{number}", "type": "function_call", "name": "f", "call_id": "c"}
        wire["arguments"] = "y" * 100_000
        told.receive({"type": "conversation.item.added", "item": wire})
    content = [{"type": "input_image", "image_url": "data:,"} for _ in range(5000)]
    wire = {"id": "u1", "type": "message", "role": "user", "content": content}
    told.receive({"type": "conversation.item.added", "item": wire})
    row = {"requested": 1, "effective": 1, "verdict": "", "note": "", "origin": ""}
    rows = [{"path": f"odd.f{number}", **row} for number in range(20_000)]
    made = report_html(Talk(told.log, told.conversation, config_rows=rows))
    assert made.count("y") < 1.1 * report_module.MOST_TEXT
    assert f"{MAX_PARTS:,} images" in made
    assert "19,700 more fields" in made
    assert len(made) < 2 * report_module.MOST_TEXT


def test_the_settings_and_the_events_are_counted() -> None:
    told = Spoken()
    told.answer("a1", 1.0, 400)
    rows = [
        {
            "path": "audio.output.voice",
            "requested": "marin",
            "effective": "cedar",
            "verdict": "changed by the service",
            "note": "because",
            "origin": "",
        }
    ]
    page = Reader(report_html(Talk(told.log, told.conversation, config_rows=rows)))
    assert "changed by the service: because" in page.text
    assert f"{len(told.log):,} events" in page.text
    assert "response.output_audio.delta" in page.text


@given(st.text(st.characters(codec=None), max_size=40), st.integers(0, 20))
def test_any_text_can_be_shown_and_written(text: str, longest: int) -> None:
    shown = escaped(text, longest)
    shown.encode()
    page = Reader(shown)
    assert page.tags == ["bdi"]
    assert page.text == html.unescape(html.escape(visible(clipped(text, longest))))


def test_words_of_time_and_length() -> None:
    assert clock(62_340) == "1:02.3"
    assert clock(3_600_000) == "1:00:00.0"
    assert clock(59_960) == "1:00.0"
    assert clipped("abcdef", 3) == "abc … (6 characters)"
    assert visible("a\r\nb\tc") == "a\nb\tc"
