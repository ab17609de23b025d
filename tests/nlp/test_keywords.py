import pytest

from inquiry_pipeline.nlp.keywords import predict_by_keywords


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("I was charged twice, please refund the invoice", "billing"),
        ("I cannot log in, the password reset gives an error", "technical_support"),
        ("Could we get pricing and a demo?", "sales"),
        ("How much annual leave is left, and when is payroll?", "hr"),
        ("Our lawyer asks for the GDPR data", "legal"),
        ("Feature request: it would be nice to sort the list", "product_feedback"),
        ("Die Rechnung ist falsch, ich möchte eine Erstattung", "billing"),
        ("La factura está mal, quiero un reembolso", "billing"),
        ("Je voudrais un devis pour acheter dix licences", "sales"),
        ("L'app non funziona, errore all'avvio", "technical_support"),
        ("Quero um orçamento para comprar", "sales"),
        ("Het wachtwoord werkt niet", "technical_support"),
    ],
)
def test_keywords_find_the_obvious(text, category):
    prediction = predict_by_keywords(text, language="en")
    assert prediction.category == category
    assert prediction.degraded
    assert not prediction.abstained


@pytest.mark.parametrize("text", ["", "Hello there", "Wie geht es?"])
def test_keywords_abstain_without_a_hit(text):
    prediction = predict_by_keywords(text, language="und")
    assert prediction.abstained
    assert prediction.confidence < 0.2


def test_keywords_are_never_very_sure():
    prediction = predict_by_keywords("invoice refund payment receipt billing charged", language="en")
    assert prediction.confidence <= 0.7
    for probabilities in (
        prediction.probabilities,
        prediction.sentiment_probabilities,
        prediction.urgency_probabilities,
    ):
        assert sum(probabilities.values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("text", "urgency"),
    [
        ("production is down", "critical"),
        ("we need it today", "high"),
        ("no rush at all", "low"),
        ("not urgent", "low"),
        ("a question", "medium"),
    ],
)
def test_keywords_judge_urgency(text, urgency):
    assert predict_by_keywords(text, language="en").urgency == urgency


@pytest.mark.parametrize(
    ("text", "sentiment"),
    [("this is unacceptable", "negative"), ("I love it, excellent", "positive"), ("please help", "neutral")],
)
def test_keywords_judge_sentiment(text, sentiment):
    assert predict_by_keywords(text, language="en").sentiment == sentiment
