"""Models: what reads the messages, how sure and how right it is, and how often people see it otherwise."""

from collections.abc import Mapping
from typing import Final

import streamlit as st

from inquiry_pipeline.client import Answers, ModelFigures, Models
from inquiry_pipeline.entrypoints.dashboard import (
    badges,
    blocks,
    charts,
    connection,
    formatting,
    frame,
    languages,
    quality,
    tables,
    window,
)
from inquiry_pipeline.entrypoints.dashboard.asking import recent
from inquiry_pipeline.entrypoints.dashboard.connection import api
from inquiry_pipeline.entrypoints.dashboard.tables import Column
from inquiry_pipeline.entrypoints.dashboard.window import Window

_ANY: Final = "*"
_BUNDLE: Final = "bundle"
_KEYWORDS: Final = "keywords"


def page() -> None:
    """The page."""
    frame.head("Models", "What reads the messages, how sure it is, and how often people see it otherwise.")
    tables.dress()
    _everything(window.choose())


@connection.watched(seconds=15)
def _everything(name: str) -> None:
    """All of it renews itself together."""
    during = window.window(name, formatting.now())
    models, figures = recent(api().models), recent(api().model_figures, **during.during)
    _headlines(figures)
    if models.state == "degraded":
        blocks.banner("The model is not what it should be.", _trouble(models), icon="warning")
    left, right = st.columns([2, 3])
    with left, blocks.card("At work now", key="at-work"):
        _at_work(models)
    with right, blocks.card("Languages", "right on held-out inquiries; from which confidence on it decides"):
        _languages(models)
    if figures.predictions:
        quality.confidence(figures)
        quality.calibration(figures, models)
        quality.overrides(figures, during)
    else:
        blocks.empty(
            f"Nothing was predicted in this time ({during.label}).",
            "Choose a longer time above, or let the demo fill the past: `inquiry demo --history 30d`. How sure the"
            " model was, and how right, appears here by itself.",
            icon="bar_chart",
        )
    _versions(models, figures, during)
    _machine(figures)


def _headlines(figures: ModelFigures) -> None:
    whole = formatting.number(figures.predictions)
    predictions = blocks.Figure(label="Predictions", value=whole, note="in this time")
    blocks.figures([predictions, *_answered(figures), *_quickness(figures)])


_MEANINGS: Final[Mapping[str, str]] = {
    quality.DECIDED[0]: "The model was sure enough of the category to route by it",
    quality.SUGGESTED[0]: "Not sure enough: a person in triage decides",
    quality.KEYWORDS[0]: "The model could not answer; simple rules did, and a person decides",
}


def _answered(figures: ModelFigures) -> list[blocks.Figure]:
    return [
        blocks.Figure(
            label=label,
            value=_share(count, figures.predictions),
            note=formatting.number(count),
            help=meaning,
        )
        for (label, meaning), count in zip(_MEANINGS.items(), quality.split(figures), strict=True)
    ]


def _quickness(figures: ModelFigures) -> list[blocks.Figure]:
    looked_up, inference = sum(figures.cache.values()), figures.inference_seconds
    return [
        blocks.Figure(
            label="Inference",
            value=formatting.duration(inference.p50),
            note=f"95\u202f% within {formatting.duration(inference.p95)}"
            if inference.count
            else "none since the start",
            help="One forward pass, the median; this machine, since it started",
        ),
        blocks.Figure(
            label="From the cache",
            value=_share(figures.cache.get("hit", 0), looked_up),
            note=f"of {formatting.number(looked_up)} look-ups",
            help="Texts that came again; this machine, since it started",
        ),
    ]


def _trouble(models: Models) -> str:
    why = formatting.sentence(models.error or "The log says why")
    return f"{why} Until it is mended, something simpler answers, and people decide more."


def _at_work(models: Models) -> None:
    if not models.languages:
        st.html(
            '<p class="ip-says">No model is loaded: keyword rules answer, and people decide.'
            " <code>INQUIRY_BUNDLE_DIR</code> names the folder of a model; without it, the package's own is taken.</p>"
        )
        return
    facts = {"Version": models.version}
    if models.created:
        facts["Made"] = formatting.moment(models.created, seconds=False)
    for task in quality.TASKS:
        facts[formatting.words(task)] = _task(models, task)
    st.html(
        '<p class="ip-says">One pass over a message gives category, sentiment and urgency, each with how sure it is.'
        " Below its threshold a category is a suggestion only, and a person decides.</p>"
    )
    tables.facts(facts)


