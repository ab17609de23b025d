import json

import pytest

from benchmarks import report
from benchmarks.bench import at_least, at_most
from benchmarks.corpus import text, texts
from benchmarks.result import Result, Row, result_of
from benchmarks.summary import percentile, spread
from inquiry_pipeline.core.inquiry import Message
from inquiry_pipeline.nlp.bundle import DEFAULT_BUNDLE
from inquiry_pipeline.nlp.cleaning import clean
from inquiry_pipeline.nlp.encoder import Encoder
from inquiry_pipeline.nlp.manifest import ENCODER, TOKENIZER


def cleaned(count):
    return [clean(Message(subject=one.subject, body=one.body)) for one in texts(0, count)]


def test_corpus_never_says_the_same_twice():
    assert len(set(cleaned(3000))) == 3000


def test_corpus_is_the_same_every_time_and_in_any_slice():
    assert list(texts(40, 5)) == [text(index) for index in range(40, 45)]


def test_corpus_is_as_long_as_inquiries_are():
    encoder = Encoder(DEFAULT_BUNDLE / ENCODER, DEFAULT_BUNDLE / TOKENIZER, max_tokens=256)
    lengths = [len(encoder.token_ids(one)) for one in cleaned(2000)]
    assert sum(lengths) / len(lengths) == pytest.approx(56, abs=1)
    assert percentile(lengths, 0.05) < 28
    assert percentile(lengths, 0.95) > 100


@pytest.mark.parametrize(("share", "expected"), [(0, 1), (0.5, 5), (0.95, 10), (1, 10)])
def test_percentile_is_a_measured_value(share, expected):
    assert percentile([10, 3, 1, 2, 4, 5, 6, 7, 8, 9], share) == expected


@pytest.mark.parametrize(("values", "share"), [([], 0.5), ([1], 1.1), ([1], -0.1)])
def test_percentile_of_nothing_or_beyond_is_refused(values, share):
    with pytest.raises(ValueError, match="percentile"):
        percentile(values, share)


def test_spread_is_median_and_range():
    one = spread([3.0, 1.0, 2.0])
    assert (one.median, one.low, one.high, one.runs) == (2.0, 1.0, 3.0, 3)
    with pytest.raises(ValueError, match="nothing"):
        spread([])


@pytest.mark.parametrize(("goal", "value", "met"), [(at_most(20), 20, True), (at_most(20), 20.1, False), (at_least(85), 84, False), (None, 1, None)])  # fmt: skip  # noqa: E501
def test_row_says_whether_its_goal_is_met(goal, value, met):
    assert Row(section="s", name="n", unit="ms", value=spread([value]), goal=goal).met is met


def test_result_survives_its_file_and_becomes_markdown():
    machine = {
        "cpu": "C", "cores": 2, "memory_gb": 8, "system": "Linux", "python": "3.11", "libraries": {"numpy": "2"},
        "revision": "abc", "model": "m", "fsync_ms": 1.0, "started": "now",
    }  # fmt: skip
    rows = [
        Row(section="one", name="fast", unit="ms", value=spread([19.0, 21.0, 20.0]), goal=at_most(20), others=0.2),
        Row(section="two", name="plain", unit="MB", value=spread([300.0])),
        Row(section="one", name="slow", unit="ms", value=spread([21.0]), goal=at_most(20)),
    ]
    result = result_of(json.loads(json.dumps(Result(machine=machine, rows=rows).as_json())))
    assert result.rows == rows
    lines = report.markdown(result).splitlines()
    assert "| fast `*` | 20.0 | 19.0 to 21.0 | ms | ≤ 20 | met |" in lines
    assert "| slow | 21.0 |  | ms | ≤ 20 | **not met** |" in lines
    assert lines.index("### two") > lines.index("| slow | 21.0 |  | ms | ≤ 20 | **not met** |")
