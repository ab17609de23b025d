import numpy as np
import pytest

from inquiry_pipeline.core.inquiry import Message
from inquiry_pipeline.learning.datasets import LabelledInquiry
from inquiry_pipeline.learning.emoji import add_emoji, words_by_emoji
from inquiry_pipeline.learning.public import Comment
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


def comments(count=80):
    said = {
        "anger": ("negative", "refused"),
        "sadness": ("negative", "wrong"),
        "joy": ("positive", "refund"),
        "anger,sadness": ("negative", "twice"),
    }
    for number in range(count):
        emotions, (sentiment, word) = list(said.items())[number % len(said)]
        yield Comment(
            inquiry=LabelledInquiry(
                id=str(number), message=Message(body=f"{word} {word}"), source="comments", sentiment=sentiment
            ),
            emotions=tuple(emotions.split(",")),
        )


def test_feelings_are_learned_and_leave_weights_that_can_be_tuned_further(tmp_path):
    pytest.importorskip("torch")
    from inquiry_pipeline.learning.feelings import teach_feelings
    from inquiry_pipeline.learning.learner import LearningOptions
    from inquiry_pipeline.learning.network import read_text_encoder

    said: list[str] = []
    options = LearningOptions(epochs=4, max_tokens=64, rate=3e-3, head_rate=2e-2, threads=1)
    weights = save_weights(tmp_path / "weights")
    teach_feelings(weights, list(comments()), tmp_path / "out", options, progress=said.append)
    assert said[0] == "learning 3 emotions from 80 comments"
    losses = [float(line.split('"loss": ')[1].split(",")[0]) for line in said[1:]]
    assert losses[-1] < losses[0]
    before, after = (
        read_text_encoder(folder, max_tokens=64).embed(["refund", "wrong"]).detach().numpy()
        for folder in (weights, tmp_path / "out")
    )
    assert after[0] @ after[1] < before[0] @ before[1]


def test_dropout_takes_its_share_and_keeps_the_mean():
    torch = pytest.importorskip("torch")
    from inquiry_pipeline.learning.network import dropped

    torch.manual_seed(1)
    ones = torch.ones(200, 300)
    once = dropped(ones, 0.1)
    assert float((once == 0).float().mean()) == pytest.approx(0.1, abs=0.005)
    assert float(once.mean()) == pytest.approx(1, abs=0.01)
    assert torch.equal(dropped(ones, 0.0), ones)
    assert not torch.equal(dropped(ones, 0.1), once)
    torch.manual_seed(1)
    assert torch.equal(dropped(ones, 0.1), once)
