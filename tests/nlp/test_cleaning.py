import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inquiry_pipeline.core.inquiry import Message
from inquiry_pipeline.nlp.cleaning import MAX_CHARACTERS, clean, clean_body, clean_subject


def test_clean_joins_subject_and_body():
    assert clean(Message(subject="Login", body="It does not work.")) == "Login\nIt does not work."


def test_clean_does_not_repeat_a_subject_that_opens_the_body():
    assert clean(Message(subject="Login broken", body="Login broken since noon")) == "Login broken since noon"


@pytest.mark.parametrize("subject", ["Re: Bill", "AW: Bill", "RE: [EXT] Re: Bill", "re[2]: Bill", "Fwd: Re:  Bill "])
def test_clean_subject_drops_reply_marks(subject):
    assert clean_subject(subject) == "Bill"


def test_clean_body_reads_html():
    body = (
        "<html><head><style>p {color: red}</style></head><body><p>Hello&nbsp;team,</p><script>alert(1)</script>"
        "<div>my <b>invoice</b> is wrong<br>Please check &amp; refund.</div><!-- hidden --></body></html>"
    )
    assert clean_body(body) == "Hello team,\nmy invoice is wrong\nPlease check & refund."


def test_clean_body_keeps_angle_brackets_of_plain_text():
    assert clean_body("List<String> fails if a < b > c") == "List<String> fails if a < b > c"


@pytest.mark.parametrize(
    "quotation",
    [
        "On Mon, 3 May 2026 at 10:12, Ann <ann@example.com> wrote:\n> old text",
        "On Mon, 3 May 2026 at 10:12, Ann\n<ann@example.com> wrote:\n> old text",
        "Am 03.05.2026 um 10:12 schrieb Ann <ann@example.com>:\n> old text",
        "Le lun. 3 mai 2026 à 10:12, Ann <ann@example.com> a écrit :\n> old text",
        "El lun, 3 may 2026 a las 10:12, Ann (<ann@example.com>) escribió:\n> old text",
        "Il giorno lun 3 mag 2026 alle 10:12 Ann <ann@example.com> ha scritto:\nold text",
        "Em seg., 3 de mai. de 2026 às 10:12, Ann <ann@example.com> escreveu:\n> old text",
        "Op ma 3 mei 2026 om 10:12 schreef Ann <ann@example.com>:\n> old text",
        "-----Original Message-----\nFrom: Ann\nSent: Monday\nSubject: x\n\nold text",
        "-----Ursprüngliche Nachricht-----\nVon: Ann\nGesendet: Montag\n\nold text",
        "Von: Ann <ann@example.com>\nGesendet: Montag, 3. Mai 2026\nAn: Bob\nBetreff: x\n\nold text",
        "De: Ann\nEnviado: lunes\nPara: Bob\nAsunto: x\n\nold text",
        "De : Ann\nEnvoyé : lundi\nÀ : Bob\nObjet : x\n\nold text",
        "> old text\n> more old text",
    ],
)
def test_clean_body_drops_what_a_reply_quotes(quotation):
    assert clean_body(f"My new question is this.\n\n{quotation}") == "My new question is this."


@pytest.mark.parametrize(
    "answer",
    [
        "On my invoice there are two charges.",
        "I was charged twice.\nOn the second one there is no tax.",
        "Am Montag kam die Rechnung.\nEl total no cuadra.",
        "Il servizio non funziona.",
    ],
)
def test_clean_body_keeps_an_answer_that_begins_like_a_reply_header(answer):
    body = f"{answer}\nOn Mon, 3 May 2026 at 10:12, Ann\n<ann@example.com> wrote:\n> old text"
    assert clean(Message(body=body)) == answer


def test_clean_body_drops_a_quotation_in_html():
    assert clean_body("<p>New words</p><blockquote><p>old words</p>and more</blockquote>") == "New words"


def test_clean_body_keeps_an_answer_under_the_quotation():
    body = "On 3 May 2026, Ann <ann@example.com> wrote:\n> old text\n\nMy answer stands here."
    assert clean_body(body) == "My answer stands here."


