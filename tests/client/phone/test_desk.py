"""Webhooks at the desk: taken once, told apart, and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.client.phone.desk import LARGEST_BODY, WebhookDesk
from tests.client.phone.webhooks import CALL_ID, SECRET, incoming, signed

if TYPE_CHECKING:
    from realtime_nb.client.phone.incoming import Incoming


class Line:
    """Notes what a desk tells."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.notices: list[str] = []
        self.broken = False
        self.desk = WebhookDesk(Secret(SECRET), self.rings, self.notices.append)

    def rings(self, call: Incoming) -> None:
        if self.broken:
            raise RuntimeError(f"broken, and {SECRET}")
        self.calls.append(call.call_id)


@pytest.fixture
def line() -> Line:
    return Line()


def test_a_call_rings_once_however_often_it_is_delivered(line: Line) -> None:
    webhook = signed(incoming())
    assert line.desk.take(*webhook).status == 200
    assert [line.desk.take(*webhook).status for _ in range(3)] == [200] * 3
    assert line.calls == [CALL_ID]
    assert line.desk.counts == {"taken": 1, "repeated": 3}
    assert line.notices == []


def test_another_delivery_of_the_same_body_is_another_webhook(line: Line) -> None:
    line.desk.take(*signed(incoming()))
    line.desk.take(*signed(incoming("rtc_other"), webhook_id="wh_2"))
    assert line.calls == [CALL_ID, "rtc_other"]


def test_a_forged_one_takes_no_ids_away(line: Line) -> None:
    body, headers = signed(incoming())
    assert line.desk.take(b"{}", headers).status == 400
    assert line.desk.take(body, headers).status == 200
    assert line.calls == [CALL_ID]
    assert line.desk.refusals.startswith("A webhook was refused (400)")


def test_forged_ones_push_nothing_out_and_have_one_line_in_all() -> None:
    now_s, told = [0.0], list[float]()
    line = Line()
    desk = WebhookDesk(
        Secret(SECRET),
        line.rings,
        line.notices.append,
        on_refusal=lambda: told.append(now_s[0]),
        clock=lambda: now_s[0],
    )
    assert desk.refusals == ""
    body, headers = signed(incoming())
    for at in range(1_000):
        now_s[0] = at / 100
        desk.take(b"{}", headers)
    assert line.notices == []
    assert desk.refusals.startswith("1,000 webhooks were refused, the last one (400): ")
    assert len(told) == 10
    assert desk.take(body, headers).status == 200


def test_the_live_api_and_unknown_types_are_ignored_and_said(line: Line) -> None:
    live = {**incoming(), "type": "live.transport.incoming"}
    assert line.desk.take(*signed(live, webhook_id="1")).status == 200
    assert line.desk.take(*signed({"type": "batch.\u202edone"}, webhook_id="2")).status == 200
    assert line.desk.take(*signed({"type": ["?"]}, webhook_id="3")).status == 200
    assert line.calls == []
    assert "Live API" in line.notices[0]
    assert "\u202e" not in line.notices[1]
    assert "batch." in line.notices[1]
    assert line.desk.counts["ignored"] == 3


def test_what_is_too_large_is_not_even_checked(line: Line) -> None:
    answer = line.desk.take(b" " * (LARGEST_BODY + 1), {})
    assert answer.status == 413
    assert "256 KiB" in answer.text


def test_one_that_could_not_be_taken_may_come_again(line: Line) -> None:
    webhook = signed(incoming())
    line.broken = True
    answer = line.desk.take(*webhook)
    assert answer.status == 503
    assert SECRET not in answer.text
    line.broken = False
    assert line.desk.take(*webhook).status == 200
    assert line.calls == [CALL_ID]
