import random
import re
import string

import pytest

from inquiry_pipeline.core.inquiry import Message
from inquiry_pipeline.learning.augmentation import shorter, varied, with_typos
from inquiry_pipeline.learning.datasets import LabelledInquiry
from inquiry_pipeline.learning.emoji import words_by_emoji
from inquiry_pipeline.learning.surroundings import (
    _all_phrases,
    languages,
    surrounded,
    without_accents,
    without_closing,
    without_greeting,
)
from inquiry_pipeline.nlp.bundle import DEFAULT_BUNDLE, load_bundle
from inquiry_pipeline.nlp.cleaning import clean

BODY = "I was charged twice for March.\nPlease refund the second payment."
LOG = re.compile(
    r"ERROR|WARN|INFO|Traceback|exit status|HTTP/1\.1| 401 |npm ERR|FAULT|segfault|status=failed|Exception"
)


def inquiry(*, subject="Refund", body=BODY, language="en", category="billing", out_of_scope=False):
    return LabelledInquiry(
        id="1",
        message=Message(subject=subject, body=body),
        source="a",
        language=language,
        category=category,
        out_of_scope=out_of_scope,
    )


def many(number=400, *, language="en", category="billing"):
    return [surrounded(BODY, random.Random(seed), language=language, category=category) for seed in range(number)]


def test_varied_leaves_more_than_half_untouched_and_changes_many():
    one = inquiry()
    versions = [varied(one, random.Random(seed)) for seed in range(1_000)]
    assert {version.subject for version in versions} == {"Refund", None}
    assert 0.5 < sum(version == one.message for version in versions) / 1_000 < 0.65


def test_varied_is_repeatable():
    one = inquiry()
    first, again = ([varied(one, random.Random(seed)) for seed in range(50)] for _ in range(2))
    assert first == again


def test_a_message_without_body_stays():
    one = inquiry(subject="Help", body="")
    assert all(varied(one, random.Random(seed)) == one.message for seed in range(200))


@pytest.mark.parametrize("language", sorted(languages()))
def test_surroundings_keep_the_wish_and_always_add_something(language):
    found = many(language=language)
    assert all(BODY in text and text != BODY for text in found)
    assert len(set(found)) > 370
    assert not any("{" in text or "}" in text for text in found)


def test_every_language_of_the_bundle_has_every_kind_of_phrase():
    assert languages() == frozenset(load_bundle(DEFAULT_BUNDLE).manifest.languages)
    kinds = {language: set(phrases) for language, phrases in _all_phrases()["languages"].items()}
    assert all(own == kinds["en"] for own in kinds.values())
    blanks = {"first", "last", "company", "city", "job", "phone", "mail", "ref", "year", "day"}
    for phrases in _all_phrases()["languages"].values():
        for phrase in (one for own in phrases.values() if isinstance(own, list) for one in own):
            assert {name for _, name, _, _ in string.Formatter().parse(phrase) if name} <= blanks, phrase


def test_a_language_without_phrases_stays_as_it_is():
    assert set(many(20, language="pl")) == {BODY}


def test_logs_stand_under_technical_matters_alone():
    assert sum(bool(LOG.search(text)) for text in many(category="technical_support")) > 40
    assert not any(LOG.search(text) for category in ("billing", "hr", None) for text in many(category=category))


def test_personnel_matters_and_texts_out_of_scope_name_no_customer_or_order():
    words = re.compile(r"customer|order no|account|small firm", re.IGNORECASE)
    assert any(words.search(text) for text in many(category="sales"))
    assert not any(words.search(text) for category in ("hr", None) for text in many(category=category))


def test_an_emoji_never_contradicts_what_the_text_feels():
    def seen(sentiment):
        texts = (
            surrounded(BODY, random.Random(seed), language="en", category="billing", sentiment=sentiment)
            for seed in range(1_500)
        )
        return {letter for text in texts for letter in text if letter in words_by_emoji()}

    assert "😡" in seen("negative") - seen("neutral") - seen("positive")
    assert "😍" in seen("positive") - seen("neutral") - seen("negative")
    assert "📎" in seen("positive") & seen("neutral") & seen("negative") & seen(None)


def test_much_of_what_surrounds_survives_cleaning():
    plain = clean(Message(subject=None, body=BODY))
    assert sum(clean(Message(subject=None, body=text)) != plain for text in many()) > 320


def test_a_new_greeting_and_closing_replace_the_own_ones():
    body = "Hello,\nthe lift is stuck.\nKind regards\nOlga Popescu"
    found = [surrounded(body, random.Random(seed), language="en", category="billing") for seed in range(300)]
    assert all("the lift is stuck." in text for text in found)
    assert any("Olga" not in text for text in found)
    assert any("Hello,\nthe lift" not in text for text in found)


@pytest.mark.parametrize(
    ("body", "language", "expected"),
    [
        ("Hi,\nno signal", "en", "no signal"),
        ("Guten Tag,\n\nkein Empfang", "de", "kein Empfang"),
        ("Hi", "en", "Hi"),
        ("History,\nno signal", "en", "History,\nno signal"),
        ("Hello my phone has no signal since this morning at nine.\nHelp", "en", None),
    ],
)
def test_without_greeting_takes_only_a_line_that_greets(body, language, expected):
    assert without_greeting(body, language) == (body if expected is None else expected)


@pytest.mark.parametrize(
    ("body", "language", "expected"),
    [
        ("no signal\nRegards,\nOlga", "en", "no signal"),
        ("kein Empfang\n\nViele Grüße\nOlga\n", "de", "kein Empfang"),
        ("Regards", "en", None),
        ("no signal\nBestowed upon us", "en", None),
    ],
)
def test_without_closing_takes_the_closing_and_what_follows(body, language, expected):
    assert without_closing(body, language) == (body if expected is None else expected)


def test_accents_are_typed_as_people_without_them_do():
    assert without_accents("Größe über Élan", "de") == "Groesse ueber Elan"
    assert without_accents("¿Mañana está?", "es") == "¿Manana esta?"


def test_shorter_loses_politeness_but_no_words_of_the_wish():
    body = "Hola,\nno funciona el lápiz.\nSaludos\nAna"
    found = {shorter(body, random.Random(seed), language="es") for seed in range(50)}
    assert found == {"no funciona el lápiz.", "no funciona el lápiz", "no funciona el lapiz.", "no funciona el lapiz"}
    assert all(shorter("?!", random.Random(seed), language="en") for seed in range(20))


def test_typos_touch_few_words_and_no_numbers():
    text = "Invoice 20261122 of the company was paid twice " * 50
    changed = with_typos(text, random.Random(4))
    pairs = list(zip(text.split(), changed.split(), strict=True))
    assert 0 < sum(old != new for old, new in pairs) < len(pairs) / 10
    assert changed.count("20261122") == 50
