"""Signatures that nobody wrote: their schemas are pydantic's, and what fits them can be called."""

from __future__ import annotations

import dataclasses
import enum
import inspect
import json
import keyword
from typing import Any, Literal, Optional

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.realtime import RealtimeFunctionTool
from pydantic import TypeAdapter, create_model
from typing_extensions import TypedDict

from realtime_nb.protocol.tools.arguments import BadArguments, read_arguments
from realtime_nb.protocol.tools.definition import define_function

NAMES = st.from_regex(r"[a-z][a-z_]{0,5}", fullmatch=True).filter(
    lambda name: not keyword.iskeyword(name) and not hasattr(dict, name)
)
FIELDS = NAMES.map(lambda name: f"f_{name}")  # a model has methods, whose names are taken
PLAIN = st.sampled_from([str, int, float, bool])
LITERALS = st.lists(
    st.one_of(st.text("abc", min_size=1, max_size=3), st.integers(-3, 3)), min_size=1, unique=True
).map(lambda values: Literal[tuple(values)])
ENUMS = st.lists(st.text("xyz", min_size=1, max_size=3), min_size=1, max_size=4, unique=True).map(
    lambda values: enum.Enum("Kind", {f"M{place}": one for place, one in enumerate(values)})
)


def objects(inner):
    """Dataclasses, models and TypedDicts of what there is so far."""
    fields = st.dictionaries(FIELDS, inner, min_size=1, max_size=3)
    return st.one_of(
        fields.map(lambda of: dataclasses.make_dataclass("Data", list(of.items()))),
        fields.map(lambda of: create_model("Model", **{k: (v, ...) for k, v in of.items()})),
        fields.map(lambda of: TypedDict("Typed", of)),
    )


TYPES = st.recursive(
    st.one_of(PLAIN, LITERALS, ENUMS),
    lambda inner: st.one_of(
        inner.map(lambda one: list[one]),
        inner.map(lambda one: dict[str, one]),
        inner.map(lambda one: tuple[one, ...]),
        inner.map(lambda one: Optional[one]),  # noqa: UP045 -- a Literal has no |
        objects(inner),
    ),
    max_leaves=4,
)


def values(schema: dict[str, Any], root: dict[str, Any]):  # noqa: PLR0911 -- one for each kind
    """Return what fits a JSON schema."""
    if "$ref" in schema:
        return values(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    if "anyOf" in schema:
        return st.one_of([values(one, root) for one in schema["anyOf"]])
    if "const" in schema or "enum" in schema:
        return st.sampled_from(schema.get("enum", [schema.get("const")]))
    if schema["type"] == "array":
        return st.lists(values(schema["items"], root), max_size=2)
    if schema["type"] == "object":
        rest = schema.get("additionalProperties")
        if isinstance(rest, dict):
            return st.dictionaries(st.text("kl", max_size=2), values(rest, root), max_size=2)
        of = {name: values(one, root) for name, one in schema.get("properties", {}).items()}
        must = set(schema.get("required", []))
        return st.fixed_dictionaries(
            {name: one for name, one in of.items() if name in must},
            optional={name: one for name, one in of.items() if name not in must},
        )
    return {
        "string": st.text(max_size=5),
        "integer": st.integers(-(2**70), 2**70),
        "number": st.floats(allow_nan=False, allow_infinity=False),
        "boolean": st.booleans(),
        "null": st.none(),
    }[schema["type"]]


@st.composite
def functions(draw):
    """Draw a function that gives back what it was called with."""

    def function(**given: Any) -> dict[str, Any]:
        return given

    parameters = []
    for name, hint in draw(st.dictionaries(NAMES, TYPES, max_size=3)).items():
        default = inspect.Parameter.empty
        if draw(st.booleans()):
            schema = TypeAdapter(hint).json_schema()
            default = TypeAdapter(hint).validate_python(draw(values(schema, schema)))
        kind = inspect.Parameter.KEYWORD_ONLY
        parameters.append(inspect.Parameter(name, kind, default=default, annotation=hint))
    function.__signature__ = inspect.Signature(parameters)
    function.__annotations__ = {one.name: one.annotation for one in parameters}
    return function


def untitled(schema: Any, *, names: bool = False) -> Any:
    """Return a schema without titles; under `names` are names, one of which may be that."""
    if isinstance(schema, list):
        return [untitled(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: one if key == "default" else untitled(one, names=key in ("properties", "$defs"))
        for key, one in schema.items()
        if names or key != "title"
    }


@given(functions(), st.data())
@settings(max_examples=60, deadline=None)
def test_the_schema_is_pydantic_s_and_what_fits_it_can_be_called(function, data) -> None:
    definition = define_function(function)
    schema = definition["parameters"]

    theirs = {"properties": {}, **TypeAdapter(function).json_schema()}
    assert untitled(schema) == untitled(theirs)
    assert not any("title" in one for one in schema["properties"].values())
    jsonschema.Draft202012Validator.check_schema(schema)
    assert RealtimeFunctionTool.model_validate(definition).to_dict() == definition

    arguments = data.draw(values(schema, schema))
    jsonschema.validate(arguments, schema)
    called = function(**read_arguments(function, json.dumps(arguments)))
    assert called.keys() == arguments.keys()
    for name, value in called.items():
        hint = function.__annotations__[name]
        assert TypeAdapter(hint).dump_python(value, mode="json") == arguments[name]


@given(
    functions(),
    st.text(max_size=20)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=5,
    ).map(json.dumps),
)
@settings(max_examples=60, deadline=None)
def test_what_does_not_fit_is_told_in_one_line(function, text) -> None:
    try:
        read = read_arguments(function, text)
    except BadArguments as error:
        told = str(error)
        assert told.startswith("function(): ")
        assert "\n" not in told
        assert len(told) < 2000
    else:
        assert read.keys() <= function.__annotations__.keys()


@pytest.mark.parametrize("name", ["schema", "json", "copy", "model_config", "_own", "self", "cls"])
def test_parameters_may_be_called_anything(name) -> None:
    function = eval(f"lambda {name}: {name}")  # noqa: S307 -- the name is ours
    assert list(define_function(function, name="f")["parameters"]["properties"]) == [name]
    assert read_arguments(function, json.dumps({name: 1})) == {name: 1}
