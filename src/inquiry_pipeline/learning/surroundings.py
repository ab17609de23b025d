"""What real messages carry around their wish: greetings, introductions, signatures, numbers, logs.

Put around a training text, they teach a model that they decide nothing. The phrases lie in `surroundings.yaml`; a
language that is not there stays as it is.
"""

import random
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

import yaml

_SAY_CUSTOMER: Final = frozenset({"billing", "sales", "legal", "product_feedback", "technical_support"})
_HAS_LOGS: Final = "technical_support"
_CHANCES: Final[Mapping[str, float]] = {
    "greeting": 0.35,
    "opening": 0.12,
    "introduction": 0.35,
    "number": 0.15,
    "number beneath": 0.15,
    "politeness": 0.25,
    "closing": 0.35,
    "signature": 0.15,
    "emoji": 0.2,
    "device": 0.06,
    "log": 0.2,
    "quoted": 0.06,
}
"""How likely each part is, where anything is put around a text."""
_NAMES_SOMEBODY_ELSE: Final = frozenset({"greetings", "quoted"})
_LONG_LOG: Final = 0.15
_ON_THE_SAME_LINE: Final = 0.35
_LONGEST_GREETING: Final = 40
_LONGEST_CLOSING_LINES: Final = 3
_GERMAN: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"})

Phrases = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sender:
    """Who writes, as words for the blanks of a phrase, and what may be said of them."""

    phrases: Phrases
    words: Mapping[str, str]
    chance: random.Random
    customer: bool
    has_logs: bool
    emoji: Sequence[str]

    def say(self, kind: str) -> str:
        """One phrase of a kind, filled in; those of customers as well where the sender is one."""
        own: list[str] = [*self.phrases[kind]]
        if self.customer:
            own += self.phrases.get(f"customer_{kind}", ())
        fresh: dict[str, str] = {"ref": _reference(self.chance)}
        if kind in _NAMES_SOMEBODY_ELSE:
            fresh |= {name: self.chance.choice(self.phrases[name]) for name in ("first", "last", "company")}
        return self.chance.choice(own).format_map({**self.words, **fresh})


def languages() -> frozenset[str]:
    """The languages that there are phrases for (ISO 639-1)."""
    return frozenset(_all_phrases()["languages"])


def surrounded(
    body: str, chance: random.Random, *, language: str, category: str | None, sentiment: str | None = None
) -> str:
    """The body with one or more parts before or after it; logs under technical matters alone.

    Its own greeting or closing gives way to the new one. An emoji says what the text feels, or nothing.
    """
    sender = _sender(chance, language, category, sentiment)
    if sender is None:
        return body
    parts: set[str] = set()
    while not parts:
        parts = {part for part, likely in _CHANCES.items() if chance.random() < likely}
        parts -= set() if sender.has_logs else {"log"}
    if parts & {"greeting", "opening", "introduction"}:
        body = without_greeting(body, language)
    if "closing" in parts:
        body = without_closing(body, language)
    return _beneath(_before(body, sender, parts), sender, parts)


def without_greeting(body: str, language: str) -> str:
    """The body without a first line that only greets."""
    first, _, rest = body.lstrip().partition("\n")
    greets = len(first) <= _LONGEST_GREETING and first.rstrip().endswith((",", ":", "!", "."))
    return rest.lstrip() if greets and rest.strip() and _begins(first, _starts(language, "starts")) else body


def without_closing(body: str, language: str) -> str:
    """The body without a closing phrase at its end and the name beneath."""
    lines = body.rstrip().split("\n")
    filled = [row for row, line in enumerate(lines) if line.strip()]
    for row in filled[-_LONGEST_CLOSING_LINES:]:
        if row > 0 and len(lines[row]) <= _LONGEST_GREETING and _begins(lines[row], _starts(language, "ends")):
            return "\n".join(lines[:row]).rstrip()
    return body


def without_accents(text: str, language: str) -> str:
    """As typed on a keyboard without them: in German ae for ä, elsewhere the bare letter."""
    if language == "de":
        text = text.translate(_GERMAN)
    letters = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(one for one in letters if not unicodedata.combining(one)))


