"""What a model is told of a function, and tools by name: ``tools: [get_weather]``."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.errors import ConfigError
from realtime_nb.protocol.tools.options import NAME, options_of
from realtime_nb.protocol.tools.signature import read_signature

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic.json_schema import GenerateJsonSchema

_SHOWN: Final = 40


def define_tools(tools: Any, names: Mapping[str, Any]) -> Any:
    """Return `tools` as written, with functions and names in it replaced by definitions.

    Parameters
    ----------
    tools
        What stands for `tools`; anything that is neither a function nor a list nor a name
        comes back as it is.
    names
        The notebook's variables. A name may stand for a definition in the service's shape
        (a dict), or for a function, whose signature and docstring then define it. Names
        that stand for nothing of the kind stay, for the check to find.

    Raises
    ------
    ConfigError
        When a function has an argument that JSON cannot describe.
    """
    if isinstance(tools, list | tuple):
        return [_define(tool, names) for tool in cast("list[Any]", tools)]
    defined = _define(tools, names) if isinstance(tools, str) or callable(tools) else tools
    return [defined] if isinstance(defined, dict) else defined


def _define(tool: Any, names: Mapping[str, Any]) -> Any:
    value = names.get(tool) if isinstance(tool, str) else tool
    if isinstance(value, dict):
        return cast("dict[str, Any]", value)
    if callable(value):
        return define_function(value)
    return tool


def define_function(
    function: Callable[..., Any], *, name: str | None = None, description: str | None = None
) -> dict[str, Any]:
    """Return the definition of a function tool: name, description, and parameters by name.

    The schema of the parameters is pydantic's of the signature: Literal, Enum, dataclasses,
    TypedDicts and pydantic models (under `$defs`), defaults, optionals, lists, and what a
    `Field` asks for. Left out are titles that only repeat a name, and defaults that JSON
    cannot write. A parameter with the default None may be null. Descriptions of parameters
    come from ``Annotated[str, "words"]``, from a `Field`, or from the docstring.

    Parameters
    ----------
    function
        A function, a method, a class, an object that can be called, or a partial of one.
    name, description
        In place of those in its options, and of its own name and docstring.

    Raises
    ------
    ConfigError
        When a parameter cannot be given by name, or has a type that JSON cannot describe: the
        tool and the parameter are named.
    """
    signature, options = read_signature(function), options_of(function)
    called = name or options.name or signature.name
    try:
        schema = signature.adapter.json_schema(schema_generator=_generator())
    except ConfigError:
        raise
    except Exception as error:  # noqa: BLE001 -- types of the user's write their own schema
        raise signature.indescribable(error) from None
    if not NAME.fullmatch(called):
        shown = called if len(called) <= _SHOWN else f"{called[:_SHOWN]}…"
        raise ConfigError(
            f"the tool {shown}() has a name that no model can call; give it another with name=, of"
            " 1 to 64 letters (a to z), digits, _ and -."
        )
    definition: dict[str, Any] = {"type": "function", "name": called}
    if told := description or options.description or signature.text:
        definition["description"] = told
    # A function without parameters has them, too: none.
    definition["parameters"] = {"type": "object", "properties": {}, **schema}
    return definition


@cache
def _generator() -> type[GenerateJsonSchema]:
    from pydantic.json_schema import GenerateJsonSchema  # noqa: PLC0415 -- slow to load
    from pydantic_core import PydanticSerializationError  # noqa: PLC0415 -- as above

    class Generator(GenerateJsonSchema):
        """Pydantic's schema, without titles that say nothing and defaults that JSON has not."""

        ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012 -- as in its base

        def field_title_should_be_set(self, schema: Any) -> bool:
            del schema
            return False

        def encode_default(self, dft: Any) -> Any:
            written = super().encode_default(dft)
            try:
                json.dumps(written, allow_nan=False)
            except ValueError as error:
                raise PydanticSerializationError(str(error)) from None
            return written

    return Generator
