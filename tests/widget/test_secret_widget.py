from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.widget import SecretWidget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = "ek_thiskeyissecret3f9a"
MASKED = "ek_…3f9a"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    monkeypatch.setattr(SecretWidget, "send", lambda _, content: messages.append(content))
    return messages


@pytest.fixture
def make(sent: list[dict[str, Any]]) -> Iterator[Callable[..., SecretWidget]]:
    made: list[SecretWidget] = []

    def new(seconds: float = 600, reveal: Callable[[], str] = lambda: KEY) -> SecretWidget:
        made.append(SecretWidget(MASKED, int(time.time() + seconds), reveal))
        return made[-1]

    assert sent == []
    yield new
    for widget in made:
        widget.close()


def ask(widget: SecretWidget, content: Any = None) -> None:
    widget._handle_custom_msg(content or {"kind": "reveal", "client": "page"}, [])


def test_the_key_goes_only_to_the_page_that_asks(
    make: Callable[..., SecretWidget], sent: list[dict[str, Any]]
) -> None:
    widget = make()
    assert sent == []
    ask(widget, "not an object")
    ask(widget, {"kind": "hello", "client": "page"})
    assert sent == []
    ask(widget)
    assert sent == [{"kind": "key", "to": "page", "value": KEY}]


def test_nothing_that_can_be_saved_holds_the_key(
    make: Callable[..., SecretWidget], sent: list[dict[str, Any]]
) -> None:
    widget = make()
    ask(widget)
    assert sent
    bundle = str(widget._repr_mimebundle_())
    state = json.dumps(widget.get_state(), default=str)
    for shown in (bundle, state, repr(widget), str(vars(widget._drawer))):
        assert KEY not in shown
    assert MASKED in bundle
    assert widget.get_state()["_masked"] == MASKED


def test_a_closed_widget_has_forgotten_the_key(
    make: Callable[..., SecretWidget], sent: list[dict[str, Any]]
) -> None:
    widget = make()
    drawer = widget._drawer
    widget.close()
    assert drawer._reveal is None
    assert drawer.open()[0] is None
    assert not drawer._timer.is_alive() or drawer._timer.finished.is_set()
    widget.close()
    assert sent == []


def test_an_expired_key_is_forgotten_without_being_asked_for(
    make: Callable[..., SecretWidget],
) -> None:
    drawer = make(seconds=1)._drawer
    end = time.monotonic() + 20
    while drawer._reveal is not None and time.monotonic() < end:
        time.sleep(0.02)
    assert drawer._reveal is None


def test_a_computer_that_slept_gives_out_no_expired_key(
    make: Callable[..., SecretWidget], sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    widget = make()
    later = time.time() + 601
    monkeypatch.setattr("realtime_nb.widget.secret.time.time", lambda: later)
    ask(widget)
    assert sent[0]["kind"] == "no_key"
    assert "expired" in sent[0]["reason"]
    monkeypatch.undo()
    assert widget._drawer.open()[0] is None


def test_a_key_that_cannot_be_read_says_nothing_of_itself(
    make: Callable[..., SecretWidget], sent: list[dict[str, Any]]
) -> None:
    def fails() -> str:
        raise RuntimeError(f"could not decrypt {KEY}")

    ask(make(reveal=fails))
    assert sent[0]["kind"] == "no_key"
    assert KEY not in str(sent)
