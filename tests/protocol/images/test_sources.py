"""Whatever holds a picture, made ready to be sent: figures, arrays, files, and what is none."""

from __future__ import annotations

import base64
import builtins
import io
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from realtime_nb.errors import UsageError
from realtime_nb.protocol.images import Picture, pillow, read_picture


def pixels(picture: Picture):
    return np.asarray(Image.open(io.BytesIO(picture.data)))


def png(width=40, height=30):
    file = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def without_pillow(monkeypatch):
    real = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name.split(".")[0] == "PIL":
            raise ImportError("No module named 'PIL'")
        return real(name, *args, **kwargs)

    for name in [name for name in sys.modules if name.split(".")[0] == "PIL"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", refuse)


@given(
    st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([0, 1, 3, 4])),
    st.sampled_from(["uint8", "bool", "float", "int"]),
    st.randoms(),
)
def test_an_array_comes_back_from_its_png(shape, kind, chance) -> None:
    size = shape if shape[2] else shape[:2]
    values = np.random.default_rng(chance.randrange(2**32)).integers(0, 256, size)
    given_as = {
        "uint8": values.astype(np.uint8),
        "bool": values > 127,
        "float": values / 255,
        "int": values,
    }[kind]
    wanted = np.where(values > 127, 255, 0) if kind == "bool" else values
    found = pixels(read_picture(given_as))
    assert np.array_equal(found, wanted.reshape(found.shape))


def test_a_figure_is_drawn_as_it_is_now() -> None:
    import matplotlib.figure  # noqa: PLC0415 -- heavy

    figure = matplotlib.figure.Figure(figsize=(4, 3), dpi=100)
    axes = figure.subplots()
    (line,) = axes.plot([1, 2, 3])
    found = [read_picture(one) for one in (figure, axes, line)]
    assert {one.data for one in found} == {found[0].data}
    assert 300 < found[0].width < 500


def test_what_shows_itself_as_a_picture_is_one() -> None:
    class Shown:
        def _repr_png_(self):
            return base64.b64encode(png()).decode(), {"width": 40}

    class Broken:
        def _repr_jpeg_(self):
            raise ValueError("no\nsuch thing")

    assert read_picture(Shown()).data == png()
    with pytest.raises(UsageError, match="Broken could not be shown as a picture: no such thing"):
        read_picture(Broken())


def test_a_file_that_fits_goes_as_it_is(tmp_path) -> None:
    path = tmp_path / "a picture.png"
    path.write_bytes(png())
    url = Picture.of(png()).url
    for source in (path, str(path), png(), bytearray(png()), memoryview(png()), url):
        assert read_picture(source).data == png()
        assert read_picture(source).note == ""


def test_what_is_too_large_is_scaled_and_says_so() -> None:
    picture = read_picture(png(3000, 1500))
    assert (picture.width, picture.height) == (2048, 1024)
    assert str(picture).endswith("(scaled from 3000×1500)")  # noqa: RUF001
    assert read_picture(png(), max_side=20).facts.startswith("20×15 PNG")  # noqa: RUF001


def test_a_photo_becomes_a_jpeg_and_fits(monkeypatch) -> None:
    smooth = np.linspace(0, 255, 1200 * 900).reshape(900, 1200)
    noise = np.random.default_rng(1).normal(0, 12, (900, 1200, 3))
    photo = np.clip(smooth[:, :, None] + noise, 0, 255).astype(np.uint8)
    picture = read_picture(Image.fromarray(photo))
    assert picture.kind == "jpeg"
    assert (picture.width, picture.height) == (1200, 900)
    monkeypatch.setattr(pillow, "MAX_BYTES", 30_000)
    less = read_picture(Image.fromarray(photo))
    assert len(less.data) <= 30_000
    assert "scaled from 1200×900" in less.note  # noqa: RUF001


def test_other_formats_modes_and_turned_photos_are_written_anew() -> None:
    for mode in ("1", "L", "LA", "P", "RGBA", "CMYK", "I", "F"):
        assert read_picture(Image.new(mode, (30, 20))).facts.startswith("30×20")  # noqa: RUF001
    file = io.BytesIO()
    Image.new("RGB", (8, 4)).save(file, "BMP")
    assert read_picture(file.getvalue()).kind == "png"
    turned, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6  # stands on its side
    Image.new("RGB", (300, 100)).save(turned, "JPEG", exif=exif)
    upright = read_picture(turned.getvalue(), max_side=200)
    assert upright.width < upright.height


def test_transparency_becomes_white_in_a_jpeg() -> None:
    clear = Image.fromarray(np.random.default_rng(1).integers(0, 256, (400, 400, 4), np.uint8))
    clear.putalpha(0)
    flat = pillow.small(read_picture(clear), 100, 1_000)
    assert (flat.kind, pixels(flat).min()) == ("jpeg", 255)


NONE = [
    (3, "int is no picture"),
    (None, "NoneType is no picture"),
    (Picture, "type is no picture"),
    ("no such file.png", "there is no file"),
    ("https://example.com/a.png", "download it"),
    ("/", "is a folder"),
    ("/dev/null", "no plain file"),
    ("\0", "cannot be read"),
    ("x" * 5_000, "cannot be read"),
    (b"", "is empty"),
    (b"<svg xmlns=''></svg>", "is an SVG"),
    (b"words", "no picture that can be read"),
    (np.zeros((0, 3)), "has shape"),
    (np.zeros((3, 40, 40)), "transpose"),
    (np.zeros((2, 3, 5)), "has shape"),
    (np.full((2, 2), np.nan), "NaN"),
    (np.full((2, 2), 255.0), "divide by its maximum"),
    (np.full((2, 2), -1.0), "plt.imshow"),
    (np.full((2, 2), 300), "0 to 255"),
    (np.array([["a"]]), "holds <U1"),
    (np.zeros((1, 30_000)), "too large"),
]


@pytest.mark.parametrize(("source", "words"), NONE)
def test_what_is_no_picture_is_told_in_one_line(source, words) -> None:
    with pytest.raises(UsageError, match=words) as told:
        read_picture(source)
    assert "\n" not in str(told.value)
    assert len(str(told.value)) < 300


@pytest.mark.parametrize("max_side", [0, -1, 2.5, "large", True, None])
def test_a_side_is_a_number_of_pixels(max_side) -> None:
    with pytest.raises(UsageError, match="max_side="):
        read_picture(png(), max_side=max_side)


def test_broken_pixels_are_told_where_they_must_be_read() -> None:
    data = bytearray(png(300, 300))
    data[60:90] = bytes(30)
    with pytest.raises(UsageError, match="cannot be read to its end"):
        read_picture(bytes(data), max_side=100)


def test_too_many_pixels_are_not_even_opened() -> None:
    head = bytearray(png())
    head[16:24] = (60_000).to_bytes(4, "big") * 2
    with pytest.raises(UsageError, match="too many to scale"):
        read_picture(bytes(head))


@pytest.mark.usefixtures("without_pillow")
def test_files_and_arrays_that_fit_need_no_pillow(tmp_path) -> None:
    path = tmp_path / "a.png"
    array = np.zeros((4, 6, 3), np.uint8)
    path.write_bytes(read_picture(array).data)
    assert read_picture(path).facts.startswith("6×4 PNG")  # noqa: RUF001
    assert read_picture(read_picture(path).url) == read_picture(path)
    for large in (lambda: read_picture(path, max_side=3), lambda: read_picture(b"BM words")):
        with pytest.raises(UsageError, match=r"pip install 'realtime-nb\[images\]'"):
            large()
    assert pillow.small(read_picture(path), 2, 10) == read_picture(path)
