"""Events as the typed objects of the ``openai`` package, made on demand.

The package's own parser tries its 46 server events one after another; a table by `type`
finds the one class at once and gives equal objects.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from openai.types.realtime import RealtimeClientEvent, RealtimeServerEvent
from pydantic import BaseModel

if TYPE_CHECKING:
    from realtime_nb.protocol.events import Event


def typed_event(event: Event) -> Any:
    """Return `event` as the package's class for its type, validated.

    Raises
    ------
    LookupError
        When neither union of the package has an event of this type.
    pydantic.ValidationError
        When a field is missing or of another type.
    """
    return event_class(event.type).model_validate(event.data)


def event_class(kind: str) -> type[BaseModel]:
    """Return the package's class for a type of event.

    Raises
    ------
    LookupError
        When neither union of the package has one.
    """
    model = _by_type().get(kind)
    if model is None:
        raise LookupError(f"the openai package knows no event of type {kind!r}")
    return model


@cache
def _by_type() -> dict[str, type[BaseModel]]:
    table: dict[str, type[BaseModel]] = {}
    for union in (RealtimeClientEvent, RealtimeServerEvent):
        for member in _members(union):
            for name in _type_names(member):
                table[name] = member
    return table


def _members(union: Any) -> list[type[BaseModel]]:
    if isinstance(union, type):
        return [union] if issubclass(union, BaseModel) else []
    return [member for argument in get_args(union) for member in _members(argument)]


def _type_names(model: type[BaseModel]) -> tuple[str, ...]:
    field = model.model_fields.get("type")
    if field is None or get_origin(field.annotation) is not Literal:
        return ()
    return get_args(field.annotation)
