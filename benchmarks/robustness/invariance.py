"""Changes that must not change the answer: exactly, for what cleaning removes; in a share of cases, for all else."""

import random
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from benchmarks.robustness.cases import TASKS, WHOLE, Case, Judge, message, same_answer, same_label, table
from inquiry_pipeline.core.inquiry import Message

Phrases = Mapping[str, Any]
"""What stands around an inquiry in one language: see phrases.yaml."""

EXACT: Final = "removed by cleaning"
ENGLISH: Final = "invariance, English"
OTHERS: Final = "invariance, six languages"

_NAMES: Final = ("Emily Clark", "Mohammed Al-Farsi", "Nguyen Thi Hoa", "Oluwaseun Adeyemi", "Priya Raghunathan", "Jo")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s")
_WORD: Final = re.compile(r"[^\W\d_]{4,}")
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_INVISIBLE: Final = ("\u200b", "\u00ad", "\u200e", "\u202e", "\ufeff", "\x00", "\ud800")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Another writing of a text, or several. A reader would answer the same on `tasks`."""

    name: str
    variants: Callable[[str, Phrases], Sequence[str | Message]]
    tasks: Sequence[str] = field(default=TASKS)


def _typos(text: str, *, every: int) -> str:
    """One slip of the fingers in one of `every` words of four letters or more, the same for the same text."""
    chance = random.Random(f"{every}{text}")

    def slip(match: re.Match[str]) -> str:
        word = match.group()
        if chance.random() >= 1 / every:
            return word
        at = chance.randrange(1, len(word) - 1)
        swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        return chance.choice([swapped, word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:]])

    return _WORD.sub(slip, text)


def _without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.translate(_UMLAUTS))
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _first_sentence_as_subject(text: str, _: Phrases) -> list[Message]:
    subject, *rest = _SENTENCE_END.split(text, maxsplit=1)
    return [message(rest[0], subject=subject)] if rest else []


def _quoting(text: str, header: Sequence[str], lines: Sequence[str]) -> str:
    return "\n".join([text, "", *header, *lines])


def _with_invisible(text: str) -> str:
    return "".join(
        character + (_INVISIBLE[index // 3 % len(_INVISIBLE)] if index % 3 == 1 else "")
        for index, character in enumerate(text)
    )


def _escaped(text: str) -> str:
    return "".join(f"&#{ord(one)};" if ord(one) > 127 or one in "<>&'" else one for one in text)


_EXACT: Final = (
    Change(
        name="quoted reply with > under it",
        variants=lambda text, said: [_quoting(text, [said["reply"]], [f"> {line}" for line in said["quoted"]])],
    ),
    Change(
        name="quoted reply of Outlook under it",
        variants=lambda text, said: [_quoting(text, [*said["original"], ""], said["quoted"])],
    ),
    Change(
        name='signature after "-- "',
        variants=lambda text, _: [f"{text}\n\n-- \nAnn Example\nLegal and invoices Ltd.\nTel. +1 555 0100"],
    ),
    Change(name="closing and name", variants=lambda text, said: [f"{text}\n\n{said['closing']},\nAnn Example"]),
    Change(name="line of a phone", variants=lambda text, said: [f"{text}\n\n{said['device']}"]),
    Change(name="confidentiality notice", variants=lambda text, said: [f"{text}\n\n{said['disclaimer']}"]),
    Change(
        name="HTML",
        variants=lambda text, _: [
            f"<p>{text}</p>",
            f"<html><head><title>Claim</title><style>p {{color: red}}</style></head><body><div><!-- lawsuit --><p>"
            f"<b>{_escaped(text)}</b></p><script>sue()</script></div></body></html>",
        ],
    ),
    Change(
        name="HTML with a quoted reply",
        variants=lambda text, said: [f"<div>{text}</div><blockquote>{'<br>'.join(said['quoted'])}</blockquote>"],
    ),
    Change(
        name="white space",
        variants=lambda text, _: [f"\r\n\t {text}  \r\n\r\n", text.replace(" ", "\u00a0"), text.replace(" ", "  \t")],
    ),
    Change(name="invisible characters", variants=lambda text, _: [_with_invisible(text)]),
    Change(
        name="forwarded message",
        variants=lambda text, said: ["\n".join([*said["forwarded"], "", text])],
    ),
    Change(name="only a quoted text", variants=lambda text, _: [f"> {text}"]),
)

_SHARE: Final = (
    Change(
        name="names",
        variants=lambda text, said: [f"{said['introduction'].format(name=name)} {text}" for name in _NAMES],
    ),
    Change(name="greetings", variants=lambda text, said: [f"{greeting}\n{text}" for greeting in said["greetings"]]),
    Change(name="thanks in advance", variants=lambda text, said: [f"{text} {said['thanks']}"]),
    Change(name="closing on the same line", variants=lambda text, said: [f"{text} {said['inline_closing']}"]),
    Change(
        name="reference numbers",
        variants=lambda text, said: [f"{text} {said['reference']}", f"[#88213-B] {text}"],
    ),
    Change(name="upper case", variants=lambda text, _: [text.upper()]),
    Change(name="lower case", variants=lambda text, _: [text.lower()]),
    Change(name="typos, one word in eight", variants=lambda text, _: [_typos(text, every=8)]),
    Change(name="typos, one word in three", variants=lambda text, _: [_typos(text, every=3)]),
    Change(name="no punctuation", variants=lambda text, _: [re.sub(r"[.,!?¿¡:;\"]+", "", text)]),
    Change(name="no accents", variants=lambda text, _: [_without_accents(text)]),
    Change(name="emoji at the end", variants=lambda text, _: [f"{text} 🙏", f"{text} 📎📎"]),
    Change(
        name="exclamation marks",
        variants=lambda text, _: [re.sub(r"[.!]+$", "!!!!", text)],
        tasks=("category", "urgency"),
    ),
    Change(name="first sentence as subject", variants=_first_sentence_as_subject),
)


def invariance_cases() -> Iterator[Case]:
    """Every change of every inquiry that it changes at all, beside the inquiry as it is."""
    inquiries, phrases = table("inquiries.yaml"), table("phrases.yaml")
    for language, texts in inquiries.items():
        for text in texts:
            for change in _EXACT:
                yield from _cases(EXACT, change, text, phrases[language], {WHOLE: same_answer})
            for change in _SHARE:
                judges = {task: same_label(task) for task in change.tasks}
                yield from _cases(ENGLISH if language == "en" else OTHERS, change, text, phrases[language], judges)


def _cases(kind: str, change: Change, text: str, phrases: Phrases, judges: Mapping[str, Judge]) -> Iterator[Case]:
    for variant in change.variants(text, phrases):
        changed = variant if isinstance(variant, Message) else message(variant)
        if changed.body == text:
            continue
        for task, judge in judges.items():
            yield Case(
                kind=kind,
                group=change.name,
                task=task,
                name=changed.body,
                messages=(message(text), changed),
                judge=judge,
            )
