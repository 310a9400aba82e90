"""Uploads: a form with files in it, read within the service's limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tornado.httputil import (
    HTTPFile,
    HTTPHeaders,
    HTTPInputError,
    ParseBodyConfig,
    ParseMultipartConfig,
    parse_body_arguments,
)

from realtime_nb.server.http.body import ApiHandler
from realtime_nb.server.http.errors import Refusal, bad_request
from realtime_nb.server.wire_errors import shown

MAX_UPLOAD: Final = 25 << 20
"""Bytes of a whole form, as the service counts them."""
MOST_PARTS: Final = 100
"""Fields and files of a form; one with more is refused."""
MAX_PART_HEADER: Final = 10 << 10
"""Bytes of what stands before a field or file; a form with more is refused."""

# Tornado's own bounds are its to change. What it splits off before the first part counts as one.
_BOUNDS: Final = ParseBodyConfig(
    multipart=ParseMultipartConfig(max_parts=MOST_PARTS + 1, max_part_header_size=MAX_PART_HEADER)
)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a form.

    Parameters
    ----------
    name
        As the client calls it; untrusted, never a path.
    data
        What it holds.
    media_type
        As the client says.
    """

    name: str
    data: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Form:
    """What a form holds.

    Parameters
    ----------
    fields
        The values of each field, in their order; names such as ``include[]`` as they came.
    files
        The files of each field.
    """

    fields: dict[str, list[str]]
    files: dict[str, list[Upload]]

    def text(self, name: str) -> str | None:
        """Return the last value of a field, be it a file; None when there is none.

        Raises
        ------
        Refusal
            When it is not UTF-8.
        """
        if self.files.get(name):
            return _text(name, self.files[name][-1].data)
        values = self.fields.get(name)
        return values[-1] if values else None


class FormHandler(ApiHandler):
    """A POST of ``multipart/form-data``."""

    max_body = MAX_UPLOAD
    media_type = "multipart/form-data"

    def form(self) -> Form:
        """Return the form that the body holds.

        Raises
        ------
        Refusal
            When it is none.
        """
        return read_form(self.request.headers, self.body)


def read_form(headers: HTTPHeaders, body: bytes) -> Form:
    """Return the form that a body holds.

    Parameters
    ----------
    headers
        The request's.
    body
        ``multipart/form-data``.

    Raises
    ------
    Refusal
        When it is none.
    """
    arguments: dict[str, list[bytes]] = {}
    files: dict[str, list[HTTPFile]] = {}
    try:
        parse_body_arguments(
            headers.get("Content-Type", ""), body, arguments, files, headers, config=_BOUNDS
        )
    except HTTPInputError:
        raise _no_form() from None
    return Form(
        {name: [_text(name, value) for value in values] for name, values in arguments.items()},
        {
            name: [Upload(one.filename, one.body, one.content_type) for one in given]
            for name, given in files.items()
        },
    )


def _text(name: str, value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        # What has no file name is a field, also where it holds a file.
        raise bad_request(
            f"The field '{shown(name)}' of the form is not UTF-8 text. A file needs a filename.",
            param=shown(name),
            code="invalid_value",
        ) from None


def _no_form() -> Refusal:
    return bad_request("Could not parse multipart form.")
