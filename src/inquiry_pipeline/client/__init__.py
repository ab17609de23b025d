"""A small typed client of the pipeline's API. Needs httpx: `pip install inquiry-pipeline[client]`.

For example:

    from inquiry_pipeline.client import Client

    with Client("http://127.0.0.1:8000") as api:
        sent = api.submit("I was charged twice.", subject="Invoice")
        api.feedback(sent.id, actor="jonas-weber", category="billing")
"""

try:
    from inquiry_pipeline.client.calls import ApiError, Client
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(f"The client needs {error.name}: pip install 'inquiry-pipeline[client]'") from error
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
    Labels,
    OverrideRates,
    Overrides,
    Prediction,
    Problem,
    Routing,
    Rules,
    Span,
    Statistics,
    Submission,
    TaskExplanation,
)

__all__ = [
    "ApiError",
    "Candidate",
    "Client",
    "ComponentHealth",
    "Consultant",
    "ConsultantQueue",
    "DeadLetter",
    "Event",
    "Explanation",
    "Health",
    "Inquiry",
    "Labels",
    "OverrideRates",
    "Overrides",
    "Prediction",
    "Problem",
    "Routing",
    "Rules",
    "Span",
    "Statistics",
    "Submission",
    "TaskExplanation",
]
