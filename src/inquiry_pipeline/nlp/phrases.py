"""Where the sentences of a text are, and the short runs of words in them that are left out together."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

_SENTENCE_END: Final = re.compile(r"\n|[.!?…。！？][\"')\]”»]?(?=\s)|[。！？]")  # noqa: RUF001
_RUN: Final = re.compile(r"\S+")
_EDGES: Final = ".,;:()[]{}<>\"'“”„‘’«»-_*|/\\#=~`"  # noqa: RUF001
_LONGEST_PIECE: Final = 30
_SHORT: Final = 3
_MOST_WORDS: Final = 4


@dataclass(frozen=True, slots=True, order=True)
class Range:
    """Characters `start` to `end` (exclusive) of a text."""

    start: int
    end: int

    def within(self, other: "Range") -> bool:
        """Whether all of it lies in the other."""
        return other.start <= self.start and self.end <= other.end


def find_words(text: str) -> list[Range]:
    """Words without the punctuation around them; marks of feeling (!, ?, emoji) stay.

    What has more than 30 characters, such as a line of a script without spaces, is taken in pieces.
    """
    return [piece for run in _RUN.finditer(text) for piece in _pieces(text, run.start(), run.end())]


def find_sentences(text: str, words: Sequence[Range], *, at_most: int) -> list[list[Range]]:
    """The words, sentence by sentence; neighbours of many sentences go together, by their length."""
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    sentences: list[list[Range]] = []
    number = previous = -1
    for word in words:
        while number < len(ends) - 1 and (number < 0 or ends[number] <= word.start):
            number += 1
        here = number if ends and word.start < ends[number] else len(ends)
        if here != previous:
            sentences.append([])
            previous = here
        sentences[-1].append(word)
    if len(sentences) <= at_most:
        return sentences
    total = sum(word.end - word.start for word in words)
    return _merged(sentences, size=total / at_most, at_most=at_most)


def find_phrases(text: str, words: Sequence[Range]) -> list[Range]:
    """A word, with the short ones before it ("not urgent", "the invoice"), never across punctuation."""
    phrases: list[list[Range]] = []
    for word in words:
        joins = phrases and _is_open(text, phrases[-1]) and not text[phrases[-1][-1].end : word.start].strip()
        if joins:
            phrases[-1].append(word)
        else:
            phrases.append([word])
    return [Range(phrase[0].start, phrase[-1].end) for phrase in phrases]


def grouped(ranges: Sequence[Range], size: int) -> list[Range]:
    """Neighbours together, `size` at a time."""
    groups = (ranges[start : start + size] for start in range(0, len(ranges), size))
    return [Range(group[0].start, group[-1].end) for group in groups]


def _pieces(text: str, start: int, end: int) -> Iterator[Range]:
    run = text[start:end]
    left = start + len(run) - len(run.lstrip(_EDGES))
    right = end - len(run) + len(run.rstrip(_EDGES))
    for begin in range(left, right, _LONGEST_PIECE):
        yield Range(begin, min(begin + _LONGEST_PIECE, right))


def _is_open(text: str, phrase: Sequence[Range]) -> bool:
    """Whether another word may follow in the phrase: it is short so far, and of short words alone."""
    last = text[phrase[-1].start : phrase[-1].end]
    return len(phrase) < _MOST_WORDS and len(last) <= _SHORT and last.isalpha()


def _merged(sentences: Sequence[Sequence[Range]], *, size: float, at_most: int) -> list[list[Range]]:
    """Sentences in at most so many groups of about `size` characters each."""
    numbered = []
    before = 0
    for sentence in sentences:
        numbered.append((min(int(before / size), at_most - 1), sentence))
        before += sum(word.end - word.start for word in sentence)
    return [
        [word for _, sentence in group for word in sentence] for _, group in groupby(numbered, key=lambda one: one[0])
    ]
