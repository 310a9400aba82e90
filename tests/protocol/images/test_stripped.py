"""Of a picture's file the picture is sent, and not where it was taken."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps, PngImagePlugin

from realtime_nb.errors import UsageError
from realtime_nb.protocol.images import Picture, read_picture
from realtime_nb.protocol.images.stripped import LEFT_OUT

SECRETS = (b"48.8584", b"Ada's camera", b"a comment", b"<x:xmpmeta", b"8BIM")


def photo(side: int = 1, **options: Any) -> bytes:
    noise = np.random.default_rng(7).integers(0, 255, (40, 64, 3), np.uint8)
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = side, "Ada's camera"
    exif.get_ifd(0x8825)[1] = "48.8584"
    file = io.BytesIO()
    Image.fromarray(noise).save(
        file, "JPEG", exif=exif, comment=b"a comment", xmp=b"<x:xmpmeta/>", **options
    )
    return file.getvalue()


PHOTO = photo()


def pixels(data: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(data)))


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("side", range(1, 9))
def test_a_photo_is_sent_without_its_place_and_as_upright_as_it_was(
    side: int, *, progressive: bool
) -> None:
    profile = b"a colour profile"
    given_file = photo(side, progressive=progressive, icc_profile=profile)
    # A second picture behind the first, as telephones write them, with notes of its own.
    more = segment(0xE2, b"MPF\0 Ada's camera") + segment(0xED, b"Photoshop 3.0\x008BIM")
    sent = read_picture(given_file[:2] + more + given_file[2:] + given_file)
    assert str(sent).endswith(f"({LEFT_OUT})")
    assert not [secret for secret in SECRETS if secret in sent.data]
    assert np.array_equal(pixels(sent.data), pixels(given_file))
    image = Image.open(io.BytesIO(sent.data))
    assert image.info["icc_profile"] == profile
    assert dict(image.getexif()) == ({} if side == 1 else {0x0112: side})
    assert ImageOps.exif_transpose(image).size == ((40, 64) if side > 4 else (64, 40))
    # Once it is so, nothing is left to leave out.
    assert read_picture(sent.data) == Picture.of(sent.data)


def test_a_png_is_sent_without_words_about_it() -> None:
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", "Ada's camera")
    words.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta/>")
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "48.8584"
    noise = np.random.default_rng(7).integers(0, 255, (9, 7, 4), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "PNG", pnginfo=words, exif=exif, dpi=(90, 90))
    sent = read_picture(file.getvalue() + b"a comment")
    assert sent.note == LEFT_OUT
    assert not [secret for secret in SECRETS if secret in sent.data]
    assert np.array_equal(pixels(sent.data), noise)
    assert round(Image.open(io.BytesIO(sent.data)).info["dpi"][0]) == 90


def test_what_a_program_writes_into_each_figure_is_not_worth_a_word() -> None:
    words = PngImagePlugin.PngInfo()
    words.add_text("Software", "Matplotlib")
    file = io.BytesIO()
    Image.new("RGB", (4, 4)).save(file, "PNG", pnginfo=words)
    sent = read_picture(file.getvalue())
    assert (sent.note, b"Matplotlib" in sent.data) == ("", False)


def test_what_is_written_anew_tells_nothing_either() -> None:
    for source in (photo(), Image.open(io.BytesIO(photo()))):
        sent = read_picture(source, max_side=32)
        assert "scaled from 64×40" in str(sent)  # noqa: RUF001 -- as it is written
        assert not [secret for secret in SECRETS if secret in sent.data]


@given(place=st.integers(2, 400), byte=st.integers(0, 255))
def test_a_damaged_file_is_sent_or_refused_and_never_raises_else(place: int, byte: int) -> None:
    data = bytearray(PHOTO)
    data[place] = byte
    with contextlib.suppress(UsageError):
        assert len(read_picture(bytes(data)).data) <= len(data) + 40
