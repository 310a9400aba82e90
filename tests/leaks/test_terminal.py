"""Nothing that anybody says steers the terminal, or the line, that it is printed in."""

from __future__ import annotations

import re
import traceback
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from IPython.lib.pretty import pretty

import realtime_nb
from realtime_nb import errors
from realtime_nb.client.endpoints.service import Endpoint
from realtime_nb.client.sound.heard import Heard
from realtime_nb.client.transport.refusals import (
    end_of,
    handshake_failed,
    http_refused,
    lost,
    refused,
)
from realtime_nb.client.turns.response import Response
from realtime_nb.inspection.realtime_log import RealtimeLog
from realtime_nb.inspection.report.html import Report
from realtime_nb.protocol.events import Event
from tests.leaks.hostile import PAYLOADS, STEERING, log_of

if TYPE_CHECKING:
    from collections.abc import Iterator

STEERS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def shown(value: Any) -> Iterator[tuple[str, str]]:
    """Yield all that a value shows by itself, and how."""
    yield "repr", repr(value)
    yield "str", str(value)
    yield "pretty", pretty(value)
    if callable(html := getattr(value, "_repr_html_", None)):
        yield "html", str(html())


def looked_at(log: RealtimeLog) -> dict[str, Any]:
    """Return everything that a log is looked at by."""
    talk = log.talk()
    return {
        "log": log,
        "records": list(log),
        "events": [record.event for record in log],
        "talk": talk,
        "conversation": talk.conversation,
        "items": realtime_nb.inspection.tables.ItemList(talk.conversation.items),
        "each item": talk.conversation.items,
        "turns": realtime_nb.inspection.tables.TurnTable(lambda: talk),
        "check": log.check(),
        "rows": log.rows(),
        "report": SimpleNamespace(_repr_html_=lambda: Report().html(talk)),
    }


@pytest.fixture(scope="module")
def hostile() -> RealtimeLog:
    return RealtimeLog(log_of(STEERING))


def test_what_is_looked_at_steers_nothing(hostile: RealtimeLog) -> None:
    for name, value in looked_at(hostile).items():
        for how, text in shown(value):
            assert len(text) > 10, (name, how)
            assert not STEERS.search(text), (name, how, STEERS.search(text))


def test_a_report_in_plain_text_steers_nothing(hostile: RealtimeLog) -> None:
    text = Report().text(hostile.talk())
    assert "red" in text
    assert not STEERS.search(text)


@pytest.mark.parametrize("payload", STEERING, ids=range(len(STEERING)))
def test_no_value_of_one_answer_steers(payload: str) -> None:
    done = Event({"type": "response.done", "response": {"id": payload, "status": payload}})
    words = {"type": "message", "content": [{"type": "output_text", "text": payload}]}
    said = Event({"type": payload, "item_id": payload, "response": {"output": [words]}})
    for value in (
        Response.from_events(done),
        Response.from_events(said),
        said,
        said.response,
        Heard((), (Response.from_events(said),), 1.0),
    ):
        for how, text in shown(value):
            assert not STEERS.search(text), (type(value), how)


@pytest.mark.parametrize("payload", STEERING, ids=range(len(STEERING)))
def test_no_error_steers_and_each_is_one_line(payload: str) -> None:
    # What is told of a service, and what it tells.
    endpoint = Endpoint("https://service.example/v1", "m", f"named {payload}")
    told = {"message": f"it said {payload}", "code": payload, "param": payload, "type": payload}
    closed = lost(endpoint.name, 3000, payload)
    raised: list[BaseException] = [
        *(getattr(errors, name)(f"so {payload}") for name in errors.__all__),
        errors.ServerError(payload, code=payload, param=payload),
        refused(told, endpoint),
        handshake_failed(OSError(payload), endpoint),
        http_refused(500, payload, endpoint),
        closed,
        end_of(closed, told, endpoint, connecting=True),
    ]
    for error in raised:
        if isinstance(error, errors.ConfigWarning):
            continue
        assert isinstance(error, errors.RealtimeError)
        lines = "".join(traceback.format_exception(error)).strip()
        rendered = "\n".join(error._render_traceback_())
        for text in (str(error), repr(error), lines, rendered):
            assert not STEERS.search(text), repr(text)
            assert "\n" not in text, repr(text)


def test_signs_that_only_join_letters_stay() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467 \u05e9\u05dc\u05d5\u05dd, na\u00efve\ttab"
    assert str(errors.RealtimeError(family)) == family
    assert str(errors.RealtimeError(" two  blanks\n  and\r\na line")) == " two  blanks and a line"


def test_markup_is_only_text_in_every_table_and_report() -> None:
    log = RealtimeLog(log_of(PAYLOADS))
    tags = re.compile(r"<\s*(?:script|iframe|object|embed|base|meta|link|form)\b", re.IGNORECASE)
    handlers = re.compile(r"<[^<>]*\son\w+\s*=", re.IGNORECASE)
    for name, value in looked_at(log).items():
        if not hasattr(value, "_repr_html_"):
            continue
        html = value._repr_html_()
        for found in (tags.search(html), handlers.search(html)):
            assert found is None, (name, html[found.start() - 100 : found.end() + 100])
        assert "evil.invalid" not in re.sub(r">[^<]*<", "><", html), name


def test_no_words_become_mathematics() -> None:
    payloads = ("$\\href{javascript:alert(1)}{press}$", "\\(x\\)", "\\begin{a}x\\end{a}", "$$x$$")
    log = RealtimeLog(log_of(payloads))
    ignored = re.compile(r'<(\w+)(?: dir="auto")? class="mathjax_ignore tex2jax_ignore">[^<]*</\1>')
    seen = 0
    for name, value in looked_at(log).items():
        if not hasattr(value, "_repr_html_"):
            continue
        html, count = ignored.subn("", value._repr_html_())
        seen += count
        words = re.sub(r"<svg .*?</svg>|<[^>]*>", "", html)
        for sign in ("$", "\\"):
            at = words.find(sign)
            assert at < 0, (name, words[max(0, at - 100) : at + 100])
    assert seen > 100
