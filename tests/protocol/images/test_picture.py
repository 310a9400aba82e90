"""A PNG or JPEG read by its own head: how large it is, and whether it is whole."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from realtime_nb.errors import UsageError
from realtime_nb.protocol.images import Picture
from realtime_nb.protocol.images.picture import file_size


def file_of(width, height, kind="PNG", **options):
    file = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("size", [(1, 1), (800, 600), (3, 2000)])
def test_the_size_is_that_of_pillow_and_the_url_gives_the_same_picture(kind, size) -> None:
    data = file_of(*size, kind)
    picture = Picture.of(data)
    assert (picture.width, picture.height, picture.kind) == (*size, kind.lower())
    assert Picture.of_url(picture.url) == picture
    assert picture.facts == f"{size[0]}×{size[1]} {kind}, {file_size(len(data))}"  # noqa: RUF001


def test_a_progressive_jpeg_with_a_camera_s_notes_has_its_size() -> None:
    exif = Image.Exif()
    exif[0x010E] = "words " * 5_000
    data = file_of(120, 80, "JPEG", progressive=True, exif=exif, comment=b"\xff\xc0 not a frame")
    assert (Picture.of(data).width, Picture.of(data).height) == (120, 80)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_no_beginning_of_a_file_is_a_picture(kind) -> None:
    data = file_of(40, 30, kind)
    for length in range(len(data) - 2):
        with pytest.raises(UsageError):
            Picture.of(data[:length])


@given(st.binary(max_size=300), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"]))
def test_any_bytes_are_a_picture_or_refused(data, beginning) -> None:
    try:
        picture = Picture.of(beginning + data)
    except UsageError:
        return
    assert min(picture.width, picture.height) > 0


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("data:image/webp;base64,AAAA", "begins data:image/png;base64,"),
        ("data:image/png;base64,é%%", "no base64"),
        ("data:image/png;base64,", "like neither"),
        ("data:text/html,<script>", "begins data:image/png;base64,"),
    ],
)
def test_another_url_is_refused_in_one_line(url, words) -> None:
    with pytest.raises(UsageError, match=words):
        Picture.of_url(url)


def test_a_picture_without_extent_is_none() -> None:
    data = bytearray(file_of(1, 1))
    data[16:20] = bytes(4)
    with pytest.raises(UsageError, match="nothing can be seen"):
        Picture.of(bytes(data))


def test_sizes_of_files_are_for_people() -> None:
    sizes = [file_size(count) for count in (0, 999, 1_000, 45_300, 1_234_567, 64_000_000)]
    assert sizes == ["0 bytes", "999 bytes", "1.0 kB", "45 kB", "1.2 MB", "64 MB"]
