"""`python -m benchmarks.long_texts DATA BUNDLE`: how a long text should be read.

Two questions, over inquiries that the bundle's encoder never learned from:

- *Pasted*: inquiries are made long by what people paste into mails, a log, a list of items or minutes of a meeting of
  about 600 tokens. The wish stands above it, beneath it, in the middle of it, or half above and half beneath.
- *Natural*: inquiries of 110 to 256 tokens are read as if one pass held 96 tokens, so that what a way loses shows
  against reading them whole; really long letters are too few to count.

For every way of reading, shares of right answers by task and the time a text takes. "whole" and "not made long" are
what the same inquiries get where nothing is cut and nothing pasted.
"""

import argparse
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from inquiry_pipeline.core.errors import DataError
from inquiry_pipeline.learning.datasets import TASKS, LabelledInquiry, read_folder
from inquiry_pipeline.learning.holdout import held_out_rows, read_finetuning
from inquiry_pipeline.nlp.bundle import Bundle, load_bundle
from inquiry_pipeline.nlp.cleaning import clean
from inquiry_pipeline.nlp.encoder import Encoder, weighted_mean
from inquiry_pipeline.nlp.heads import Answer
from inquiry_pipeline.nlp.manifest import ENCODER, TOKENIZER
from inquiry_pipeline.nlp.reading import windows_of

Ids = list[int]
Ask = Callable[[Ids, str], Answer]

_PASTED_TOKENS: Final = 600
_MOST_NATURAL: Final = 96
_NATURAL: Final = range(110, 257)
_IN_USE: Final = "what reads like an inquiry"


def _cut(ids: Ids, first: int, last: int) -> list[Ids]:
    """So many tokens from the beginning and from the end, as one text."""
    return [ids if len(ids) <= first + last else ids[:first] + ids[len(ids) - last :]]


