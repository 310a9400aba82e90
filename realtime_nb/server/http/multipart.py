"""Uploads: a form with files in it, read within the service's limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tornado.httputil import HTTPFile, HTTPInputError, parse_body_arguments

from realtime_nb.server.http.body import ApiHandler
from realtime_nb.server.http.errors import Refusal, bad_request
from realtime_nb.server.wire_errors import shown

MAX_UPLOAD: Final = 25 << 20
"""Bytes of a whole form, as the service counts them."""


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
        arguments: dict[str, list[bytes]] = {}
        files: dict[str, list[HTTPFile]] = {}
        content_type = self.request.headers.get("Content-Type", "")
        try:
            parse_body_arguments(content_type, self.body, arguments, files, self.request.headers)
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
