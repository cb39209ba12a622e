"""What each field of the data files holds, made from the structs that are written: for people, and as types of Parquet. Pure.

Refused, because no reader would know what it is: a field without a description.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from msgspec import inspect

from site_builder.model import BuildError, Frozen

_WORDS: dict[type[inspect.Type], tuple[str, str]] = {
    inspect.StrType: ("text", "VARCHAR"),
    inspect.LiteralType: ("text", "VARCHAR"),
    inspect.IntType: ("number", "INTEGER"),
    inspect.BoolType: ("true or false", "BOOLEAN"),
    inspect.DateType: ("date", "DATE"),
}


class Entry(NamedTuple):
    """A field."""

    name: str
    type: str
    meaning: str


def entries(struct: type[Frozen]) -> Iterator[Entry]:
    """In the order in which they are written."""
    for field in _fields(struct):
        if not isinstance(field.type, inspect.Metadata) or not (
            meaning := (field.type.extra_json_schema or {}).get("description")
        ):
            raise BuildError(f"exports.py: {struct.__name__}.{field.name} has no description; give it one")
        yield Entry(field.encode_name, _in_words(field.type), meaning)


def columns(struct: type[Frozen]) -> dict[str, str]:
    """Field -> type in the words of DuckDB."""
    return {field.encode_name: _in_sql(field.type) for field in _fields(struct)}


def _fields(struct: type[Frozen]) -> tuple[inspect.Field, ...]:
    found = inspect.type_info(struct)
    assert isinstance(found, inspect.StructType)
    return found.fields


def _plain(type_: inspect.Type) -> tuple[inspect.Type, bool]:
    """Without its description and without None; whether None was among it."""
    if isinstance(type_, inspect.Metadata):
        return _plain(type_.type)
    if isinstance(type_, inspect.UnionType):
        inner = [one for one in type_.types if not isinstance(one, inspect.NoneType)]
        return _plain(inner[0])[0], len(inner) < len(type_.types)
    return type_, False


def _in_words(type_: inspect.Type) -> str:
    plain, empty = _plain(type_)
    if isinstance(plain, inspect.VarTupleType):
        item, _ = _plain(plain.item_type)
        known = _WORDS.get(type(item))
        return f"list of {known[0] if known else 'pairs' if isinstance(item, inspect.TupleType) else 'objects'}"
    if isinstance(plain, inspect.StructType):
        return f"object with {', '.join(field.encode_name for field in plain.fields)}"
    known = _WORDS.get(type(plain))
    return f"{known[0]}{', or empty' if empty else ''}" if known else "object of lists"


def _in_sql(type_: inspect.Type) -> str:
    plain, _ = _plain(type_)
    if isinstance(plain, inspect.StructType):
        return f"STRUCT({', '.join(f'{field.encode_name} {_in_sql(field.type)}' for field in plain.fields)})"
    if isinstance(plain, inspect.DictType):
        return f"MAP({_in_sql(plain.key_type)}, {_in_sql(plain.value_type)})"
    if isinstance(plain, inspect.VarTupleType):
        return f"{_in_sql(plain.item_type)}[]"
    if isinstance(plain, inspect.TupleType):
        return f"{_in_sql(plain.item_types[0])}[]"
    return _WORDS[type(plain)][1]
