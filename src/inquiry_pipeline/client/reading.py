"""JSON → dataclasses, by their annotations."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints
from uuid import UUID

T = TypeVar("T")


class UnexpectedAnswer(ValueError):
    """An answer has another shape than this version of the client knows. The message names the field."""


def read(shape: type[T], value: object, *, where: str = "answer") -> T:
    """The value as `shape`: a dataclass, or what its fields are made of.

    Fields that this version does not know are left out, so that a newer server can be asked; fields that the server
    does not send have their defaults. Raises `UnexpectedAnswer`.
    """
    return cast("T", _read(shape, value, where))


def _read(shape: Any, value: Any, where: str) -> Any:  # noqa: ANN401 - driven by annotations
    origin = get_origin(shape)
    if origin in (Union, UnionType):
        return None if value is None else _read(_not_none(shape), value, where)
    if origin is tuple:
        _expect(list, value, where)
        return tuple(_read(get_args(shape)[0], one, f"{where}[{n}]") for n, one in enumerate(value))
    if origin is Mapping:
        _expect(dict, value, where)
        return {key: _read(get_args(shape)[1], one, f"{where}.{key}") for key, one in value.items()}
    if is_dataclass(shape):
        return _dataclass(shape, value, where)
    return _scalar(shape, value, where)


def _dataclass(shape: Any, value: Any, where: str) -> Any:  # noqa: ANN401 - driven by annotations
    _expect(dict, value, where)
    given = {}
    for name, (sent_as, kind, optional) in _fields(shape).items():
        if sent_as in value:
            given[name] = _read(kind, value[sent_as], f"{where}.{sent_as}")
        elif not optional:
            raise UnexpectedAnswer(f"{where}.{sent_as} is missing")
    return shape(**given)


@cache
def _fields(shape: Any) -> dict[str, tuple[str, Any, bool]]:  # noqa: ANN401 - any dataclass
    """The fields of a dataclass: what they are called in JSON, their kinds, and whether they have a default.

    Where that name is a word of Python's own, such as `from`, it is in the field's metadata.
    """
    kinds = get_type_hints(shape)
    return {
        one.name: (
            one.metadata.get("name", one.name),
            kinds[one.name],
            one.default is not MISSING or one.default_factory is not MISSING,
        )
        for one in fields(shape)
    }


def _scalar(shape: Any, value: Any, where: str) -> Any:  # noqa: ANN401 - driven by annotations
    if shape is Any:
        return value
    if shape is float:
        _expect((int, float), value, where)
        return float(value)
    if shape in (str, int, bool):
        _expect(shape, value, where)
        return value
    _expect(str, value, where)
    try:
        return datetime.fromisoformat(value) if shape is datetime else _of_text(shape, value)
    except ValueError as error:
        raise UnexpectedAnswer(f"{where} is no {shape.__name__}") from error


def _of_text(shape: type[UUID] | type[StrEnum], value: str) -> UUID | StrEnum:
    return shape(value)


def _not_none(shape: Any) -> Any:  # noqa: ANN401 - driven by annotations
    [kind] = [one for one in get_args(shape) if one is not type(None)]
    return kind


def _expect(kind: Any, value: object, where: str) -> None:  # noqa: ANN401 - a type or several
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise UnexpectedAnswer(f"{where} has another type than expected: {type(value).__name__}")
