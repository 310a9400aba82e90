"""Pictures: what is taken, what is refused, what is told and counted."""

from __future__ import annotations

import base64
import contextlib
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from realtime_nb.server.brain.card import CardBrain
from realtime_nb.server.pictures import BadPicture, Picture, read_picture
from tests.server.fakes import Stage, virtual

Json = dict[str, Any]


def drawn(kind: str = "PNG", width: int = 800, height: int = 600, **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(out, kind, **options)
    return out.getvalue()


def url(data: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def message(image_url: str, text: str = "", **part: Any) -> Json:
    content: list[Json] = [{"type": "input_image", "image_url": image_url, **part}]
    if text:
        content.append({"type": "input_text", "text": text})
    return {"type": "message", "role": "user", "content": content}


@pytest.mark.parametrize(
    ("kind", "options"), [("PNG", {}), ("JPEG", {}), ("JPEG", {"progressive": True})]
)
def test_kind_and_size_are_read(kind: str, options: Json):
    data = drawn(kind, 801, 603, **options)
    assert read_picture(url(data, kind.lower())) == Picture(kind, 801, 603, len(data))


PNG, JPEG = drawn(width=8, height=8), drawn("JPEG", 8, 8)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("http://example.com/a.png", "expected a PNG or JPEG data URI"),
        (url(PNG, "gif"), "expected a PNG or JPEG data URI"),
        ("data:image/png;base64,???", "not base64"),
        (url(b"hello"), "no PNG or JPEG"),
        (url(b""), "no PNG or JPEG"),
        (url(JPEG), "is a JPEG, not a PNG"),
        (url(PNG[:-8]), "breaks off"),
        (url(JPEG[:-8], "jpeg"), "breaks off"),
        (url(PNG[:40] + b"!" + PNG[41:]), "damaged"),
        (url(PNG[:8]), "breaks off"),
        (url(JPEG[:2] + b"xxxx", "jpeg"), "damaged"),
    ],
)
def test_what_is_no_picture_is_refused_with_the_reason(address: str, why: str):
    with pytest.raises(BadPicture, match=why):
        read_picture(address)


@given(st.binary(max_size=200), st.sampled_from([PNG, JPEG]), st.integers(0, 60))
def test_no_bytes_do_more_than_be_refused(junk: bytes, whole: bytes, keep: int):
    for kind in ("png", "jpeg"):
        with contextlib.suppress(BadPicture):
            assert read_picture(url(whole[:keep] + junk, kind)).width > 0


@pytest.mark.parametrize(
    ("size", "detail", "tokens"),
    [
        ((512, 512), None, 255),
        ((1024, 1024), "high", 765),
        ((4096, 8192), "auto", 1105),
        ((4096, 8192), "low", 85),
    ],
)
def test_pictures_are_counted_by_their_tiles(
    size: tuple[int, int], detail: str | None, tokens: int
):
    assert Picture("PNG", *size, size=1).tokens(detail) == tokens


@virtual
async def test_a_picture_is_told_by_its_size_and_counted():
    async with Stage(CardBrain()) as stage:
        await stage.update(output_modalities=["text"])
        picture = url(drawn())
        item = message(picture, "What is in this picture?", detail="low")
        events = await stage.send("conversation.item.create", item=item)
        assert events[0]["item"]["content"][0] == {
            "type": "input_image",
            "image_url": picture,
            "detail": "low",
        }
        await stage.send("response.create")
        done = await stage.until("response.done")
        (said,) = done["response"]["output"][0]["content"]
        assert said["text"].startswith("You sent an image of 800\u00d7600 (PNG, ")
        assert "I cannot see pictures" in said["text"]
        details = done["response"]["usage"]["input_token_details"]
        assert details["image_tokens"] == 85
        kinds = ("text_tokens", "audio_tokens", "image_tokens")
        assert done["response"]["usage"]["input_tokens"] == sum(details[kind] for kind in kinds)


@virtual
async def test_a_broken_picture_is_an_error_and_adds_nothing():
    async with Stage(CardBrain()) as stage:
        broken = message(url(drawn()[:-20]))
        events = await stage.send("conversation.item.create", item=broken, event_id="mine")
        assert [event["type"] for event in events] == ["error"]
        assert events[0]["error"] == {
            "type": "invalid_request_error",
            "code": "invalid_value",
            "message": ("Invalid 'item.content[0].image_url': the PNG breaks off before its end."),
            "param": "item.content[0].image_url",
            "event_id": "mine",
        }
        beside = {"conversation": "none", "input": [broken]}
        events = await stage.send("response.create", response=beside)
        assert events[0]["error"]["param"] == "response.input[0].content[0].image_url"
