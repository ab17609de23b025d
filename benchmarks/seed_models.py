"""`python -m benchmarks.seed_models`: what BART-large-MNLI and Cardiff NLP's RoBERTa cost beside the default bundle.

The two architectures in their full size with random weights (a pass takes the same time as with trained ones), through
the code that serves such models, in turn with the default bundle: one inquiry of 56 tokens, six departments, one
sentiment. Processor time on one thread does not depend on who else uses the machine, so the ratio is taken from it;
elapsed time is with torch's own choice of threads. Needs the environment of `make bench-seed`.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import RobertaProcessing
from transformers import (
    BartConfig,
    BartForSequenceClassification,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForSequenceClassification,
)

from benchmarks.machine import Company, facts
from inquiry_pipeline.nlp.backends import BackendOptions, ReadText, Task
from inquiry_pipeline.nlp.bundle import DEFAULT_BUNDLE, Bundle, load_bundle
from inquiry_pipeline.nlp.descriptions import DEFAULT_DESCRIPTIONS
from inquiry_pipeline.nlp.transformers_backend import TransformersLoader, checkpoint_of

_TOKENS: Final = 56
_ROUNDS: Final = 3
_BUNDLE_PASSES: Final = 20
_TEXT: Final = (
    "we were charged twice for the plan this month and the second payment has not come back to our card yet although "
    "your desk said last week that it would take two days at most please tell me when the money will be here and send "
    "a new bill that shows the right sum for the books of this year thank you"
)
_ROWS: Final = {
    "category": "BART-large, six departments",
    "sentiment": "RoBERTa-base, sentiment",
    "bundle": "default bundle, all three tasks",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Seconds for one inquiry: of the processor, on one thread, and elapsed; the least of a few rounds."""

    processor: float
    elapsed: float


def main() -> None:
    """Measure and print."""
    machine, threads = facts(), torch.get_num_threads()
    print(f"{machine['cpu']}, {machine['cores']} cores; torch {torch.__version__}, {threads} threads")
    asks = _asks(load_bundle(DEFAULT_BUNDLE))
    with Company().watched() as company:
        began = time.monotonic()
        elapsed = _least(asks, time.perf_counter)
        share = company.since(began)
    torch.set_num_threads(1)
    processor = _least(asks, time.process_time)
    costs = {name: Cost(processor=processor[name], elapsed=elapsed[name]) for name in asks}
    print(f"{'':34}{'processor ms':>14}{'elapsed ms':>14}   (others had {share:.0%} of the machine)")
    for name, cost in costs.items():
        print(f"{_ROWS[name]:34}{cost.processor * 1000:14.1f}{cost.elapsed * 1000:14.1f}")
    ratio = (costs["category"].processor + costs["sentiment"].processor) / costs["bundle"].processor
    print(f"{'both models in bundles':34}{ratio:14.0f}")


def _asks(bundle: Bundle) -> dict[str, Callable[[], object]]:
    """What is measured, ready to run. The bundle runs `_BUNDLE_PASSES` times, to be long enough for a clock."""
    loader = TransformersLoader(BackendOptions())
    tokenizer = _tokenizer()
    category = loader.backend(Task.CATEGORY, checkpoint_of(_bart(), tokenizer, identity="bart-large"), "zero-shot")
    sentiment = loader.backend(Task.SENTIMENT, checkpoint_of(_roberta(), tokenizer, identity="roberta"), "classifier")
    texts = [ReadText(" ".join(_TEXT.split()[: _TOKENS - 2]), "en")]
    assert len(tokenizer(texts[0].text)["input_ids"]) == _TOKENS
    ids = bundle.encoder.token_ids(_TEXT)
    ids = [*ids[: _TOKENS - 1], ids[-1]]
    return {
        "category": lambda: category.answer(texts),
        "sentiment": lambda: sentiment.answer(texts),
        "bundle": lambda: [bundle.heads.answer(bundle.encoder.embed_ids(ids), "en") for _ in range(_BUNDLE_PASSES)],
    }


def _least(asks: Mapping[str, Callable[[], object]], clock: Callable[[], float]) -> dict[str, float]:
    """The least seconds of each, after one round that does not count; in turn, so that all meet the same machine."""
    least: dict[str, float] = {}
    for number in range(_ROUNDS + 1):
        for name, ask in asks.items():
            start = clock()
            ask()
            took = (clock() - start) / (_BUNDLE_PASSES if name == "bundle" else 1)
            if number:
                least[name] = min(least.get(name, took), took)
    return least


def _bart() -> BartForSequenceClassification:
    """The configuration of facebook/bart-large-mnli: 12 and 12 layers, 1,024 wide; 407 million numbers."""
    names = ("contradiction", "neutral", "entailment")
    return BartForSequenceClassification(
        BartConfig(vocab_size=50_265, id2label=dict(enumerate(names)), label2id={n: i for i, n in enumerate(names)})
    )


def _roberta() -> RobertaForSequenceClassification:
    """The configuration of Cardiff NLP's sentiment model: 12 layers, 768 wide; 125 million numbers."""
    names = ("negative", "neutral", "positive")
    return RobertaForSequenceClassification(
        RobertaConfig(
            vocab_size=50_265,
            max_position_embeddings=514,
            type_vocab_size=1,
            bos_token_id=0,
            pad_token_id=1,
            eos_token_id=2,
            id2label=dict(enumerate(names)),
            label2id={n: i for i, n in enumerate(names)},
        )
    )


def _tokenizer() -> PreTrainedTokenizerFast:
    """One token a word, with RoBERTa's marks: as many tokens as are to be measured, no download."""
    words = {word for text in DEFAULT_DESCRIPTIONS["category"].hypotheses() for word in text.replace(".", " .").split()}
    vocabulary = {mark: number for number, mark in enumerate(["<s>", "<pad>", "</s>", "<unk>"])}
    for word in sorted(words | set(_TEXT.split())):
        vocabulary[word] = len(vocabulary)
    core = Tokenizer(WordLevel(vocabulary, unk_token="<unk>"))
    core.pre_tokenizer = Whitespace()
    core.post_processor = RobertaProcessing(("</s>", 2), ("<s>", 0))
    return PreTrainedTokenizerFast(
        tokenizer_object=core, bos_token="<s>", pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    )


if __name__ == "__main__":
    main()
