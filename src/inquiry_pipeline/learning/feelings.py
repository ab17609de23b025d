"""Teach the encoder how feelings are put into words, before it learns of inquiries; needs torch.

A task in between (Phang, Févry and Bowman 2018, Sentence Encoders on STILTs): comments of GoEmotions (Demszky et al.
2020) with their emotion and the sentiment that it folds to. The heads are dropped.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from inquiry_pipeline.learning.learner import UNKNOWN, Labels, LearningOptions, Lesson, learn, new_learner
from inquiry_pipeline.learning.network import make_repeatable
from inquiry_pipeline.learning.public import Comment

_FEWEST: Final = 20
"""Comments that an emotion must have alone to be told apart."""


def teach_feelings(
    weights: Path,
    comments: Sequence[Comment],
    out: Path,
    options: LearningOptions,
    *,
    progress: Callable[[str], None] = lambda _: None,
) -> None:
    """Train the encoder in `weights` on comments, and write it to `out`.

    A comment with several emotions teaches its sentiment alone.
    """
    make_repeatable(seed=options.seed, threads=options.threads)
    counts = Counter(comment.emotions[0] for comment in comments if len(comment.emotions) == 1)
    emotions = sorted(emotion for emotion, count in counts.items() if count >= _FEWEST)
    sentiments = sorted({comment.inquiry.sentiment for comment in comments if comment.inquiry.sentiment})
    lesson = Lesson(
        inquiries=[comment.inquiry for comment in comments],
        classes={
            "sentiment": _numbers([comment.inquiry.sentiment for comment in comments], sentiments),
            "emotion": _numbers([",".join(comment.emotions) for comment in comments], emotions),
        },
    )
    learner = new_learner(weights, {"sentiment": sentiments, "emotion": emotions}, options)
    progress(f"learning {len(emotions)} emotions from {len(comments)} comments")
    for epoch in learn(learner, lesson):
        progress(json.dumps(epoch))
        learner.encoder.save(out)


def _numbers(labels: Sequence[str | None], names: Sequence[str]) -> Labels:
    return np.array([names.index(label) if label in names else UNKNOWN for label in labels], np.int64)
