import math
from datetime import UTC, datetime, timedelta

import pytest

from inquiry_pipeline.core.prediction import Urgency
from inquiry_pipeline.nlp import deadline_words, urgency_rules
from inquiry_pipeline.nlp.urgency import RULES, combine, find_evidence, with_rules
from tests.support.builders import a_prediction

MONDAY = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
UNSURE = {"low": 0.15, "medium": 0.6, "high": 0.15, "critical": 0.1}
SURE = {"low": 0.004, "medium": 0.99, "high": 0.004, "critical": 0.002}


def fired(text, language="en", received_at=MONDAY):
    return [one.rule.name for one in find_evidence(text, language=language, received_at=received_at)]


def judged(text, language="en", probabilities=UNSURE, received_at=MONDAY):
    learned = max(probabilities, key=probabilities.__getitem__)
    prediction = a_prediction(
        urgency=Urgency(learned),
        urgency_confidence=probabilities[learned],
        urgency_probabilities=probabilities,
        language=language,
    )
    return with_rules(prediction, text, received_at)


@pytest.mark.parametrize(
    ("language", "text", "rule"),
    [
        ("en", "All our branches are down.", "outage"),
        ("en", "The checkout is down for every customer.", "outage"),
        ("en", "Nobody can log in, it's a complete outage.", "outage"),
        ("en", "A man with a knife is at our reception.", "danger"),
        ("en", "There is a smell of gas in the stairwell.", "danger"),
        ("en", "My colleague threatened to kill me.", "danger"),
        ("en", "Someone is emptying my account.", "crime"),
        ("en", "This is ransomware, our files are being encrypted.", "crime"),
        ("en", "Payments are going out as I type.", "under_way"),
        ("en", "I cannot work since the update.", "stopped"),
        ("de", "Die Maschine steht still.", "stopped"),
        ("es", "No puedo cobrar con tarjeta.", "stopped"),
        ("fr", "Je ne peux plus travailler.", "stopped"),
        ("pt", "Não consigo trabalhar.", "stopped"),
        ("it", "Siamo fermi.", "stopped"),
        ("nl", "De hele lijn staat stil.", "stopped"),
        ("de", "Alle Kassen sind ausgefallen.", "outage"),
        ("de", "Hier ist Gasgeruch im Treppenhaus.", "danger"),
        ("de", "Da räumt gerade jemand mein Konto leer.", "crime"),
        ("es", "Todas las cajas están caídas.", "outage"),
        ("es", "Huele a gas en el portal.", "danger"),
        ("es", "Me están vaciando la cuenta.", "crime"),
        ("fr", "Plus aucune caisse ne fonctionne.", "outage"),
        ("fr", "Il y a une odeur de gaz.", "danger"),
        ("fr", "Notre serveur a été piraté.", "crime"),
        ("pt", "O sistema está fora do ar.", "outage"),
        ("pt", "Há cheiro a gás, chamámos os bombeiros.", "danger"),
        ("pt", "Estão a usar o meu cartão.", "crime"),
        ("it", "Tutte le casse sono ferme.", "outage"),
        ("it", "C'è odore di gas.", "danger"),
        ("it", "Mi stanno svuotando il conto.", "crime"),
        ("nl", "Alle kassa's liggen plat.", "outage"),
        ("nl", "Er is een gaslek in de kelder.", "danger"),
        ("nl", "Onze site is gehackt.", "crime"),
    ],
)
def test_harm_is_seen(language, text, rule):
    assert rule in fired(text, language)
    assert judged(text, language).urgency_probabilities == UNSURE


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "There is no outage on our side."),
        ("en", "We had no data breach, I only ask for the policy."),
        ("en", "The total outage last month cost us a day."),
        ("en", "Is it safe to use the pump when it is on fire?"),
        ("en", "What happens in the event of a data breach?"),
        ("en", "Nobody was unconscious, all went well."),
        ("en", "The phishing training was useful."),
        ("en", "Yesterday there was a complete outage, now it works."),
        ("en", "Our ambulance service would like twenty licences."),
        ("en", "I think phishing e-mails are a good topic for your blog."),
        ("en", "What do we do if the staff cannot work?"),
        ("en", "Yesterday we were not locked out."),
        ("de", "Das Licht brennt die ganze Nacht."),
        ("de", "Es gibt keinen Totalausfall."),
        ("de", "Der Komplettausfall letzte Woche war ärgerlich."),
        ("de", "Was passiert bei einem Datenleck?"),
        ("es", "No hubo fraude."),
        ("es", "La caída total de la semana pasada ya pasó."),
        ("fr", "Il n'y a pas de panne générale."),
        ("fr", "La fuite de données de l'an dernier est close."),
        ("pt", "Não houve fraude."),
        ("pt", "A falha geral da semana passada já passou."),
        ("it", "Non c'è nessuna frode."),
        ("it", "Il blocco totale della settimana scorsa è passato."),
        ("nl", "Er is geen fraude."),
        ("nl", "De totale storing van vorige week is voorbij."),
    ],
)
def test_harm_denied_past_or_asked_about_does_not_count(language, text):
    assert not {"outage", "danger", "crime", "under_way", "stopped"} & set(fired(text, language))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Please answer within two hours.", "hours"),
        ("Please answer by 5 pm.", "hours"),
        ("Please answer today.", "today"),
        ("Please answer by tomorrow.", "soon"),
        ("Please answer by Wednesday.", "soon"),
        ("Our director travels tomorrow.", "mentioned"),
        ("Please answer by Friday.", "later"),
        ("Please answer by 15 March 2027.", "later"),
    ],
)
def test_a_deadline_counts_by_its_distance(text, rule):
    assert fired(text) == [rule]


