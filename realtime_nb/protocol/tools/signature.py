"""The parameters of a function that a model can give, and pydantic's view of them."""

from __future__ import annotations

import contextlib
import inspect
import re
import sys
import types
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Union, cast, get_args, get_origin

from typing_extensions import Unpack, get_type_hints

from realtime_nb.errors import ConfigError
from realtime_nb.protocol.tools.docstring import read_docstring

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import TypeAdapter

_NO_SCHEMA: Final = ("schema-for-unknown-type", "invalid-for-json-schema", None)
_MODULES: Final = re.compile(r"\b(?:\w+\.)+(?:<locals>\.)?(?=[^\W\d])")
_MENDS: Final = (
    "use str, int, float, bool, list, dict, Literal, an Enum, a dataclass, a TypedDict or a"
    " pydantic model, or bind it with functools.partial"
)


@dataclass(frozen=True)
class Signature:
    """What a model is to know of a function's parameters.

    Attributes
    ----------
    name
        What the function is called.
    text
        What its docstring says, without what it says of the parameters.
    parameters
        The parameters to be given, all by name, with resolved annotations; descriptions are
        in them, from the annotation or from the docstring.
    """

    name: str
    text: str
    parameters: tuple[inspect.Parameter, ...]

    @cached_property
    def adapter(self) -> TypeAdapter[dict[str, Any]]:
        """Pydantic's validator: JSON in, the arguments by name out.

        Raises
        ------
        ConfigError
            When a parameter is of a type that JSON cannot give, which is named.
        """
        try:
            return _adapter(self.parameters)
        except Exception as error:  # noqa: BLE001 -- types of the user's build their own schema
            raise self.indescribable(error) from None

    def indescribable(self, error: Exception) -> ConfigError:
        """Return what to raise when pydantic refuses: it names the first parameter at fault."""
        for parameter in self.parameters:
            try:
                _adapter((parameter,)).json_schema()
            except Exception as cause:  # noqa: BLE001 -- as above
                return _no_parameter(self.name, str(parameter.name), _why(parameter, cause))
        return ConfigError(f"the tool {self.name}() cannot be described: {_first_line(error)}")


def read_signature(function: Callable[..., Any]) -> Signature:
    """Return what a model is to know of a function's parameters.

    Parameters
    ----------
    function
        A function, a method, a class, an object that can be called, or a `functools.partial`
        of one: what that binds by name is not the model's to give.

    Raises
    ------
    ConfigError
        When there is a parameter that cannot be given by name, or an annotation that names
        something that is not there.
    """
    name, inner = function_name(function), _innermost(function)
    try:
        given = inspect.signature(function).parameters.values()
    except (TypeError, ValueError, NameError) as error:
        raise ConfigError(
            f"the tool {name}() cannot be described: {_first_line(error)}; write a function of your"
            " own around it."
        ) from None
    bound = _bound(function)
    doc = read_docstring(inspect.getdoc(_documented(inner)) or "", {one.name for one in given})
    parameters: list[inspect.Parameter] = []
    for one in given:
        if one.name in bound:
            continue
        if one.kind is one.VAR_POSITIONAL or one.kind is one.POSITIONAL_ONLY:
            stars = "*" if one.kind is one.VAR_POSITIONAL else ""
            why = "has no name that a model could give it by; take out the * or the /"
            raise _no_parameter(name, stars + one.name, why)
        hint = _resolved(name, one, _names_around(inner))
        if one.kind is one.VAR_KEYWORD and get_origin(hint) is Unpack:
            why = "is unpacked from a TypedDict; write its names out as parameters"
            raise _no_parameter(name, f"**{one.name}", why)
        hint = _described(hint, one.default, doc.parameters.get(one.name))
        kind = one.kind if one.kind is one.VAR_KEYWORD else one.KEYWORD_ONLY
        parameters.append(one.replace(kind=kind, annotation=hint))
    return Signature(name, doc.text, tuple(parameters))


def function_name(function: Any) -> str:
    """Return what a function is called; of an object that can be called, its class."""
    inner = _unbound(function)
    name = getattr(inner, "__name__", None)
    return name if isinstance(name, str) else type(inner).__name__


def _adapter(parameters: tuple[inspect.Parameter, ...]) -> TypeAdapter[dict[str, Any]]:
    # Imported here: pydantic takes a moment to load.
    from pydantic import TypeAdapter  # noqa: PLC0415

    def gather(**given: Any) -> dict[str, Any]:
        return given

    # Pydantic reads the signature from here, and calls this with what it has validated.
    gather.__signature__ = inspect.Signature(list(parameters))  # pyright: ignore[reportFunctionMemberAccess] -- where Python itself looks first
    gather.__annotations__ = {one.name: one.annotation for one in parameters}
    return TypeAdapter(cast("Any", gather))


