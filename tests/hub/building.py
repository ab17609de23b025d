"""Tiny models of the architectures of BART-large-MNLI and Cardiff NLP's RoBERTa, with random weights.

They are saved as the hub has the large ones: BART with safetensors and tokenizer.json, RoBERTa as it was in older
repositories, with pytorch_model.bin, vocab.json and merges.txt.
"""

import shutil
from pathlib import Path

import torch
from tokenizers import ByteLevelBPETokenizer, Tokenizer
from tokenizers.processors import RobertaProcessing
from transformers import (
    BartConfig,
    BartForSequenceClassification,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForSequenceClassification,
)

COMMIT = "0123456789abcdef0123456789abcdef01234567"
MARKS = {"bos": "<s>", "pad": "<pad>", "eos": "</s>", "unk": "<unk>", "mask": "<mask>"}
_TEXTS = [
    "I was charged twice on my invoice, please refund the payment.",
    "This message is about an invoice, a charge, a payment or a refund.",
    "I cannot log in, the password does not work since this morning.",
    "Thank you so much, wonderful service! @user http",
]


def save_bart(folder: Path, *, labels: tuple[str, ...] = ("contradiction", "neutral", "entailment")) -> Path:
    """An inference model with the marks and the head of BART-large-MNLI."""
    tokenizer = _bpe()
    torch.manual_seed(1)
    config = BartConfig(
        vocab_size=tokenizer.get_vocab_size(),
        max_position_embeddings=130,
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        init_std=0.6,
        id2label=dict(enumerate(labels)),
        label2id={label: index for index, label in enumerate(labels)},
    )
    BartForSequenceClassification(config).save_pretrained(folder)
    _fast(tokenizer).save_pretrained(folder)
    return folder


def save_roberta(folder: Path, *, labels: tuple[str, ...] = ("negative", "neutral", "positive")) -> Path:
    """A classifier with the head of Cardiff NLP's sentiment models, as older repositories hold one."""
    tokenizer = _bpe()
    torch.manual_seed(2)
    config = RobertaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        max_position_embeddings=130,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        initializer_range=0.6,
        bos_token_id=0,
        pad_token_id=1,
        eos_token_id=2,
        id2label=dict(enumerate(labels)),
        label2id={label: index for index, label in enumerate(labels)},
        architectures=["RobertaForSequenceClassification"],
    )
    config.save_pretrained(folder)
    torch.save(RobertaForSequenceClassification(config).state_dict(), folder / "pytorch_model.bin")
    tokenizer.save_model(str(folder))
    return folder


def as_hub_cache(folder: Path, cache: Path, name: str) -> Path:
    """Put a model where the hub's library keeps a downloaded `name`; return the cache."""
    repository = cache / f"models--{name.replace('/', '--')}"
    shutil.copytree(folder, repository / "snapshots" / COMMIT)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    return cache


def _bpe() -> ByteLevelBPETokenizer:
    tokenizer = ByteLevelBPETokenizer()
    tokenizer.train_from_iterator(
        _TEXTS, vocab_size=400, min_frequency=1, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    )
    return tokenizer


def _fast(bpe: ByteLevelBPETokenizer) -> PreTrainedTokenizerFast:
    core = Tokenizer.from_str(bpe.to_str())
    core.post_processor = RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return PreTrainedTokenizerFast(
        tokenizer_object=core, **{f"{name}_token": mark for name, mark in MARKS.items()}, model_max_length=1024
    )
