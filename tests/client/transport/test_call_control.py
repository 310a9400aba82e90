"""Calls over HTTP: what is asked, what may be asked, and what comes of refusals."""

from __future__ import annotations

import pytest

from realtime_nb.client.endpoints.endpoint import Endpoint
from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.client.posting import Answer
from realtime_nb.client.transport import call_control
from realtime_nb.client.transport.call_control import (
    accept_call,
    call_id_in,
    hang_up_call,
    refer_call,
    reject_call,
)
from realtime_nb.errors import ConnectionFailed, EndpointError, ServerError, UsageError

KEY = "sk-very-secret-123"
ENDPOINT = Endpoint("https://host/v1", "gpt-realtime-2.1", "the service", api_key=Secret(KEY))


@pytest.fixture
def asked(monkeypatch):
    """What was posted; the service agrees to all of it."""
    found = []

    def post(_endpoint, path, body, _timeout_s):
        found.append((path, body))
        return Answer(200, {})

    monkeypatch.setattr(call_control, "post", post)
    monkeypatch.setattr(call_control, "post_body", post)
    return found


def test_a_call_is_taken_refused_sent_on_and_ended(asked):
    accept_call(ENDPOINT, "rtc_1", {"instructions": "Be brief."})
    reject_call(ENDPOINT, "rtc_2")
    reject_call(ENDPOINT, "rtc_2", 486)
    refer_call(ENDPOINT, "rtc_3", "tel:+15550100")
    hang_up_call(ENDPOINT, "rtc_4")
    session = {"type": "realtime", "model": "gpt-realtime-2.1", "instructions": "Be brief."}
    assert asked[:4] == [
        ("/realtime/calls/rtc_1/accept", session),
        ("/realtime/calls/rtc_2/reject", {"status_code": 603}),
        ("/realtime/calls/rtc_2/reject", {"status_code": 486}),
        ("/realtime/calls/rtc_3/refer", {"target_uri": "tel:+15550100"}),
    ]
    path, body = asked[4]
    assert (path, body.content) == ("/realtime/calls/rtc_4/hangup", b"")


def test_an_id_is_one_part_of_a_path(asked):
    hang_up_call(ENDPOINT, "../../keys?x=1#")
    assert asked[0][0] == "/realtime/calls/..%2F..%2Fkeys%3Fx%3D1%23/hangup"


@pytest.mark.parametrize(
    "ask",
    [
        lambda: hang_up_call(ENDPOINT, ""),
        lambda: hang_up_call(ENDPOINT, "rtc_\r\nHost: x"),
        lambda: reject_call(ENDPOINT, "rtc_1", 200),
        lambda: reject_call(ENDPOINT, "rtc_1", True),
        lambda: refer_call(ENDPOINT, "rtc_1", "+15550100"),
        lambda: refer_call(ENDPOINT, "rtc_1", "tel:+1\r\nX: y"),
    ],
)
def test_what_cannot_be_is_not_asked(asked, ask):
    with pytest.raises(UsageError):
        ask()
    assert asked == []


def test_a_translation_is_no_call(asked):
    with pytest.raises(EndpointError, match="--transport websocket"):
        accept_call(ENDPOINT, "rtc_1", {"type": "translation"})
    assert asked == []


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [
        (400, ServerError, "the field is wrong"),
        (404, ConnectionFailed, "HTTP 404"),
        (500, ConnectionFailed, "HTTP 500"),
        (302, ConnectionFailed, "HTTP 302"),
    ],
)
def test_a_refusal_says_what_was_wrong_without_the_key(monkeypatch, status, error, said):
    told = {"error": {"message": f"the field\nis wrong {KEY}", "param": "session.x"}}
    monkeypatch.setattr(call_control, "post", lambda *_: Answer(status, told))
    with pytest.raises(error, match=said) as refused:
        accept_call(ENDPOINT, "rtc_1")
    assert KEY not in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("failure", "said"),
    [(TimeoutError(), "did not answer in time"), (ConnectionError("gone"), r"\(gone\)")],
)
def test_a_service_out_of_reach_is_one_line(monkeypatch, failure, said):
    def post(*_):
        raise failure

    monkeypatch.setattr(call_control, "post", post)
    with pytest.raises(ConnectionFailed, match=said):
        reject_call(ENDPOINT, "rtc_1")


def test_a_config_that_json_cannot_hold_is_told():
    with pytest.raises(UsageError, match="JSON cannot"):
        call_control.create_call(ENDPOINT, "v=0\r\n", {"instructions": object()})


@pytest.mark.parametrize(
    ("location", "call_id"),
    [
        ("/v1/realtime/calls/rtc_1", "rtc_1"),
        ("https://host/v1/realtime/calls/rtc_1/?x=2", "rtc_1"),
        ("", ""),
        ("/", ""),
        ("/v1/realtime/calls?id=rtc_1", ""),
        ("/calls/rtc_é", ""),
        ("/calls/" + "x" * 300, ""),
    ],
)
def test_the_id_of_a_call_is_the_end_of_its_location(location, call_id):
    assert call_id_in(location) == call_id
