"""Fine-tune the encoder for all tasks at once; needs torch.

The heads teach the encoder and are dropped: those of the bundle are fitted afterwards on the quantised embedding.
What is held out is never learned from; it is scored after every epoch and chooses nothing.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np

from inquiry_pipeline.learning.datasets import TASKS, LabelledInquiry, clean_texts, fingerprint
from inquiry_pipeline.learning.holdout import Finetuning, held_out_rows, learnable_rows
from inquiry_pipeline.learning.learner import (
    UNKNOWN,
    Learner,
    LearningOptions,
    Lesson,
    class_names,
    learn,
    lesson_of,
    new_learner,
)
from inquiry_pipeline.learning.network import make_repeatable
from inquiry_pipeline.nlp.cleaning import clean


def finetune(
    weights: Path,
    inquiries: Sequence[LabelledInquiry],
    out: Path,
    options: LearningOptions,
    *,
    held_out: tuple[str, ...],
    progress: Callable[[str], None] = lambda _: None,
) -> Finetuning:
    """Fine-tune the encoder in `weights` on what is not held out; write weights, tokenizer and record to `out`.

    Everything is written anew after each epoch, so what an interrupted run leaves can be used.
    """
    make_repeatable(seed=options.seed, threads=options.threads)
    names = class_names(inquiries)
    unseen_rows = held_out_rows(inquiries, held_out)
    _, clusters = clean_texts(inquiries)
    learnable = learnable_rows(unseen_rows, clusters)
    lesson = lesson_of(list(compress(inquiries, learnable)), names)
    unseen = lesson_of(list(compress(inquiries, unseen_rows)), names)
    learner = new_learner(weights, names, options)
    record = Finetuning(
        held_out=held_out,
        learned=tuple(sorted({inquiry.source for inquiry in lesson.inquiries})),
        data=fingerprint(inquiries),
        options=asdict(options),
    )
    progress(f"learning from {learnable.sum()} inquiries, {unseen_rows.sum()} held out")
    for epoch in learn(learner, lesson):
        figures = epoch | _accuracies(learner, unseen)
        progress(json.dumps(figures))
        record = replace(record, epochs=[*record.epochs, figures])
        learner.encoder.save(out)
        record.save(out)
    return record


def _accuracies(learner: Learner, unseen: Lesson) -> dict[str, Any]:
    """Shares of right answers by task, over English and over everything else, by the heads of the fine-tuning."""
    probabilities = learner.probabilities([clean(inquiry.message) for inquiry in unseen.inquiries])
    english = np.array([inquiry.language == "en" for inquiry in unseen.inquiries])
    return {
        f"{task} {name}": round(float((probabilities[task].argmax(axis=1) == unseen.classes[task])[chosen].mean()), 4)
        for task in TASKS
        for name, side in (("en", english), ("other", ~english))
        if (chosen := side & (unseen.classes[task] != UNKNOWN)).any()
    }
