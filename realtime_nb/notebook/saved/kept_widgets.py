"""What a notebook keeps of a timeline and of a recorder: a picture, and the last recording.

As of a chat (`saved_output`): without its kernel a widget is a line that says so, whatever else
its output holds. So there is a second output beside it, out of sight while the widget lives.
"""

# ipywidgets has no types.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import logging
import secrets
import threading
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from realtime_nb.widget import Recorder, TimelineWidget

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.audio.clip import AudioClip
    from realtime_nb.notebook.saved.output import Publish, Settings

_VIEW: Final = "application/vnd.jupyter.widget-view+json"
_KINDS: Final = (TimelineWidget, Recorder)
_EMPTY: Final = "A recorder. To record, run its cell again."

_log = logging.getLogger(__name__)


class KeptWidgets:
    """Shows widgets, and beside each what the notebook keeps of it.

    Parameters
    ----------
    settings
        Says how many bytes of sound the notebook keeps.
    publish
        As of `SavedOutput`.
    bundle_of
        Returns the mime bundle of a widget.
    """

    def __init__(
        self, settings: Settings, publish: Publish, bundle_of: Callable[[Any], dict[str, Any]]
    ) -> None:
        self._settings = settings
        self._publish = publish
        self._bundle_of = bundle_of
        self._keys: WeakKeyDictionary[Any, str] = WeakKeyDictionary()
        self._places: WeakKeyDictionary[Recorder, str] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def show(self, widget: TimelineWidget | Recorder) -> None:
        """Show a widget in the cell that runs."""
        bundle = self._bundle_of(widget)
        if _VIEW not in bundle:  # closed
            self._publish(bundle, "", update=False)
            return
        new = widget not in self._keys
        if new:
            self._keys[widget] = secrets.token_hex(8)
            widget.add_class(f"rnb-of-{self._keys[widget]}")
        kept = bundle.pop("text/html")
        # Where there is no widget, what is kept says it.
        self._publish({**bundle, "text/plain": ""}, "", update=False)
        place = f"realtime_nb-{secrets.token_hex(8)}"
        if isinstance(widget, TimelineWidget):
            self._publish(self._kept(widget, kept), place, update=False)
            return
        with self._lock:
            before, self._places[widget] = self._places.get(widget), place
            if before:  # each sound is kept once
                words = "<p>A recorder, shown again in another cell.</p>"
                self._publish(self._kept(widget, words), before, update=True)
            self._publish(self._kept(widget, f"<p>{_EMPTY}</p>"), place, update=False)
        if new:

            def follow(change: Any) -> None:
                self._follow(widget, change["new"])

            widget.observe(follow, "clip")
        self._follow(widget, widget.clip)

    def _follow(self, recorder: Recorder, clip: AudioClip | None) -> None:
        """Keep another recording; made beside the recorder, for that takes a while."""
        thread = threading.Thread(
            target=self._keep_clip, args=(recorder, clip), name="realtime_nb kept", daemon=True
        )
        thread.start()

    def _keep_clip(self, recorder: Recorder, clip: AudioClip | None) -> None:
        try:
            inner = f"<p>{_EMPTY}</p>" if clip is None else self._player(clip)
            with self._lock:
                if recorder.clip is clip:  # not overtaken by a newer one
                    bundle = self._kept(recorder, inner)
                    self._publish(bundle, self._places[recorder], update=True)
        except Exception:  # noqa: BLE001 -- the recorder goes on without it
            _log.warning("what a notebook keeps of a recorder could not be made", exc_info=True)

    def _player(self, clip: AudioClip) -> str:
        shown = clip._repr_html_()  # pyright: ignore[reportPrivateUsage] -- IPython's protocol
        if len(shown) <= int(self._settings.saved_audio_bytes):
            return shown
        return f"<p>A recording of {clip.duration_s:.1f} s, too long to keep in the notebook.</p>"

    def _kept(self, widget: TimelineWidget | Recorder, inner: str) -> dict[str, str]:
        key = self._keys[widget]
        kept, child = f".rnb-saved-{key}", ".jp-OutputArea-child"
        # JupyterLab's "model not found" holds words alone, so that it can be no widget.
        failed = ":has(> .jp-OutputArea-output.jupyter-widgets):not(:has(> .jupyter-widgets > *))"
        lives = f"body:has(.rnb-of-{key})"
        # A rule of its own for each: the second is for other pages than JupyterLab's.
        style = (
            f"{child}{failed}:has(+ * {kept}) {{ display: none; }}"
            f"{lives} {kept} {{ display: none; }}"
            f"{lives} {child}:has({kept}) {{ display: none; }}"
        )
        box = f'<div class="rnb-saved rnb-saved-{key}">{inner}</div>'
        return {
            "text/html": f"<style>{style}</style>{box}",
            "text/plain": repr(widget),
        }


def register(shell: Any, settings: Settings) -> None:
    """Have timelines and recorders leave something in a saved notebook; nothing in a terminal."""
    if getattr(shell, "kernel", None) is None:
        return

    def publish(bundle: dict[str, Any], display_id: str, *, update: bool) -> None:
        transient = {"display_id": display_id} if display_id else {}
        shell.display_pub.publish(bundle, {}, transient=transient, update=update)

    def bundle_of(widget: Any) -> dict[str, Any]:
        return shell.display_formatter.mimebundle_formatter(widget)[0]

    widgets = KeptWidgets(settings, publish, bundle_of)
    for kind in _KINDS:
        shell.display_formatter.ipython_display_formatter.for_type(kind, widgets.show)


def unregister(shell: Any) -> None:
    """Show them as they show themselves."""
    for kind in _KINDS:
        shell.display_formatter.ipython_display_formatter.pop(kind, None)
