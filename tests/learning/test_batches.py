import random

from inquiry_pipeline.learning.batches import batches, token_ids
from inquiry_pipeline.nlp.encoder import Encoder
from inquiry_pipeline.nlp.manifest import ENCODER, TOKENIZER
from tests.support.tiny_bundle import _tokenizer


def test_batches_hold_every_row_once_and_texts_of_like_length():
    lengths = random.Random(1).choices(range(5, 160), k=1_000)
    found = batches(lengths, 32, random.Random(2))
    assert sorted(row for batch in found for row in batch) == list(range(1_000))
    assert max(map(len, found)) == 32
    wasted = sum(max(lengths[row] for row in batch) * len(batch) for batch in found) / sum(lengths)
    assert wasted < 1.15
    assert found == batches(lengths, 32, random.Random(2))
    assert found != batches(lengths, 32, random.Random(3))


def test_token_ids_are_those_of_serving_but_for_long_texts(tiny_bundle):
    text = "i was charged twice on my invoice " * 10
    serving = Encoder(tiny_bundle / ENCODER, tiny_bundle / TOKENIZER, max_tokens=200)
    whole = serving.token_ids(text)
    assert token_ids(_tokenizer(), text, 200) == whole
    assert token_ids(_tokenizer(), text, 20) == whole[:15] + whole[-5:]