def _unbound(function: Any) -> Any:
    while isinstance(function, partial):
        function = cast("partial[Any]", function).func
    return function


def _bound(function: Any) -> set[str]:
    names: set[str] = set()
    while isinstance(function, partial):
        binding = cast("partial[Any]", function)
        names |= binding.keywords.keys()
        function = binding.func
    return names


def _innermost(function: Any) -> Any:
    """Return the function in whose module the annotations were written, or the class."""
    inner = _unbound(function)
    if not (inspect.isroutine(inner) or isinstance(inner, type)):
        inner = type(inner).__call__
    return inspect.unwrap(inner)


def _documented(inner: Any) -> Any:
    return inner


def _names_around(inner: Any) -> dict[str, Any]:
    if isinstance(inner, type):
        module = sys.modules.get(inner.__module__)
        return vars(module) if module else {}
    return cast("dict[str, Any]", getattr(inner, "__globals__", {}))


def _resolved(name: str, parameter: inspect.Parameter, names: dict[str, Any]) -> Any:
    """Return a parameter's annotation, with the names in it looked up."""
    if parameter.annotation is parameter.empty:
        return Any

    def holder() -> None: ...

    holder.__annotations__ = {parameter.name: parameter.annotation}
    try:
        return get_type_hints(holder, names, include_extras=True)[parameter.name]
    except Exception as error:  # noqa: BLE001 -- an annotation may be any expression
        why = f"is annotated {_annotation_text(parameter)}, and {_first_line(error)}"
        raise _no_parameter(name, parameter.name, why) from None


def _described(hint: Any, default: Any, told: str | None) -> Any:
    """Return an annotation with its description where pydantic finds it.

    ``Annotated[str, "words"]`` means what ``Annotated[str, Field(description="words")]`` does;
    and a default of None is one that may be given.
    """
    from pydantic import Field  # noqa: PLC0415 -- as above
    from pydantic.fields import FieldInfo  # noqa: PLC0415 -- as above

    base, extras = hint, list[Any]()
    if get_origin(hint) is Annotated:
        base, *extras = get_args(hint)
    if default is None and not _takes_none(base):
        base = Union[base, None]  # noqa: UP007 -- the annotation is a value here
    fields = [one for one in (*extras, default) if isinstance(one, FieldInfo)]
    words = next((one for one in extras if isinstance(one, str)), None)
    documented = (getattr(one, "documentation", None) for one in extras)
    words = words or next((one for one in documented if isinstance(one, str)), None) or told
    extras = [one for one in extras if not isinstance(one, str)]
    if words and not any(one.description for one in fields):
        extras.append(Field(description=words))
    return Annotated[(base, *extras)] if extras else base  # pyright: ignore[reportInvalidTypeForm] -- a value here


def _takes_none(hint: Any) -> bool:
    if hint is Any or hint is object or hint is None or hint is types.NoneType:
        return True
    origin = get_origin(hint)
    if origin is Union or origin is types.UnionType:
        return any(_takes_none(one) for one in get_args(hint))
    return origin is Literal and None in get_args(hint)


def _why(parameter: inspect.Parameter, error: Exception) -> str:
    from pydantic.errors import PydanticUserError  # noqa: PLC0415 -- as above

    odd = isinstance(error, PydanticUserError) and error.code not in _NO_SCHEMA
    if isinstance(error, PydanticUserError | TypeError) and not odd:
        return f"is {_annotation_text(parameter)}, which JSON cannot give; {_MENDS}"
    return f"is {_annotation_text(parameter)}, which fails: {_first_line(error)}"


def _annotation_text(parameter: inspect.Parameter) -> str:
    text = ""
    if isinstance(parameter.annotation, str):
        return repr(parameter.annotation[:100])
    with contextlib.suppress(Exception):  # a metaclass of the user's writes itself
        text = _MODULES.sub("", inspect.formatannotation(_bare(parameter.annotation)))
    return text[:100] or "of a type without a name"


def _bare(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def _no_parameter(name: str, parameter: str, why: str) -> ConfigError:
    return ConfigError(f"the tool {name}() cannot be described: its parameter {parameter} {why}.")


def _first_line(error: Exception) -> str:
    text = ""
    with contextlib.suppress(Exception):
        text = " ".join(str(error).split())[:200].rstrip(".")
    return text or type(error).__name__
