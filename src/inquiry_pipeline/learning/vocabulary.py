"""Words of other languages for an English encoder: new tokens that start where their translations are.

An English WordPiece vocabulary cuts other languages into meaningless pieces. The most frequent words of the
parallel text that it cuts become tokens of their own. Each starts as the mean of the English tokens that it is
translated by, weighted with the translation probabilities of IBM Model 1 (Brown et al. 1993, The Mathematics of
Statistical Machine Translation), an idea of Minixhofer, Paischer and Rekabsaz (2022, WECHSEL) for whole models.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

from inquiry_pipeline.core.errors import DataError
from inquiry_pipeline.learning.encoder import CONFIG, WEIGHTS
from inquiry_pipeline.learning.parallel import SentencePair
from inquiry_pipeline.nlp.manifest import TOKENIZER

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]

WORDS: Final = "embeddings.word_embeddings.weight"
_SHORTEST_WORD: Final = 3
_SHORTEST_ENDING: Final = 5
_ROUNDS: Final = 5
_MOST_WORDS_A_SENTENCE: Final = 32
_TRANSLATIONS: Final = 5
_CONTINUES: Final = "##"


@dataclass(frozen=True, slots=True, kw_only=True)
class VocabularyOptions:
    """`words` whole words and `endings` second halves of compounds become tokens, if they occur often enough.

    A word of an inquiry counts as often as `inquiry_weight` words of the parallel text, which is of another kind.
    """

    words: int = 9_000
    endings: int = 1_000
    least_occurrences: int = 4
    inquiry_weight: int = 20


def extend_vocabulary(
    weights: Path,
    pairs: Sequence[SentencePair],
    inquiries: Sequence[str],
    out: Path,
    options: VocabularyOptions,
    *,
    progress: Callable[[str], None] = lambda _: None,
) -> int:
    """Write the encoder in `weights` to `out` with new tokens for the pairs' languages; returns how many.

    `inquiries` are texts in these languages that tell which words matter.
    """
    tokenizer = Tokenizer.from_file(str(weights / TOKENIZER))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    words = _words_by_text(tokenizer, [pair.translation for pair in pairs])
    new = _new_words(tokenizer, words, _words_by_text(tokenizer, inquiries), options)
    progress(f"{len(new)} new words, aligning {len(pairs)} sentence pairs")
    english = [encoding.ids[1:-1] for encoding in tokenizer.encode_batch([pair.english for pair in pairs])]
    table = read_table(weights)
    places = {word: row for row, word in enumerate(new)}
    starts = _translated(table, _aligned(words, english, places, len(table)), len(new))
    endings = _new_endings(tokenizer, words, new, options)
    rows = np.concatenate([starts, starts[[places[ending] for ending in endings]]])
    write_table(weights, out, np.concatenate([table, rows]))
    _write_tokenizer(weights / TOKENIZER, out / TOKENIZER, [*new, *(_CONTINUES + ending for ending in endings)])
    return len(new) + len(endings)


def read_table(weights: Path) -> Floats:
    """The word embeddings [vocabulary, hidden] of a checkpoint; DataError where it has none."""
    tensors = load_file(weights / WEIGHTS)
    return tensors[_table_name(tensors, weights)].astype(np.float32)


def write_table(weights: Path, out: Path, table: Floats) -> None:
    """Write the checkpoint in `weights` to `out` with other word embeddings; the tokenizer is the caller's matter."""
    tensors = load_file(weights / WEIGHTS)
    out.mkdir(parents=True, exist_ok=True)
    save_file(tensors | {_table_name(tensors, weights): table}, out / WEIGHTS)
    config = json.loads((weights / CONFIG).read_text("utf-8")) | {"vocab_size": len(table)}
    (out / CONFIG).write_text(json.dumps(config, indent=1) + "\n", "utf-8")


def _table_name(tensors: Mapping[str, Floats], weights: Path) -> str:
    name = next((key for key in tensors if key.endswith(WORDS)), None)
    if name is None:
        raise DataError(f"{weights} holds no word embeddings.")
    return name


def _words_by_text(tokenizer: Tokenizer, texts: Sequence[str]) -> list[list[str]]:
    """The words of every text as the tokenizer sees them: lower case, without accents."""
    normalise, split = tokenizer.normalizer.normalize_str, tokenizer.pre_tokenizer.pre_tokenize_str
    return [[word for word, _ in split(normalise(text))] for text in texts]


