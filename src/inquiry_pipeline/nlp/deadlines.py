"""Deadlines in a text: found by what introduces them, and turned into moments relative to when the text came.

A time counts where it is a last call ("by Friday", "bis morgen 12 Uhr", "expires on 3 May") or where the same
sentence names something that happens then whether the sender is helped or not ("the hearing is tomorrow at 9").
Dates that have passed, and dates of what has happened ("the invoice of 3 May"), do not.

Patterns find and take apart in one pass. dateparser 1.5 on the spans found was tried: it missed or misread 13 of 66
("24. November um 14 Uhr" became the year 2114, Spanish "pasado mañana" and Italian "dopodomani" nothing), and took
0.5 ms each and 0.4 s for its first.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Final

from inquiry_pipeline.nlp.deadline_words import WORDS, DeadlineWords

_OTHERWISE: Final = "en"
_NOMINAL: Final = datetime(2026, 1, 7, 12, tzinfo=UTC)
"""A Wednesday noon: stands for the unknown time of receipt, with which only what is relative to it is read."""
_SENTENCE_ENDS: Final = re.compile(r"[!?;\n]+|(?<!\d)\.(?=\s|$)")
_PLAIN: Final = str.maketrans("\N{RIGHT SINGLE QUOTATION MARK}\N{EN DASH}\N{EM DASH}", "'--")
_CLAUSE_ENDS: Final = re.compile(r"[,;:.!?\n]")
_RANGE: Final = re.compile(r"\s?(?:-|to|till|until|bis|a|al|à|au|às|até|alle|tot)\s?(?:las? |le |the )?")
_GAP: Final = re.compile(r"[\s,(]{0,2}(?:[^\W\d]{1,5}[ .]{1,2}){0,2}")
_LONGEST_GAP: Final = 14
_LOOK_BACK: Final = 44
_SENTENCE_REACH: Final = 400
_MOST_EXPRESSIONS: Final = 40
_UNITS: Final = (timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(weeks=1))
_HALF_YEAR: Final = timedelta(days=183)
_DAY: Final = timedelta(days=1)
_END_OF_DAY: Final = 23 + 59 / 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """`quote`: the words. `moment`: when it is, aware, in UTC; a day without a time lasts until its end.

    `ahead`: the time from receipt to it. `calendar_days`: how many midnights lie between. `sentence` is the one
    it stands in, lower-case. `timed`: it is a moment, not a
    whole day. `dated` is false where the time of receipt is not known: then only `ahead` means
    something. `firm` is false for a coming day that is only mentioned: neither a last call nor beside an event.
    """

    quote: str
    moment: datetime
    ahead: timedelta
    calendar_days: int
    sentence: str
    timed: bool = False
    dated: bool = True
    firm: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Expression:
    """One time expression: the day, or the time of a day, or both, or a span from the receipt on."""

    start: int = 0
    end: int = 0
    day: date | None = None
    hour: float | None = None
    span: timedelta | None = None
    vague: bool = False
    relative: bool = False
    weekday: bool = False


@dataclass(frozen=True, slots=True)
class _Patterns:
    expression: re.Pattern[str]
    last_call: re.Pattern[str]
    within: re.Pattern[str]
    ahead: re.Pattern[str]
    past: re.Pattern[str]
    over: re.Pattern[str]
    denied: re.Pattern[str]
    event: re.Pattern[str]
    demand: re.Pattern[str]
    words: DeadlineWords


def find_deadlines(text: str, *, language: str, received_at: datetime | None) -> list[Deadline]:
    """The deadlines in a clean text, soonest first.

    Times without an offset are taken as UTC, days without a time as their end, a day and month without a year as
    the nearest. Without `received_at`, only what is relative to it is read (today, within three days).
    """
    patterns = _patterns(language if language in WORDS else _OTHERWISE)
    lowered = comparable(text)
    received = (received_at or _NOMINAL).astimezone(UTC)
    found: dict[tuple[datetime, str], Deadline] = {}
    for expression in _merged(lowered, _single(lowered, _expressions(lowered, patterns, received))):
        mention = _mention(lowered, expression, patterns, today=received.date())
        if mention is None or (received_at is None and not expression.relative):
            continue
        start, firm = mention
        moment = _moment(expression, received, last_call=start < expression.start)
        if moment is None or moment < received:
            continue
        sentence = sentence_at(lowered, expression.start, expression.end)
        quote = " ".join(text[start : expression.end].split())
        found[moment, quote] = Deadline(
            quote=quote,
            moment=moment,
            ahead=moment - received,
            # The end of a day is still that day.
            calendar_days=((moment - timedelta(seconds=1)).date() - received.date()).days,
            sentence=sentence,
            timed=expression.hour is not None or (expression.span or _DAY) < _DAY,
            dated=received_at is not None,
            firm=firm,
        )
    return sorted(found.values(), key=lambda deadline: deadline.moment)


def comparable(text: str) -> str:
    """Lower case with plain apostrophes and dashes, every character in its place: what patterns are written for."""
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join(c if len(c.lower()) > 1 else c.lower() for c in text)
    return lowered.translate(_PLAIN)


def sentence_at(text: str, start: int, end: int) -> str:
    """The sentence around text[start:end], with its end mark, as far as it reaches 400 characters either way."""
    begin, limit = max(0, start - _SENTENCE_REACH), end + _SENTENCE_REACH
    for mark in _SENTENCE_ENDS.finditer(text, begin, start):
        begin = mark.end()
    after = _SENTENCE_ENDS.search(text, end, limit)
    return text[begin : after.end() if after else limit].strip()


def _mention(text: str, expression: _Expression, patterns: _Patterns, *, today: date) -> tuple[int, bool] | None:
    """Where the deadline begins, with what introduces it, and whether it is firm; None where it is none."""
    offset = max(0, expression.start - _LOOK_BACK)
    before = text[offset : expression.start]
    sentence = sentence_at(text, expression.start, expression.end)
    if patterns.denied.search(sentence):
        return None
    spans = expression.span is not None
    # "Solved within an hour", "the battery is empty by lunchtime": not a last call.
    bare = spans or (expression.vague and expression.day is None)
    if bare and patterns.over.search(sentence):
        return None
    if match := (patterns.within if spans else patterns.last_call).search(before):
        named = not bare or spans or patterns.demand.search(sentence) or patterns.event.search(sentence)
        return (offset + match.start(), True) if named else None
    if expression.vague or patterns.past.search(before):
        return None
    ahead = patterns.ahead.search(before)
    if spans and not ahead:
        return None
    start = offset + ahead.start() if spans and ahead else expression.start
    clause = _CLAUSE_ENDS.split(before)[-1]
    firm = _firm(sentence, expression, patterns, today=today, over=patterns.over.search(clause) is not None)
    return None if firm is None else (start, firm)


def _firm(sentence: str, expression: _Expression, patterns: _Patterns, *, today: date, over: bool) -> bool | None:
    """Whether what is only named, not called for, binds all the same; None where it says nothing.

    `over`: its clause tells of what has happened, so nobody demands anything by then.
    """
    if patterns.event.search(sentence) and not (sentence.endswith("?") and expression.day is None):
        return True
    demanded = expression.relative and not over and patterns.demand.search(sentence) is not None
    if expression.relative and expression.day is not None:
        if demanded or expression.hour is not None:
            return True
        return False if expression.day > today else None
    return True if demanded and expression.span is None else None


def _moment(expression: _Expression, received: datetime, *, last_call: bool) -> datetime | None:
    if expression.span is not None:
        return received + expression.span
    day = expression.day or received.date()
    moment = datetime.combine(day, time(), UTC) + timedelta(
        hours=_END_OF_DAY if expression.hour is None else expression.hour
    )
    if expression.day is None and moment < received:
        # A time that has passed today: the next one, if it is a last call, else something that has happened.
        return moment + timedelta(days=1) if last_call else None
    if expression.day == received.date() and expression.hour is not None and moment < received:
        return datetime.combine(day, time(), UTC) + timedelta(days=1)
    return moment


def _single(text: str, expressions: Iterator[_Expression]) -> Iterator[_Expression]:
    """Without ranges: "Monday to Friday, 9:00-17:00" are hours of business."""
    last: _Expression | None = None
    in_range = False
    for expression in expressions:
        starts = last is not None and _is_range(text, last, expression)
        if last is not None and not in_range and not starts:
            yield last
        last, in_range = expression, starts
    if last is not None and not in_range:
        yield last


def _is_range(text: str, first: _Expression, second: _Expression) -> bool:
    days = first.weekday and second.weekday
    times = first.hour is not None and second.hour is not None and first.day is None and second.day is None
    return (days or times) and _RANGE.fullmatch(text, first.end, second.start) is not None


def _merged(text: str, expressions: Iterator[_Expression]) -> Iterator[_Expression]:
    """Days and times of day that stand together become one."""
    last: _Expression | None = None
    for expression in expressions:
        joined = None if last is None else _joined(text, last, expression)
        if joined is None and last is not None:
            yield last
        last = joined or expression
    if last is not None:
        yield last


def _joined(text: str, first: _Expression, second: _Expression) -> _Expression | None:
    gap = text[first.end : second.start]
    if len(gap) > _LONGEST_GAP or not _GAP.fullmatch(gap) or not _fits(gap, first, second):
        return None
    return _Expression(
        start=first.start,
        end=second.end,
        # "Today, Thursday" is today; "Friday, 4 December" is that day.
        day=first.day if first.day is not None and not first.weekday else second.day or first.day,
        # A time of the clock says more than a part of the day.
        hour=first.hour if second.hour is None else second.hour,
        relative=first.relative or second.relative,
    )


def _fits(gap: str, first: _Expression, second: _Expression) -> bool:
    """Whether two expressions so close together are about one moment."""
    if first.span is not None or second.span is not None:
        return False
    if first.day is None:
        return second.day is not None
    # "Friday, 4 December" is one, but "from Monday to Friday" are two.
    return second.day is None or ((first.relative or first.weekday) and not gap.strip(" ,("))


def _expressions(text: str, patterns: _Patterns, received: datetime) -> Iterator[_Expression]:
    reader = _Reader(patterns.words, received)
    matches = list(patterns.expression.finditer(text))
    if len(matches) > _MOST_EXPRESSIONS:  # of a log or a table, the beginning and the end, where people write
        matches = matches[: _MOST_EXPRESSIONS // 2] + matches[-_MOST_EXPRESSIONS // 2 :]
    for match in matches:
        try:
            expression = _KINDS[match.lastgroup or ""](reader, match)
        except (ValueError, OverflowError):  # 31 November, 25:00, or a year beyond the calendar's
            continue
        yield replace(expression, start=match.start(), end=match.end())


@dataclass(frozen=True, slots=True)
class _Reader:
    """What each kind of time expression means, for a message received then. ValueError where it means nothing."""

    words: DeadlineWords
    received: datetime

    def iso(self, match: re.Match[str]) -> _Expression:
        return _Expression(day=date(int(match["iso_y"]), int(match["iso_m"]), int(match["iso_d"])))

    def numeric(self, match: re.Match[str]) -> _Expression:
        day, month = int(match["num_d"]), int(match["num_m"])
        if month > 12:  # an American date
            day, month = month, day
        return _Expression(day=self._date(day, month, match["num_y"]))

    def named_month(self, match: re.Match[str]) -> _Expression:
        prefix = match.lastgroup or ""
        month = 1 + _index(self.words.months, match[f"{prefix}_m"])
        return _Expression(day=self._date(int(match[f"{prefix}_d"]), month, match[f"{prefix}_y"]))

    def weekday(self, match: re.Match[str]) -> _Expression:
        today = self.received.date()
        ahead = (_index(self.words.weekdays, match["wd_name"]) - today.weekday()) % 7 or 7
        if match["wd_next"] and today.weekday() + ahead < 7:
            ahead += 7
        return _Expression(day=today + timedelta(days=ahead), weekday=True)

    def named_day(self, match: re.Match[str]) -> _Expression:
        ahead = list(self.words.days.values())[_index(self.words.days, match[0])]
        return _Expression(day=self.received.date() + timedelta(days=ahead), relative=True)

    def named_time(self, match: re.Match[str]) -> _Expression:
        hour = list(self.words.times.values())[_index(self.words.times, match[0])]
        return _Expression(hour=hour, vague=True, relative=True)

    def clock(self, match: re.Match[str]) -> _Expression:
        groups = match.groupdict()
        hour = int(next(groups[name] for name in ("h", "h2", "h3") if groups.get(name)))
        minute = int(next((groups[name] for name in ("m", "m2") if groups.get(name)), "0"))
        if half := groups.get("half"):
            hour = hour % 12 + (12 if half == "p" else 0)
        if hour > 24 or minute > 59:
            raise ValueError(match[0])
        return _Expression(hour=hour + minute / 60, relative=True)

    def span(self, match: re.Match[str]) -> _Expression:
        number = match["n"]
        numbers = self.words.numbers
        count = int(number) if number.isdecimal() else list(numbers.values())[_index(numbers, number)]
        return _Expression(span=count * _UNITS[_index(self.words.units, match["unit"])], relative=True)

    def end(self, match: re.Match[str]) -> _Expression:
        today = self.received.date()
        sunday = today + timedelta(days=6 - today.weekday())
        next_month = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
        ends = (sunday, next_month - _DAY, date(today.year, 12, 31), sunday + timedelta(weeks=1))
        return _Expression(day=ends[_index(self.words.spans, match[0])], vague=True)

    def _date(self, day: int, month: int, year: str | None) -> date:
        """The date; without a year, the one nearest to the receipt."""
        if year:
            return date(int(year) + (2000 if len(year) == 2 else 0), month, day)
        today = self.received.date()
        near = date(today.year, month, day)
        if abs(near - today) <= _HALF_YEAR:
            return near
        return near.replace(year=today.year + (1 if near < today else -1))


_KINDS: Final[Mapping[str, Callable[[_Reader, re.Match[str]], _Expression]]] = {
    "iso": _Reader.iso,
    "num": _Reader.numeric,
    "dm": _Reader.named_month,
    "md": _Reader.named_month,
    "wd": _Reader.weekday,
    "day": _Reader.named_day,
    "time": _Reader.named_time,
    "clock": _Reader.clock,
    "span": _Reader.span,
    "end": _Reader.end,
}


def _index(alternatives: Mapping[str, float] | tuple[str, ...], value: str) -> int:
    for index, pattern in enumerate(alternatives):
        if re.fullmatch(pattern, value):
            return index
    raise ValueError(value)


@cache
def _patterns(language: str) -> _Patterns:
    words = WORDS[language]
    months, weekdays = "|".join(words.months), "|".join(words.weekdays)
    ends_here = r"[\s:]{0,2}(?:(?:the|den|dem|de|der|el|la|le|l'|il|o|a|am|on|um|at|às|à|om|op) ?){0,2}$"
    expression = "|".join(
        [
            r"(?P<iso>(?P<iso_y>20\d\d)-(?P<iso_m>\d\d)-(?P<iso_d>\d\d))",
            r"(?P<num>(?P<num_d>\d{1,2})(?P<num_s>[./-])(?P<num_m>\d{1,2})(?:(?P=num_s)(?P<num_y>20\d\d|\d\d)\b|(?<=\.\d\d)\.(?!\d)))",
            rf"(?P<dm>(?P<dm_d>\d{{1,2}}){words.date_link} (?P<dm_m>{months})\b(?:,? (?:de )?(?P<dm_y>20\d\d))?)",
            rf"(?P<md>(?P<md_m>{months}) (?P<md_d>\d{{1,2}})(?:st|nd|rd|th)?\b(?![:.]\d)(?:,? (?P<md_y>20\d\d))?)",
            rf"(?P<clock>{words.clock})",
            rf"(?P<span>(?P<n>\d{{1,3}}|{'|'.join(words.numbers)})[ -]?(?P<unit>{'|'.join(words.units)})\b)",
            rf"(?P<end>{'|'.join(words.spans)})\b",
            rf"(?P<wd>(?:(?P<wd_next>{words.next_week or '(?!)'}) )?(?P<wd_name>{weekdays})\b)",
            rf"(?P<day>{'|'.join(words.days)})\b",
            rf"(?P<time>{'|'.join(words.times)})\b",
        ]
    )
    return _Patterns(
        expression=re.compile(rf"\b(?:{expression})"),
        last_call=re.compile(rf"\b(?:{words.last_call}){ends_here}"),
        within=re.compile(rf"\b(?:{words.within})\s?$"),
        ahead=re.compile(rf"\b(?:{words.ahead})\s?$"),
        past=re.compile(rf"\b(?:{words.past}){ends_here}"),
        over=re.compile(rf"\b(?:{words.over})\b"),
        denied=re.compile(rf"\b(?:{words.denied})\b"),
        event=re.compile(rf"\b(?:{words.event})\b"),
        demand=re.compile(rf"\b(?:{words.demand})\b"),
        words=words,
    )
