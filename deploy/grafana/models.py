"""The models: what they say, how sure they are, what people think of it, how long it takes."""

from typing import Final

from deploy.grafana.board import Board, Row
from deploy.grafana.panels import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    Frame,
    Panel,
    Query,
    Steps,
    bars,
    figure,
    heat,
    names,
    or_nothing,
    quantiles,
    series,
)

_SMALL: Final = Frame(unit="percentunit", width=4, height=4, decimals=1)
_RATE: Final = Frame(unit="reqps")
_SHARE: Final = Frame(unit="percentunit")
_COLOURS: Final = {
    "sentiment": {"negative": VERMILION, "neutral": GREY, "positive": GREEN},
    "urgency": {"low": SKY, "medium": BLUE, "high": ORANGE, "critical": VERMILION},
}


def board() -> Board:
    """The models."""
    return Board(
        name="models",
        title="Inquiries: models",
        says="What the models say and how sure they are, what people think of it, and how long it takes.",
        rows=(
            Row("Now", (*_loaded(), *_shares())),
            Row("What they say", _labels()),
            Row("How sure they are", (*_confidence(), *_unsure())),
            Row("What people say", _people()),
            Row("How long it takes", (*_inference(), *_cache())),
            Row("Models for single tasks, and explanations", _others()),
        ),
    )


def _loaded() -> tuple[Panel, ...]:
    return (
        names(
            "Bundle",
            "Version and checksum of the bundle that is loaded; models for single tasks may answer in its stead.",
            Query("max by (version) (inquiry_model_info)", "{{version}}"),
            Frame(unit="short", width=8, height=4),
        ),
        figure(
            "Everything is loaded",
            "1: all that is configured is loaded. 0: something simpler answers for a part that failed to load.",
            Query("min(inquiry_model_loaded)"),
            Frame(unit="short", width=4, height=4),
            Steps(look=1, bad=0.5, falling=True),
        ),
    )


def _shares() -> tuple[Panel, ...]:
    return (
        figure(
            "Answered by keywords",
            "Share of the predictions that keyword rules gave because the model could not. Usually 0.",
            Query("inquiry:model_fallbacks:ratio_rate5m"),
            _SMALL,
            Steps(look=0.01, bad=0.05),
        ),
        figure(
            "Left open",
            "Share of the predictions of the last hour whose category is a suggestion only; triage reads those.",
            Query("inquiry:model_abstentions:ratio_rate1h"),
            _SMALL,
            Steps(look=0.35, bad=0.5),
        ),
        figure(
            "Overridden",
            "Share of the last day's inquiries whose category somebody corrected.",
            Query("inquiry:overrides:ratio_24h"),
            _SMALL,
            Steps(look=0.07, bad=0.1),
        ),
    )


def _labels() -> tuple[Panel, ...]:
    return tuple(
        series(
            f"By {task}",
            f"Predictions a second by {task}, those of `classify` included. An unexpected shift deserves a look.",
            _by_label(task),
            _RATE,
            stacked=True,
        )
        for task in ("category", "sentiment", "urgency")
    )


def _by_label(task: str) -> list[Query]:
    """One query for each label that is always the same, so that it has its colour; else one for all."""
    colours = _COLOURS.get(task)
    if colours is None:
        return [Query(f'inquiry:model_predictions:rate5m{{task="{task}"}}', "{{label}}")]
    return [
        Query(or_nothing(f'sum(inquiry:model_predictions:rate5m{{task="{task}",label="{label}"}})'), label, colour)
        for label, colour in colours.items()
    ]


def _confidence() -> tuple[Panel, ...]:
    buckets = 'sum by (le) (rate(inquiry_model_confidence_bucket{task="category"}[$__rate_interval]))'
    per_task = "rate(inquiry_model_confidence_{part}[$__rate_interval])"
    mean = f"sum by (task) ({per_task.format(part='sum')}) / sum by (task) ({per_task.format(part='count')})"
    return (
        heat(
            "Confidence in the category",
            "How many predictions had which confidence. It is calibrated: of those at 0.9, nine in ten are right.",
            Query(buckets, "{{le}}"),
            Frame(unit="percentunit", width=12),
        ),
        series(
            "Mean confidence",
            "By task. A fall means messages that the model knows less well.",
            [Query(mean, "{{task}}")],
            Frame(unit="percentunit", width=12, most=1),
        ),
    )


