from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from realtime_nb.bridge.pages.facts import PageFacts
from realtime_nb.notebook.transports.facts import Facts
from realtime_nb.notebook.transports.ways import ways_here

PAGE = PageFacts("http://localhost:8888", secure=True, microphone=True, webrtc=True)
HERE = Facts(
    "local practice server",
    host="127.0.0.1",
    practice=True,
    page=PAGE,
    shown=True,
    state="open",
    transport="websocket",
)
NAMES = ("websocket", "websocket, fast path", "webrtc", "webrtc --direct", "sideband", "sip")


def test_where_everything_works_each_way_says_so() -> None:
    ways = ways_here(HERE, name="chat")
    assert tuple(way.name for way in ways.ways) == NAMES
    verdicts = {way.name: way.verdict for way in ways.ways}
    assert verdicts.pop("websocket") == "in use"
    assert verdicts.pop("websocket, fast path") == "no"
    assert set(verdicts.values()) == {"works"}


@pytest.mark.parametrize(
    ("change", "name", "verdict", "said"),
    [
        ({"page": None}, "webrtc", "not known", "No open page"),
        ({"page": None}, "websocket", "in use", "recordings work"),
        ({"packages": frozenset({"openai"})}, "webrtc", "no", r'"realtime-nb\[webrtc\]"'),
        ({"packages": frozenset({"openai"})}, "webrtc --direct", "no", "aiortc"),
        ({"packages": frozenset({"openai"})}, "sideband", "no", "aiortc"),
        ({"packages": frozenset({"aiortc"})}, "sip", "no", "pip install openai"),
        ({"kind": "translation"}, "webrtc", "no", "--transport websocket"),
        ({"page": replace(PAGE, webrtc=False)}, "webrtc", "no", "RTCPeerConnection"),
        ({"page": replace(PAGE, origin="https://hub.example")}, "webrtc", "not known", "hub"),
        ({"page": replace(PAGE, microphone=False)}, "websocket", "in use", "JupyterLab"),
        ({"page": replace(PAGE, fast=True)}, "websocket, fast path", "in use", "relay"),
        ({"transport": "webrtc", "call_id": "rtc_1"}, "webrtc", "in use", "no key"),
        ({"transport": "webrtc", "call_id": "rtc_1"}, "sideband", "works", 'call_id="rtc_1"'),
        ({"transport": "webrtc-direct"}, "webrtc --direct", "in use", "ephemeral"),
        ({"ephemeral": True}, "webrtc --direct", "no", "real key"),
    ],
)
def test_what_is_missing_is_said_with_what_to_do(
    change: dict[str, Any], name: str, verdict: str, said: str
) -> None:
    way = ways_here(replace(HERE, **change), name="chat")[name]
    assert way.verdict == verdict
    assert re.search(said, f"{way.why} {way.do}")


def test_a_page_without_a_secure_origin_has_no_microphone() -> None:
    far = Facts(
        "OpenAI",
        host="api.openai.com",
        page=PageFacts("http://lab.example", secure=False, microphone=False, webrtc=True),
    )
    for name in ("websocket", "webrtc"):
        way = ways_here(far)[name]
        assert way.verdict == "in part"
        assert "https" in way.do


def test_a_telephone_wants_a_secret_unless_it_is_practised() -> None:
    away = Facts("openai")
    assert ways_here(away)["sip"].verdict == "in part"
    assert ways_here(replace(away, webhook_secret=True))["sip"].verdict == "not known"
    assert ways_here(HERE)["sip"].verdict == "works"


def test_before_any_chat_the_service_is_named_from_the_settings() -> None:
    assert Facts.of_service("", {}).practice
    assert Facts.of_service("", {"OPENAI_API_KEY": "sk-x"}).endpoint == "openai"
    ours = Facts.of_service("http://127.0.0.1:9/v1?token=abc", {})
    assert (ours.endpoint, ours.on_this_machine) == ("127.0.0.1", True)
    assert "no chat yet" in repr(ways_here(Facts.of_service("", {})))


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, _attrs: Any) -> None:
        self.tags.add(tag)


def test_what_a_page_says_is_no_markup_and_turns_no_line() -> None:
    evil = PageFacts(
        "<img src=x onerror=alert(1)>\u202e", secure=True, microphone=True, webrtc=True
    )
    ways = ways_here(replace(HERE, page=evil), name="chat")
    read = _Tags()
    read.feed(ways._repr_html_())
    assert read.tags == {"p", "table", "thead", "tbody", "tr", "th", "td", "code"}
    assert "\u202e" not in repr(ways) + ways._repr_html_()
    assert len(repr(ways).splitlines()) == 1 + len(NAMES)
