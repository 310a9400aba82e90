from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.interactiveshell import InteractiveShell

from realtime_nb.inspection import RealtimeLog
from realtime_nb.notebook import event_display
from realtime_nb.protocol.events import Event

if TYPE_CHECKING:
    from collections.abc import Iterator

import pytest

VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def shell() -> Iterator[Any]:
    shell = InteractiveShell()
    event_display.register(shell)
    yield shell
    event_display.unregister(shell)


def test_a_log_is_shown_as_a_table_with_html_beside_it(shell: Any) -> None:
    log = RealtimeLog(name="mine")
    log.source.append("received", Event({"type": "<b>"}), t_ms=0, size=1)
    data, _ = shell.display_formatter.format(log)
    assert VIEW in data
    assert "&lt;b&gt;" in data["text/html"]
    assert data["text/plain"] == repr(log)
    again, _ = shell.display_formatter.format(log)
    assert again[VIEW] == data[VIEW]
    event_display.unregister(shell)
    plain, _ = shell.display_formatter.format(log)
    assert VIEW not in plain
