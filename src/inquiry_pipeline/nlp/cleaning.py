"""What a person wrote, out of what a mail client or a form sent: the text that the models read.

Training and serving share this module; a bundle records `CLEANING_VERSION` and is refused under another one.
Every step takes time linear in the length of the text.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from inquiry_pipeline.core.inquiry import Message
from inquiry_pipeline.nlp.markup import html_to_text
from inquiry_pipeline.nlp.quotes import without_quotes, without_signature

CLEANING_VERSION: Final = "1"
"""Raise it with every change that alters a text that a bundle learned from; bundles have to be trained anew then."""

MAX_CHARACTERS: Final = 4_000
"""Longest model text; of more, the first three quarters and the last quarter are kept."""

_READ_AT_MOST: Final = 100_000
_REMOVED: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\ufff0-\ufffd\ud800-\udfff\U000e0000-\U000e01ef]"
)
_LINE_ENDS: Final = re.compile("\r\n?|[\x85\u2028\u2029]")
_BLANKS: Final = re.compile(r"[^\S\n]+")
_EMPTY_LINES: Final = re.compile(r"\n ?\n[\n ]*")
_LINE_BREAKS: Final = re.compile(r" ?\n[\n ]*")
_RUN: Final = re.compile(r"(\S)\1{15,}")
_REPLY_MARK: Final = re.compile(
    r"(?:(?:re|aw|sv|rv|rif|odp|antw|fwd?|wg|tr|enc|doorst|i)\s*(?:\[\d{1,3}\])?\s*:|\[(?:ext|external|extern)\])\s*",
    re.IGNORECASE,
)
_FORWARD_MARK: Final = re.compile(r"\s*(?:fwd?|wg|tr|rv|i|enc|doorst)\s*:", re.IGNORECASE)


def clean(message: Message) -> str:
    """The model text of a message: subject and body, each cleaned, on lines of their own.

    Empty when there is nothing to read. A body that is only a quotation keeps it.
    """
    subject = clean_subject(message.subject or "")
    body = clean_body(message.body, forwarded=_FORWARD_MARK.match(message.subject or "") is not None)
    if subject and body.startswith(subject):
        subject = ""
    return shorten(f"{subject}\n{body}".strip())


def clean_subject(subject: str) -> str:
    """The subject on one line, without "Re:", "AW:", "Fwd:" and the like."""
    text = _BLANKS.sub(" ", normalise(subject[:1_000]).replace("\n", " ")).strip()
    while match := _REPLY_MARK.match(text):
        text = text[match.end() :]
    return text


def clean_body(body: str, *, forwarded: bool = False) -> str:
    """The body's own words: no markup, quotation, signature, disclaimer, control characters or blank lines.

    In a `forwarded` message the quotation is what matters, and stays.
    """
    text = _BLANKS.sub(" ", normalise(html_to_text(body[:_READ_AT_MOST])))
    text = _EMPTY_LINES.sub("\n\n", text)
    own = without_signature(without_quotes(text, forwarded=forwarded))
    if not own.strip():
        own = _BLANKS.sub(" ", text.replace(">", " "))
    own = _LINE_BREAKS.sub("\n", own)
    return _RUN.sub(lambda run: run[1] * 5, own).strip()


def normalise(text: str) -> str:
    """One form for what looks the same: line ends, composed characters (NFC), nothing invisible."""
    if text.isascii() and text.isprintable():
        return text
    text = _REMOVED.sub("", _LINE_ENDS.sub("\n", text))
    return text if unicodedata.is_normalized("NFC", text) else "".join(map(_compose, _slices(text)))


def _compose(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _slices(text: str) -> Iterator[str]:
    """Cut at base characters, about every 500: composing takes time quadratic in a run of combining marks."""
    start = 0
    while start < len(text):
        end = min(start + 500, len(text))
        while end < len(text) and end > start + 250 and unicodedata.combining(text[end]):
            end -= 1
        yield text[start:end]
        start = end


def shorten(text: str) -> str:
    """Keep the beginning and the end of a long text: the wish stands first, deadlines often last."""
    if len(text) <= MAX_CHARACTERS:
        return text
    tail = MAX_CHARACTERS // 4
    return f"{text[: MAX_CHARACTERS - tail - 1]}\n{text[-tail:]}"
