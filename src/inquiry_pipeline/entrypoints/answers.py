"""The shape of a prediction for the world: the API answers with it, and `inquiry classify` prints and writes it."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from inquiry_pipeline.core.prediction import Sentiment, Urgency


class PredictionAnswer(BaseModel):
    """What the model says, with calibrated confidence figures in 0..1."""

    model_config = ConfigDict(from_attributes=True)

    category: str
    confidence: float
    probabilities: dict[str, float]
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