def test_clean_body_keeps_a_quotation_that_is_all_there_is():
    assert clean_body("> I cannot log in\n> please help") == "I cannot log in\nplease help"


def test_clean_keeps_what_is_forwarded():
    message = Message(subject="Fwd: who does this?", body="Can you take it?\n\n> The copier is broken since Monday.")
    assert "copier is broken" in clean(message)


def test_clean_body_keeps_what_is_passed_on_with_a_note():
    body = "FYI, see below.\n\n-----Original Message-----\nFrom: Ann\nSent: today\nSubject: x\n\nThe copier is broken."
    assert clean_body(body) == "FYI, see below.\nThe copier is broken."


@pytest.mark.parametrize(
    "ending",
    [
        "-- \nAnn Example\nHead of everything\n+49 30 123456",
        "Sent from my iPhone",
        "Von meinem iPhone gesendet",
        "Kind regards,\nAnn Example\nExample Ltd",
        "Mit freundlichen Grüßen\n\nAnn Example",
        "This e-mail and any attachments are confidential and intended solely for the addressee.",
        "Diese E-Mail enthält vertrauliche Informationen.",
        "Esta mensagem é confidencial e destina-se apenas ao destinatário.",
    ],
)
def test_clean_body_drops_signatures_and_disclaimers(ending):
    assert clean_body(f"The printer is broken.\n\n{ending}") == "The printer is broken."


def test_clean_body_keeps_a_question_under_the_closing_phrase():
    body = "The printer is broken.\nKind regards\nAnn\nPS: can I get the invoice of March as well?"
    assert "invoice of March" in clean_body(body)


def test_clean_body_keeps_a_confidentiality_question():
    body = "Is your confidentiality notice binding? This e-mail is about that."
    assert clean_body(body) == body


def test_clean_removes_what_cannot_be_seen():
    assert clean(Message(body="pass\u200bword\x00 \ud800lost\u202e\ufeff")) == "password lost"


def test_clean_composes_characters():
    assert clean(Message(body="Gru\u0308\u00dfe aus Mu\u0308nchen")) == "Grüße aus München"


def test_clean_shortens_repeated_characters():
    assert clean(Message(body="help" + "!" * 500)) == "help!!!!!"


def test_clean_keeps_beginning_and_end_of_a_long_text():
    text = clean(Message(body="first words " + "filler text here. " * 2_000 + "the deadline is today"))
    assert len(text) <= MAX_CHARACTERS
    assert text.startswith("first words")
    assert text.endswith("the deadline is today")


@pytest.mark.parametrize("body", ["", " \n\t", "\x00\x01", "\u200b\u200b"])
def test_clean_of_nothing_is_empty(body):
    assert clean(Message(body=body)) == ""


_HOSTILE = [
    *("a", "<", "<a ", "<div>", '<b><a "', "<script>", "<SCRIPT>x</SCRIPT>", "<b><!--", "<b><style></STYLE>"),
    *("<blockquote>", ">", "> \n", ">|", "\n", " ", " \n", "\t", "On ", "On\n", "On 2020 wrote\n", "wrote: "),
    *("From: x\n", "Von: x\nAn: y\n", "Re: ", "&amp;", "&", "--\n", "-", "regards\n", "this email is "),
    *("e\u0301", "\u0300\u0316", "\u0301", "\u200b", "\ud800", "😀", "&#x1F600;", "\x00", "_" * 299 + "\n"),
]


@pytest.mark.parametrize("unit", _HOSTILE)
def test_clean_takes_linear_time_on_hostile_input(unit):
    body = (unit * (50_000 // len(unit) + 1))[:50_000]
    best = min(_seconds(body) for _ in range(3))
    # 50 ms on a quiet core; the slack is for a busy machine. Quadratic time would be seconds.
    assert best < 0.25


def _seconds(body: str) -> float:
    start = time.thread_time()
    clean(Message(subject=body[:500], body=body))
    return time.thread_time() - start


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=400), st.none() | st.text(max_size=80))
def test_clean_takes_any_text(body, subject):
    text = clean(Message(subject=subject, body=body))
    assert text.encode("utf-8").decode("utf-8") == text
    assert "\x00" not in text
    assert clean(Message(body=body, subject=subject)) == text
