"""A small typed client of the pipeline's API. Needs httpx: `pip install inquiry-pipeline[client]`.

For example:

    from inquiry_pipeline.client import Client

    with Client("http://127.0.0.1:8000") as api:
        sent = api.submit("I was charged twice.", subject="Invoice")
        api.feedback(sent.id, actor="jonas-weber", category="billing")
"""

try:
    from inquiry_pipeline.client.calls import ApiError, Client, During, Wanted
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(f"The client needs {error.name}: pip install 'inquiry-pipeline[client]'") from error
from inquiry_pipeline.client.figures import (
    Answers,
    Bin,
    CalibrationBin,
    ConfidenceBin,
    ConsultantFigures,
    Escalations,
    Evaluation,
    Inference,
    Measurement,
    Minute,
    ModelFigures,
    Models,
    ModelVersion,
    OverrideRates,
    Overrides,
    PipelineFigures,
    Point,
    Priorities,
    ReliabilityBin,
    ScoreBin,
    Scores,
    Series,
    Statistics,
    WaitingQueue,
    Workers,
)
from inquiry_pipeline.client.shapes import (
    Candidate,
    ComponentHealth,
    Consultant,
    ConsultantQueue,
    DeadLetter,
    Event,
    Explanation,
    Health,
    Inquiry,
    InquiryPage,
    Labels,
    Prediction,
    Problem,
    Routing,
    Rules,
    Span,
    Submission,
    TaskExplanation,
)
from inquiry_pipeline.core.inquiry import Status
from inquiry_pipeline.core.prediction import Sentiment, Urgency

__all__ = [
    "Answers",
    "ApiError",
    "Bin",
    "CalibrationBin",
    "Candidate",
    "Client",
    "ComponentHealth",
    "ConfidenceBin",
    "Consultant",
    "ConsultantFigures",
    "ConsultantQueue",
    "DeadLetter",
    "During",
    "Escalations",
    "Evaluation",
    "Event",
    "Explanation",
    "Health",
    "Inference",
    "Inquiry",
    "InquiryPage",
    "Labels",
    "Measurement",
    "Minute",
    "ModelFigures",
    "ModelVersion",
    "Models",
    "OverrideRates",
    "Overrides",
    "PipelineFigures",
    "Point",
    "Prediction",
    "Priorities",
    "Problem",
    "ReliabilityBin",
    "Routing",
    "Rules",
    "ScoreBin",
    "Scores",
    "Sentiment",
    "Series",
    "Span",
    "Statistics",
    "Status",
    "Submission",
    "TaskExplanation",
    "Urgency",
    "WaitingQueue",
    "Wanted",
    "Workers",
]
