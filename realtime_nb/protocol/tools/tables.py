"""Tables and arrays as what a model can read: told by their shape, never imported here."""

from __future__ import annotations

from typing import Any, Final, cast

ROWS: Final = 1000
"""How many rows of a table, or entries of an array, are looked at."""

_ARRAY_WHOLE: Final = 1000
_ARRAY_HEAD: Final = 10
_ARRAY_COUNTED: Final = 20_000_000
_CELLS: Final = 50_000


def is_table(value: Any) -> bool:
    """Whether `value` is a DataFrame, a Series or an Index, of pandas or polars."""
    return _is_pandas(value) or _is_polars(value)


def is_array(value: Any) -> bool:
    """Whether `value` is an array, or a number, of numpy."""
    return any(
        kind.__module__ == "numpy" and kind.__name__ in ("ndarray", "generic")
        for kind in type(value).__mro__
    )


def table_value(value: Any) -> tuple[Any, int]:
    """Return a table as records, or a series as its values, and how many rows it has.

    Of a long one only the first 1,000 rows are there, of a wide one fewer. An index that is
    more than row numbers comes along: as columns of a table, as the keys of a series.
    """
    columns = len(getattr(value, "columns", ()))
    rows = max(1, min(ROWS, _CELLS // max(columns, 1)))
    head = value[:rows]
    return _pandas(head) if _is_pandas(value) else _polars(head), len(value)


def array_value(value: Any) -> Any:
    """Return a short array as lists, a long one by its shape, range and first entries."""
    if not hasattr(value, "shape") or value.ndim == 0:
        return _scalar(value.item())
    if value.size <= _ARRAY_WHOLE:
        return value.tolist()
    told: dict[str, Any] = {"shape": list(value.shape), "dtype": str(value.dtype)}
    if value.dtype.kind in "iufb" and value.size <= _ARRAY_COUNTED:
        numbers = value.astype(float)
        finite = numbers[(numbers - numbers) == 0]  # a NaN or an infinity less itself is NaN
        if finite.size:
            told |= {"min": finite.min().item(), "max": finite.max().item()}
            told["mean"] = finite.mean().item()
        if finite.size < value.size:
            told["not_finite"] = int(value.size - finite.size)
    told["first"] = value.reshape(-1)[:_ARRAY_HEAD].tolist()
    return told


def _scalar(value: Any) -> Any:
    return str(value) if isinstance(value, complex) else value


def _is_pandas(value: Any) -> bool:
    return _is_of(value, "pandas")


def _is_polars(value: Any) -> bool:
    return _is_of(value, "polars")


def _is_of(value: Any, package: str) -> bool:
    return any(
        kind.__module__.partition(".")[0] == package
        and kind.__name__ in ("DataFrame", "Series", "Index")
        for kind in type(value).__mro__
    )


def _pandas(head: Any) -> Any:
    if not hasattr(head, "index"):
        return head.tolist()
    numbered = type(head.index).__name__ == "RangeIndex"
    if head.ndim == 1:
        if numbered:
            return head.tolist()
        if head.index.is_unique:
            return {_label(key): one for key, one in zip(head.index, head.tolist(), strict=True)}
        head = head.to_frame(name=head.name if head.name is not None else "value")
    columns = _distinct([_label(one) for one in head.columns])
    rows = head.itertuples(index=False, name=None)
    if numbered:
        return [dict(zip(columns, row, strict=True)) for row in rows]
    names = [_label(one) if one is not None else "index" for one in head.index.names]
    columns = _distinct([*names, *columns])
    keys: list[Any] = [one if isinstance(one, tuple) else (one,) for one in head.index]
    return [
        dict(zip(columns, (*key, *row), strict=True)) for key, row in zip(keys, rows, strict=True)
    ]


def _polars(head: Any) -> Any:
    return head.to_dicts() if hasattr(head, "to_dicts") else head.to_list()


def _label(name: Any) -> str:
    if isinstance(name, tuple):
        return " / ".join(str(part) for part in cast("tuple[Any, ...]", name))
    return str(name)


def _distinct(names: list[str]) -> list[str]:
    made: dict[str, None] = {}
    for name in names:
        while name in made:
            name += "'"  # noqa: PLW2901 -- two columns may have one name
        made[name] = None
    return list(made)
