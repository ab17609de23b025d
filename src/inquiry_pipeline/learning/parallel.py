"""Sentences beside their translations, from `<source>.<language>.tsv.gz` files with the columns en and xx."""

import csv
import gzip
import random
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from inquiry_pipeline.core.errors import DataError

_SHORTEST: Final = 12
_LONGEST: Final = 220


@dataclass(frozen=True, slots=True, kw_only=True)
class SentencePair:
    """An English sentence and what it is in another language."""

    english: str
    translation: str
    language: str


def read_pairs(folder: Path, *, most: int, seed: int) -> list[SentencePair]:
    """At most so many pairs of every language, drawn at random, sources in turn, so that none prevails.

    Sentences shorter than 12 or longer than 220 characters are left out, and those that were not translated.
    DataError where a file is not what its name says.
    """
    by_language: dict[str, list[list[SentencePair]]] = {}
    for path in sorted(folder.glob("*.tsv.gz")):
        language = path.name.removesuffix(".tsv.gz").rpartition(".")[2]
        pairs = list(dict.fromkeys(_read(path, language)))
        random.Random(f"{seed} {path.name}").shuffle(pairs)  # noqa: S311 - no secret
        by_language.setdefault(language, []).append(pairs)
    if not by_language:
        raise DataError(f"{folder} holds no .tsv.gz file.")
    return [pair for _, sources in sorted(by_language.items()) for pair in _in_turn(sources, most)]


def _in_turn(sources: Sequence[Sequence[SentencePair]], most: int) -> list[SentencePair]:
    """The first pair of every source, then the second of every source that has one, and so on."""
    longest = max(map(len, sources))
    dealt = (source[place] for place in range(longest) for source in sources if place < len(source))
    return [pair for pair, _ in zip(dealt, range(most), strict=False)]


def _read(path: Path, language: str) -> Iterator[SentencePair]:
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
            rows = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            if next(rows, None) != ["en", "xx"]:
                raise DataError(f"{path}, line 1: must be the header en<TAB>xx.")
            for number, row in enumerate(rows, start=2):
                if len(row) != 2:
                    raise DataError(f"{path}, line {number}: must have two columns, has {len(row)}.")
                english, translation = row
                if english != translation and all(_SHORTEST <= len(text) <= _LONGEST for text in row):
                    yield SentencePair(english=english, translation=translation, language=language)
    except (OSError, EOFError, zlib.error, csv.Error, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error
