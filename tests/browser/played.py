"""How much of an answer a page has played, by what reached its loudspeaker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from tests.browser.harness import NotebookPage

# Of the last answer that was cut: where, and its sound.
LAST_CUT = """\
import base64
cut = [r.event for r in chat.events if r.event.type == "conversation.item.truncate"][-1]
pcm = b"".join(r.event.audio for r in chat.events
               if r.event.type == "response.output_audio.delta" and r.event.item_id == cut.item_id)
print(cut.item_id, cut.audio_end_ms, base64.b64encode(pcm).decode())"""


def heard_ms(notebook: NotebookPage) -> float:
    """Return for how long there has been sound."""
    heard = notebook.ears.heard_in_each()
    loud = [np.flatnonzero(np.abs(one.samples) > 1e-5) for one in heard]
    return max((1000 * (one[-1] - one[0]) / 24_000 for one in loud if len(one)), default=0.0)


def played_ms(notebook: NotebookPage, answer: Any) -> tuple[float, float]:
    """Return the least and the most of an answer that the page can have played.

    Silent samples look alike everywhere, so only those that are not zero are compared.

    Parameters
    ----------
    notebook
        The page.
    answer
        The answer's samples, int16.
    """
    heard = notebook.ears.heard()
    assert heard.rate == 24_000
    let_out = np.round(heard.samples * 32768).astype(np.int32)
    let_out = let_out[let_out != 0]
    places = np.flatnonzero(answer)
    both = min(len(let_out), len(places))
    differs = np.flatnonzero(let_out[:both] != answer[places[:both]])
    alike = int(differs[0]) if len(differs) else both
    assert alike > 0
    latest = places[alike] if alike < len(places) else len(answer)
    return (int(places[alike - 1]) + 1) / 24, int(latest) / 24
