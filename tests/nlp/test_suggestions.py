import pytest

from tests.support.builders import a_prediction


@pytest.mark.parametrize(
    ("probabilities", "suggested"),
    [
        ({"billing": 0.95, "sales": 0.05}, ("billing",)),
        ({"sales": 0.4, "billing": 0.6}, ("billing", "sales")),
        ({"billing": 0.5, "sales": 0.3, "legal": 0.12, "hr": 0.08}, ("billing", "sales", "legal")),
        ({"billing": 0.19, "sales": 0.01}, ("billing",)),  # most likely none applies; if one does, it is billing
        ({"billing": 0.0, "sales": 0.0}, ("billing",)),
        ({}, ("billing",)),
    ],
)
def test_suggestions_are_the_fewest_that_hold_nine_tenths(probabilities, suggested):
    assert a_prediction(category="billing", probabilities=probabilities).suggestions == suggested