def _new_words(
    tokenizer: Tokenizer,
    words: Sequence[Sequence[str]],
    inquiries: Sequence[Sequence[str]],
    options: VocabularyOptions,
) -> list[str]:
    """The words that would save most pieces, over all texts; all of them occur in the parallel text."""
    counts = Counter(word for text in words for word in text)
    wanted = Counter(word for text in inquiries for word in text)
    savings = {
        word: (count + options.inquiry_weight * wanted[word]) * (len(tokenizer.model.tokenize(word)) - 1)
        for word, count in counts.items()
        if count >= options.least_occurrences and len(word) >= _SHORTEST_WORD and word.isalpha()
    }
    best = sorted((word for word, saved in savings.items() if saved), key=lambda word: (-savings[word], word))
    return best[: options.words]


def _new_endings(
    tokenizer: Tokenizer, words: Sequence[Sequence[str]], new: Sequence[str], options: VocabularyOptions
) -> list[str]:
    """New words that also end longer ones, as in German and Dutch, most frequent first."""
    known, counts = set(new), Counter[str]()
    for word, count in Counter(word for text in words for word in text).items():
        for start in range(_SHORTEST_WORD, len(word) - _SHORTEST_ENDING + 1):
            if word not in known and word[start:] in known:
                counts[word[start:]] += count
                break
    absent = (e for e, count in counts.most_common() if count >= options.least_occurrences)
    return [e for e in absent if tokenizer.token_to_id(_CONTINUES + e) is None][: options.endings]


def _aligned(
    words: Sequence[Sequence[str]], english: Sequence[Sequence[int]], places: Mapping[str, int], vocabulary: int
) -> tuple[Numbers, Numbers, Floats]:
    """IBM Model 1: rows of new words, English tokens, and the probability of that translation, one entry a pair.

    All words of a sentence compete for its English tokens, also those that are no new ones: they have rows too.
    """
    rows = dict(places)
    links, sentences, tokens = [], [], []
    position = 0
    for own, others in zip(words, english, strict=True):
        sources = [rows.setdefault(word, len(rows)) for word in own[:_MOST_WORDS_A_SENTENCE]]
        targets = others[:_MOST_WORDS_A_SENTENCE]
        links.append(np.repeat(np.array(sources, np.int64), len(targets)))
        tokens.append(np.tile(np.array(targets, np.int64), len(sources)))
        sentences.append(np.tile(np.arange(position, position + len(targets)), len(sources)))
        position += len(targets)
    link, token, place = (np.concatenate(parts) for parts in (links, tokens, sentences))
    keys, entry = np.unique(link * vocabulary + token, return_inverse=True)
    word_of, token_of = keys // vocabulary, keys % vocabulary
    chance = np.ones(len(keys))
    for _ in range(_ROUNDS):
        shares = chance[entry]
        shares /= np.bincount(place, shares, position)[place]
        expected = np.bincount(entry, shares, len(keys))
        chance = expected / np.bincount(word_of, expected, len(rows))[word_of]
    wanted = word_of < len(places)
    return word_of[wanted], token_of[wanted], chance[wanted].astype(np.float32)


def _translated(table: Floats, aligned: tuple[Numbers, Numbers, Floats], count: int) -> Floats:
    """Embeddings [new words, hidden]: the mean of their likeliest translations, as long as an embedding usually is."""
    word_of, token_of, chance = aligned
    order = np.lexsort((-chance, word_of))
    rank = np.arange(len(order)) - np.searchsorted(word_of[order], word_of[order])
    order = order[rank < _TRANSLATIONS]
    start = np.zeros((count, table.shape[1]), np.float32)
    np.add.at(start, word_of[order], table[token_of[order]] * chance[order, None])
    length = np.linalg.norm(start, axis=1, keepdims=True)
    usual = np.median(np.linalg.norm(table, axis=1))
    scaled: Floats = np.where(length > 0, start / np.maximum(length, 1e-9) * usual, start).astype(np.float32)
    return scaled


def _write_tokenizer(source: Path, out: Path, new: Sequence[str]) -> None:
    content = json.loads(source.read_text("utf-8"))
    vocabulary = content["model"]["vocab"]
    vocabulary |= {token: len(vocabulary) + index for index, token in enumerate(new)}
    out.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
