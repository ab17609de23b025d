"""A network with a head for every task, and how it learns; needs torch.

One shared encoder, mean pooling, a linear head for each task and one for the scope; where a label is not known
its loss is masked.
"""

import math
import os
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from inquiry_pipeline.core.errors import DataError
from inquiry_pipeline.learning.augmentation import varied
from inquiry_pipeline.learning.batches import batches, pace
from inquiry_pipeline.learning.datasets import TASKS, LabelledInquiry
from inquiry_pipeline.learning.heads import ALL_TASKS
from inquiry_pipeline.learning.network import TextEncoder, read_text_encoder
from inquiry_pipeline.nlp.cleaning import clean
from inquiry_pipeline.nlp.heads import IN_SCOPE, OUT_OF_SCOPE, SCOPE

Labels = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

UNKNOWN: Final = -100
"""The class that cross-entropy leaves out."""
_SCALE: Final = 16.0
"""Heads read embeddings of length 1; so much longer, their logits grow as fast as over unnormalised ones."""
_LOSS_SHARES: Final[Mapping[str, float]] = {"category": 1.0, "sentiment": 0.7, "urgency": 0.7, SCOPE: 0.5}


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningOptions:
    """`rate` is that of the last layer; every layer below learns `layer_decay` times as fast as the one above.

    The rate falls as for `epochs`, also where `stop_after` ends the run before.
    """

    epochs: int = 3
    stop_after: int | None = None
    batch: int = 32
    max_tokens: int = 160
    rate: float = 1.5e-4
    head_rate: float = 2e-3
    layer_decay: float = 0.95
    weight_decay: float = 0.01
    warm_up: float = 0.1
    dropout: float = 0.1
    smoothing: float = 0.05
    seed: int = 7
    threads: int = field(default_factory=lambda: os.cpu_count() or 1)
    half_precision: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """Inquiries beside the class of each by task; UNKNOWN where there is no label."""

    inquiries: Sequence[LabelledInquiry]
    classes: Mapping[str, Labels]


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """An encoder, and weight and bias of a head by task."""

    encoder: TextEncoder
    heads: Mapping[str, tuple[torch.Tensor, torch.Tensor]]
    options: LearningOptions

    def logits(self, texts: Sequence[str], *, dropout: float = 0.0) -> dict[str, torch.Tensor]:
        """Logits [texts, classes] by task."""
        embeddings = self.encoder.embed(texts, dropout=dropout)
        return {
            task: functional.linear(embeddings * _SCALE, weight, bias) for task, (weight, bias) in self.heads.items()
        }

    def probabilities(self, texts: Sequence[str]) -> dict[str, Floats]:
        """Probabilities [texts, classes] by task, of clean texts in their order; nothing is learned."""
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        found = {task: np.zeros((len(texts), len(bias)), np.float32) for task, (_, bias) in self.heads.items()}
        with torch.inference_mode():
            for start in range(0, len(order), self.options.batch):
                rows = order[start : start + self.options.batch]
                for task, logits in self.logits([texts[row] for row in rows]).items():
                    found[task][rows] = logits.softmax(dim=1).cpu().numpy()
        return found


def class_names(inquiries: Sequence[LabelledInquiry]) -> dict[str, list[str]]:
    """The classes of every task, in the order of the alphabet; DataError where there is nothing to tell apart."""
    names = {task: sorted({label for i in inquiries if (label := _label(i, task))}) for task in TASKS}
    lacking = [task for task, own in names.items() if len(own) < 2]
    if lacking:
        raise DataError(f"The data has fewer than two labels for {', '.join(lacking)}.")
    return names | {SCOPE: [IN_SCOPE, OUT_OF_SCOPE]}


def _label(inquiry: LabelledInquiry, task: str) -> str | None:
    if task == SCOPE:
        return OUT_OF_SCOPE if inquiry.out_of_scope else IN_SCOPE
    return None if inquiry.out_of_scope else inquiry.label(task)


def lesson_of(inquiries: Sequence[LabelledInquiry], names: Mapping[str, Sequence[str]]) -> Lesson:
    """The inquiries with the number of their class in every task."""
    classes = {
        task: np.array([UNKNOWN if (own := _label(i, task)) is None else names[task].index(own) for i in inquiries])
        for task in ALL_TASKS
    }
    return Lesson(inquiries=inquiries, classes=classes)


def new_learner(folder: Path, names: Mapping[str, Sequence[str]], options: LearningOptions) -> Learner:
    """The encoder in a folder with heads that know nothing yet; `names` are the classes by task."""
    encoder = read_text_encoder(folder, max_tokens=options.max_tokens, half_precision=options.half_precision)
    blank = next(iter(encoder.network.weights.values())).new_zeros
    hidden = encoder.network.architecture.hidden
    heads = {
        task: (blank(len(own), hidden).requires_grad_(), blank(len(own)).requires_grad_())
        for task, own in names.items()
    }
    return Learner(encoder=encoder, heads=heads, options=options)


def learn(learner: Learner, lesson: Lesson) -> Iterator[dict[str, Any]]:
    """Learn; yields number, mean loss and seconds after each epoch."""
    options = learner.options
    chance = random.Random(options.seed)  # noqa: S311 - no secret
    optimiser = torch.optim.AdamW(_parameter_groups(learner), fused=True)
    steps = options.epochs * math.ceil(len(lesson.inquiries) / options.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: pace(step, steps, options.warm_up))
    for epoch in range(1, min(options.epochs, options.stop_after or options.epochs) + 1):
        started, losses = time.monotonic(), []
        texts = [clean(varied(inquiry, chance)) for inquiry in lesson.inquiries]
        for rows in batches([len(text) for text in texts], options.batch, chance):
            logits = learner.logits([texts[row] for row in rows], dropout=options.dropout)
            loss = _loss(logits, {task: own[rows] for task, own in lesson.classes.items()}, options.smoothing)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(learner.encoder.network.weights.values(), 1.0)
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
        yield {"epoch": epoch, "loss": float(np.mean(losses)), "seconds": round(time.monotonic() - started, 1)}


def _parameter_groups(learner: Learner) -> list[dict[str, Any]]:
    options, layers = learner.options, learner.encoder.network.architecture.layers
    groups = [
        {
            "params": [weight],
            "lr": options.rate * options.layer_decay ** (layers - _depth(name)),
            "weight_decay": 0.0 if name.endswith("bias") or "LayerNorm" in name else options.weight_decay,
        }
        for name, weight in learner.encoder.network.weights.items()
    ]
    heads = [tensor for pair in learner.heads.values() for tensor in pair]
    return [*groups, {"params": heads, "lr": options.head_rate, "weight_decay": 0.0}]


def _depth(name: str) -> int:
    """0 for the embeddings, 1 for the first layer."""
    return int(name.split(".")[2]) + 1 if name.startswith("encoder.layer.") else 0


def _loss(logits: Mapping[str, torch.Tensor], classes: Mapping[str, Labels], smoothing: float) -> torch.Tensor:
    total = next(iter(logits.values())).new_zeros(())
    for task, own in classes.items():
        if (own != UNKNOWN).any():
            loss = functional.cross_entropy(
                logits[task], torch.from_numpy(own).to(total.device), ignore_index=UNKNOWN, label_smoothing=smoothing
            )
            total = total + _LOSS_SHARES[task] * loss
    return total
