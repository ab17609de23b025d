import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from inquiry_pipeline.nlp.deadlines import find_deadlines, sentence_at

MONDAY = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def found(text, language="en", received_at=MONDAY):
    return [
        f"{deadline.moment:%Y-%m-%d %H:%M}"
        for deadline in find_deadlines(text, language=language, received_at=received_at)
        if deadline.firm
    ]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Please answer today.", "2026-11-23 23:59"),
        ("We need it by tonight.", "2026-11-23 23:59"),
        ("Send it by EOD please", "2026-11-23 23:59"),
        ("I need an answer within two hours", "2026-11-23 17:00"),
        ("Reply within half an hour, please", "2026-11-23 15:30"),
        ("within 48 hours", "2026-11-25 15:00"),
        ("within forty-eight hours", "2026-11-25 15:00"),
        ("by tomorrow morning", "2026-11-24 12:00"),
        ("by tomorrow 5 pm", "2026-11-24 17:00"),
        ("no later than 5.30 pm tomorrow", "2026-11-24 17:30"),
        ("before noon tomorrow", "2026-11-24 12:00"),
        ("Before midnight tonight please", "2026-11-24 00:00"),
        ("by the day after tomorrow", "2026-11-25 23:59"),
        ("by Friday", "2026-11-27 23:59"),
        ("by Monday", "2026-11-30 23:59"),
        ("by next Friday", "2026-12-04 23:59"),
        ("by Friday, 4 December at noon", "2026-12-04 12:00"),
        ("The exam is in 3 days", "2026-11-26 15:00"),
        ("by the end of the week", "2026-11-29 23:59"),
        ("by next week", "2026-12-06 23:59"),
        ("by the end of the month", "2026-11-30 23:59"),
        ("by year-end", "2026-12-31 23:59"),
        ("due on 24 November", "2026-11-24 23:59"),
        ("due 24th of November 2026", "2026-11-24 23:59"),
        ("The deadline is March 15th, 2027", "2027-03-15 23:59"),
        ("due 24/11/2026", "2026-11-24 23:59"),
        ("due 11/24/2026", "2026-11-24 23:59"),
        ("expires on 2026-11-24", "2026-11-24 23:59"),
        ("by 5pm", "2026-11-23 17:00"),
        ("by 2pm", "2026-11-24 14:00"),
        ("The hearing is on 24 November at 14:00.", "2026-11-24 14:00"),
        ("The flight leaves at 18:40", "2026-11-23 18:40"),
        ("We go live tomorrow at 09:30", "2026-11-24 09:30"),
        ("Our interview starts tomorrow.", "2026-11-24 23:59"),
        ("by 3 January", "2027-01-03 23:59"),
    ],
)
def test_english_deadlines_become_moments(text, moment):
    assert found(text) == [moment]


