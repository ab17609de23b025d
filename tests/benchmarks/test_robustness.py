import pytest
from prometheus_client import CollectorRegistry

from benchmarks.robustness import cases, expectation, hostile, invariance
from benchmarks.robustness.__main__ import markdown
from benchmarks.robustness.cases import Case, Outcome, abstains, message, outcomes, same_answer, same_label
from benchmarks.robustness.suite import all_cases, by_group
from inquiry_pipeline.core.prediction import Sentiment, Urgency
from inquiry_pipeline.nlp.cache import LocalCache
from inquiry_pipeline.nlp.cleaning import clean
from inquiry_pipeline.nlp.predictor import Predictor, PredictorOptions
from inquiry_pipeline.telemetry.metrics import Metrics
from tests.support.builders import a_prediction


def judged(kind, predictions, *, group=None, count=1):
    """What the first cases of a kind say of given predictions."""
    found = [one for one in all_cases() if one.kind == kind and group in (None, one.group)]
    return [one.judge(predictions) for one in found[:count]]


def test_cases_are_told_apart():
    names = [(one.kind, one.group, one.task, one.name) for one in all_cases()]
    assert len(names) == len(set(names)) > 3_000


def test_every_department_mood_and_urgency_is_asked_for_often_enough():
    counts = {key: len(found) for key, found in by_group(Outcome(case=c, wrong=None) for c in all_cases()).items()}
    assert counts[expectation.MINIMUM, "en", "category"] == 48
    for language in ("de", "es", "fr", "pt", "it", "nl"):
        assert counts[expectation.MINIMUM, language, "category"] == 18
    assert sum(count for key, count in counts.items() if key[0] == expectation.ABSTENTION) == 30


@pytest.mark.parametrize("kind", [invariance.EXACT, invariance.ENGLISH, invariance.OTHERS])
def test_a_changed_inquiry_is_another_text_than_the_one_it_is_compared_with(kind):
    pairs = [one.messages for one in all_cases() if one.kind == kind]
    assert all(before != after for before, after in pairs)
    if kind != invariance.EXACT:
        subjects = {pair for pair in pairs if pair[1].subject}
        assert sum(clean(before) != clean(after) for before, after in pairs) >= len(pairs) - len(subjects)


def test_typos_hit_about_as_many_words_as_they_say_and_the_same_ones_every_time():
    text = "believable " * 2_000
    typed = invariance._typos(text, every=8)
    wrong = sum(word != "believable" for word in typed.split())
    assert 150 < wrong < 350
    assert len(typed.split()) == 2_000
    assert invariance._typos(text, every=8) == typed


def test_long_texts_differ_only_where_nothing_is_read():
    long = [one.messages for one in all_cases() if one.group == hostile.LONG and one.name.startswith("another middle")]
    assert len(long) > 10
    for first, second in long:
        assert len(first.body) > 50_000
        assert first.body != second.body
        assert clean(first) == clean(second)


def test_a_label_that_changes_is_reported_and_a_confidence_that_changes_is_not():
    judge = same_label("sentiment")
    assert judge([a_prediction(), a_prediction(sentiment_confidence=0.5)]) is None
    assert judge([a_prediction(), a_prediction(sentiment=Sentiment.NEGATIVE)]) == "neutral became negative"
    assert same_answer([a_prediction(), a_prediction()]) is None
    assert same_answer([a_prediction(), a_prediction(sentiment_confidence=0.5)]) == "differ in sentiment_confidence"


def test_abstaining_is_what_counts_for_what_is_out_of_scope():
    assert abstains([a_prediction(abstained=True)]) is None
    assert abstains([a_prediction()]) == "billing (0.90) in language en"


@pytest.mark.parametrize(
    ("group", "before", "after", "right"),
    [
        ("sarcasm", 0.5, 0.6, True),
        ("sarcasm", 0.5, 0.5, False),
        ("sarcasm", 0.95, 0.94, True),
        ("sarcasm", 0.95, 0.6, False),
        ("negated anger", 0.9, 0.6, True),
        ("negated anger", 0.9, 0.9, False),
        ("negated anger", 0.05, 0.06, True),
    ],
)
def test_a_probability_must_move_in_its_direction_unless_it_has_no_room(group, before, after, right):
    predictions = [a_prediction(sentiment_probabilities={"negative": share}) for share in (before, after)]
    [wrong] = judged(expectation.DIRECTION, predictions, group=group)
    assert (wrong is None) is right


@pytest.mark.parametrize(("critical", "right"), [(0.1, True), (0.3, False)])
def test_a_far_deadline_must_not_raise_the_urgency(critical, right):
    shares = [{"low": 0.2, "medium": 0.7 - share, "high": 0.1, "critical": share} for share in (0.1, critical)]
    predictions = [a_prediction(urgency=Urgency.MEDIUM, urgency_probabilities=one) for one in shares]
    [wrong] = judged(expectation.DIRECTION, predictions, group="far deadline")
    assert (wrong is None) is right


@pytest.mark.parametrize(
    "given",
    [
        {"category": "admin"},
        {"confidence": 1.2},
        {"probabilities": {"billing": 0.9, "sales": 0.9}},
        {"probabilities": {"billing": float("nan"), "sales": 0.1}},
        {"category": "sales"},
        {"urgency_probabilities": {"medium": -0.1}},
        {"urgency_reasons": ()},
    ],
)
def test_an_answer_that_is_no_answer_is_seen(given):
    reasons = {"urgency_reasons": ("Learned: medium (0.70)",)}
    assert judged(hostile.GUARANTEED, [a_prediction(**reasons)], group=hostile.ORDINARY) == [None]
    assert judged(hostile.GUARANTEED, [a_prediction(**reasons | given)], group=hostile.ORDINARY) != [None]


def test_a_model_that_knows_nothing_fails_but_answers_ordinarily(predictor):
    found = by_group(outcomes(predictor, all_cases()))
    minimum = found[expectation.MINIMUM, "en", "category"]
    assert sum(one.wrong is None for one in minimum) < len(minimum) / 2
    assert not [one.wrong for one in found[hostile.GUARANTEED, hostile.ORDINARY, cases.WHOLE] if one.wrong]


def test_answers_of_keywords_are_not_measured(tmp_path):
    predictor = Predictor(tmp_path, PredictorOptions(threads=1), Metrics(CollectorRegistry()).model, LocalCache(0))
    with pytest.raises(RuntimeError, match="model failed"):
        outcomes(predictor, list(all_cases())[:1])
    predictor.close()


def test_the_report_counts_by_group_and_task():
    def outcome(task, wrong):
        return Outcome(
            case=Case(kind="k", group="g", task=task, name="n", messages=(message("m"),), judge=abstains), wrong=wrong
        )

    found = [outcome("category", None), outcome("category", "is sales"), outcome("urgency", None)]
    assert markdown(found).splitlines()[-1] == "| k | g | 1/2 (50%) |  | 1/1 (100%) |  |"
