"""Whatever holds a picture, as a `Picture` small enough to be sent.

What is a PNG or JPEG already, of a size that fits, goes as it is, but for what the file tells
beside the picture: see `stripped`. All else needs Pillow, but for arrays that fit: a PNG of
those is written here.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from realtime_nb.errors import UsageError
from realtime_nb.protocol.images.arrays import as_pixels, encode_png
from realtime_nb.protocol.images.picture import JPEG, PNG, Picture
from realtime_nb.protocol.images.pillow import PillowImage, fitted, opened
from realtime_nb.protocol.images.stripped import without_metadata

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_SIDE: Final = 2048
"""Pixels of the longer side that are sent; services look at no more."""
LARGEST_FILE: Final = 64_000_000
"""Bytes of a file that is read at all."""
_TAKES: Final = "a figure, a PIL image, an array, the path or bytes of a PNG or JPEG, or a data URL"


def read_picture(source: Any, *, max_side: int = MAX_SIDE) -> Picture:
    """Return a picture ready to be sent; what is too large is scaled, and says so.

    Parameters
    ----------
    source
        A matplotlib figure or axes, a PIL image, an array of shape (h, w), (h, w, 3) or
        (h, w, 4), uint8 or floats 0..1 or bool, the path, bytes or ``data:`` URI of a PNG or
        JPEG, or anything that shows itself in a cell as one (``_repr_png_``).
    max_side
        Pixels of the longer side at the most.

    Raises
    ------
    UsageError
        For what is no picture, or cannot be made small enough; one line.
    """
    if isinstance(max_side, bool) or not isinstance(max_side, int) or max_side < 1:  # pyright: ignore[reportUnnecessaryIsInstance] -- callers err
        raise UsageError(f"max_side={max_side!r}: write a number of pixels, e.g. max_side=1024")
    return without_metadata(fitted(_read(source), max_side))


def _read(source: Any) -> Picture | PillowImage:
    if isinstance(source, Picture):
        return source
    if isinstance(source, str) and source[:5].lower() == "data:":
        return Picture.of_url(source)
    if isinstance(source, str | os.PathLike):
        name = os.fsdecode(cast("str | os.PathLike[Any]", source))
        return _of_bytes(_file(name), repr(name))
    if isinstance(source, bytes | bytearray | memoryview):
        return _of_bytes(bytes(cast("bytes", source)), "these bytes")
    return _read_object(source)


def _read_object(source: Any) -> Picture | PillowImage:
    name = type(source).__name__
    if _is_pillow(source):
        return PillowImage(source)
    if (drawn := _drawn(source)) is not None:
        return _of_bytes(drawn, f"what the {name} drew")
    if isinstance(source, np.ndarray) or hasattr(source, "__array_interface__"):
        return Picture.of(encode_png(as_pixels(np.asarray(cast("Any", source)))))
    if (shown := _shown(source)) is not None:
        return _of_bytes(shown, f"what the {name} shows")
    raise UsageError(f"{name} is no picture; give {_TAKES}")


def _file(name: str) -> bytes:
    if name.lower().startswith(("http://", "https://")):
        raise UsageError(
            "a picture is sent itself, not its address: download it and give the file's path"
        )
    path = Path(name).expanduser()
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise UsageError(f"{str(path)!r} is a folder; give the path of a PNG or JPEG in it")
        if not path.is_file():
            raise UsageError(f"{str(path)!r} is no plain file; give the path of a PNG or JPEG")
        if size > LARGEST_FILE:
            limit = LARGEST_FILE // 1_000_000
            raise UsageError(f"{str(path)!r} has {size:,} bytes; a picture has at most {limit} MB")
        return path.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"there is no file {str(path)!r}; give {_TAKES}") from None
    except (OSError, ValueError) as error:  # a name too long, or with a null character
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"{str(path)[:80]!r} cannot be read: {why}") from None


def _of_bytes(data: bytes, what: str) -> Picture | PillowImage:
    if not data:
        raise UsageError(f"{what} is empty; give {_TAKES}")
    if data.startswith((PNG, JPEG)):
        return Picture.of(data)
    if data.lstrip()[:5].lower() in (b"<svg ", b"<?xml"):
        raise UsageError(f"{what} is an SVG, and a PNG or JPEG is taken; save it as one of these")
    return opened(data, what)


def _drawn(source: Any) -> bytes | None:
    """Return a matplotlib figure, or the one that axes or a plot of them stand in, as PNG."""
    figure = source if hasattr(source, "savefig") else getattr(source, "figure", None)
    save: Callable[..., Any] | None = getattr(figure, "savefig", None)
    if save is None:
        return None
    file = io.BytesIO()
    try:
        save(file, format="png", bbox_inches="tight")
    except Exception as error:  # whatever a figure raises while it is drawn
        why = " ".join(str(error).split())[:200] or type(error).__name__
        raise UsageError(f"the figure could not be drawn: {why}") from error
    return file.getvalue()


def _shown(source: Any) -> bytes | None:
    """Return what an object shows in a cell, where that is a PNG or JPEG."""
    if isinstance(source, type):
        return None
    for name in ("_repr_png_", "_repr_jpeg_"):
        show = getattr(source, name, None)
        if not callable(show):
            continue
        try:
            shown: Any = show()
        except Exception as error:  # other people's code
            why = " ".join(str(error).split())[:200] or type(error).__name__
            what = type(source).__name__
            raise UsageError(f"the {what} could not be shown as a picture: {why}") from error
        data = shown[0] if isinstance(shown, tuple) and shown else shown  # pyright: ignore[reportUnknownVariableType] -- with metadata
        if isinstance(data, str):
            data = Picture.of_url(f"data:image/png;base64,{data}").data
        if isinstance(data, bytes):
            return data
    return None


def _is_pillow(source: Any) -> bool:
    # Asked without importing it: who has an image has imported it.
    return any(
        one.__module__ == "PIL.Image" and one.__name__ == "Image" for one in type(source).__mro__
    )