@pytest.mark.parametrize(
    ("language", "text", "moment"),
    [
        ("de", "Bitte bis morgen 12 Uhr", "2026-11-24 12:00"),
        ("de", "bis heute Abend", "2026-11-23 22:00"),
        ("de", "bis Freitag", "2026-11-27 23:59"),
        ("de", "spätestens am 24.11.2026", "2026-11-24 23:59"),
        ("de", "Abgabe bis 24.11.", "2026-11-24 23:59"),
        ("de", "Die Frist endet am 24. November um 14 Uhr", "2026-11-24 14:00"),
        ("de", "innerhalb von zwei Stunden", "2026-11-23 17:00"),
        ("de", "innerhalb eines Tages", "2026-11-24 15:00"),
        ("de", "binnen 1 Werktag", "2026-11-24 15:00"),
        ("de", "Übermorgen ist die Verhandlung", "2026-11-25 23:59"),
        ("de", "bis Monatsende", "2026-11-30 23:59"),
        ("de", "In drei Tagen ist die Prüfung", "2026-11-26 15:00"),
        ("es", "antes del viernes", "2026-11-27 23:59"),
        ("es", "El plazo vence mañana a las 10:00", "2026-11-24 10:00"),
        ("es", "para el 24 de noviembre", "2026-11-24 23:59"),
        ("es", "dentro de dos horas", "2026-11-23 17:00"),
        ("es", "La audiencia es pasado mañana", "2026-11-25 23:59"),
        ("es", "Lo necesito hoy", "2026-11-23 23:59"),
        ("es", "antes de fin de mes", "2026-11-30 23:59"),
        ("fr", "avant demain 17h30", "2026-11-24 17:30"),
        ("fr", "d\N{RIGHT SINGLE QUOTATION MARK}ici vendredi", "2026-11-27 23:59"),
        ("fr", "au plus tard le 24 novembre 2026", "2026-11-24 23:59"),
        ("fr", "L'audience est demain à 9 h", "2026-11-24 09:00"),
        ("fr", "Dans deux heures je passe l'examen", "2026-11-23 17:00"),
        ("fr", "sous 3 jours", "2026-11-26 15:00"),
        ("fr", "sous 48 h", "2026-11-25 15:00"),
        ("fr", "Le délai expire ce soir à minuit", "2026-11-24 00:00"),
        ("fr", "avant la fin du mois", "2026-11-30 23:59"),
        ("pt", "até amanhã às 10h", "2026-11-24 10:00"),
        ("pt", "até sexta-feira", "2026-11-27 23:59"),
        ("pt", "O prazo termina a 24 de novembro", "2026-11-24 23:59"),
        ("pt", "dentro de 3 dias", "2026-11-26 15:00"),
        ("pt", "A audiência é depois de amanhã", "2026-11-25 23:59"),
        ("pt", "Preciso disso hoje", "2026-11-23 23:59"),
        ("pt", "até às 17h00", "2026-11-23 17:00"),
        ("pt", "em menos de 2h", "2026-11-23 17:00"),
        ("it", "entro domani alle 11", "2026-11-24 11:00"),
        ("it", "entro venerdì", "2026-11-27 23:59"),
        ("it", "Il contratto scade il 24 novembre", "2026-11-24 23:59"),
        ("it", "entro due ore", "2026-11-23 17:00"),
        ("it", "L'udienza è dopodomani", "2026-11-25 23:59"),
        ("it", "Tra due ore ho il volo", "2026-11-23 17:00"),
        ("it", "Oggi alle 17 chiude la gara", "2026-11-23 17:00"),
        ("it", "entro fine mese", "2026-11-30 23:59"),
        ("nl", "uiterlijk vrijdag", "2026-11-27 23:59"),
        ("nl", "vóór morgen 16.00 uur", "2026-11-24 16:00"),
        ("nl", "binnen twee uur", "2026-11-23 17:00"),
        ("nl", "binnen 2 uur", "2026-11-23 17:00"),
        ("nl", "uiterlijk morgen 16 uur", "2026-11-24 16:00"),
        ("nl", "De zitting is overmorgen", "2026-11-25 23:59"),
        ("nl", "Het contract verloopt op 24 november", "2026-11-24 23:59"),
        ("nl", "Morgenochtend om 10.00 uur sluit de aanbesteding", "2026-11-24 10:00"),
        ("nl", "Vandaag nog nodig, graag", "2026-11-23 23:59"),
    ],
)
def test_deadlines_become_moments_in_other_languages(language, text, moment):
    assert found(text, language) == [moment]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The invoice of 3 November is wrong."),
        ("en", "It has been down since Monday."),
        ("en", "I ordered on Friday and it arrived today."),
        ("en", "The webinar was on 12 November and ended at 14:00."),
        ("en", "The contract expired on 3 May."),
        ("en", "Payment was due on 12 November."),
        ("en", "The deadline was 12/11/2026."),
        ("en", "Your colleague solved it within ten minutes, thank you!"),
        ("en", "The battery was empty by lunchtime."),
        ("en", "My room number is 1205 and the code is 24.11.7."),
        ("en", "Version 2.10.2026-beta is broken."),
        ("en", "It works in the lab till 10pm."),
        ("en", "The 31 November invoice is due on 31 November."),
        ("en", "The train was late today and I need to vent."),
        ("en", "Our opening hours: Mon-Fri 08:00-17:00"),
        ("en", "I work Monday to Friday, 9:00 to 17:00, please note."),
        ("en", "You needn't answer today."),
        ("en", "There is no need to do it by Friday."),
        ("en", ""),
        ("de", "Rechnung vom 3. November"),
        ("de", "Guten Morgen, ich habe eine Frage zur Abgabe."),
        ("de", "Das geht bis heute nicht."),
        ("de", "Das muss nicht bis Freitag sein."),
        ("de", "Geöffnet von 9 Uhr bis 17 Uhr."),
        ("de", "Seit Montag ist die Seite langsam."),
        ("es", "la factura del 3 de noviembre"),
        ("es", "No hace falta que sea antes del viernes."),
        ("es", "Esta mañana se cayó la página."),
        ("fr", "la facture du 3 novembre"),
        ("fr", "Pas besoin de répondre avant vendredi."),
        ("fr", "Depuis lundi le site est lent."),
        ("pt", "a fatura de 3 de novembro"),
        ("pt", "Não precisa ser até sexta-feira."),
        ("pt", "Até hoje não recebi nada."),
        ("it", "la fattura del 3 novembre"),
        ("it", "Non serve entro venerdì."),
        ("it", "Da lunedì il sito è lento."),
        ("nl", "de factuur van 3 november"),
        ("nl", "Dat hoeft niet uiterlijk vrijdag."),
        ("nl", "Goede morgen, een vraag over de inschrijving."),
    ],
)
def test_what_is_past_or_no_deadline_is_not_found(language, text):
    assert found(text, language) == []


