import gzip
import json

import numpy as np
import pytest

from inquiry_pipeline.core.errors import DataError
from inquiry_pipeline.learning.parallel import SentencePair, read_pairs
from inquiry_pipeline.learning.vocabulary import WORDS, VocabularyOptions, extend_vocabulary
from inquiry_pipeline.nlp.manifest import TOKENIZER
from tests.learning.test_finetuning import save_weights

ENGLISH = ("please refund my invoice", "i cannot log in", "my password is refused", "the invoice is wrong")
GERMAN = (
    "bitte erstattet meine rechnung",
    "ich kann nicht rein",
    "mein kennwort geht nicht",
    "die rechnung ist falsch",
)


def write_pairs(folder, name, rows):
    with gzip.open(folder / name, "wt", encoding="utf-8") as file:
        file.writelines(f"{english}\t{other}\n" for english, other in [("en", "xx"), *rows])


def german_pairs(times=6):
    return [
        SentencePair(english=f"{one} {n}", translation=f"{two} {n}", language="de")
        for n in range(times)
        for one, two in zip(ENGLISH, GERMAN, strict=True)
    ]


def test_pairs_come_from_all_sources_in_turn_and_repeatably(tmp_path):
    write_pairs(tmp_path, "large.de.tsv.gz", [(f"The large sentence {n}", f"Der große Satz {n}") for n in range(50)])
    write_pairs(tmp_path, "small.de.tsv.gz", [(f"The small sentence {n}", f"Der kleine Satz {n}") for n in range(5)])
    write_pairs(tmp_path, "large.fr.tsv.gz", [("Not translated at all", "Not translated at all"), ("Short", "Court")])
    pairs = read_pairs(tmp_path, most=20, seed=1)
    assert pairs == read_pairs(tmp_path, most=20, seed=1)
    assert pairs != read_pairs(tmp_path, most=20, seed=2)
    assert len(pairs) == 20
    assert {pair.language for pair in pairs} == {"de"}
    assert sum("small" in pair.english for pair in pairs) == 5


@pytest.mark.parametrize(
    ("rows", "message"),
    [([("only english",)], "line 2: must have two columns, has 1"), ([("a", "b", "c")], "line 2: .* has 3")],
)
def test_a_bad_line_is_named(tmp_path, rows, message):
    with gzip.open(tmp_path / "bad.de.tsv.gz", "wt") as file:
        file.writelines("\t".join(row) + "\n" for row in [("en", "xx"), *rows])
    with pytest.raises(DataError, match=message):
        read_pairs(tmp_path, most=1, seed=1)


def test_a_missing_header_and_an_empty_folder_are_named(tmp_path):
    with pytest.raises(DataError, match=r"no \.tsv\.gz"):
        read_pairs(tmp_path, most=1, seed=1)
    with gzip.open(tmp_path / "bad.de.tsv.gz", "wt") as file:
        file.write("english\tgerman\n")
    with pytest.raises(DataError, match="line 1: must be the header"):
        read_pairs(tmp_path, most=1, seed=1)


def test_a_new_word_starts_where_its_translation_is(tmp_path):
    pytest.importorskip("safetensors")
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    weights = save_weights(tmp_path / "weights")
    options = VocabularyOptions(words=50, endings=5, least_occurrences=2)
    added = extend_vocabulary(weights, german_pairs(), [], tmp_path / "out", options)
    before = Tokenizer.from_file(str(weights / TOKENIZER))
    tokenizer = Tokenizer.from_file(str(tmp_path / "out" / TOKENIZER))
    table = load_file(tmp_path / "out" / "model.safetensors")[WORDS]
    assert len(table) == before.get_vocab_size() + added == tokenizer.get_vocab_size()
    assert json.loads((tmp_path / "out" / "config.json").read_text())["vocab_size"] == len(table)
    assert len(before.encode("rechnung").tokens) > len(tokenizer.encode("rechnung").tokens) == 3
    word, invoice, password = (table[tokenizer.token_to_id(name)] for name in ("rechnung", "invoice", "password"))
    assert cosine(word, invoice) > 0.8 > cosine(word, password)
    for text in ENGLISH:
        assert before.encode(text).ids == tokenizer.encode(text).ids


def cosine(one, other):
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def test_distillation_brings_translations_nearer_to_their_english(tmp_path):
    pytest.importorskip("torch")
    from inquiry_pipeline.learning.distillation import DistillationOptions, distil
    from inquiry_pipeline.learning.export import export_float32
    from inquiry_pipeline.nlp.encoder import Encoder

    weights = save_weights(tmp_path / "weights")
    extend_vocabulary(
        weights, german_pairs(), [], tmp_path / "extended", VocabularyOptions(words=50, endings=5, least_occurrences=2)
    )
    options = DistillationOptions(batch=8, threads=1, word_rate=1e-2, rate=1e-3)
    distil(weights, tmp_path / "extended", german_pairs(200), tmp_path / "out", options)

    def nearness(folder):
        onnx = tmp_path / f"{folder}.onnx"
        onnx.mkdir()
        reader = Encoder(export_float32(tmp_path / folder, onnx), tmp_path / folder / TOKENIZER, max_tokens=64)
        return np.mean([reader.embed(one) @ reader.embed(two) for one, two in zip(ENGLISH, GERMAN, strict=True)])

    assert 1 - nearness("out") < 0.6 * (1 - nearness("extended"))
