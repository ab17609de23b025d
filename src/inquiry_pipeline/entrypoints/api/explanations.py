"""How an explanation by the model that is loaded now stands to what is stored about an inquiry."""

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from inquiry_pipeline.core.assessment import StoredInquiry
from inquiry_pipeline.core.explanation import Explanation
from inquiry_pipeline.core.prediction import Prediction
from inquiry_pipeline.entrypoints.answers import EXPLANATION_EXAMPLE, ExplanationAnswer


class InquiryExplanation(ExplanationAnswer):
    """What moved the answers of the model that is loaded now, and how they stand to the stored prediction."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **EXPLANATION_EXAMPLE,
                    "inquiry_id": "01a5d3c2-7b1e-7c4f-8a50-3f1f6f0d9b11",
                    "stored_model_version": EXPLANATION_EXAMPLE["model_version"],
                    "remarks": [],
                }
            ]
        }
    )

    inquiry_id: UUID
    stored_model_version: Annotated[
        str | None, Field(description="The model of the stored prediction; null where there is none yet")
    ]
    remarks: Annotated[
        list[str],
        Field(description="In what the explained answers differ from the stored ones; empty where they agree"),
    ]


def inquiry_explanation(stored: StoredInquiry, explanation: Explanation) -> InquiryExplanation:
    """The API's form of an explanation of a stored inquiry."""
    return InquiryExplanation(
        **dict(ExplanationAnswer.of(explanation)),
        inquiry_id=stored.inquiry.id,
        stored_model_version=stored.prediction.model_version if stored.prediction else None,
        remarks=_remarks(stored.prediction, explanation),
    )


def _remarks(prediction: Prediction | None, explanation: Explanation) -> list[str]:
    if prediction is None:
        return ["No prediction is stored yet."]
    remarks = []
    if prediction.model_version != explanation.model_version:
        remarks.append(
            f"The stored prediction was made by {prediction.model_version}, this explains {explanation.model_version}."
        )
    stored = (
        ("category", prediction.category, explanation.category.label),
        ("sentiment", prediction.sentiment, explanation.sentiment.label),
        ("urgency", prediction.urgency, explanation.urgency.label),
    )
    remarks.extend(
        f"The stored {task} is {was}, now it would be {now}." for task, was, now in stored if now not in {None, was}
    )
    return remarks
