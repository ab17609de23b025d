"""The figures that the API answers with, as frozen dataclasses. Times are aware."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from inquiry_pipeline.client.shapes import Inquiry


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """Of so many predictions people judged some, and corrected some of those."""

    predictions: int
    judged: int
    corrected: int
    rate: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideRates:
    """Overrides of the category in all, by the category that was predicted, and by language."""

    overall: Overrides
    by_category: Mapping[str, Overrides]
    by_language: Mapping[str, Overrides]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Figures over a window; times are in seconds.

    Of the inquiries received, `waiting` have no consultant yet, `abstained` a category that the model only suggested,
    and `degraded` an answer of keyword rules: none is counted as both.
    """

    since: datetime
    until: datetime
    total: int
    waiting: int
    counts: Mapping[str, Mapping[str, int]]
    routed_per_hour: float
    seconds_to_route: Mapping[str, float | None]
    escalated: int = 0
    abstained: int = 0
    degraded: int = 0
    overrides: OverrideRates | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingQueue:
    """What waits for a consultant, the most urgent first; `totals` by department."""

    totals: Mapping[str, int]
    oldest_received_at: datetime | None
    items: tuple[Inquiry, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What was received in the bucket that begins at `at`, by label."""

    at: datetime
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Counts over time: a point for every bucket, also where nothing was received."""

    since: datetime
    until: datetime
    by: str
    bucket: str
    timezone: str
    labels: tuple[str, ...]
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Values from `lower` to below `upper`; the last one of a row of bins has its end in it."""

    lower: float = field(metadata={"name": "from"})
    upper: float = field(metadata={"name": "to"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreBin(Bin):
    """How many priority scores lie in a range, by priority band."""

    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Priority scores in a word: half of them, and nine tenths, are no greater than `p50` and `p90`."""

    count: int
    mean: float
    p50: float
    p90: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalations:
    """How many inquiries are escalated, in all, by level (1 is the mildest) and by department."""

    total: int
    by_level: Mapping[str, int]
    by_department: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Priorities:
    """The priority scores of the inquiries received in a window, as they are now."""

    since: datetime
    until: datetime
    bins: tuple[ScoreBin, ...]
    by_department: Mapping[str, Scores]
    by_urgency: Mapping[str, Scores]
    by_sentiment: Mapping[str, Scores]
    escalations: Escalations


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultantFigures:
    """What a consultant has now (`open`, `in_progress` of it), and what came and went in a window.

    `seconds_to_resolve` is from routed to resolved: p50 and p90, None where nothing was resolved.
    """

    id: str
    name: str
    departments: tuple[str, ...]
    available: bool
    capacity: int
    open: int
    in_progress: int
    assigned: int
    resolved: int
    seconds_to_resolve: Mapping[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """So many predictions; in some of them the model only suggested a category, others are by keyword rules: none is
    counted as both.
    """

    predictions: int
    abstained: int
    degraded: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfidenceBin(Bin):
    """How many answers had a confidence in a range."""

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationBin(Bin):
    """Of the answers with a confidence in a range, how many people judged; their mean confidence, and the share that
    was right; None where nothing was judged.
    """

    judged: int
    confidence: float | None
    accuracy: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inference:
    """Seconds of a forward pass: None where there was none."""

    count: int
    p50: float | None
    p95: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFigures(Answers):
    """The current predictions made in a window, and what people said of them; bins and overrides by task.

    `inference_seconds`, `fallback` (by reason) and `cache` (look-ups by result) are those of the processes of the
    machine that answered, since they started.
    """

    since: datetime
    until: datetime
    by_version: Mapping[str, Answers]
    confidence: Mapping[str, tuple[ConfidenceBin, ...]]
    calibration: Mapping[str, tuple[CalibrationBin, ...]]
    overrides: OverrideRates
    overrides_by_task: Mapping[str, Overrides]
    inference_seconds: Inference
    fallback: Mapping[str, int]
    cache: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Minute:
    """What was accepted and what was routed in the minute that begins at `at`."""

    at: datetime
    accepted: int
    routed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """Worker processes that are connected to the database, and the seconds since the last of them asked it anything;
    None where there is none.
    """

    alive: int
    last_round_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What was measured at a moment."""

    at: datetime
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineFigures:
    """What is owed and how old the oldest of it is, the last hour minute by minute, and a day of measurements by name.

    The last of the minutes is under way. Of the measurements of five minutes there is the greatest.
    """

    pending: int
    leased: int
    dead: int
    oldest_seconds: float
    accepted_last_minute: int
    routed_last_minute: int
    throughput: tuple[Minute, ...]
    workers: Workers
    measurements: Mapping[str, tuple[Measurement, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBin(Bin):
    """Of the held-out answers with a confidence in a range, how many there are, how sure and how right they were."""

    count: int
    confidence: float | None
    accuracy: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """How a model did on held-out inquiries: of `n`, the share that was right, and the expected calibration error."""

    n: int
    accuracy: float
    ece: float | None = None
    reliability: tuple[ReliabilityBin, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion:
    """A version that answered, since when, and how many current predictions of the last 30 days are its own."""

    version: str
    name: str
    first_used_at: datetime
    predictions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """The model that is loaded, and every version that ever answered, the latest first.

    `languages` are those that it decides in, with the held-out accuracy of each task where that is known; `tasks` have
    their labels, `thresholds` go by language (`*` is any other) and category. `backends` says by task who answers:
    `bundle`, the version of another model, or `keywords`.
    """

    version: str
    name: str
    state: str
    error: str | None
    created: datetime | None
    languages: Mapping[str, Mapping[str, float]]
    tasks: Mapping[str, tuple[str, ...]]
    thresholds: Mapping[str, Mapping[str, float]]
    backends: Mapping[str, str]
    evaluation: Mapping[str, Evaluation]
    versions: tuple[ModelVersion, ...]
