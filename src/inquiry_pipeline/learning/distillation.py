"""Teach an English encoder other languages: a translation's embedding is pulled to that of its English side.

Multilingual knowledge distillation (Reimers and Gurevych 2020, Making Monolingual Sentence Embeddings
Multilingual Using Knowledge Distillation); needs torch. The teacher is the encoder as it was; the student is the
same one with the vocabulary extended, and keeps what it knew of English by a share of English sentences.
"""

import math
import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from inquiry_pipeline.learning.batches import batches, pace
from inquiry_pipeline.learning.network import TextEncoder, make_repeatable, read_text_encoder
from inquiry_pipeline.learning.parallel import SentencePair
from inquiry_pipeline.learning.vocabulary import WORDS

_REPORT_EVERY: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class DistillationOptions:
    """`word_rate` is the learning rate of the word embeddings, `rate` of all else; one pass over the pairs."""

    batch: int = 64
    max_tokens: int = 64
    rate: float = 1.5e-4
    word_rate: float = 1e-3
    warm_up: float = 0.05
    english_share: float = 0.15
    seed: int = 7
    threads: int = field(default_factory=lambda: os.cpu_count() or 1)


def distil(
    teacher: Path,
    student: Path,
    pairs: Sequence[SentencePair],
    out: Path,
    options: DistillationOptions,
    *,
    progress: Callable[[str], None] = lambda _: None,
) -> float:
    """Train the encoder in `student` on the pairs, write it to `out`, return the mean cosine of the last tenth."""
    make_repeatable(seed=options.seed, threads=options.threads)
    chance = random.Random(options.seed)  # noqa: S311 - no secret
    texts, targets = _lesson(read_text_encoder(teacher, max_tokens=options.max_tokens), pairs, options, chance)
    progress(f"learning from {len(texts)} sentences")
    learner = read_text_encoder(student, max_tokens=options.max_tokens)
    cosines = []
    for cosine in _learn(learner, texts, targets, options, chance):
        cosines.append(cosine)
        if len(cosines) % _REPORT_EVERY == 0:
            progress(f"step {len(cosines)}: cosine {np.mean(cosines[-_REPORT_EVERY:]):.3f}")
    learner.save(out)
    return float(np.mean(cosines[-max(1, len(cosines) // 10) :]))


def _lesson(
    teacher: TextEncoder, pairs: Sequence[SentencePair], options: DistillationOptions, chance: random.Random
) -> tuple[list[str], torch.Tensor]:
    """Texts to learn from, and the teacher's embedding [texts, hidden] that each should have."""
    english = sorted({pair.english for pair in pairs}, key=len)
    place = {text: row for row, text in enumerate(english)}
    with torch.inference_mode():
        known = torch.cat(
            [teacher.embed(english[start : start + options.batch]) for start in range(0, len(english), options.batch)]
        )
    texts = [pair.translation for pair in pairs]
    rows = [place[pair.english] for pair in pairs]
    kept = chance.sample(english, round(options.english_share * len(english)))
    return texts + kept, known.clone()[torch.tensor(rows + [place[text] for text in kept])]


def _learn(
    student: TextEncoder,
    texts: Sequence[str],
    targets: torch.Tensor,
    options: DistillationOptions,
    chance: random.Random,
) -> Iterator[float]:
    """Learn; yields the mean cosine similarity to the teacher at every step."""
    optimiser = torch.optim.AdamW(_parameter_groups(student, options), weight_decay=0.0, fused=True)
    steps = math.ceil(len(texts) / options.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: pace(step, steps, options.warm_up))
    for rows in batches([len(text) for text in texts], options.batch, chance):
        cosine = (student.embed([texts[row] for row in rows]) * targets[rows]).sum(dim=1).mean()
        optimiser.zero_grad()
        (1 - cosine).backward()
        torch.nn.utils.clip_grad_norm_(student.network.weights.values(), 1.0)
        optimiser.step()
        schedule.step()
        yield cosine.item()


def _parameter_groups(student: TextEncoder, options: DistillationOptions) -> list[dict[str, Any]]:
    weights = student.network.weights
    words = [one for name, one in weights.items() if name == WORDS]
    others = [one for name, one in weights.items() if name != WORDS]
    return [{"params": words, "lr": options.word_rate}, {"params": others, "lr": options.rate}]
