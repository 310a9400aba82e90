"""How much sound results leave in a notebook: the newest, and the words of the rest."""

from __future__ import annotations

from typing import Any

from realtime_nb.audio.clip import AudioClip
from realtime_nb.notebook.sound.kept import KeptSound, sound_bytes


def result(ms: float) -> dict[str, Any]:
    html = AudioClip.silence(ms, 24_000)._repr_html_()
    return {"text/html": f"<p>words</p>{html}", "text/plain": "words"}


class Notebook:
    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.shown: dict[str, dict[str, Any]] = {}
        self.kept = KeptSound(lambda: self.limit, self._replace)

    def show(self, place: str, bundle: dict[str, Any], cell: str = "", run: str = "") -> None:
        self.shown[place] = self.kept.fitted(bundle, place, cell, run)

    def _replace(self, bundle: dict[str, Any], place: str) -> None:
        self.shown[place] = bundle

    @property
    def with_sound(self) -> list[str]:
        return [place for place, bundle in self.shown.items() if sound_bytes(bundle)]


def test_the_oldest_lose_their_sound_and_keep_their_words() -> None:
    one = result(1000)
    notebook = Notebook(2 * sound_bytes(one))
    for place in ("a", "b", "c"):
        notebook.show(place, result(1000))
    assert notebook.with_sound == ["b", "c"]
    assert notebook.kept.size <= notebook.limit
    left = notebook.shown["a"]["text/html"]
    assert "<p>words</p>" in left
    assert "saved_audio_bytes" in left
    assert "data:audio" not in left


def test_what_is_over_the_limit_alone_takes_nobodys_place() -> None:
    notebook = Notebook(sound_bytes(result(500)))
    notebook.show("a", result(500))
    notebook.show("b", result(900))
    assert notebook.with_sound == ["a"]


def test_a_cell_that_runs_again_counts_once() -> None:
    notebook = Notebook(2 * sound_bytes(result(1000)))
    notebook.show("other", result(1000), "1")
    for place in ("a", "b", "c"):
        notebook.show(place, result(1000), "2")
    assert "other" in notebook.with_sound


def test_none_is_kept_where_none_is_wanted() -> None:
    notebook = Notebook(0)
    notebook.show("a", result(100))
    notebook.show("b", {"text/plain": "words"})
    assert notebook.with_sound == []
    assert notebook.shown["b"] == {"text/plain": "words"}


def test_several_results_of_one_run_all_count() -> None:
    notebook = Notebook(2 * sound_bytes(result(1000)))
    for place in ("a", "b", "c"):
        notebook.show(place, result(1000), "cell", "first run")
    assert notebook.with_sound == ["b", "c"]
    notebook.show("d", result(1000), "cell", "second run")
    assert notebook.kept.size == sound_bytes(result(1000))
