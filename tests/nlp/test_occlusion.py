"""Occlusion over models that are plain functions of the text, so that the right explanation is known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inquiry_pipeline.nlp.backends import Task
from inquiry_pipeline.nlp.occlusion import explain_by_occlusion, log_odds
from inquiry_pipeline.nlp.phrases import Range

CATEGORY, SENTIMENT = Task.CATEGORY, Task.SENTIMENT
LETTER = (
    "Good morning to everybody. Yesterday I received an invoice that nobody here ordered. "
    "The parcel came without problems. Please cancel everything, your lawyer knows why."
)


class ByWords:
    """Says `billing` and `negative` with the odds that its words give; counts what it is asked."""

    def __init__(self, text, **points):
        self.text = text
        self.points = points
        self.asked = []

    def __call__(self, ranges):
        self.asked.extend(ranges)
        return [self._scores(left_out) for left_out in ranges]

    def _scores(self, left_out):
        text = self.text if left_out is None else self.text[: left_out.start] + self.text[left_out.end :]
        odds = sum(points for word, points in self.points.items() if word in text)
        billing = 1 / (1 + 2.718281828459045**-odds)
        other = 1 - billing
        return {
            CATEGORY: {"billing": billing, "legal": other * (0.9 if "lawyer" in text else 0.1), "hr": other * 0.05},
            SENTIMENT: {"negative": 0.9 if "cancel" in text else 0.2, "neutral": 0.1 if "cancel" in text else 0.8},
        }


def explain(model, *, passes=40, unread=()):
    return explain_by_occlusion(model.text, unread=unread, passes=passes, ask=model)


def words_of(text, task):
    return {text[span.start : span.end]: span for span in task.words}


def test_the_weight_of_a_word_is_what_it_adds_to_the_log_odds():
    found, _ = explain(ByWords(LETTER, invoice=3.0, parcel=0.5, lawyer=-1.5))
    words = words_of(LETTER, found[CATEGORY])
    assert words["an invoice"].weight == pytest.approx(3.0, abs=1e-3)
    assert words["The parcel"].weight == pytest.approx(0.5, abs=1e-3)
    assert words["lawyer"].weight == pytest.approx(-1.5, abs=1e-3)
    assert (words["an invoice"].towards, words["lawyer"].towards) == ("billing", "legal")
    assert (found[CATEGORY].label, found[CATEGORY].runner_up) == ("billing", "legal")
    assert set(words) == {"an invoice", "The parcel", "lawyer"}


def test_spans_for_the_answer_come_first_and_against_it_last():
    found, _ = explain(ByWords(LETTER, invoice=3.0, parcel=0.5, lawyer=-1.5))
    weights = [span.weight for span in found[CATEGORY].words]
    assert weights == sorted(weights, reverse=True)
    assert [LETTER[span.start : span.end] for span in found[CATEGORY].sentences] == [
        "Yesterday I received an invoice that nobody here ordered",
        "The parcel came without problems",
        "Please cancel everything, your lawyer knows why",
    ]


def test_all_tasks_come_out_of_the_same_passes():
    model = ByWords(LETTER, invoice=3.0)
    found, passes = explain(model)
    assert set(found) == {CATEGORY, SENTIMENT}
    assert set(words_of(LETTER, found[SENTIMENT])) == {"cancel"}
    assert passes == len(model.asked) == len(set(model.asked))


def test_the_sentences_that_matter_most_for_each_task_are_looked_into_first():
    filler = "Nothing of interest happens anywhere around this particular sentence today. " * 6
    text = f"{filler}The invoice arrived. {filler}Please cancel everything. {filler}"
    found, passes = explain(ByWords(text, invoice=3.0), passes=16)
    assert passes <= 16
    assert any("invoice" in text[span.start : span.end] for span in found[CATEGORY].words)
    assert any("cancel" in text[span.start : span.end] for span in found[SENTIMENT].words)


def test_one_sentence_is_not_left_out_as_a_whole():
    found, passes = explain(ByWords("The invoice is wrong", invoice=2.0))
    assert found[CATEGORY].sentences == ()
    assert set(words_of("The invoice is wrong", found[CATEGORY])) == {"The invoice"}
    assert passes == 3


@pytest.mark.parametrize("text", ["", "\n", "...", "- ( )"])
def test_a_text_without_words_says_so(text):
    found, passes = explain(ByWords(text))
    assert passes == 1
    assert found[CATEGORY].words == found[CATEGORY].sentences == ()
    assert found[CATEGORY].note == "The text has no words that could be left out."


def test_what_was_not_read_is_not_tried():
    start = LETTER.index("Yesterday")
    model = ByWords(LETTER, invoice=3.0, parcel=0.5)
    unread = Range(start, LETTER.index("The parcel"))
    found, _ = explain(model, unread=[unread])
    assert not any(one.within(unread) for one in model.asked if one is not None)
    assert set(words_of(LETTER, found[CATEGORY])) == {"The parcel"}


@given(text=st.text(max_size=600), passes=st.integers(3, 40))
def test_every_span_lies_in_the_text_and_the_passes_are_bounded(text, passes):
    model = ByWords(text, **{character: 0.3 for character in text[:40] if not character.isspace()})
    found, used = explain(model, passes=passes)
    assert used == len(model.asked) <= passes
    for task in found.values():
        for span in task.sentences + task.words:
            assert 0 <= span.start < span.end <= len(text)
            shown = text[span.start : span.end]
            assert shown == shown.strip() != ""
        weights = [span.weight for span in task.words]
        assert weights == sorted(weights, reverse=True)


def test_log_odds_are_bounded_and_rise():
    values = [log_odds(value) for value in (0.0, 0.1, 0.5, 0.9, 1.0)]
    assert values == sorted(values)
    assert values[2] == 0
    assert all(abs(value) < 20 for value in values)
