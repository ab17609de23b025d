"""Fine-tune the encoder for all tasks at once; needs torch.

One shared encoder, mean pooling, a linear head for each task and one for the scope; where a label is not known
its loss is masked. The heads teach the encoder and are dropped: those of the bundle are fitted afterwards on the
quantised embedding. What is held out is never learned from; it is scored after every epoch and chooses nothing.
"""

import json
import math
import random
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import compress
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from torch.nn import functional

from inquiry_pipeline.core.errors import DataError
from inquiry_pipeline.learning.augmentation import varied
from inquiry_pipeline.learning.batches import batches, token_ids
from inquiry_pipeline.learning.datasets import TASKS, LabelledInquiry, fingerprint, near_duplicates
from inquiry_pipeline.learning.encoder import read_weights
from inquiry_pipeline.learning.heads import ALL_TASKS
from inquiry_pipeline.learning.holdout import Finetuning, held_out_rows, learnable_rows
from inquiry_pipeline.learning.network import Network, padded
from inquiry_pipeline.nlp.cleaning import clean
from inquiry_pipeline.nlp.heads import IN_SCOPE, OUT_OF_SCOPE, SCOPE
from inquiry_pipeline.nlp.manifest import TOKENIZER

Labels = npt.NDArray[np.int64]

_UNKNOWN: Final = -100
"""The class that cross-entropy leaves out."""
_SCALE: Final = 16.0
"""Heads read embeddings of length 1; so much longer, their logits grow as fast as over unnormalised ones."""
_LOSS_SHARES: Final[Mapping[str, float]] = {"category": 1.0, "sentiment": 0.7, "urgency": 0.7, SCOPE: 0.5}
_OUT_OF_SCOPE_COPIES: Final = 3
_BEYOND_SERVING: Final = ("pooler.", "embeddings.position_ids")


@dataclass(frozen=True, slots=True, kw_only=True)
class FinetuningOptions:
    """`rate` is that of the last layer; every layer below learns `layer_decay` times as fast as the one above.

    The rate falls as for `epochs`, also where `stop_after` ends the run before.
    """

    held_out: tuple[str, ...]
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
    threads: int = 2
    half_precision: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lesson:
    """Inquiries beside the class of each by task; _UNKNOWN where there is no label."""

    inquiries: Sequence[LabelledInquiry]
    classes: Mapping[str, Labels]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Learner:
    network: Network
    heads: Mapping[str, tuple[torch.Tensor, torch.Tensor]]
    tokenizer: Tokenizer
    options: FinetuningOptions

    def logits(self, texts: Sequence[str], *, dropout: float = 0.0) -> dict[str, torch.Tensor]:
        """Logits [texts, classes] by task."""
        ids, mask = padded([token_ids(self.tokenizer, text, self.options.max_tokens) for text in texts])
        with torch.autocast("cpu", torch.bfloat16, enabled=self.options.half_precision):
            embeddings = self.network.embed(ids, mask, dropout=dropout)
        return {
            task: functional.linear(embeddings * _SCALE, weight, bias) for task, (weight, bias) in self.heads.items()
        }


def finetune(
    weights: Path,
    inquiries: Sequence[LabelledInquiry],
    out: Path,
    options: FinetuningOptions,
    *,
    progress: Callable[[str], None] = lambda _: None,
) -> Finetuning:
    """Fine-tune the encoder in `weights` on what is not held out; write weights, tokenizer and record to `out`.

    Everything is written anew after each epoch, so what an interrupted run leaves can be used.
    """
    _make_repeatable(options)
    names = _class_names(inquiries)
    held_out = held_out_rows(inquiries, options.held_out)
    texts = [clean(inquiry.message) for inquiry in inquiries]
    clusters = np.array(near_duplicates(texts, [inquiry.group for inquiry in inquiries]), np.int64)
    learnable = learnable_rows(held_out, clusters)
    lesson = _lesson(_with_copies(list(compress(inquiries, learnable))), names)
    unseen = _lesson(list(compress(inquiries, held_out)), names)
    learner = _learner(weights, names, options)
    record = Finetuning(
        held_out=options.held_out,
        learned=tuple(sorted({inquiry.source for inquiry in lesson.inquiries})),
        data=fingerprint(inquiries),
        options=asdict(options),
    )
    progress(f"learning from {learnable.sum()} inquiries, {held_out.sum()} held out")
    for epoch in _train(learner, lesson):
        figures = epoch | _accuracies(learner, unseen)
        progress(json.dumps(figures))
        record = replace(record, epochs=[*record.epochs, figures])
        _save(learner, weights, out, record)
    return record


def _make_repeatable(options: FinetuningOptions) -> None:
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)


def _class_names(inquiries: Sequence[LabelledInquiry]) -> dict[str, list[str]]:
    names = {task: sorted({label for i in inquiries if (label := _label(i, task))}) for task in TASKS}
    lacking = [task for task, own in names.items() if len(own) < 2]
    if lacking:
        raise DataError(f"The data has fewer than two labels for {', '.join(lacking)}.")
    return names | {SCOPE: [IN_SCOPE, OUT_OF_SCOPE]}


def _label(inquiry: LabelledInquiry, task: str) -> str | None:
    if task == SCOPE:
        return OUT_OF_SCOPE if inquiry.out_of_scope else IN_SCOPE
    return None if inquiry.out_of_scope else inquiry.label(task)


