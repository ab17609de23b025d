"""Other models than the bundle for one task at a time: what they have in common, and how one is chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final, Literal, Protocol

from inquiry_pipeline.core.errors import ConfigurationError
from inquiry_pipeline.nlp.descriptions import DEFAULT_DESCRIPTIONS, Descriptions

Kind = Literal["detect", "zero-shot", "classifier"]

_KINDS: Final[Mapping[str, Kind]] = {"zero-shot": "zero-shot", "classifier": "classifier"}


class Task(StrEnum):
    """What a model is asked about a message."""

    CATEGORY = "category"
    SENTIMENT = "sentiment"
    URGENCY = "urgency"


@dataclass(frozen=True, slots=True)
class ReadText:
    """A clean text and the language that it is in (ISO 639-1)."""

    text: str
    language: str


class TaskBackend(Protocol):
    """A loaded model that answers one task. Called by one thread at a time.

    `version` changes when an answer could. `languages` are those that it reads. Bulk work reaches it in calls of
    `texts_at_once` texts, so that nobody who waits has to wait for more than one such call.
    """

    @property
    def version(self) -> str: ...  # noqa: D102 - see above

    @property
    def languages(self) -> frozenset[str]: ...  # noqa: D102

    @property
    def texts_at_once(self) -> int: ...  # noqa: D102

    def threshold(self, label: str, language: str) -> float:
        """The probability below which this category, in this language, is a suggestion only."""

    def answer(self, texts: Sequence[ReadText]) -> list[Mapping[str, float]]:
        """A probability in 0..1 for every label, for each of the texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChoice:
    """A model named by configuration: a folder or a repository of the hub, at a revision if one is given."""

    name: str
    kind: Kind = "detect"
    revision: str | None = None

    @property
    def folder(self) -> Path | None:
        """The folder that the name means, None where it is the hub's."""
        path = Path(self.name).expanduser()
        return path if path.is_dir() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendOptions:
    """How models other than the bundle are loaded and used.

    `threshold` in 0..1 is for categories of models that bring none; `languages` are what such a model reads.
    `cache_dir` holds what was downloaded (None: where the hub's library keeps it); `threads` of 0 leaves the choice
    to torch. What failed to load is tried again after `retry_seconds`.
    """

    threshold: float = 0.7
    languages: tuple[str, ...] = ("en",)
    descriptions: Descriptions = field(default_factory=lambda: DEFAULT_DESCRIPTIONS)
    cache_dir: Path | None = None
    threads: int = 0
    retry_seconds: float = 300.0


def parse_choice(value: str) -> ModelChoice | None:
    """`[zero-shot:|classifier:]MODEL[@REVISION]`; None for an empty value, which means the bundle.

    MODEL is a folder or an `owner/name` of the hub. Raises ConfigurationError.
    """
    value = value.strip()
    if not value:
        return None
    prefix, colon, rest = value.partition(":")
    if colon and prefix not in _KINDS and not Path(value).expanduser().exists():
        raise ConfigurationError(f"{prefix!r} is no kind of model: use zero-shot:MODEL or classifier:MODEL.")
    kind: Kind = _KINDS.get(prefix, "detect") if colon else "detect"
    name = rest.strip() if kind != "detect" else value
    if name and Path(name).expanduser().is_dir():
        return ModelChoice(name=name, kind=kind)
    name, _, revision = name.partition("@")
    if name.startswith((".", "/", "~")) or name.count("/") > 1:
        raise ConfigurationError(f"There is no folder {name}.")
    if not name:
        raise ConfigurationError(f"{value!r} names no model.")
    return ModelChoice(name=name, kind=kind, revision=revision or None)
