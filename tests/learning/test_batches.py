import random

from inquiry_pipeline.core.inquiry import Message
from inquiry_pipeline.learning.augmentation import varied, with_typos
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


def test_token_ids_are_those_of_serving(tiny_bundle):
    text = "i was charged twice on my invoice " * 10
    serving = Encoder(tiny_bundle / ENCODER, tiny_bundle / TOKENIZER, max_tokens=20)
    assert token_ids(_tokenizer(), text, 20) == serving.token_ids(text)
    assert token_ids(_tokenizer(), "hi", 20) == serving.token_ids("hi")


def test_varied_messages_lose_little():
    message = Message(subject="Refund", body="I was charged twice for March.\nPlease refund the second payment.")
    versions = [varied(message, random.Random(seed)) for seed in range(300)]
    assert {version.subject for version in versions} == {"Refund", None}
    assert 0.5 < sum(version == message for version in versions) / 300 < 0.9
    assert all(version.body.count("\n") == 1 for version in versions)


def test_typos_touch_few_words_and_no_numbers():
    text = "Invoice 20261122 of the company was paid twice " * 50
    changed = with_typos(text, random.Random(4))
    pairs = list(zip(text.split(), changed.split(), strict=True))
    assert 0 < sum(old != new for old, new in pairs) < len(pairs) / 10
    assert changed.count("20261122") == 50


def test_a_message_without_body_keeps_its_subject():
    assert all(varied(Message(subject="Help", body=""), random.Random(s)).subject == "Help" for s in range(50))
