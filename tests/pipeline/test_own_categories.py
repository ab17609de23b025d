"""A bundle with categories of its own, from the command's file to the desk that has them."""

from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from inquiry_pipeline.core.inquiry import Message
from inquiry_pipeline.learning.datasets import LabelledInquiry
from inquiry_pipeline.learning.own_categories import OwnOptions, fit_heads
from inquiry_pipeline.nlp.predictor import Predictor
from inquiry_pipeline.store.database import Database
from inquiry_pipeline.telemetry.metrics import Metrics
from tests.support.desk import RULES, decision_on, pipeline_over, predictor_of, send

TEXTS = {"garden": "plant tree flower soil", "kitchen": "oven pan knife recipe"}


@pytest.fixture(scope="module")
def own_predictor(tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Predictor]:
    folder = tmp_path_factory.mktemp("own") / "bundle"
    examples = [
        LabelledInquiry(
            id=f"{category} {number}",
            message=Message(body=" ".join(words)),
            source="x",
            language="en",
            category=category,
        )
        for category, text in TEXTS.items()
        for number, words in enumerate(permutations(text.split()))
    ]
    fit_heads(tiny_bundle, examples, folder, OwnOptions(name="own", target_precision=0.7))
    with predictor_of(folder, Metrics(CollectorRegistry())) as predictor:
        yield predictor


@pytest.fixture
def garden_desk(tmp_path: Path) -> Path:
    """The small desk with one of the own categories, and triage in a department of its own."""
    rules = tmp_path / "rules.yaml"
    text = RULES.read_text().replace(
        "categories: [technical_support, billing, sales, hr, legal, product_feedback]", "categories: [garden]"
    )
    start = text.index("  category: {technical_support")
    text = text[:start] + "  category: {garden: 5}" + text[text.index("\n", start) :]
    rules.write_text(text.replace("triage: {department: front}", "triage: {department: triage, degraded: true}"))
    return rules


def test_an_own_category_goes_to_the_department_that_has_it(
    database: Database, own_predictor: Predictor, garden_desk: Path
) -> None:
    pipeline = pipeline_over(database, own_predictor, rules=garden_desk)
    decision = decision_on(pipeline, send(pipeline, subject=None, body="plant flower tree soil"))
    assert decision.department == "front"
    assert not decision.triaged
    assert any(term.value == "garden" and term.points == 5 for term in decision.terms)


def test_an_own_category_that_no_department_has_goes_to_triage_and_says_why(
    database: Database, own_predictor: Predictor, garden_desk: Path
) -> None:
    pipeline = pipeline_over(database, own_predictor, rules=garden_desk)
    decision = decision_on(pipeline, send(pipeline, subject=None, body="oven knife pan recipe"))
    assert (decision.department, decision.triaged) == ("triage", True)
    assert any("No department has the category kitchen" in reason for reason in decision.reasons)


def test_a_keyword_answer_to_a_desk_of_own_categories_goes_to_triage(
    database: Database, garden_desk: Path, tmp_path: Path
) -> None:
    with predictor_of(tmp_path / "no-such-bundle", Metrics(CollectorRegistry())) as blind:
        pipeline = pipeline_over(database, blind, rules=garden_desk)
        decision = decision_on(pipeline, send(pipeline, body="Please refund the invoice, I was charged twice."))
    assert (decision.department, decision.triaged) == ("triage", True)
