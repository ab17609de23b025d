"""What the stream is narrowed to. It stands in the address, so that a filtered page can be sent to somebody."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st

from inquiry_pipeline.client import Sentiment, Status, Urgency
from inquiry_pipeline.entrypoints.dashboard import formatting
from inquiry_pipeline.entrypoints.dashboard.connection import api

_ONLY: Final = {"Escalated": "escalated", "Undecided": "abstained", "Waiting": "waiting"}
_KINDS: Final = {"status": Status, "urgency": Urgency, "sentiment": Sentiment}
_CHOICES: Final = ("department", "status", "urgency", "sentiment", "priority")


def bar() -> dict[str, Any]:
    """The filters, one beside the other. What was chosen, as the client's keywords; empty where all is wanted."""
    words = st.text_input(
        "Words",
        key="q",
        bind="query-params",
        placeholder="Words in subject or text",
        icon=":material/search:",
        label_visibility="collapsed",
        max_chars=200,
        help='All of them, in any order; "in quotes" as a phrase; -without',
    )
    chosen = _choices()
    only = st.pills(
        "Only",
        list(_ONLY),
        selection_mode="multi",
        key="only",
        bind="query-params",
        label_visibility="collapsed",
        help="Undecided: the model only suggests a category",
    )
    wanted: dict[str, Any] = {name: _KINDS.get(name, str)(value) for name, value in chosen.items()}
    wanted |= {_ONLY[name]: True for name in only or ()}
    return wanted | ({"q": words.strip()} if words and words.strip() else {})


def clear() -> None:
    """Want everything again."""
    st.session_state.update(dict.fromkeys(_CHOICES), q="", only=[])


def _choices() -> dict[str, str]:
    known = {name: st.session_state.get(name) for name in _CHOICES}
    count = sum(value is not None for value in known.values())
    chosen: dict[str, str] = {}
    with st.popover(f"Filters · {count}" if count else "Filters", icon=":material/tune:"):
        for name, options in _options().items():
            value = st.selectbox(
                formatting.words(name),
                options,
                index=None,
                key=name,
                bind="query-params",
                format_func=formatting.words,
                placeholder="Any",
            )
            if value is not None:
                chosen[name] = value
    return chosen


def _options() -> dict[str, Sequence[str]]:
    rules = _rules()
    return {
        "department": list(rules["departments"]),
        "status": [one.value for one in Status],
        "urgency": [one.value for one in reversed(Urgency)],
        "sentiment": [one.value for one in Sentiment],
        "priority": [one["name"] for one in reversed(rules["priorities"])],
    }


@st.cache_data(ttl=30, show_spinner=False)
def _rules() -> Mapping[str, Any]:
    return dict(api().rules().rules)