def test_a_coming_day_that_is_only_mentioned_is_not_firm():
    [deadline] = find_deadlines("Our director travels tomorrow.", language="en", received_at=MONDAY)
    assert not deadline.firm


def test_the_same_words_mean_another_moment_on_another_day():
    text = "Please confirm by Friday."
    assert found(text) == ["2026-11-27 23:59"]
    assert found(text, received_at=MONDAY + timedelta(days=7)) == ["2026-12-04 23:59"]


def test_days_are_those_of_utc_whatever_the_offset():
    late = datetime(2026, 11, 23, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    assert found("by tomorrow", received_at=late) == ["2026-11-25 23:59"]
    assert found("by tomorrow", received_at=late.astimezone(UTC)) == ["2026-11-25 23:59"]


def test_without_a_time_of_receipt_only_what_is_relative_to_it_counts():
    assert len(found("by tomorrow", received_at=None)) == 1
    assert found("by Friday", received_at=None) == []
    assert found("by 24 November 2026", received_at=None) == []


def test_deadlines_come_soonest_first_with_their_quotes():
    text = "The offer ends on 30 November. We need the price by tomorrow  noon."
    deadlines = find_deadlines(text, language="en", received_at=MONDAY)
    assert [one.quote for one in deadlines] == ["by tomorrow noon", "ends on 30 November"]
    assert deadlines[0].ahead == timedelta(hours=21)
    assert (deadlines[0].calendar_days, deadlines[1].calendar_days) == (1, 7)


@pytest.mark.parametrize("text", ["by 99:99", "by 31/31/2026", "due 30 February", "within 999 weeks", "by 0/0/2026"])
def test_impossible_times_are_no_deadlines_and_no_errors(text):
    assert all(moment > "2026" for moment in found(text))


@pytest.mark.parametrize("text", ["by 24 November 2026 at 14:00, before Friday ", "5 pm ", "a ", "12:30-", "in 3 "])
def test_a_text_of_dates_or_of_nothing_else_takes_milliseconds(text):
    find_deadlines(text, language="en", received_at=MONDAY)
    start = time.process_time()
    find_deadlines((text * 4_000)[:4_000], language="en", received_at=MONDAY)
    assert time.process_time() - start < 0.5


def test_a_deadline_after_a_long_log_is_found():
    log = "".join(f"at {hour % 24}:{minute:02}:11 job ok. " for hour in range(20) for minute in range(0, 60, 5))
    assert "2026-11-24 09:00" in found(f"{log}\nPlease repair it by tomorrow 9 am.")


def test_a_sentence_ends_at_its_mark_but_not_at_an_abbreviated_date():
    text = "Hello. The 24. November is the day! Yes."
    start = text.index("November")
    assert sentence_at(text, start, start + 8) == "The 24. November is the day!"