def _with_copies(inquiries: Sequence[LabelledInquiry]) -> list[LabelledInquiry]:
    """Out-of-scope texts are few in the written data: each is learned several times an epoch."""
    return [i for i in inquiries for _ in range(_OUT_OF_SCOPE_COPIES if i.out_of_scope else 1)]


def _lesson(inquiries: Sequence[LabelledInquiry], names: Mapping[str, Sequence[str]]) -> _Lesson:
    classes = {
        task: np.array([_UNKNOWN if (own := _label(i, task)) is None else names[task].index(own) for i in inquiries])
        for task in ALL_TASKS
    }
    return _Lesson(inquiries=inquiries, classes=classes)


def _learner(folder: Path, names: Mapping[str, Sequence[str]], options: FinetuningOptions) -> _Learner:
    arrays, architecture = read_weights(folder)
    weights = {
        name: torch.nn.Parameter(torch.tensor(array))
        for name, array in arrays.items()
        if not name.startswith(_BEYOND_SERVING)
    }
    heads = {
        task: (
            torch.zeros(len(own), architecture.hidden, requires_grad=True),
            torch.zeros(len(own), requires_grad=True),
        )
        for task, own in names.items()
    }
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    network = Network(weights=weights, architecture=architecture)
    return _Learner(network=network, heads=heads, tokenizer=tokenizer, options=options)


def _train(learner: _Learner, lesson: _Lesson) -> Iterator[dict[str, Any]]:
    """Learn; yields number, mean loss and seconds after each epoch."""
    options = learner.options
    chance = random.Random(options.seed)  # noqa: S311 - no secret
    optimiser = torch.optim.AdamW(_parameter_groups(learner), fused=True)
    steps = options.epochs * math.ceil(len(lesson.inquiries) / options.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _pace(step, steps, options.warm_up))
    for epoch in range(1, min(options.epochs, options.stop_after or options.epochs) + 1):
        started, losses = time.monotonic(), []
        texts = [clean(varied(inquiry.message, chance)) for inquiry in lesson.inquiries]
        for rows in batches([len(text) for text in texts], options.batch, chance):
            logits = learner.logits([texts[row] for row in rows], dropout=options.dropout)
            loss = _loss(logits, {task: own[rows] for task, own in lesson.classes.items()}, options.smoothing)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(learner.network.weights.values(), 1.0)
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
        yield {"epoch": epoch, "loss": float(np.mean(losses)), "seconds": round(time.monotonic() - started, 1)}


def _pace(step: int, steps: int, warm_up: float) -> float:
    """Share of the full rate: up in a line, then down to nothing in a line."""
    rising = max(1, round(steps * warm_up))
    return (step + 1) / rising if step < rising else max(0.0, (steps - step) / (steps - rising))


def _parameter_groups(learner: _Learner) -> list[dict[str, Any]]:
    options, layers = learner.options, learner.network.architecture.layers
    groups = [
        {
            "params": [weight],
            "lr": options.rate * options.layer_decay ** (layers - _depth(name)),
            "weight_decay": 0.0 if name.endswith("bias") or "LayerNorm" in name else options.weight_decay,
        }
        for name, weight in learner.network.weights.items()
    ]
    heads = [tensor for pair in learner.heads.values() for tensor in pair]
    return [*groups, {"params": heads, "lr": options.head_rate, "weight_decay": 0.0}]


def _depth(name: str) -> int:
    """0 for the embeddings, 1 for the first layer."""
    return int(name.split(".")[2]) + 1 if name.startswith("encoder.layer.") else 0


def _loss(logits: Mapping[str, torch.Tensor], classes: Mapping[str, Labels], smoothing: float) -> torch.Tensor:
    total = torch.zeros(())
    for task, own in classes.items():
        if (own != _UNKNOWN).any():
            loss = functional.cross_entropy(
                logits[task], torch.from_numpy(own), ignore_index=_UNKNOWN, label_smoothing=smoothing
            )
            total = total + _LOSS_SHARES[task] * loss
    return total


def _accuracies(learner: _Learner, unseen: _Lesson) -> dict[str, Any]:
    """Shares of right answers by task, over English and over everything else, by the heads of the fine-tuning."""
    texts = [clean(inquiry.message) for inquiry in unseen.inquiries]
    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    best = {task: np.zeros(len(texts), np.int64) for task in TASKS}
    with torch.inference_mode():
        for start in range(0, len(order), learner.options.batch):
            rows = order[start : start + learner.options.batch]
            logits = learner.logits([texts[row] for row in rows])
            for task, own in best.items():
                own[rows] = logits[task].argmax(dim=1).numpy()
    english = np.array([inquiry.language == "en" for inquiry in unseen.inquiries])
    return {
        f"{task} {name}": round(float((best[task] == unseen.classes[task])[chosen].mean()), 4)
        for task in TASKS
        for name, side in (("en", english), ("other", ~english))
        if (chosen := side & (unseen.classes[task] != _UNKNOWN)).any()
    }


def _save(learner: _Learner, weights: Path, out: Path, record: Finetuning) -> None:
    out.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.detach().contiguous() for name, tensor in learner.network.weights.items()}
    save_file(tensors, out / "model.safetensors")
    for name in ("config.json", TOKENIZER):
        shutil.copyfile(weights / name, out / name)
    record.save(out)
