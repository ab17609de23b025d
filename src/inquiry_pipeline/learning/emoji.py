"""Emoji for an encoder that knows none: each becomes a token that starts as the mean of a few words.

The words lie in `emoji.yaml`. Tokenizer and weights both change, so training and serving read alike.
"""

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

import numpy as np
import yaml
from tokenizers import AddedToken, Regex, Tokenizer
from tokenizers.normalizers import Replace, Sequence

from inquiry_pipeline.learning.vocabulary import read_table, write_table
from inquiry_pipeline.nlp.manifest import TOKENIZER

_NOT_READ: Final = Regex("[\ufe0f\u200d\U0001f3fb-\U0001f3ff\u2640\u2642]")
"""What stands behind or between emoji: variants, joiners, colours of skin, signs of sex."""


@cache
def words_by_emoji() -> dict[str, str]:
    """What every emoji says that there are words for."""
    source = resources.files(__package__).joinpath("emoji.yaml").read_text("utf-8")
    return {emoji: words for words, those in yaml.safe_load(source).items() for emoji in those}


def add_emoji(weights: Path, out: Path) -> int:
    """Write the encoder in `weights` to `out` with the emoji that it does not know; returns how many."""
    tokenizer = Tokenizer.from_file(str(weights / TOKENIZER))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    new = {one: words for one, words in words_by_emoji().items() if tokenizer.token_to_id(one) is None}
    table = read_table(weights)
    starts = [table[tokenizer.encode(words, add_special_tokens=False).ids].mean(axis=0) for words in new.values()]
    tokenizer.add_tokens([AddedToken(one, normalized=False) for one in new])
    tokenizer.normalizer = Sequence([Replace(_NOT_READ, ""), tokenizer.normalizer])
    write_table(weights, out, np.concatenate([table, np.array(starts, np.float32).reshape(-1, table.shape[1])]))
    tokenizer.save(str(out / TOKENIZER), pretty=False)
    return len(new)
