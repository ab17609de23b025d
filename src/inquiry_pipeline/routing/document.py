"""YAML text → plain data, and the line on which every part of it stands.

Scalars are read as YAML 1.2 reads them: `no` and `on` are words, not booleans, and `010` is ten. Only what JSON
can hold comes out: mappings with text keys, lists, texts, finite numbers, booleans and null.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

Where: TypeAlias = tuple[str | int, ...]
"""The keys and list positions that lead from the top of the document to a part of it."""

MAX_CHARACTERS = 1_000_000
MAX_NODES = 50_000
MAX_DEPTH = 30
_UNSTORABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a document. `line` is 1-based; None means the line of `where`."""

    where: Where
    message: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data, where its parts stand, and what was wrong with the text. `source` names it in messages."""

    source: str
    data: Any
    lines: Mapping[Where, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def line_of(self, where: Where) -> int:
        """The 1-based line of a part, or of the nearest part around it that exists."""
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where, 1)

    def render(self, problems: Iterable[Problem]) -> str:
        """One line a problem, `source:line: path: message`, in the order of the document."""
        rows = {(p.line or self.line_of(p.where), path_text(p.where), p.message) for p in problems}
        return "\n".join(f"{self.source}:{line}: {path}{message}" for line, path, message in sorted(rows))


def path_text(where: Where) -> str:
    """A path as messages show it, with its colon: `departments.billing.languages[0]: `; empty at the top."""
    text = ""
    for step in where:
        plain = isinstance(step, str) and re.fullmatch(r"[\w-]+", step)
        text += f".{step}" if plain else f"[{step!r}]"
    return f"{text.removeprefix('.')}: " if text else ""


def read_document(text: str, *, source: str) -> Document:
    """Read YAML. Never raises for what the text holds: faults are in the answer's `problems`."""
    if len(text) > MAX_CHARACTERS:
        return Document(source, None, problems=(Problem((), f"longer than {MAX_CHARACTERS} characters"),))
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        return Document(source, None, problems=(_syntax_problem(error, text),))
    except RecursionError:
        return Document(source, None, problems=(Problem((), "nested too deeply"),))
    if root is None:
        return Document(source, None, problems=(Problem((), "the file is empty"),))
    builder = _Builder()
    try:
        data = builder.build(root, ())
    except _TooLarge as error:
        return Document(source, None, problems=(Problem((), str(error), error.line),))
    return Document(source, data, builder.lines, tuple(builder.problems))


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with the scalars of YAML 1.2's core schema."""


_Loader.yaml_implicit_resolvers = {}
for _kind, _pattern, _first in (
    ("null", r"null|Null|NULL|~|", ["n", "N", "~", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", list("-+.0123456789")),
    ("merge", r"<<", ["<"]),
):
    _Loader.add_implicit_resolver(_TAG + _kind, re.compile(rf"^(?:{_pattern})$"), _first)


class _TooLarge(Exception):
    """The document holds more than rules ever do."""

    def __init__(self, line: int) -> None:
        super().__init__("nested too deeply, or repeated too often by aliases")
        self.line = line


class _Builder:
    """Turns YAML nodes into plain data; remembers lines and collects problems on the way."""

    def __init__(self) -> None:
        self.lines: dict[Where, int] = {}
        self.problems: list[Problem] = []
        self._nodes = 0

    def build(self, node: yaml.Node, where: Where) -> object:
        """The plain data under a node; None where it cannot be told (a problem then says why)."""
        self.lines.setdefault(where, _line(node))
        self._nodes += 1
        if self._nodes > MAX_NODES or len(where) > MAX_DEPTH:
            raise _TooLarge(_line(node))
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
            return self._mapping(node, where)
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
            return [self.build(item, (*where, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, where)

    def _mapping(self, node: yaml.MappingNode, where: Where) -> dict[str, object]:
        data: dict[str, object] = {}
        first: dict[str, int] = {}
        for key_node, value_node in node.value:
            if key_node.tag == f"{_TAG}merge":
                self._problem(where, key_node, "merge keys (<<) are not supported: write the keys out")
                continue
            if not isinstance(key_node, yaml.ScalarNode) or _UNSTORABLE.search(key_node.value):
                self._problem(where, key_node, "a key must be plain text")
                continue
            key = key_node.value
            if key in first:
                self._problem((*where, key), key_node, f"is given twice, first on line {first[key]}")
                continue
            first[key] = self.lines[(*where, key)] = _line(key_node)
            data[key] = self.build(value_node, (*where, key))
        return data

    def _scalar(self, node: yaml.Node, where: Where) -> object:
        kind = node.tag.removeprefix(_TAG)
        if not isinstance(node, yaml.ScalarNode) or kind not in {"str", "null", "bool", "int", "float"}:
            self._problem(where, node, f"the tag {node.tag!r} is not allowed here")
            return None
        if kind == "str":
            if _UNSTORABLE.search(node.value):
                self._problem(where, node, "holds control characters")
            return node.value
        if kind in {"null", "bool"}:
            return None if kind == "null" else node.value.lower() == "true"
        return self._number(node, where)

    def _number(self, node: yaml.ScalarNode, where: Where) -> int | float | None:
        try:
            number = float(node.value)
        except ValueError:
            number = math.inf
        if len(node.value) > 40 or not math.isfinite(number):
            self._problem(where, node, f"{node.value[:40]!r} is not a number that can be used")
            return None
        return int(node.value) if node.tag.endswith("int") and node.value.lstrip("+-").isdigit() else number

    def _problem(self, where: Where, node: yaml.Node, message: str) -> None:
        self.problems.append(Problem(where, message, _line(node)))


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _syntax_problem(error: yaml.YAMLError, text: str) -> Problem:
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        said = ", ".join(part for part in (error.problem, error.context) if part)
        return Problem((), f"not valid YAML: {said}", mark.line + 1 if mark else 1)
    position = getattr(error, "position", 0)
    line = text.count("\n", 0, position) + 1
    return Problem((), f"not valid YAML: {getattr(error, 'reason', error)}", line)
