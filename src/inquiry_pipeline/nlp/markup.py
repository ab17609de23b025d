"""HTML → text in one pass over the input, in linear time whatever is in it.

A parser that builds a tree takes seconds for a hostile 50,000 characters (nested or unclosed tags); mail needs
no tree, only to know where lines end, what is invisible, and what is quoted.
"""

import html
import re
from typing import Final

_KNOWN_TAG: Final = re.compile(
    r"</?(?:a|b|blockquote|body|br|center|div|em|font|h[1-6]|head|hr|html|i|img|li|meta|ol|p|pre|script|span"
    r"|strong|style|table|tbody|td|th|title|tr|u|ul)(?:\s[^<>]{0,2000})?/?>",
    re.IGNORECASE,
)
_MARKUP: Final = re.compile(r"<!--|<(/?)([a-zA-Z][\w:-]{0,40})[^<>]*>|<[!?][^<>]*>")
_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,8}\d{0,2});")
_BREAKS: Final = frozenset(
    {"blockquote", "br", "center", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "html", "li", "ol", "p"}
    | {"pre", "table", "tr", "ul"}
)
_INVISIBLE: Final = frozenset({"script", "style", "head", "title", "template", "noscript"})
_INVISIBLE_END: Final = {tag: re.compile(f"</{tag}[^<>]*>", re.IGNORECASE) for tag in _INVISIBLE}
_COMMENT_END: Final = re.compile("-->")


def html_to_text(text: str) -> str:
    """Drop tags, comments, scripts and styles; decode entities; mark lines of a `blockquote` with "> ".

    Text without a known HTML tag keeps its angle brackets: `List<String>` is no markup.
    """
    if "<" in text and _KNOWN_TAG.search(text):
        text = _strip_tags(text)
    return html.unescape(text) if "&" in text and _ENTITY.search(text) else text


def _strip_tags(text: str) -> str:
    out: list[str] = []
    position = quoted = 0
    while match := _MARKUP.search(text, position):
        _append(out, text[position : match.start()], quoted=quoted > 0)
        position = match.end()
        if match.group() == "<!--":
            position = _after(text, _COMMENT_END, position)
            continue
        tag = (match[2] or "").lower()
        if tag in _INVISIBLE and not match[1]:
            position = _after(text, _INVISIBLE_END[tag], position)
        elif tag in _BREAKS:
            quoted = max(0, quoted + (-1 if match[1] else 1)) if tag == "blockquote" else quoted
            out.append("\n> " if quoted else "\n")
        elif tag in {"td", "th"}:
            out.append(" ")
    _append(out, text[position:], quoted=quoted > 0)
    return "".join(out)


def _append(out: list[str], text: str, *, quoted: bool) -> None:
    """Add the text between two tags; its own line breaks are white space in HTML."""
    if text:
        out.append(text.replace("\n", "\n> ") if quoted else text)


def _after(text: str, end: re.Pattern[str], position: int) -> int:
    """The place after the next `end`, or the end of the text where it never comes: browsers do the same."""
    found = end.search(text, position)
    return found.end() if found else len(text)
