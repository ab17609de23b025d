"""A real bundle of a few kilobytes, built in a fraction of a second: for tests of everything but accuracy.

Its encoder has one layer and random weights; its heads point to the mean embedding of a few examples a label,
so that obvious texts get the obvious answer.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

from inquiry_pipeline.learning.encoder import Architecture, build_encoder
from inquiry_pipeline.nlp.encoder import Encoder
from inquiry_pipeline.nlp.heads import Head, save_heads
from inquiry_pipeline.nlp.manifest import (
    ANY_LANGUAGE,
    ENCODER,
    HEADS,
    TOKENIZER,
    Manifest,
    checksums,
    write_manifest,
)

MAX_TOKENS = 64
_HIDDEN = 32
_EXAMPLES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "category": {
        "billing": ("i was charged twice on my invoice", "refund the payment", "wrong bill and card charge"),
        "hr": ("my leave and salary", "payroll and vacation days", "apply for the vacancy"),
        "legal": ("gdpr request to delete personal data", "our lawyer reviews the contract", "court and liability"),
        "product_feedback": ("i suggest a feature", "it would be nice to have dark mode", "feedback on the design"),
        "sales": ("can i get a quote for licences", "pricing and a demo", "buy the plan, is there a trial"),
        "technical_support": ("i cannot log in", "error and crash after the update", "password does not work"),
    },
    "sentiment": {
        "negative": ("i am angry", "terrible, unacceptable service", "disappointed and fed up"),
        "neutral": ("please tell me", "the invoice of march", "i have a question"),
        "positive": ("great work, love it", "wonderful, thank you so much", "excellent and delighted"),
    },
    "urgency": {
        "critical": ("production is down for all customers now", "data breach and fraud", "outage emergency"),
        "high": ("urgent, i cannot work today", "deadline tomorrow", "as soon as possible"),
        "low": ("no rush, whenever", "just feedback", "a small suggestion"),
        "medium": ("please fix the error", "i have a question about my invoice", "the login does not work"),
    },
    "scope": {
        "in": (
            *("i cannot log in and need help", "my invoice is wrong", "can i get a quote for licences"),
            *("production is down for all customers", "i love it", "delete my personal data", "my salary"),
        ),
        "out": ("lorem ipsum dolor", "qwerty asdf zxcv", "seo backlinks casino winner"),
    },
}


def make_tiny_bundle(folder: Path, *, thresholds: float = 0.3, languages: tuple[str, ...] = ("en", "de")) -> Path:
    """Write the bundle to `folder` (made if need be) and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    _tokenizer().save(str(folder / TOKENIZER))
    architecture = Architecture(layers=1, attention_heads=2, hidden=_HIDDEN)
    onnx.save(build_encoder(_weights(_tokenizer().get_vocab_size()), architecture), folder / ENCODER)
    encoder = Encoder(folder / ENCODER, folder / TOKENIZER, max_tokens=MAX_TOKENS)
    heads = {task: _head(encoder, examples) for task, examples in _EXAMPLES.items()}
    save_heads(folder / HEADS, heads)
    write_manifest(
        folder,
        Manifest(
            name="tiny",
            created="2026-01-01T00:00:00+00:00",
            labels={task: head.labels for task, head in heads.items()},
            temperatures={},
            thresholds={ANY_LANGUAGE: dict.fromkeys(_EXAMPLES["category"], thresholds)},
            languages=languages,
            max_tokens=MAX_TOKENS,
            checksums=checksums(folder),
        ),
    )
    return folder


def _tokenizer() -> Tokenizer:
    texts = " ".join(text for task in _EXAMPLES.values() for examples in task.values() for text in examples)
    characters = "abcdefghijklmnopqrstuvwxyz0123456789"
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *characters, *(f"##{c}" for c in characters), *".,!?'-"]
    words = sorted({word.strip(".,") for word in texts.split()} - set(pieces))
    vocabulary = {piece: number for number, piece in enumerate([*pieces, *words])}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = BertNormalizer()
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])]
    )
    return tokenizer


def _weights(vocabulary: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(7)

    def normal(*shape: int, scale: float = 0.05) -> np.ndarray:
        return random.normal(0, scale, shape).astype(np.float32)

    weights = {
        "embeddings.word_embeddings.weight": normal(vocabulary, _HIDDEN, scale=1.0),
        "embeddings.position_embeddings.weight": normal(MAX_TOKENS, _HIDDEN, scale=0.02),
        "embeddings.token_type_embeddings.weight": normal(2, _HIDDEN, scale=0.02),
    }
    layer = "encoder.layer.0."
    shapes = {
        "attention.self.query": (_HIDDEN, _HIDDEN),
        "attention.self.key": (_HIDDEN, _HIDDEN),
        "attention.self.value": (_HIDDEN, _HIDDEN),
        "attention.output.dense": (_HIDDEN, _HIDDEN),
        "intermediate.dense": (2 * _HIDDEN, _HIDDEN),
        "output.dense": (_HIDDEN, 2 * _HIDDEN),
    }
    for name, shape in shapes.items():
        weights[f"{layer}{name}.weight"] = normal(*shape)
        weights[f"{layer}{name}.bias"] = normal(shape[0])
    for prefix in ("embeddings.", f"{layer}attention.output.", f"{layer}output."):
        weights[f"{prefix}LayerNorm.weight"] = np.ones(_HIDDEN, np.float32)
        weights[f"{prefix}LayerNorm.bias"] = np.zeros(_HIDDEN, np.float32)
    return weights


def _head(encoder: Encoder, examples: Mapping[str, tuple[str, ...]]) -> Head:
    centroids = np.stack([np.mean([encoder.embed(text) for text in texts], axis=0) for texts in examples.values()])
    centred = centroids - centroids.mean(axis=0)
    weight = (30 * centred).T.astype(np.float32)
    bias = (-15 * (centroids**2).sum(axis=1)).astype(np.float32)
    return Head(labels=tuple(examples), weight=weight, bias=bias - bias.mean())
