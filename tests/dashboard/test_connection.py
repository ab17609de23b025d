"""What is said where the API refuses, does not answer, or answers what nobody expects."""

import pytest

from inquiry_pipeline.client import ApiError, Problem
from inquiry_pipeline.entrypoints.dashboard import connection


@pytest.mark.parametrize("status", [0, 502, 503, 504])
def test_no_answer_does_not_mean_that_nothing_was_done(status: int) -> None:
    said = connection.in_words(ApiError(Problem(status=status, title="No answer", detail="timed out")))
    assert said == "The pipeline does not answer. Look whether it was done before you try again."


def test_another_opinion_and_another_version_are_told_as_they_are() -> None:
    for status, title in ((409, "Conflict"), (0, "Unexpected answer")):
        assert connection.in_words(ApiError(Problem(status=status, title=title, detail="So it is"))) == "So it is."