@pytest.mark.parametrize("text", ["Please answer by tomorrow.", "Bitte bis morgen antworten.", "Please answer today."])
def test_a_near_deadline_raises_an_unsure_answer(text):
    assert judged(text, "de" if "Bitte" in text else "en").urgency in {Urgency.HIGH, Urgency.CRITICAL}


@pytest.mark.parametrize("text", ["Please answer by Friday.", "We plan it for the fair, due 15 March 2027."])
def test_a_deadline_beyond_two_days_changes_nothing(text):
    prediction = judged(text)
    assert prediction.urgency is Urgency.MEDIUM
    assert prediction.urgency_confidence == UNSURE["medium"]
    assert prediction.urgency_reasons[0].startswith("Deadline:")


def test_a_near_deadline_is_critical_only_where_the_model_thinks_it_possible():
    text = "Please send the form within two hours."
    assert judged(text).urgency is Urgency.CRITICAL or judged(text).urgency is Urgency.HIGH
    doubtful = {"low": 0.2, "medium": 0.6, "high": 0.19, "critical": 0.01}
    assert judged(text, probabilities=doubtful).urgency is Urgency.HIGH


def test_a_legal_date_tomorrow_is_more_than_a_deadline():
    assert fired("The court hearing is tomorrow at 9:00.") == ["hours" if MONDAY.hour > 21 else "soon", "legal"]
    assert "legal" not in fired("The court hearing is on 15 March 2027.")
    assert "legal" not in fired("Our party is tomorrow at 9:00.")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "No rush at all, whenever you have time."),
        ("en", "This is not urgent."),
        ("de", "Das eilt nicht, bei Gelegenheit."),
        ("es", "No corre prisa."),
        ("fr", "Rien ne presse."),
        ("pt", "Sem pressa nenhuma."),
        ("it", "Senza fretta, grazie."),
        ("nl", "Heeft geen haast."),
    ],
)
def test_no_rush_lowers_an_unsure_answer_and_not_a_sure_one(language, text):
    assert fired(text, language) == ["no_rush"]
    assert judged(text, language).urgency is Urgency.LOW
    assert judged(text, language, SURE).urgency is Urgency.MEDIUM


