"""Changes to a training text that leave its labels as they are.

A lost subject, typing errors, what other senders put around such a wish, what those in a hurry leave out. Casing
needs none: the tokenizer lower-cases.
"""

import random
from typing import Final

from inquiry_pipeline.core.inquiry import Message
from inquiry_pipeline.learning.datasets import LabelledInquiry
from inquiry_pipeline.learning.surroundings import surrounded, without_accents, without_closing, without_greeting

_SUBJECT_LOST: Final = 0.1
_TYPED_BADLY: Final = 0.15
_SURROUNDED: Final = 0.3
_SHORTER: Final = 0.08
_WORDS_WITH_TYPOS: Final = 0.06
_SHORTEST_WORD: Final = 4
_SENTENCE_ENDS: Final = ".!?"


def varied(inquiry: LabelledInquiry, chance: random.Random) -> Message:
    """The inquiry's message, or one that differs from it as another sender's would."""
    subject, body = inquiry.message.subject, inquiry.message.body
    if not body.strip():
        return inquiry.message
    if subject and chance.random() < _SUBJECT_LOST:
        subject = None
    if chance.random() < _TYPED_BADLY:
        body = with_typos(body, chance)
    draw = chance.random()
    if draw < _SURROUNDED:
        body = surrounded(
            body, chance, language=inquiry.language, category=inquiry.category, sentiment=inquiry.sentiment
        )
    elif draw < _SURROUNDED + _SHORTER:
        body = shorter(body, chance, language=inquiry.language)
    return Message(subject=subject, body=body)


def shorter(body: str, chance: random.Random, *, language: str) -> str:
    """As typed in a hurry: no greeting and closing, perhaps no last full stop and no accents."""
    body = without_closing(without_greeting(body, language), language)
    if chance.random() < 0.6:
        body = body.rstrip().rstrip(_SENTENCE_ENDS) or body
    return without_accents(body, language) if chance.random() < 0.5 else body


def with_typos(text: str, chance: random.Random) -> str:
    """A few words with two letters swapped, or one lost or doubled; lines stay lines."""
    return "\n".join(
        " ".join(_typo(word, chance) if chance.random() < _WORDS_WITH_TYPOS else word for word in line.split(" "))
        for line in text.split("\n")
    )


def _typo(word: str, chance: random.Random) -> str:
    if len(word) < _SHORTEST_WORD or not word.isalpha():
        return word
    place = chance.randrange(1, len(word) - 1)
    first, second = word[place], word[place + 1]
    middle = chance.choice((second + first, second, first + first + second))
    return word[:place] + middle + word[place + 2 :]
