"""The shape of a prediction and of its explanation for the world: the API answers with them, and `inquiry classify`
prints and writes them.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field

from inquiry_pipeline.core.explanation import Explanation, Method, Span, TaskExplanation
from inquiry_pipeline.core.prediction import Prediction, Sentiment, Urgency


class PredictionAnswer(BaseModel):
    """What the model says, with calibrated confidence figures in 0..1."""

    model_config = ConfigDict(from_attributes=True)

    category: str
    confidence: float
    probabilities: dict[str, float]
    suggestions: Annotated[
        list[str], Field(description="The fewest categories with nine tenths of the probability, likeliest first")
    ]
    sentiment: Sentiment
    sentiment_confidence: float
    urgency: Urgency
    urgency_confidence: float
    urgency_reasons: Annotated[
        list[str], Field(description="What counted for the urgency: deadlines, words, and what the model learned")
    ]
    language: Annotated[str, Field(description="ISO 639-1, or 'und' where it cannot be told")]
    abstained: Annotated[bool, Field(description="The category is a suggestion: a person should look")]
    degraded: Annotated[bool, Field(description="Keyword rules answered, because the model could not")]
    model_version: str


class SpanAnswer(BaseModel):
    """A part of the explained text, and what it did."""

    start: Annotated[int, Field(ge=0, description="In Unicode code points, from the beginning of the explained text")]
    end: Annotated[int, Field(ge=0, description="Where it ends, exclusive")]
    text: Annotated[str, Field(description="The words themselves")]
    weight: Annotated[
        float,
        Field(
            description="How far the log-odds of the answer fall without it: positive speaks for the answer, negative"
            " against it. With the method `keywords`, 1 or -1"
        ),
    ]
    towards: Annotated[str, Field(description="The label that it speaks for")]


class TaskExplanationAnswer(BaseModel):
    """What moved the answer to one task, the heaviest for the answer first, against it last."""

    label: Annotated[str | None, Field(description="The answer that is explained; null where none is, see `note`")]
    runner_up: Annotated[str | None, Field(description="The label that came second")]
    sentences: Annotated[list[SpanAnswer], Field(description="Sentences, or groups of them; empty where there is one")]
    words: Annotated[list[SpanAnswer], Field(description="Words or short runs of them, in the heaviest sentences")]
    note: Annotated[str | None, Field(description="Why there are no words, where there are none")]


EXPLANATION_EXAMPLE: Final[Mapping[str, Any]] = {
    "text": "I was charged twice. I am really fed up! Please refund it by Friday.",
    "method": "occlusion",
    "model_version": "default-5f0c9d2a41b7",
    "category": {
        "label": "billing",
        "runner_up": "legal",
        "sentences": [
            {"start": 41, "end": 67, "text": "Please refund it by Friday", "weight": 1.9, "towards": "billing"},
            {"start": 0, "end": 19, "text": "I was charged twice", "weight": 0.7, "towards": "billing"},
        ],
        "words": [{"start": 48, "end": 54, "text": "refund", "weight": 1.0, "towards": "billing"}],
        "note": None,
    },
    "sentiment": {
        "label": "negative",
        "runner_up": "neutral",
        "sentences": [{"start": 21, "end": 40, "text": "I am really fed up!", "weight": 4.0, "towards": "negative"}],
        "words": [
            {"start": 33, "end": 40, "text": "fed up!", "weight": 1.8, "towards": "negative"},
            {"start": 48, "end": 54, "text": "refund", "weight": -0.7, "towards": "neutral"},
        ],
        "note": None,
    },
    "urgency": {
        "label": "high",
        "runner_up": "medium",
        "sentences": [{"start": 41, "end": 67, "text": "Please refund it by Friday", "weight": 3.0, "towards": "high"}],
        "words": [{"start": 58, "end": 67, "text": "by Friday", "weight": 3.9, "towards": "high"}],
        "note": None,
    },
    "urgency_rules": ['Deadline: "by Friday" is Fri 27 Nov 23:59 UTC, 38 hours after it was received'],
    "unread": [],
}


class ExplanationAnswer(BaseModel):
    """What moved the answers. All positions are in `text`, which is what the model read."""

    model_config = ConfigDict(json_schema_extra={"examples": [dict(EXPLANATION_EXAMPLE)]})

    text: Annotated[str, Field(description="Subject and body without markup, quotations, signature and disclaimer")]
    method: Annotated[
        Method,
        Field(
            description="`occlusion`: asked again without these words; `keywords`: the rules that stood in know them"
        ),
    ]
    model_version: Annotated[str, Field(description="The model that is explained: the one loaded now")]
    category: TaskExplanationAnswer
    sentiment: TaskExplanationAnswer
    urgency: TaskExplanationAnswer
    urgency_rules: Annotated[list[str], Field(description="Rules of urgency that fired, and on what")]
    unread: Annotated[
        list[tuple[int, int]],
        Field(description="Starts and ends of what was left out of a long `text`: what does not read like an inquiry"),
    ]

    @classmethod
    def of(cls, explanation: Explanation) -> Self:
        """An explanation in the world's form."""
        return cls(
            text=explanation.text,
            method=explanation.method,
            model_version=explanation.model_version,
            category=_task(explanation.category, explanation.text),
            sentiment=_task(explanation.sentiment, explanation.text),
            urgency=_task(explanation.urgency, explanation.text),
            urgency_rules=list(explanation.urgency_rules),
            unread=list(explanation.unread),
        )


class ExplainedPrediction(PredictionAnswer):
    """What the model says, and the words that moved it."""

    explanation: ExplanationAnswer

    @classmethod
    def explaining(cls, prediction: Prediction, explanation: Explanation) -> Self:
        """A prediction together with its explanation."""
        known = dict(PredictionAnswer.model_validate(prediction))
        return cls(**known, explanation=ExplanationAnswer.of(explanation))


def _task(task: TaskExplanation, text: str) -> TaskExplanationAnswer:
    return TaskExplanationAnswer(
        label=task.label,
        runner_up=task.runner_up,
        sentences=_spans(task.sentences, text),
        words=_spans(task.words, text),
        note=task.note,
    )


def _spans(spans: Sequence[Span], text: str) -> list[SpanAnswer]:
    return [
        SpanAnswer(start=one.start, end=one.end, text=text[one.start : one.end], weight=one.weight, towards=one.towards)
        for one in spans
    ]