@pytest.mark.parametrize(
    ("language", "counted", "some_day"),
    [
        ("fr", "On m'a refusé un jour de congé.", "Vous me direz un jour qui c'est."),
        ("pt", "Responderam em menos de um dia, queria um dia de folga.", "Um dia destes digam-me."),
        ("it", "Mi avete addebitato un giorno in più.", "Se un giorno la correggete, bene."),
    ],
)
def test_some_day_is_no_rush_and_one_day_is_not(language, counted, some_day):
    assert fired(counted, language) == []
    assert fired(some_day, language) == ["no_rush"]


@pytest.mark.parametrize("text", ["Someone is emptying my account!", "We need it by tomorrow noon."])
def test_no_rush_does_not_count_beside_harm_or_a_near_deadline(text):
    assert "no_rush" not in fired(f"{text} No rush with the other question.")


def test_rules_do_not_turn_a_sure_answer_around():
    assert judged("Thanks, by tomorrow is fine.", probabilities=SURE).urgency is Urgency.MEDIUM


def test_urgent_words_without_consequence_or_deadline_are_left_to_the_model():
    prediction = judged("URGENT!!! PLEASE READ!!!")
    assert prediction.urgency is Urgency.MEDIUM
    assert prediction.urgency_reasons == ("Learned: medium (0.60)",)


def test_reasons_say_what_counted_in_sentences():
    prediction = judged("All our branches are down, we need help by tomorrow 5 pm.")
    assert prediction.urgency_reasons == (
        'Deadline: "by tomorrow 5 pm" is Tue 24 Nov 17:00 UTC, 26 hours after it was received',
        'Outage of many: "All our branches are down"',
        "Learned: medium (0.60)",
    )


def test_a_legal_date_names_the_law_and_the_date_as_written():
    reasons = judged("Die Verhandlung ist morgen um 9 Uhr.", "de").urgency_reasons
    assert reasons[1] == 'Legal date: "Verhandlung", "morgen um 9 Uhr"'


def test_a_deadline_without_a_time_of_receipt_gives_no_moment_as_its_reason():
    assert judged("Please by tomorrow.", received_at=None).urgency_reasons[0] == 'Deadline: "by tomorrow"'


def test_the_probabilities_stay_what_was_learned_and_the_confidence_is_the_combined_share():
    prediction = judged("We need it by tomorrow.")
    shares = combine(UNSURE, [rule for rule in RULES if rule.name == "soon"])
    assert prediction.urgency_probabilities == UNSURE
    assert prediction.urgency_confidence == pytest.approx(shares[prediction.urgency])
    assert sum(shares.values()) == pytest.approx(1)
    odds = (shares["high"] / shares["medium"]) / (UNSURE["high"] / UNSURE["medium"])
    assert math.log(odds) == pytest.approx(next(r for r in RULES if r.name == "soon").points[Urgency.HIGH])


def test_the_day_a_text_is_received_decides_what_its_deadline_means():
    text = "The form is due on 25 November."
    assert judged(text, received_at=MONDAY).urgency is Urgency.HIGH
    assert judged(text, received_at=MONDAY - timedelta(days=40)).urgency is Urgency.MEDIUM
    assert judged(text, received_at=MONDAY + timedelta(days=9)).urgency is Urgency.MEDIUM


def test_an_unknown_language_is_read_as_english():
    assert fired("All our branches are down", "und") == ["outage"]
    assert fired("All our branches are down", "pl") == ["outage"]


@pytest.mark.parametrize("text", ["", " ", "\n", "😀" * 100, "İ" * 50 + " by tomorrow", "by " * 2_000, "a" * 4_000])
@pytest.mark.parametrize("language", sorted(deadline_words.WORDS))
def test_any_text_can_be_judged(text, language):
    assert judged(text, language).urgency_reasons


def test_every_rule_and_every_word_list_knows_every_language():
    languages = set(deadline_words.WORDS)
    for rule in RULES:
        assert rule.words is None or set(rule.words) == languages, rule.name
    for words in (urgency_rules.NEGATIONS, urgency_rules.SETTLED, urgency_rules.LEGAL_WORDS):
        assert set(words) == languages
