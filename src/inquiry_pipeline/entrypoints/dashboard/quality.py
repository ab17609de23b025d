"""How sure the model is, how right, and how often people see it otherwise."""

from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st

from inquiry_pipeline.client import Answers, ConfidenceBin, ModelFigures, Models, Overrides
from inquiry_pipeline.entrypoints.dashboard import badges, blocks, charts, formatting, languages, palette, tables
from inquiry_pipeline.entrypoints.dashboard.tables import Column
from inquiry_pipeline.entrypoints.dashboard.window import Window

TASKS: Final = ("category", "sentiment", "urgency")
DECIDED: Final = ("Decided by itself", palette.BLUE)
SUGGESTED: Final = ("Suggested only", palette.ORANGE)
KEYWORDS: Final = ("By keyword rules", palette.GREY)
_RARE: Final = 0.01
_FEW: Final = 20


def split(one: Answers) -> tuple[int, int, int]:
    """Of so many predictions: decided by the model itself, suggested only, answered by keyword rules."""
    return one.predictions - one.degraded - one.abstained, one.abstained, one.degraded


def shares(one: Answers) -> str:
    """The same as one bar."""
    whole = one.predictions or 1
    named = zip((DECIDED, SUGGESTED, KEYWORDS), split(one), strict=True)
    return tables.parts([(name, count / whole, hue) for (name, hue), count in named])


def confidence(figures: ModelFigures) -> None:
    """How often it was how sure, by task."""
    with blocks.card("How sure it is", "share of the answers by their confidence"):
        most = max((_greatest(figures.confidence.get(task, ())) for task in TASKS), default=0)
        for column, task in zip(st.columns(len(TASKS)), TASKS, strict=True):
            bins = figures.confidence.get(task, ())
            with column:
                blocks.heading(formatting.words(task))
                if _greatest(bins):
                    charts.confidences(bins, task, most=most)
                else:
                    st.html('<p class="ip-says">No answers in this time.</p>')


def _greatest(bins: Sequence[ConfidenceBin]) -> float:
    """The share of the bin that holds most; 0 where none holds anything."""
    return max((one.count for one in bins), default=0) / (sum(one.count for one in bins) or 1)


def calibration(figures: ModelFigures, models: Models) -> None:
    """Whether a confidence of 90 % is right nine times in ten, by task."""
    with blocks.card(
        "Whether its confidence is right", "on the dashed line, 90\u202f% sure is right nine times in ten"
    ):
        charts.legend(charts.HUES, charts.SHAPES)
        for column, task in zip(st.columns(len(TASKS)), TASKS, strict=True):
            tested = models.evaluation[task].reliability if task in models.evaluation else ()
            judged = figures.calibration.get(task, ())
            with column:
                counts = (sum(one.count for one in tested), sum(one.judged for one in judged))
                blocks.heading(formatting.words(task), _seen(*counts))
                if any(counts):
                    charts.calibration(tested, judged, task)
                else:
                    st.html('<p class="ip-says">Nobody judged an answer in this time: confirm or correct some.</p>')
        st.html(
            '<p class="ip-says">Larger points stand for more inquiries, pale ones for fewer than ten. People look at'
            " what seems wrong before what seems right: their points lie lower than all answers would.</p>"
        )


def _seen(tested: int, judged: int) -> str:
    held = f"{formatting.number(tested)} held out" if tested else "no held-out points in this bundle"
    return f"{held}; {formatting.number(judged)} judged"


def overrides(figures: ModelFigures, during: Window) -> None:
    """How often people corrected it: by task, by predicted category, by language."""
    tasks = {"category": figures.overrides.overall, **figures.overrides_by_task}
    known = figures.overrides
    with blocks.card("Corrected by people", f"in this time: {during.label}"):
        st.html(
            '<p class="ip-says"><strong>Of all</strong> is corrected of all that was predicted: what nobody looked at'
            " counts as right, so it may be too low. <strong>Of judged</strong> is corrected of what people confirmed"
            " or corrected: they look at what seems wrong, so it is too high. The truth lies between."
            " Categories and languages are counted of the inquiries received in this time, sentiment and urgency of the"
            " predictions made in it: what was read only later, or read again, is in one of the two alone.</p>"
        )
        left, right = st.columns(2, gap="large")
        with left:
            _rates("Task", {badges.escaped(formatting.words(name)): one for name, one in tasks.items()})
            _rates("Category, as predicted", {badges.department(name): one for name, one in known.by_category.items()})
        with right:
            _rates("Language", _languages(known.by_language))


def _languages(known: Mapping[str, Overrides]) -> dict[str, Overrides]:
    """By language, the most frequent first; the rare ones as one."""
    total = sum(one.predictions for one in known.values())
    ordered = sorted(known.items(), key=lambda one: -one[1].predictions)
    frequent = {
        badges.escaped(languages.language(code)): one for code, one in ordered if one.predictions >= total * _RARE
    }
    rare = [one for _, one in ordered if one.predictions < total * _RARE]
    if rare:
        predictions, corrected = sum(one.predictions for one in rare), sum(one.corrected for one in rare)
        frequent[f"{len(rare)} others"] = Overrides(
            predictions=predictions,
            judged=sum(one.judged for one in rare),
            corrected=corrected,
            rate=corrected / predictions if predictions else None,
        )
    return frequent


def _rates(title: str, known: Mapping[str, Overrides]) -> None:
    most = max((one.rate or 0 for one in known.values()), default=0) or 1
    tables.table(
        [
            Column(title=title),
            Column(title="", wide=True),
            Column(title="Predicted", numeric=True, wide=True),
            Column(title="Judged", numeric=True),
            Column(title="Corrected", numeric=True),
            Column(title="Of all", numeric=True, help="Corrected of all that was predicted"),
            Column(title="Of judged", numeric=True, help="Corrected of what people judged; pale where they judged few"),
        ],
        [
            [
                name,
                tables.bar((one.rate or 0) / most),
                *(tables.number(formatting.number(count)) for count in (one.predictions, one.judged, one.corrected)),
                tables.number(formatting.share(one.rate, digits=1)),
                _of_judged(one),
            ]
            for name, one in known.items()
        ],
        css="ip-rates",
    )


def _of_judged(one: Overrides) -> str:
    if not one.judged:
        return tables.faint(formatting.NONE)
    text = formatting.share(one.corrected / one.judged)
    return tables.faint(text) if one.judged < _FEW else tables.number(text)
