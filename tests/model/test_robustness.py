"""How the bundle that comes with the package behaves under changes of a text: see benchmarks/robustness.

What must always hold is tested without exception. All else is a share: `ALLOWED` says how many cases of a group may
fail. Cases that are known to fail stay in their tables and count. The margin over what fails at present is for
processors that round otherwise: about a fifth of the failures and two in a hundred cases.
"""

from collections.abc import Mapping
from typing import Final

import pytest
from prometheus_client import CollectorRegistry

from benchmarks.robustness.cases import TASKS, outcomes
from benchmarks.robustness.expectation import ABSTENTION, DIRECTION, MINIMUM
from benchmarks.robustness.hostile import GUARANTEED, SHARE
from benchmarks.robustness.invariance import ENGLISH, EXACT, OTHERS
from benchmarks.robustness.suite import all_cases, by_group
from inquiry_pipeline.nlp.bundle import DEFAULT_BUNDLE, load_bundle
from inquiry_pipeline.nlp.cache import LocalCache
from inquiry_pipeline.nlp.predictor import Predictor, PredictorOptions
from inquiry_pipeline.telemetry.metrics import Metrics

ALLOWED: Final[Mapping[str, Mapping[str, Mapping[str, int]]]] = {
    MINIMUM: {
        "en": {"category": 2, "whole answer": 2, "sentiment": 2, "urgency": 2},
        "de": {"category": 3, "whole answer": 3, "sentiment": 4, "urgency": 3},
        "es": {"category": 3, "whole answer": 2, "sentiment": 2, "urgency": 2},
        "fr": {"category": 4, "whole answer": 3, "sentiment": 2, "urgency": 2},
        "pt": {"category": 4, "whole answer": 2, "sentiment": 3, "urgency": 2},
        "it": {"category": 5, "whole answer": 2, "sentiment": 3, "urgency": 2},
        "nl": {"category": 2, "whole answer": 2, "sentiment": 3, "urgency": 2},
    },
    EXACT: {
        "quoted reply with > under it": {"whole answer": 2},
        "confidentiality notice": {"whole answer": 2},
    },
    ENGLISH: {
        "names": {"category": 6, "sentiment": 4, "urgency": 14},
        "greetings": {"category": 3, "sentiment": 3, "urgency": 8},
        "thanks in advance": {"category": 2, "sentiment": 2, "urgency": 3},
        "closing on the same line": {"category": 2, "sentiment": 2, "urgency": 2},
        "reference numbers": {"category": 2, "sentiment": 2, "urgency": 5},
        "upper case": {"category": 2, "sentiment": 2, "urgency": 2},
        "lower case": {"category": 2, "sentiment": 2, "urgency": 2},
        "typos, one word in eight": {"category": 4, "sentiment": 3, "urgency": 3},
        "typos, one word in three": {"category": 2, "sentiment": 3, "urgency": 3},
        "no punctuation": {"category": 2, "sentiment": 3, "urgency": 3},
        "emoji at the end": {"category": 2, "sentiment": 4, "urgency": 5},
        "exclamation marks": {"category": 2, "urgency": 4},
        "first sentence as subject": {"category": 2, "sentiment": 2, "urgency": 2},
    },
    OTHERS: {
        "names": {"category": 2, "sentiment": 2, "urgency": 10},
        "greetings": {"category": 2, "sentiment": 5, "urgency": 7},
        "thanks in advance": {"category": 2, "sentiment": 2, "urgency": 3},
        "closing on the same line": {"category": 2, "sentiment": 2, "urgency": 3},
        "reference numbers": {"category": 2, "sentiment": 2, "urgency": 5},
        "upper case": {"category": 2, "sentiment": 2, "urgency": 2},
        "lower case": {"category": 2, "sentiment": 2, "urgency": 2},
        "typos, one word in eight": {"category": 2, "sentiment": 2, "urgency": 2},
        "typos, one word in three": {"category": 4, "sentiment": 4, "urgency": 4},
        "no punctuation": {"category": 2, "sentiment": 2, "urgency": 4},
        "emoji at the end": {"category": 2, "sentiment": 2, "urgency": 3},
        "exclamation marks": {"category": 2, "urgency": 3},
        "first sentence as subject": {"category": 2, "sentiment": 2, "urgency": 2},
        "no accents": {"category": 2, "sentiment": 2, "urgency": 2},
    },
    DIRECTION: {
        "no rush": {"urgency": 2},
        "near deadline": {"urgency": 2},
        "far deadline": {"urgency": 3},
        "one person, then everybody": {"urgency": 3},
        "negated anger": {"sentiment": 6},
        "added thanks": {"sentiment": 2},
        "sarcasm": {"sentiment": 6},
        "legal step announced": {"category": 3},
    },
    SHARE: {
        "beginning and end are read": {"category": 2, "whole answer": 1},
        "instructions to the model": {"category": 11},
    },
    ABSTENTION: {
        "spam": {"whole answer": 3},
        "automatic reply": {"whole answer": 2},
        "greeting": {"whole answer": 2},
        "not for us": {"whole answer": 2},
        "gibberish": {"whole answer": 2},
        "other languages": {"whole answer": 2},
    },
}

