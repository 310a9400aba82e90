"""What only Pillow can do: other formats, scaling, JPEG. It is asked for when it is needed.

How a picture is made to fit: the longer side is brought to `max_side`; as a PNG above
`LIKE_A_PHOTO` bytes it becomes a JPEG where that is half as large; what still has more than
`MAX_BYTES` is scaled further. Turned pictures of cameras are turned upright when they are
written anew.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, Final

from realtime_nb.errors import UsageError
from realtime_nb.protocol.images.picture import Picture, by

MAX_BYTES: Final = 4_000_000
"""Bytes of a file that is sent; as base64 a third more."""
LIKE_A_PHOTO: Final = 400_000
_MAX_PIXELS: Final = 120_000_000
_QUALITY: Final = 85
_SMALLER: Final = 0.7
_LEAST_SIDE: Final = 64
_NEEDED: Final = "pip install 'realtime-nb[images]'"


@dataclass(frozen=True, slots=True)
class PillowImage:
    """An image of Pillow's, not yet a file.

    Attributes
    ----------
    image
        The ``PIL.Image.Image``.
    """

    image: Any


def opened(data: bytes, what: str) -> PillowImage:
    """Open a file of any format that Pillow reads.

    Raises
    ------
    UsageError
        When Pillow is not there, or cannot read it.
    """
    pil = _pillow(f"{what} is no PNG or JPEG")
    try:
        image = pil.open(io.BytesIO(data))
    except Exception as error:  # noqa: BLE001 -- Pillow raises what its formats raise
        raise UsageError(f"{what} is no picture that can be read{_why(error)}") from None
    return PillowImage(image)


def fitted(picture: Picture | PillowImage, max_side: int) -> Picture:
    """Return a picture that fits; one that does so already is returned as it is.

    Raises
    ------
    UsageError
        When it does not fit and Pillow is not there, or it cannot be made to.
    """
    if isinstance(picture, Picture):
        if max(picture.width, picture.height) <= max_side and len(picture.data) <= MAX_BYTES:
            return picture
        _check_pixels(picture.width, picture.height)
        image = _open_whole(picture, max_side)
    else:
        image = picture.image
        _check_pixels(*image.size)
    try:
        return _write(image, max_side)
    except UsageError:
        raise
    except Exception as error:  # noqa: BLE001 -- broken data is found while it is read
        raise UsageError(f"the picture cannot be read to its end{_why(error)}") from None


def small(picture: Picture, max_side: int, max_bytes: int) -> Picture:
    """Return a small one of a picture with more than `max_bytes`; itself where none can be made."""
    if len(picture.data) <= max_bytes:
        return picture
    try:
        image = _pillow("").open(io.BytesIO(picture.data))
        image.thumbnail((max_side, max_side))
        return _encoded(image, jpeg=True)
    except Exception:  # noqa: BLE001 -- no Pillow, or data that it cannot read: a page may
        return picture


def _write(given: Any, max_side: int) -> Picture:
    from PIL import ImageOps  # noqa: PLC0415 -- Pillow is there: it made or opened the image

    image = ImageOps.exif_transpose(given) or given
    before = image.size
    side = min(max_side, max(before))
    while True:
        scaled = _scaled(image, side)
        picture = _encoded(scaled, jpeg=False)
        if len(picture.data) > LIKE_A_PHOTO:
            photo = _encoded(scaled, jpeg=True)
            picture = photo if 2 * len(photo.data) < len(picture.data) else picture
        if len(picture.data) <= MAX_BYTES:
            break
        side = int(side * _SMALLER)
        if side < _LEAST_SIDE:
            raise UsageError(f"the picture cannot be made to fit {MAX_BYTES // 1_000_000} MB")
    if (picture.width, picture.height) == before:
        return picture
    return Picture.of(picture.data, note=f"scaled from {by(*before)}")


def _scaled(image: Any, side: int) -> Any:
    width, height = image.size
    factor = side / max(width, height)
    if factor >= 1:
        return image
    if image.mode in ("P", "1"):
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    return image.resize((max(1, round(width * factor)), max(1, round(height * factor))))


def _encoded(image: Any, *, jpeg: bool) -> Picture:
    file = io.BytesIO()
    if jpeg:
        _flat(image).save(file, format="JPEG", quality=_QUALITY)
    else:
        plain = (
            image if image.mode in ("1", "L", "LA", "P", "RGB", "RGBA") else image.convert("RGB")
        )
        plain.save(file, format="PNG")
    return Picture.of(file.getvalue())


def _flat(image: Any) -> Any:
    """Return an image without transparency, on white."""
    if image.mode in ("L", "RGB"):
        return image
    if image.mode == "P" or "A" in image.mode:
        whole = image.convert("RGBA")
        ground = _pillow("").new("RGB", whole.size, "white")
        ground.paste(whole, mask=whole.getchannel("A"))
        return ground
    return image.convert("RGB")


def _open_whole(picture: Picture, max_side: int) -> Any:
    over = (
        f"the picture is {picture.facts}, and {max_side} pixels a side and "
        f"{MAX_BYTES // 1_000_000} MB are sent"
    )
    return _pillow(over).open(io.BytesIO(picture.data))


def _check_pixels(width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise UsageError(f"the picture is {by(width, height)} pixels: nothing can be seen")
    if width * height > _MAX_PIXELS:
        shown = by(width, height)
        raise UsageError(
            f"the picture has {shown} pixels, too many to scale here; send a part of it"
        )


def _pillow(needed_for: str) -> Any:
    try:
        from PIL import Image  # noqa: PLC0415 -- an extra, and heavy
    except ImportError:
        raise UsageError(f"{needed_for}: that takes Pillow; {_NEEDED}") from None
    return Image


def _why(error: Exception) -> str:
    said = " ".join(str(error).split())
    return f": {said[:160]}" if said and "BytesIO" not in said else ""