WAYS: Final[Mapping[str, Callable[[Ids, int], list[Ids]]]] = {
    "beginning": lambda ids, most: _cut(ids, most - 1, 1),
    "beginning, end (3 : 1)": lambda ids, most: _cut(ids, most - most // 4, most // 4),
    "beginning, end (1 : 1)": lambda ids, most: _cut(ids, most // 2, most // 2),
    "short beginning, end": lambda ids, most: _cut(ids, most // 4, most // 4),
    "windows": windows_of,
}
"""Of a text's tokens and how many a pass can read: those of every pass. The bundle's own way stands beside them."""


def _log(chance: random.Random) -> str:
    level = chance.choice(("INFO", "DEBUG", "WARN"))
    return (
        f"2026-03-{chance.randint(1, 28):02} 08:{chance.randint(0, 59):02} {level} job {chance.randint(1, 10**5)} done"
    )


def _item(chance: random.Random) -> str:
    things = ("bolt", "bracket", "lamp", "filter", "cable", "hinge", "valve", "sleeve", "gasket", "panel")
    one = f"{chance.randint(1, 90)} x {chance.choice(things)} {chance.randint(2, 60)} mm"
    return f"{one}, no. {chance.randint(10**4, 10**6)}"


def _minutes(chance: random.Random) -> str:
    who = chance.choice(("Ms Adeyemi", "Mr Kowal", "the chair", "Dr Lind", "Ms Tran", "the secretary"))
    did = chance.choice(("opened item", "read out item", "had nothing to add to item", "moved on to item"))
    return f"{who} {did} {chance.randint(1, 30)}."


PASTED: Final[Sequence[Callable[[random.Random], str]]] = (_log, _item, _minutes)


def _placed(text: str, pasted: str) -> dict[str, str]:
    middle, half = _split(pasted), _split(text)
    return {
        "above": f"{text}\n\n{pasted}",
        "beneath": f"{pasted}\n\n{text}",
        "half above, half beneath": f"{half[0]}\n\n{pasted}\n\n{half[1]}",
        "in the middle": f"{middle[0]}\n\n{text}\n\n{middle[1]}",
    }


def _split(text: str) -> tuple[str, str]:
    words = text.split(" ")
    return " ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :])


def main() -> None:
    """Ask, and print a line for every place of the wish and way of reading."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--texts", type=int, default=300, help="so many inquiries, chosen at random")
    given = parser.parse_args()
    bundle = load_bundle(given.bundle)
    inquiries = _unseen(given.data, given.bundle)
    _ask_pasted(random.Random(7).sample(inquiries, min(given.texts, len(inquiries))), bundle)
    _ask_natural(inquiries, bundle, given.bundle)


def _unseen(data: Path, bundle: Path) -> list[LabelledInquiry]:
    record = read_finetuning(bundle)
    if record is None:
        raise DataError(f"{bundle} was not fine-tuned: there is nothing that it has not seen.")
    inquiries = read_folder(data)
    rows = held_out_rows(inquiries, record.held_out)
    return [one for one, held in zip(inquiries, rows, strict=True) if held and not one.out_of_scope]


def _ask_pasted(inquiries: Sequence[LabelledInquiry], bundle: Bundle) -> None:
    reader = bundle.encoder
    texts = [clean(inquiry.message) for inquiry in inquiries]
    _show("not made long", "whole", inquiries, [reader.token_ids(text) for text in texts], _whole(bundle))
    chance = random.Random(7)
    long = [_placed(text, _pasted(reader, row, chance)) for row, text in enumerate(texts)]
    for place in long[0]:
        _show_all(place, inquiries, [reader.token_ids(own[place]) for own in long], bundle)


def _ask_natural(inquiries: Sequence[LabelledInquiry], bundle: Bundle, folder: Path) -> None:
    reader = Encoder(folder / ENCODER, folder / TOKENIZER, max_tokens=_MOST_NATURAL)
    tokens = [reader.token_ids(clean(inquiry.message)) for inquiry in inquiries]
    chosen = [row for row, ids in enumerate(tokens) if len(ids) in _NATURAL]
    inquiries, tokens = [inquiries[row] for row in chosen], [tokens[row] for row in chosen]
    print(f"{len(tokens)} natural texts")
    _show("natural", "whole", inquiries, tokens, _whole(bundle))
    _show_all("natural", inquiries, tokens, replace(bundle, encoder=reader))


def _show_all(place: str, inquiries: Sequence[LabelledInquiry], texts: Sequence[Ids], bundle: Bundle) -> None:
    for way, parts in WAYS.items():
        _show(place, way, inquiries, texts, partial(_through, bundle, parts))
    _show(place, _IN_USE, inquiries, texts, bundle.answer)


def _whole(bundle: Bundle) -> Ask:
    return lambda ids, language: bundle.heads.answer(bundle.encoder.embed_ids(ids), language)


def _through(bundle: Bundle, parts: Callable[[Ids, int], list[Ids]], ids: Ids, language: str) -> Answer:
    embeddings = [bundle.encoder.embed_ids(part) for part in parts(ids, bundle.encoder.max_tokens)]
    return bundle.heads.answer(weighted_mean(embeddings, [1.0] * len(embeddings)), language)


def _pasted(reader: Encoder, row: int, chance: random.Random) -> str:
    """Lines of one kind, of about as many tokens as are wanted."""
    line = PASTED[row % len(PASTED)]
    lines: list[str] = []
    tokens = 0
    while tokens < _PASTED_TOKENS:
        lines.append(line(chance))
        tokens += len(reader.token_ids(lines[-1])) - 2
    return "\n".join(lines)


def _show(place: str, way: str, inquiries: Sequence[LabelledInquiry], texts: Sequence[Ids], ask: Ask) -> None:
    started = time.perf_counter()
    answers = [ask(ids, inquiry.language) for ids, inquiry in zip(texts, inquiries, strict=True)]
    spent = (time.perf_counter() - started) / len(texts)
    figures = []
    for task in TASKS:
        found = [getattr(answer, task) for answer in answers]
        labels = [inquiry.label(task) for inquiry in inquiries]
        right = sum(max(own, key=own.__getitem__) == label for own, label in zip(found, labels, strict=True))
        figures.append(f"{task} {right / len(labels):.1%}")
    print(f"{place:26} {way:26} {', '.join(figures)}, {spent * 1000:.0f} ms a text", flush=True)


if __name__ == "__main__":
    main()
