"""What sound a clip leaves in a saved notebook."""

from __future__ import annotations

import pytest

from realtime_nb.audio.clip import AudioClip


@pytest.mark.parametrize(
    ("ms", "kind"), [(500, "audio/wav"), (1000, "audio/wav"), (1500, "audio/mpeg")]
)
def test_a_clip_of_more_than_a_second_is_small_in_a_notebook(ms: float, kind: str) -> None:
    shown = AudioClip.silence(ms, 24_000)._repr_html_()
    assert f'src="data:{kind};base64,' in shown
    assert len(shown) < 100_000
