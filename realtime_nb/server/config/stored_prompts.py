"""The practice shelf of stored prompts: what `prompt: {id, version, variables}` finds here.

At the service prompts are written in the dashboard and called by id. Here a few stand
ready, so that versions, variables and their rank can be tried: fields that the client gave
itself win over the prompt's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.server.config.schema import (
    Constant,
    Entries,
    NotHere,
    Nullable,
    OneOfTypes,
    Record,
    Tagged,
    Text,
)
from realtime_nb.server.wire_errors import (
    WireError,
    invalid_value,
    listed,
    missing_parameter,
    shown,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]

_NO_FILES: Final = NotHere("the local practice server's prompts take text only.")
_VARIABLE: Final = OneOfTypes(
    Text(),
    Tagged(
        {
            "input_text": Record({"type": Constant("input_text"), "text": Text()}, ("text",)),
            "input_image": _NO_FILES,
            "input_file": _NO_FILES,
        }
    ),
)
PROMPT: Final = Nullable(
    Record(
        {
            "id": Text(512),
            "version": Nullable(Text(64)),
            "variables": Nullable(Entries(_VARIABLE)),
        },
        ("id",),
    )
)
_PLACE: Final = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class StoredPrompt:
    """One version of a prompt.

    Parameters
    ----------
    about
        What it is for, one line.
    fields
        Session fields by dotted path; ``{{name}}`` in the instructions is a variable.
    """

    about: str
    fields: Mapping[str, Any]

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the variables, in the order of the text."""
        return tuple(dict.fromkeys(_PLACE.findall(self.fields["instructions"])))


SHELF: Final[Mapping[str, Mapping[str, StoredPrompt]]] = {
    "pmpt_practice_guide": {
        "1": StoredPrompt(
            "a guide of few words",
            {"instructions": "Your name is Ada. You are a guide to this program. Be brief."},
        ),
        "2": StoredPrompt(
            "a guide of more words, with a voice of its own",
            {
                "instructions": (
                    "Your name is Ada. You are a guide to this program. Be formal. "
                    "Give detailed answers."
                ),
                "audio.output.voice": "marin",
            },
        ),
    },
    "pmpt_practice_greeter": {
        "1": StoredPrompt(
            "greets somebody by name",
            {"instructions": ('Greet the user with "Welcome to {{place}}, {{name}}!" Be casual.')},
        ),
    },
}


def resolve_prompt(prompt: Json | None, path: str) -> tuple[Json | None, Json]:
    """Return a prompt as the session shows it, and the fields it brings.

    Parameters
    ----------
    prompt
        What `PROMPT` has let through.
    path
        Where it stands, for messages.

    Returns
    -------
    tuple of dict or None, and dict
        The prompt with its version, and fields by dotted path, variables filled in.

    Raises
    ------
    WireError
        For an unknown id or version, and for variables that are missing or not the prompt's.
    """
    if prompt is None:
        return None, {}
    versions = SHELF.get(prompt["id"])
    if versions is None:
        raise invalid_value(
            f"{path}.id",
            f"prompt with id '{shown(prompt['id'])}' not found. The practice server has "
            f"{listed(tuple(SHELF))}; prompts of your own live at the service.",
        )
    version: str = prompt.get("version") or list(versions)[-1]
    if version not in versions:
        raise invalid_value(
            f"{path}.version",
            f"prompt '{prompt['id']}' has no version '{shown(version)}', "
            f"but {listed(list(versions))}.",
        )
    stored = versions[version]
    values = _values(prompt.get("variables") or {}, stored, f"{path}.variables")
    fields = dict(stored.fields)
    fields["instructions"] = _PLACE.sub(
        lambda place: values[place.group(1)], fields["instructions"]
    )
    echo = {"id": prompt["id"], "version": version, "variables": prompt.get("variables")}
    return echo, fields


def shelf_to_wire() -> list[Json]:
    """Return what stands on the shelf, for people."""
    return [
        {
            "id": prompt_id,
            "version": version,
            "about": stored.about,
            "variables": list(stored.variables),
            "sets": list(stored.fields),
        }
        for prompt_id, versions in SHELF.items()
        for version, stored in versions.items()
    ]


def _values(given: Json, stored: StoredPrompt, path: str) -> dict[str, str]:
    for name in given:
        if name not in stored.variables:
            raise WireError(
                f"Unknown prompt variable: '{shown(name)}'.",
                code="unknown_parameter",
                param=f"{path}.{name}",
            )
    for name in stored.variables:
        if name not in given:
            raise missing_parameter(f"{path}.{name}")
    return {
        name: value if isinstance(value, str) else value["text"] for name, value in given.items()
    }