_ENTRIES: Final = [
    (kind, group, task) for kind, groups in ALLOWED.items() for group, tasks in groups.items() for task in tasks
]


@pytest.fixture(scope="module")
def found():
    """The outcomes of all cases by kind, group and task."""
    predictor = Predictor(DEFAULT_BUNDLE, PredictorOptions(), Metrics(CollectorRegistry()).model, LocalCache(0))
    yield by_group(outcomes(predictor, all_cases()))
    predictor.close()


def failures(results):
    return [f"{one.case.name[:120]!a}: {one.wrong}" for one in results if one.wrong is not None]


@pytest.mark.parametrize(("kind", "group", "task"), _ENTRIES, ids=lambda part: part.replace(" ", "_"))
def test_no_more_cases_fail_than_allowed(found, kind, group, task):
    failed = failures(found[kind, group, task])
    allowed = ALLOWED[kind][group][task]
    assert len(failed) <= allowed, "\n".join([f"{len(failed)} of {len(found[kind, group, task])} fail:", *failed])


def test_every_group_that_is_no_guarantee_has_its_share(found):
    measured = {key for key in found if key[0] not in (GUARANTEED, EXACT)}
    assert measured == {key for key in _ENTRIES if key[0] != EXACT}


def test_what_is_guaranteed_always_holds(found):
    guaranteed = [key for key in found if key[0] == GUARANTEED]
    assert len(guaranteed) == 3
    assert not [failure for key in guaranteed for failure in failures(found[key])]


def test_what_cleaning_removes_changes_nothing_but_where_it_is_known_to(found):
    known = ALLOWED[EXACT]
    removed = {group: results for (kind, group, _), results in found.items() if kind == EXACT}
    assert len(removed) == 12
    assert not [failure for group, results in removed.items() if group not in known for failure in failures(results)]


def test_no_department_is_lost_in_a_language_that_the_bundle_claims_to_read(found):
    for language in load_bundle(DEFAULT_BUNDLE).manifest.languages:
        lost = unanswered(found[MINIMUM, language, "category"])
        assert not lost, f"{lost} in {language}"


@pytest.mark.parametrize("task", TASKS)
def test_no_label_is_lost_in_english(found, task):
    assert not unanswered(found[MINIMUM, "en", task])


def unanswered(results):
    """The labels that not one of their own cases gets."""
    asked, answered = set(), set()
    for one in results:
        label = one.case.name.partition(":")[0]
        asked.add(label)
        answered |= {label} if one.wrong is None else set()
    assert len(asked) > 1
    return asked - answered
