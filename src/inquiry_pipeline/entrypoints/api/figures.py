"""The figures that the API answers with: over a window of time, about inquiries and the people who answer them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Self

from pydantic import ConfigDict, Field

from inquiry_pipeline.entrypoints.api import fields
from inquiry_pipeline.entrypoints.api.schemas import Answer
from inquiry_pipeline.entrypoints.api.windows import Window, WindowQuery
from inquiry_pipeline.store.feedback import OverrideRates
from inquiry_pipeline.store.priorities import Priorities, Scores
from inquiry_pipeline.store.series import Bucket, Grouping, Series
from inquiry_pipeline.store.statistics import Statistics
from inquiry_pipeline.store.teams import ConsultantFigures


class BinAnswer(Answer):
    """A range of values: from `from` to below `to`; the last one of a row of bins has its end in it."""

    model_config = ConfigDict(from_attributes=True, validate_by_name=True, validate_by_alias=True)

    lower: Annotated[float, Field(alias="from")]
    upper: Annotated[float, Field(alias="to")]


class OverridesAnswer(Answer):
    """How often people corrected the predictions: of so many they judged some, and corrected some of those."""

    predictions: int
    judged: int
    corrected: int
    rate: Annotated[float | None, Field(description="Corrected of all predictions; null where there were none")]


class OverrideRatesAnswer(Answer):
    """Overrides of the category in all, by the category that was predicted, and by language.

    The last word on an inquiry counts.
    """

    overall: OverridesAnswer
    by_category: dict[str, OverridesAnswer]
    by_language: dict[str, OverridesAnswer]


class StatisticsAnswer(Answer):
    """Figures over a window. Counts are of inquiries received in it; times are in seconds."""

    since: datetime
    until: datetime
    total: int
    waiting: Annotated[int, Field(description="Of these, still without a consultant")]
    escalated: int
    abstained: Annotated[int, Field(description="Of these, whose category the model only suggested")]
    degraded: Annotated[int, Field(description="Of these, answered by keyword rules: none of them is in `abstained`")]
    counts: dict[str, dict[str, int]]
    routed_per_hour: float
    seconds_to_route: dict[str, float | None]
    overrides: OverrideRatesAnswer

    @classmethod
    def of(cls, statistics: Statistics, overrides: OverrideRates) -> Self:
        """The API's form of the figures."""
        known = {name: getattr(statistics, name) for name in Statistics.__slots__}
        return cls(**known, overrides=OverrideRatesAnswer.model_validate(overrides))


class SeriesQuery(WindowQuery):
    """What is counted over time, and how finely."""

    by: Annotated[Grouping, Field(description="What is counted apart")] = Grouping.TOTAL
    bucket: Annotated[Bucket, Field(description="How long a bucket is; at most 2,000 of them")] = Bucket.HOUR
    timezone: Annotated[
        fields.Line, Field(description="IANA name such as Europe/Berlin: decides where an hour or a day begins")
    ] = "UTC"


class PointAnswer(Answer):
    """What was received in one bucket, by label; empty where nothing was."""

    at: Annotated[datetime, Field(description="Where the bucket begins, by the clocks of the time zone")]
    counts: dict[str, int]


class SeriesAnswer(Answer):
    """Counts over time. What is not assessed yet has no labels: it is counted by status, channel and in all alone.

    The first bucket may begin before `since`: counted is what was received from `since` on.
    """

    since: datetime
    until: datetime
    by: Grouping
    bucket: Bucket
    timezone: str
    labels: list[str]
    points: list[PointAnswer]

    @classmethod
    def of(cls, series: Series, query: SeriesQuery, window: Window) -> Self:
        """The API's form of a series."""
        return cls(
            since=window.since,
            until=window.until,
            by=query.by,
            bucket=query.bucket,
            timezone=query.timezone,
            labels=list(series.labels),
            points=[PointAnswer.model_validate(point) for point in series.points],
        )


class ScoreBinAnswer(BinAnswer):
    """How many priority scores lie in a range, by priority band."""

    counts: dict[str, int]


class ScoresAnswer(Answer):
    """Priority scores in short: half of them and nine tenths are no greater than `p50` and `p90`, right to a point."""

    count: int
    mean: float
    p50: float
    p90: float


class EscalationsAnswer(Answer):
    """How many inquiries are escalated."""

    total: int
    by_level: dict[int, int]
    by_department: dict[str, int]


class PrioritiesAnswer(Answer):
    """The priority scores of the inquiries received in a window, as they are now."""

    since: datetime
    until: datetime
    bins: list[ScoreBinAnswer]
    by_department: dict[str, ScoresAnswer]
    by_urgency: dict[str, ScoresAnswer]
    by_sentiment: dict[str, ScoresAnswer]
    escalations: EscalationsAnswer

    @classmethod
    def of(cls, priorities: Priorities, window: Window) -> Self:
        """The API's form of the scores."""
        return cls(
            since=window.since,
            until=window.until,
            bins=[ScoreBinAnswer.model_validate(one) for one in priorities.bins],
            by_department=_scores(priorities.by_department),
            by_urgency=_scores(priorities.by_urgency),
            by_sentiment=_scores(priorities.by_sentiment),
            escalations=EscalationsAnswer.model_validate(priorities.escalations),
        )


def _scores(scores: Mapping[str, Scores]) -> dict[str, ScoresAnswer]:
    return {label: ScoresAnswer.model_validate(one) for label, one in scores.items()}


class ConsultantFiguresAnswer(Answer):
    """What a consultant has now (`open`, `in_progress` of it), and what came and went in the window.

    `assigned` counts how often something was given to them in the window, also if somebody else has it by now. What
    is decided again while they have it is not given again.
    """

    id: str
    name: str
    departments: list[str]
    available: bool
    capacity: int
    open: int
    in_progress: int
    assigned: int
    resolved: int
    seconds_to_resolve: Annotated[
        dict[str, float | None], Field(description="From routed to resolved: p50, p90; null where nothing was")
    ]

    @classmethod
    def of(cls, figures: ConsultantFigures) -> Self:
        """The API's form of a consultant's figures."""
        consultant = figures.state.consultant
        return cls(
            id=consultant.id,
            name=consultant.name,
            departments=list(consultant.departments),
            available=figures.state.available,
            capacity=consultant.capacity,
            open=figures.state.open_inquiries,
            in_progress=figures.in_progress,
            assigned=figures.assigned,
            resolved=figures.resolved,
            seconds_to_resolve=dict(figures.seconds_to_resolve),
        )


class TeamAnswer(Answer):
    """All consultants, by id, over a window."""

    since: datetime
    until: datetime
    items: list[ConsultantFiguresAnswer]

    @classmethod
    def of(cls, team: Sequence[ConsultantFigures], window: Window) -> Self:
        """The API's form of a team's figures."""
        items = [ConsultantFiguresAnswer.of(one) for one in team]
        return cls(since=window.since, until=window.until, items=items)
