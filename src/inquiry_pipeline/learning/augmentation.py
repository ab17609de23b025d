"""Small changes to a training text that leave its labels as they are: a lost subject, typing errors.

Casing needs none: the tokenizer lower-cases.
"""

import random
from typing import Final

from inquiry_pipeline.core.inquiry import Message

_SUBJECT_LOST: Final = 0.15
_TYPED_BADLY: Final = 0.25
_WORDS_WITH_TYPOS: Final = 0.06
_SHORTEST_WORD: Final = 4


def varied(message: Message, chance: random.Random) -> Message:
    """The message, or one that differs from it as another sender's would."""
    if message.subject and message.body and chance.random() < _SUBJECT_LOST:
        message = Message(subject=None, body=message.body)
    if chance.random() < _TYPED_BADLY:
        message = Message(subject=message.subject, body=with_typos(message.body, chance))
    return message


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
