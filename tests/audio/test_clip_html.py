"""What sound a clip leaves in a saved notebook."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realtime_nb.audio.clip import AudioClip


@pytest.mark.parametrize(
    ("ms", "kind"), [(500, "audio/wav"), (1000, "audio/wav"), (1500, "audio/mpeg")]
)
def test_a_clip_of_more_than_a_second_is_small_in_a_notebook(ms: float, kind: str) -> None:
    shown = AudioClip.silence(ms, 24_000)._repr_html_()
    assert f'src="data:{kind};base64,' in shown
    assert len(shown) < 100_000


def captioned(words: str) -> AudioClip:
    return replace(AudioClip.silence(100, 24_000), caption=words)


def test_a_caption_turns_nothing_around_it() -> None:
    clip = captioned("<b>\u202eabc\n\x07\ud800")
    shown = clip._repr_html_()
    inside = shown.partition('tex2jax_ignore">')[2].partition("</bdi></small></figcaption>")[0]
    assert inside.startswith("&lt;b&gt;⟨U+202E⟩abc ⟨U+0007⟩⟨U+D800⟩")
    assert 'aria-label="&lt;b&gt;⟨U+202E⟩abc' in shown
    assert "\u202e" not in shown
    shown.encode()
