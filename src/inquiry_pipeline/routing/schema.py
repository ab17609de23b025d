"""What the JSON schema says against a document, in words that help the person who wrote it."""

import difflib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from inquiry_pipeline.routing.document import Problem, Where

_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}
_FORMS = {
    "id": "a name of lower-case letters, digits, '-' and '_'",
    "language": "a language code of two or three lower-case letters, such as en",
    "address": "an e-mail address",
    "domain": "a domain, such as example.com",
}


@cache
def _validator() -> Draft202012Validator:
    text = resources.files(__package__).joinpath("rules.schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(text))


def schema_problems(data: object) -> Iterator[Problem]:
    """Everything in which the data departs from the schema."""
    for error in _validator().iter_errors(data):
        yield from _explain(error)


def suggestion(name: object, known: Iterable[str]) -> str:
    """`; did you mean 'x'?`, or nothing when no known name is close."""
    close = difflib.get_close_matches(str(name), list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def quoted(names: Iterable[object]) -> str:
    """Names for a message, in their order: `'a', 'b'`."""
    return ", ".join(repr(name) for name in names)


def _explain(error: ValidationError) -> Iterator[Problem]:
    where: Where = tuple(error.absolute_path)
    value: Any = error.instance
    limit: Any = error.validator_value
    if "propertyNames" in error.absolute_schema_path:
        where = (*where, str(value))
    if error.validator == "required":
        yield from (Problem((*where, name), "is missing") for name in limit if name not in value)
    elif error.validator == "additionalProperties":
        schema: Any = error.schema
        known = list(schema["properties"])
        for name in value:
            if name not in known:
                yield Problem((*where, name), f"unknown key (known: {', '.join(known)}){suggestion(name, known)}")
    else:
        sentence = _SENTENCES.get(str(error.validator))
        yield Problem(where, sentence(value, limit) if sentence else error.message)


def _shown(value: object) -> str:
    text = "empty" if value is None else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _wrong_type(value: object, limit: str | list[str]) -> str:
    kinds = [_TYPES[kind] for kind in ([limit] if isinstance(limit, str) else limit)]
    return f"must be {' or '.join(kinds)}, not {_shown(value)}"


def _wrong_form(value: object, pattern: str) -> str:
    definitions: Any = _validator().schema
    form = next(text for name, text in _FORMS.items() if definitions["$defs"][name]["pattern"] == pattern)
    return f"{_shown(value)} is not {form}"


def _repeated(value: list[object], _limit: object) -> str:
    twice = dict.fromkeys(str(item) for item in value if value.count(item) > 1)
    return f"names {quoted(twice)} more than once"


def _empty(_value: object, _limit: object) -> str:
    return "must not be empty"


_SENTENCES: Mapping[str, Callable[[Any, Any], str]] = {
    "type": _wrong_type,
    "enum": lambda value, limit: f"{_shown(value)} is not one of {quoted(limit)}{suggestion(value, limit)}",
    "pattern": _wrong_form,
    "minimum": lambda value, limit: f"{_shown(value)} is less than {limit}",
    "maximum": lambda value, limit: f"{_shown(value)} is more than {limit}",
    "minItems": _empty,
    "minProperties": _empty,
    "minLength": _empty,
    "maxLength": lambda _value, limit: f"longer than {limit} characters",
    "uniqueItems": _repeated,
}
"""What a failed keyword of the schema says about a value and the keyword's limit."""