def _unsure() -> tuple[Panel, ...]:
    return (
        series(
            "Left open by the model",
            "Share of the predictions whose category is a suggestion only, over five minutes, an hour and a day. An"
            " alert follows when the hour is far above the day before.",
            [
                Query("inquiry:model_abstentions:ratio_rate5m", "five minutes", SKY),
                Query("inquiry:model_abstentions:ratio_rate1h", "an hour", BLUE),
                Query("inquiry:model_abstentions:ratio_rate1d", "a day", GREY),
            ],
            Frame(unit="percentunit", width=12),
        ),
        series(
            "Answered by keywords",
            "Predictions a second that keyword rules gave, by reason: bundle (not loaded), inference (it failed).",
            [Query("sum by (reason) (rate(inquiry_model_fallbacks_total[$__rate_interval]))", "{{reason}}")],
            Frame(unit="reqps", width=12),
            stacked=True,
        ),
    )


def _people() -> tuple[Panel, ...]:
    said = 'sum by (task) (increase(inquiry_feedback_total{{kind="{kind}"}}[1d]))'
    return (
        series(
            "Overridden",
            "Share of the last day's inquiries whose category somebody corrected; the last word on each counts.",
            [Query("inquiry:overrides:ratio_24h", "overridden", VERMILION)],
            _SHARE,
        ),
        bars(
            "Corrected in a day",
            "How often people corrected a label within the last day, by task.",
            Query(said.format(kind="corrected"), "{{task}}"),
            Frame(unit="short"),
        ),
        bars(
            "Confirmed in a day",
            "How often people said that a label is right within the last day, by task.",
            Query(said.format(kind="confirmed"), "{{task}}"),
            Frame(unit="short"),
        ),
    )


def _inference() -> tuple[Panel, ...]:
    batches = "sum(rate(inquiry_model_batch_size_{part}[$__rate_interval]))"
    return (
        series(
            "One pass of the model",
            "Time of one forward pass of the encoder and its heads, for one message.",
            quantiles("inquiry:model_inference_seconds:quantile_rate5m"),
            Frame(unit="s"),
        ),
        heat(
            "One pass, spread",
            "How many passes took which time.",
            Query("sum by (le) (rate(inquiry_model_inference_seconds_bucket[$__rate_interval]))", "{{le}}"),
            Frame(unit="s"),
        ),
        series(
            "Messages handed over together",
            "Mean number of messages that were handed to the model in one go: one from a request, up to a batch from a"
            " worker.",
            [Query(f"{batches.format(part='sum')} / {batches.format(part='count')}", "messages", PURPLE)],
            Frame(unit="short"),
        ),
    )


def _cache() -> tuple[Panel, ...]:
    return (
        series(
            "Prediction cache",
            "Look-ups a second by result. Errors: Redis is not there, and the model answers by itself.",
            [Query("sum by (result) (rate(inquiry_prediction_cache_lookups_total[$__rate_interval]))", "{{result}}")],
            _RATE,
            stacked=True,
        ),
        series(
            "Found in the cache",
            "Share of the look-ups of the last five minutes that found an answer. The same text is answered once only.",
            [Query("inquiry:prediction_cache_hits:ratio_rate5m", "found", GREEN)],
            Frame(unit="percentunit", most=1),
        ),
        series(
            "Memory of the model",
            "Memory that loading the bundle added to a process; the most of any process.",
            [Query("max(inquiry_model_memory_bytes)", "memory", BLUE)],
            Frame(unit="bytes"),
        ),
    )


def _others() -> tuple[Panel, ...]:
    calls = "rate(inquiry_model_backend_seconds_{part}[$__rate_interval])"
    mean = f"sum by (task) ({calls.format(part='sum')}) / sum by (task) ({calls.format(part='count')})"
    return (
        series(
            "Models for single tasks",
            "Texts a second by task and outcome, where such models are configured. What is not answered, the bundle"
            " answers.",
            [
                Query(
                    or_nothing(
                        "sum by (task, outcome) (rate(inquiry_model_backend_answers_total[$__rate_interval]))",
                        label="outcome",
                    ),
                    "{{task}} {{outcome}}",
                )
            ],
            _RATE,
        ),
        series(
            "Their time",
            "Mean time of one call of such a model, for a few texts.",
            [Query(or_nothing(mean, label="task"), "{{task}}")],
            Frame(unit="s"),
        ),
        series(
            "Explanations",
            "Explanations a second, by method. Each costs as much as some forty predictions.",
            [
                Query(
                    or_nothing(
                        "sum by (method) (rate(inquiry_model_explanations_total[$__rate_interval]))", label="method"
                    ),
                    "{{method}}",
                )
            ],
            _RATE,
        ),
    )
