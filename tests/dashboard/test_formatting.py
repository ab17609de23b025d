"""Numbers, times and other people's text, as they are shown."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from inquiry_pipeline.entrypoints.dashboard import badges, formatting

NOW = datetime(2026, 11, 22, 17, 15, 23, tzinfo=UTC)
THIN = "\u202f"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "now"), (0.4, "now"), (59, "59 s"), (60, "1 min"), (3599, "59 min"), (7200, "2 h"), (90_000, "1 d")],
)
def test_an_age_is_told_in_its_largest_whole_unit(seconds: float, text: str) -> None:
    assert formatting.age(NOW - timedelta(seconds=seconds), until=NOW) == text.replace(" ", THIN)


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "\u2013"), (0.0083, "8 ms"), (1.24, "1.2 s"), (59.9, "59.9 s"), (250, "4 min")]
)
def test_a_duration_has_the_unit_that_suits_it(seconds: float | None, text: str) -> None:
    assert formatting.duration(seconds) == text.replace(" ", THIN)


def test_moments_are_the_viewers_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formatting, "zone", lambda: ZoneInfo("Europe/Berlin"))
    monkeypatch.setattr(formatting, "now", lambda: NOW)
    assert formatting.moment(NOW) == "Sun 22 Nov 2026, 18:15:23 (Europe/Berlin)"
    assert formatting.clock(NOW) == "18:15"
    assert formatting.clock(NOW - timedelta(hours=20)) == "21 Nov 22:15"
    assert formatting.clock(NOW - timedelta(days=400)) == "18 Oct 2025"


def test_numbers_and_shares_are_set_alike() -> None:
    assert formatting.number(1_234_567) == f"1{THIN}234{THIN}567"
    assert formatting.number(None) == "\u2013"
    assert formatting.share(0.125, digits=1) == f"12.5{THIN}%"


def test_identifiers_become_words() -> None:
    assert formatting.words("technical_support") == "Technical support"
    assert formatting.words("hr") == "HR"
    assert formatting.words("vip") == "VIP"
    assert formatting.words("") == ""


@pytest.mark.parametrize(
    "text", ["**bold**", "[a](b)", "$x^2$", ":material/bolt:", ":red[x]", "`c`", "# h", "<b>x</b>", "a_b_c", "&amp;"]
)
def test_markdown_is_taken_for_what_it_is(text: str) -> None:
    plain = formatting.plain(text)
    marks = [n for n, char in enumerate(plain) if char in "*[]$:`#<>_&" and (n == 0 or plain[n - 1] != "\\")]
    assert marks == []
    assert plain.replace("\\", "") == text


@pytest.mark.parametrize(("seconds", "text"), [(-60, "just now"), (0.2, "just now"), (150, "2\u202fmin ago")])
def test_an_age_in_a_sentence_reads_well(seconds: float, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formatting, "now", lambda: NOW)
    assert f">{text}</time>" in badges.age(NOW - timedelta(seconds=seconds), ago=True)


def test_a_badge_escapes_its_label() -> None:
    for badge in (badges.department("<b>"), badges.urgency('"><i>'), badges.sentiment("&"), badges.priority("<", 1)):
        assert "<b>" not in badge.replace('<b class="ip-num">', "")
        assert '"><i>' not in badge
