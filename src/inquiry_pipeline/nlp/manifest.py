"""`manifest.json`: what a bundle is, what it was made from, and the checksum of every file in it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from inquiry_pipeline.core.errors import BundleError
from inquiry_pipeline.core.prediction import Sentiment, Urgency
from inquiry_pipeline.nlp.cleaning import CLEANING_VERSION

FORMAT_VERSION: Final = 2
MANIFEST: Final = "manifest.json"
ENCODER: Final = "encoder.onnx"
TOKENIZER: Final = "tokenizer.json"
HEADS: Final = "heads.npz"
ANY_LANGUAGE: Final = "*"
"""Stands for every language that has no entry of its own."""
ALWAYS_ABSTAIN: Final = 1.01
"""A threshold that no confidence reaches."""
_REQUIRED_FILES: Final = (ENCODER, TOKENIZER, HEADS)
_FIXED_LABELS: Final = {"sentiment": frozenset(Sentiment), "urgency": frozenset(Urgency)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The description of a bundle.

    `labels` go by task, `temperatures` by task and language, `thresholds` by language and category: below, the
    category is a suggestion only. `languages` are those read well enough to decide. `created` is an ISO 8601 time;
    `data` names what the heads learned from and its fingerprint; `checksums` are SHA-256 by file name.
    """

    name: str
    created: str
    labels: Mapping[str, tuple[str, ...]]
    temperatures: Mapping[str, Mapping[str, float]]
    thresholds: Mapping[str, Mapping[str, float]]
    languages: tuple[str, ...]
    max_tokens: int
    checksums: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    cleaning_version: str = CLEANING_VERSION
    format_version: int = FORMAT_VERSION

    @property
    def model_version(self) -> str:
        """Name and a short hash of all that decides an answer: another one as soon as any of it changes."""
        return f"{self.name}-{hashlib.sha256(self.as_json().encode()).hexdigest()[:10]}"

    def threshold(self, category: str, language: str) -> float:
        """The least confidence (0..1) from which the category is decided in this language; what has none abstains."""
        for code in (language, ANY_LANGUAGE):
            if (least := self.thresholds.get(code, {}).get(category)) is not None:
                return least
        return ALWAYS_ABSTAIN

    def as_json(self) -> str:
        """The manifest file's text."""
        return json.dumps(asdict(self), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest of a finished bundle; its checksums must already be those of the files."""
    (folder / MANIFEST).write_text(manifest.as_json(), "utf-8")


def checksums(folder: Path) -> dict[str, str]:
    """SHA-256 of every file in a bundle but the manifest."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name != MANIFEST)
    return {path.name: _sha256(path) for path in files}


def read_manifest(folder: Path) -> Manifest:
    """Read and check a bundle's manifest and its files' checksums; BundleError says in a sentence what is wrong."""
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text("utf-8"))
        content["labels"] = {task: tuple(labels) for task, labels in content["labels"].items()}
        content["languages"] = tuple(content["languages"])
        manifest = Manifest(**content)
    except FileNotFoundError as error:
        raise BundleError(f"There is no model bundle in {folder}: {MANIFEST} is missing.") from error
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise BundleError(f"{path} cannot be read: {error}") from error
    _check(manifest, path)
    _verify(manifest, folder)
    return manifest


def _check(manifest: Manifest, path: Path) -> None:
    if manifest.format_version != FORMAT_VERSION:
        raise BundleError(f"{path} has format {manifest.format_version}, this program reads {FORMAT_VERSION}.")
    if manifest.cleaning_version != CLEANING_VERSION:
        raise BundleError(
            f"{path} was trained with text cleaning {manifest.cleaning_version}, this program has "
            f"{CLEANING_VERSION}; train the bundle anew."
        )
    for task in ("category", "sentiment", "urgency"):
        if len(manifest.labels.get(task, ())) < 2:
            raise BundleError(f"{path} names fewer than two labels for {task}.")
    for task, fixed in _FIXED_LABELS.items():
        if set(manifest.labels[task]) != fixed:
            raise BundleError(f"{path}: the labels of {task} must be {', '.join(sorted(fixed))}.")
    if not all(_are_thresholds(own) for own in manifest.thresholds.values()):
        raise BundleError(f"{path}: thresholds must be numbers by language and category.")
    if manifest.max_tokens < 8:
        raise BundleError(f"{path}: max_tokens is {manifest.max_tokens}, too few for any text.")


def _are_thresholds(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(least, int | float) for least in value.values())


def _verify(manifest: Manifest, folder: Path) -> None:
    for name in (*_REQUIRED_FILES, *sorted(set(manifest.checksums) - set(_REQUIRED_FILES))):
        path = folder / name
        if not path.is_file():
            raise BundleError(f"The model bundle in {folder} is incomplete: {name} is missing.")
        if manifest.checksums.get(name) != _sha256(path):
            raise BundleError(f"The model bundle in {folder} is damaged: {name} does not match its checksum.")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