def _task(models: Models, task: str) -> str:
    """How good it is at a task, and who answers it where that is not the bundle itself."""
    known = models.evaluation.get(task)
    labels = ", ".join(formatting.words(label).lower() for label in models.tasks.get(task, ()))
    backend = models.backends.get(task, _BUNDLE)
    if backend != _BUNDLE:
        who = "keyword rules" if backend == _KEYWORDS else backend
        return f"answered by {who} ({labels})" if labels else f"answered by {who}"
    if known is None:
        return labels
    off = f", its confidence off by {formatting.share(known.ece, digits=1)} on average" if known.ece is not None else ""
    right = f"{formatting.share(known.accuracy, digits=1)} right of {formatting.number(known.n)} held out{off}"
    return f"{right} ({labels})"


def _languages(models: Models) -> None:
    if not models.languages:
        st.html('<p class="ip-says">Known as soon as a model is loaded.</p>')
        return
    ordered = sorted(models.languages, key=languages.language)
    tables.table(
        [
            Column(title="Language"),
            *(Column(title=formatting.words(task), numeric=True) for task in quality.TASKS),
            Column(
                title="Decides from",
                numeric=True,
                help="Thresholds of its categories, the lowest and the highest; how many are never decided",
            ),
        ],
        [
            [
                badges.escaped(languages.language(code)),
                *(_accuracy(models.languages[code], task) for task in quality.TASKS),
                _thresholds(models.thresholds.get(code) or models.thresholds.get(_ANY, {})),
            ]
            for code in ordered
        ],
        css="ip-languages",
    )
    st.html('<p class="ip-says">In any other language, and where the language cannot be told, it only suggests.</p>')


def _accuracy(known: Mapping[str, float], task: str) -> str:
    return tables.number(formatting.share(known.get(task), digits=1))


def _thresholds(by_category: Mapping[str, float]) -> str:
    if not by_category:
        return tables.faint(formatting.NONE)
    each = "\n".join(f"{formatting.words(name)}: {_from(value)}" for name, value in by_category.items())
    reached = [value for value in by_category.values() if value <= 1]
    never = len(by_category) - len(reached)
    text = _between(min(reached), max(reached)) if reached else _from(max(by_category.values()))
    if reached and never:
        text += f", {never} never"
    return f'<span class="ip-num" title="{badges.escaped(each)}">{badges.escaped(text)}</span>'


def _between(low: float, high: float) -> str:
    return _from(low) if low == high else f"{formatting.number(low * 100)} to {formatting.share(high)}"


def _from(threshold: float) -> str:
    """A threshold above 1 is one that no confidence reaches."""
    return formatting.share(threshold) if threshold <= 1 else "never"


def _versions(models: Models, figures: ModelFigures, during: Window) -> None:
    with blocks.card("Versions", "all that ever answered, the latest first", key="versions"):
        if not models.versions:
            st.html('<p class="ip-says">None has answered yet: the first inquiry makes the first entry.</p>')
            return
        charts.legend({name: hue.mark for name, hue in (quality.DECIDED, quality.SUGGESTED, quality.KEYWORDS)})
        none = Answers(predictions=0, abstained=0, degraded=0)
        tables.table(
            [
                Column(title="Version"),
                Column(title="First used", wide=True),
                Column(title="Predictions in 30 days", numeric=True, wide=True),
                Column(title=f"In this time ({during.label})", numeric=True),
                Column(title=""),
            ],
            [
                [
                    badges.escaped(one.version) + (tables.faint(" loaded") if one.version == models.version else ""),
                    badges.escaped(formatting.moment(one.first_used_at, seconds=False)),
                    tables.number(formatting.number(one.predictions)),
                    tables.number(formatting.number(figures.by_version.get(one.version, none).predictions)),
                    quality.shares(figures.by_version.get(one.version, none)),
                ]
                for one in models.versions
            ],
            css="ip-versions",
        )


def _machine(figures: ModelFigures) -> None:
    with blocks.card("This machine", "since its processes started"):
        inference, failures = figures.inference_seconds, sum(figures.fallback.values())
        reasons = ", ".join(f"{name}: {formatting.number(count)}" for name, count in figures.fallback.items() if count)
        hits, misses = figures.cache.get("hit", 0), figures.cache.get("miss", 0)
        quick, slow = formatting.duration(inference.p50), formatting.duration(inference.p95)
        passes = f"{formatting.number(inference.count)} passes, half within {quick}, 95\u202f% within {slow}"
        facts = {
            "Inference": passes if inference.count else "no pass yet",
            "Keyword rules instead": f"for {formatting.number(failures)} ({reasons})" if failures else "never",
            "Cache": f"{formatting.number(hits)} found, {formatting.number(misses)} not",
        }
        tables.facts(facts)


def _share(part: int, whole: int) -> str:
    return formatting.share(part / whole if whole else None, digits=1)