def _before(body: str, sender: _Sender, parts: set[str]) -> str:
    lines = [sender.say("greetings")] if "greeting" in parts else []
    lines += [sender.say("openings")] if "opening" in parts else []
    lines += [sender.say("introductions")] if "introduction" in parts else []
    lines += [sender.say("references")] if "number" in parts else []
    return _joined([*lines, body], sender.chance)


def _beneath(text: str, sender: _Sender, parts: set[str]) -> str:
    """What follows the wish, in the order that mails have."""
    chance = sender.chance
    lines = [text]
    lines += [sender.say("politeness")] if "politeness" in parts else []
    lines += [sender.say("references")] if "number beneath" in parts else []
    lines += [chance.choice(sender.emoji) * chance.choice((1, 1, 1, 2))] if "emoji" in parts else []
    log = _log(chance) if "log" in parts else ""
    under_signature = chance.random() < 0.5
    found = _joined(lines, chance) + (f"\n\n{log}" if log and not under_signature else "")
    if "closing" in parts:
        closing = sender.say("closings")
        found = _joined([found, closing], chance) if "\n" not in closing else f"{found}\n{closing}"
    signature = chance.sample(sender.phrases["signature"], chance.randint(1, 3)) if "signature" in parts else []
    ends = [line.format_map(sender.words) for line in signature]
    ends += [sender.say("device")] if "device" in parts else []
    ends += ["", sender.say("quoted")] if "quoted" in parts else []
    ends += ["", log] if log and under_signature else []
    return "\n".join([found, *ends])


def _joined(lines: Sequence[str], chance: random.Random) -> str:
    """Each on a line of its own, or on that of the one before."""
    text = lines[0]
    for line in lines[1:]:
        text += (" " if chance.random() < _ON_THE_SAME_LINE else chance.choice(("\n", "\n\n"))) + line
    return text


def _log(chance: random.Random) -> str:
    lines = chance.randint(12, 40) if chance.random() < _LONG_LOG else chance.randint(2, 7)
    return "\n".join(
        chance.choice(_all_phrases()["logs"]).format(
            time=f"2025-{chance.randint(1, 12):02}-{chance.randint(1, 28):02} "
            f"{chance.randint(0, 23):02}:{chance.randint(0, 59):02}:{chance.randint(0, 59):02}",
            ref=_reference(chance),
            small=chance.randint(1, 9),
            number=chance.randint(100, 9_999),
        )
        for _ in range(lines)
    )


def _reference(chance: random.Random) -> str:
    digits = str(chance.randint(1_000, 99_999_999))
    letters = "".join(chance.choice("ABCDEFGHKLMNPRSTUVWXYZ") for _ in range(2))
    return chance.choice((digits, f"{letters}-{digits}", f"{letters}{digits}", f"2025-{digits[:5]}", f"{digits}/25"))


def _sender(chance: random.Random, language: str, category: str | None, sentiment: str | None) -> _Sender | None:
    phrases = _all_phrases()["languages"].get(language)
    if phrases is None:
        return None
    words = {blank: chance.choice(phrases[blank]) for blank in ("first", "last", "company", "city", "job", "day")}
    digits = "".join(chance.choice("0123456789") for _ in range(9))
    own = {
        "year": str(chance.randint(2009, 2025)),
        "phone": chance.choice((f"+{phrases['country']} {digits[:3]} {digits[3:]}", f"0{digits[:3]} {digits[3:]}")),
        "mail": f"{without_accents(words['first'], language).lower()}@example.{chance.choice(('com', 'org', 'net'))}",
    }
    return _Sender(
        phrases=phrases,
        words=words | own,
        chance=chance,
        customer=category in _SAY_CUSTOMER,
        has_logs=category == _HAS_LOGS,
        emoji=chance.choice([of for kind in ("any", sentiment) if (of := _all_phrases()["emoji"].get(kind))]),
    )


def _starts(language: str, kind: str) -> Sequence[str]:
    found: Sequence[str] = _all_phrases()["languages"].get(language, {}).get(kind, ())
    return found


def _begins(line: str, starts: Sequence[str]) -> bool:
    """Whether a line begins with one of these words, and not with a longer word."""
    text = line.strip().lower()
    return any(text.startswith(start) and not text[len(start) :][:1].isalpha() for start in starts)


@cache
def _all_phrases() -> Phrases:
    source = resources.files(__package__).joinpath("surroundings.yaml").read_text("utf-8")
    phrases: Phrases = yaml.safe_load(source)
    return phrases
