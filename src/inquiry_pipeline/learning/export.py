"""Weights → `encoder.onnx` and `tokenizer.json`, with a measurement of what quantisation costs."""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import onnx

from inquiry_pipeline.core.errors import DataError
from inquiry_pipeline.learning.encoder import build_encoder, read_weights
from inquiry_pipeline.learning.holdout import copy_record
from inquiry_pipeline.nlp.encoder import Encoder
from inquiry_pipeline.nlp.manifest import ENCODER, TOKENIZER

_SAMPLES: Final = (
    "My password is refused since this morning and I cannot work.",
    "Invoice 4711 charges me twice for March, please refund the second amount.",
    "What would fifty licences cost for a school, and is there a trial?",
    "I would like to hand in my parental leave for next spring.",
    "Please delete all personal data that you hold on me, as the GDPR requires.",
    "The new calendar view is lovely. Could it show week numbers as well?",
    "hi",
    "Production is down for all customers since 9:40, error 503 on every page. " * 6,
)
_MOST_TOKENS: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Cosine similarity of int8 and float32 embeddings over sample texts."""

    mean: float
    least: float


def export_encoder(weights: Path, out: Path, *, samples: Sequence[str] = _SAMPLES) -> Agreement:
    """Write the quantised encoder and its tokenizer to `out`, and compare it with float32 on the samples.

    Where the weights are fine-tuned, the record of that goes along.
    """
    tensors, architecture = read_weights(weights)
    tokenizer = weights / TOKENIZER
    if not tokenizer.is_file():
        raise DataError(f"{weights} has no {TOKENIZER}.")
    out.mkdir(parents=True, exist_ok=True)
    onnx.save(build_encoder(tensors, architecture), out / ENCODER)
    shutil.copyfile(tokenizer, out / TOKENIZER)
    copy_record(weights, out)
    quantised = Encoder(out / ENCODER, out / TOKENIZER, max_tokens=_MOST_TOKENS)
    with tempfile.TemporaryDirectory() as folder:
        exact = Encoder(export_float32(weights, Path(folder)), tokenizer, max_tokens=_MOST_TOKENS)
        cosines = np.array([exact.embed(text) @ quantised.embed(text) for text in samples])
    return Agreement(mean=float(cosines.mean()), least=float(cosines.min()))


def export_float32(weights: Path, out: Path) -> Path:
    """Write the encoder as it was trained, four times as large, to compare with; returns the file."""
    path = out / ENCODER
    onnx.save(build_encoder(*read_weights(weights), quantised=False), path)
    return path
