import pytest

from inquiry_pipeline.core.prediction import UNKNOWN_LANGUAGE
from inquiry_pipeline.nlp.language import LanguageDetector


@pytest.fixture(scope="module")
def detector():
    return LanguageDetector()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("I cannot log in to my account since this morning.", "en"),
        ("login broken", "en"),
        ("Ich kann mich seit heute Morgen nicht anmelden.", "de"),
        ("No puedo entrar en mi cuenta desde esta mañana.", "es"),
        ("Je ne peux plus me connecter depuis ce matin.", "fr"),
        ("Non riesco ad accedere al mio account da stamattina.", "it"),
        ("Não consigo entrar na minha conta desde esta manhã.", "pt"),
        ("Ik kan sinds vanochtend niet meer inloggen op mijn account.", "nl"),
        ("Nie mogę się zalogować od dziś rana.", "pl"),
        ("Я не могу войти в свой аккаунт с самого утра.", "ru"),  # noqa: RUF001
        ("我从今天早上起就无法登录我的账户。", "zh"),
        ("今朝からアカウントにログインできません。", "ja"),
        ("لا أستطيع تسجيل الدخول إلى حسابي منذ هذا الصباح", "ar"),
    ],
)
def test_detector_finds_the_language(detector, text, code):
    detected = detector.detect(text)
    assert detected.code == code
    assert 0 < detected.probability <= 1


@pytest.mark.parametrize("text", ["", "12345 67", "😀😀😀", "?!", "x"])
def test_detector_finds_no_language_without_words(detector, text):
    detected = detector.detect(text)
    assert detected.code == UNKNOWN_LANGUAGE
    assert detected.gibberish


def test_detector_does_not_guess_on_one_short_word(detector):
    assert detector.detect("asdf").code == UNKNOWN_LANGUAGE
