import numpy as np
import pytest

from inquiry_pipeline.learning.emoji import add_emoji, words_by_emoji
from inquiry_pipeline.nlp.manifest import TOKENIZER
from tests.learning.test_finetuning import save_weights


def test_words_for_emoji_are_words_and_each_emoji_has_one_meaning():
    assert all(isinstance(words, str) and words.isascii() and words for words in words_by_emoji().values())
    assert all(len(emoji) == 1 and not emoji.isascii() for emoji in words_by_emoji())
    assert words_by_emoji()["😡"] == "very angry"


def test_an_emoji_becomes_a_token_that_starts_as_its_words(tmp_path):
    pytest.importorskip("safetensors")
    from tokenizers import Tokenizer

    from inquiry_pipeline.learning.vocabulary import read_table

    weights = save_weights(tmp_path / "weights")
    before = Tokenizer.from_file(str(weights / TOKENIZER))
    assert add_emoji(weights, tmp_path / "out") == len(words_by_emoji())
    tokenizer = Tokenizer.from_file(str(tmp_path / "out" / TOKENIZER))
    table = read_table(tmp_path / "out")
    assert len(table) == tokenizer.get_vocab_size() == before.get_vocab_size() + len(words_by_emoji())
    own = before.encode(words_by_emoji()["😡"], add_special_tokens=False).ids
    np.testing.assert_allclose(table[tokenizer.token_to_id("😡")], table[own].mean(axis=0), rtol=1e-5)
    # a colour of skin, a joiner and a sign of sex behind an emoji are nothing of their own
    assert tokenizer.encode("refund👍🏽 🤷‍♀️😡", add_special_tokens=False).tokens[-3:] == ["👍", "🤷", "😡"]
    # and texts without emoji are read as before
    text = "please refund the second payment of my invoice, i was charged twice"
    assert tokenizer.encode(text).ids == before.encode(text).ids
    # a second time there is nothing to add
    assert add_emoji(tmp_path / "out", tmp_path / "again") == 0
