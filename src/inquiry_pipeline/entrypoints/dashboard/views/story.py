"""The whole story of one inquiry: what it says, what the model read in it, where it went and why, what happened."""

from collections.abc import Callable, Mapping
from typing import Literal
from uuid import UUID

import streamlit as st

from inquiry_pipeline.client import ApiError, Explanation, Inquiry
from inquiry_pipeline.entrypoints.dashboard import (
    badges,
    blocks,
    cells,
    desk,
    dialogs,
    formatting,
    frame,
    identity,
    reading,
    record,
    timeline,
)
from inquiry_pipeline.entrypoints.dashboard.badges import escaped
from inquiry_pipeline.entrypoints.dashboard.connection import api

_ADDRESS = "inquiry"


def page() -> None:
    """The page. Its address names the inquiry: `?inquiry=ID`."""
    one = _asked_for()
    if one is None:
        return
    names = {who.id: who.name for who in api().consultants()}
    me = identity.who()
    if me:
        dialogs.show(me, place=str(one.id))
    _head(one)
    # Each column is as long as it is. On a phone the style sheet puts what is keyed `later` behind the rest.
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _text(one)
        with st.container(key="later-why"):
            _decision(one, names)
    with right:
        _actions(one)
        _labels(one)
        with st.container(key="later-history"):
            _history(one, names)
            _details(one)


def _asked_for() -> Inquiry | None:
    """The inquiry that the address names, or None after saying what is wrong with it."""
    given = st.query_params.get(_ADDRESS, "")
    try:
        return api().get(UUID(given))
    except ValueError:
        problem = f"“{given}” is not the number of an inquiry." if given else "The address names no inquiry."
    except ApiError as error:
        if error.problem.status != 404:
            raise
        problem = "There is no inquiry with this number."
    frame.head("Inquiry not found")
    hint = "It may have been erased, or the address was cut off. Live finds inquiries by their words."
    blocks.empty(problem, hint, icon="search_off")
    if st.button("To Live", icon=":material/bolt:"):
        frame.open_page("live")
    return None


def _head(one: Inquiry) -> None:
    sender = " · ".join(part for part in (one.sender_name, one.sender_email) if part) or "Sender unknown"
    parts = [
        badges.status(one.status),
        badges.priority(one.routing.priority, one.routing.priority_score) if one.routing else "",
        badges.escalation(one.routing.escalation_level) if one.routing else "",
        f"<span>{escaped(sender)}</span>",
        f"<span>by {escaped(_channel(one))}</span>",
        f'<span title="{escaped(formatting.moment(one.received_at))}">{escaped(formatting.clock(one.received_at))},'
        f" {badges.age(one.received_at, prefix='Received ', ago=True)}</span>",
    ]
    meta = "".join(f"<span>{part}</span>" for part in parts if part)
    title = f'<h1 dir="auto">{escaped(cells.title(one))}</h1>'
    st.html(f'<header class="ip-story">{title}<div class="ip-meta">{meta}</div></header>')


def _channel(one: Inquiry) -> str:
    name = formatting.words(one.channel)
    return name if name.isupper() else name.lower()


def _text(one: Inquiry) -> None:
    with blocks.card("What it says"):
        explanation = _explained(one) if one.prediction else None
        if explanation is None:
            st.html(f'<div class="ip-text" dir="auto">{escaped(one.body)}</div>')
            return
        task = st.segmented_control(
            "Words that moved",
            desk.TASKS,
            default="category",
            required=True,
            format_func=formatting.words,
            key="explained-task",
            help="Each word was left out once and the model asked again: what changed the answer is marked.",
        )
        explained = getattr(explanation, task or "category")
        st.html(
            reading.marked(explanation, explained) + reading.legend(explained) + reading.remarks(explanation, explained)
        )
        with st.expander("As it was received", icon=":material/mail:"):
            st.html(f'<div class="ip-text ip-raw" dir="auto">{escaped(one.body)}</div>')


def _explained(one: Inquiry) -> Explanation | None:
    try:
        return _explanation(str(one.id))
    except ApiError:  # the text can be read without its marks
        return None


@st.cache_data(ttl=600, max_entries=200, show_spinner=False)
def _explanation(inquiry: str) -> Explanation:
    return api().explanation(UUID(inquiry))


def _history(one: Inquiry, names: Mapping[str, str]) -> None:
    with blocks.card("What happened"):
        st.html(timeline.events(api().history(one.id), names))


def _actions(one: Inquiry) -> None:
    with blocks.card(key="actions"):
        me = identity.choose(key="story-identity", in_address=False)
        if me is None:
            st.html('<p class="ip-muted">Say who you are to take, correct or resolve it.</p>')
            return
        if one.routing is None:
            st.html('<p class="ip-muted">It is not assessed yet. Where that lasts, System says why.</p>')
            return
        with st.container(horizontal=True, gap="small"):
            _buttons(one, me.id)


def _buttons(one: Inquiry, me: str) -> None:
    """What can be done now, the likeliest first."""
    mine = one.routing is not None and one.routing.consultant == me
    if one.status == "resolved":
        _button("Reopen", "replay", lambda: desk.reopen(one, me))
        return
    if not mine:
        _button("Take", "front_hand", lambda: desk.take(one, me), first=True)
    elif one.status != "in_progress":
        _button("Start", "play_arrow", lambda: desk.start(one, me), first=True)
    if mine:
        _button("Resolve", "check", lambda: desk.resolve(one, me), first=one.status == "in_progress")
    if st.button("Correct", icon=":material/edit:", key="correct"):
        dialogs.ask("correct", one.id, place=str(one.id))
    if st.button("Hand over", icon=":material/move_item:", key="hand_over"):
        dialogs.ask("hand_over", one.id, place=str(one.id))


def _button(label: str, icon: str, act: Callable[[], None], *, first: bool = False) -> None:
    # A callback is that of the page that the viewer saw: what is done is done to the inquiry as it stood there.
    kind: Literal["primary", "secondary"] = "primary" if first else "secondary"
    st.button(label, icon=f":material/{icon}:", type=kind, key=label.lower(), on_click=act)


def _labels(one: Inquiry) -> None:
    said, told = one.prediction, one.labels
    if said is None or told is None:
        return
    rows = (
        _label("category", badges.department(told.category), said.category, said.confidence, one),
        _label("sentiment", badges.sentiment(told.sentiment), said.sentiment, said.sentiment_confidence, one),
        _label("urgency", badges.urgency(told.urgency), said.urgency, said.urgency_confidence, one),
    )
    with blocks.card("What was read in it"):
        st.html(f'<div class="ip-labels">{"".join(rows)}</div>{_also(one)}{_why_urgent(one)}')


def _label(task: str, badge: str, predicted: str, confidence: float, one: Inquiry) -> str:
    unsure = task == "category" and one.prediction is not None and one.prediction.abstained
    if one.labels and task in one.labels.corrected:
        was = f"{badges.icon('edit')} corrected from {escaped(formatting.words(predicted))}"
        return f'<span class="ip-label">{task.capitalize()}</span>{badge}<span class="ip-note">{was}</span>'
    return f'<span class="ip-label">{task.capitalize()}</span>{badge}{badges.confidence(confidence, unsure=unsure)}'


def _also(one: Inquiry) -> str:
    """What else the category could have been."""
    if one.prediction is None:
        return ""
    others = sorted(
        ((share, name) for name, share in one.prediction.probabilities.items() if name != one.prediction.category),
        reverse=True,
    )
    likely = [
        f"{escaped(formatting.words(name))} {formatting.share(share)}" for share, name in others[:3] if share >= 0.02
    ]
    return f'<p class="ip-muted">It could also have been {", ".join(likely)}.</p>' if likely else ""


def _why_urgent(one: Inquiry) -> str:
    if one.prediction is None:
        return ""
    rules = [reason for reason in one.prediction.urgency_reasons if not reason.startswith("Learned")]
    told = "".join(f"<li>{escaped(reason)}</li>" for reason in rules)
    return f'<p class="ip-label">What counted for the urgency</p><ul>{told}</ul>' if told else ""


def _decision(one: Inquiry, names: Mapping[str, str]) -> None:
    if one.routing is None:
        return
    with blocks.card("Why it went there"):
        considered = record.candidates(one.routing, names)
        st.html(
            f'<div class="ip-record"><p>{record.outcome(one, one.routing, names)}</p>{record.reasons(one.routing)}'
            f"{record.fired(one.routing)}{record.score(one.routing)}"
            + (f'<p class="ip-label">Who was considered</p>{considered}' if considered else "")
            + "</div>"
        )


def _details(one: Inquiry) -> None:
    known = [
        ("Number", str(one.id)),
        ("External number", one.external_id),
        ("Language", one.prediction.language if one.prediction else None),
        ("Model", one.prediction.model_version if one.prediction else None),
        ("Rules", one.routing.rules_version if one.routing else None),
        # The sender's own words: one of them that is called like one above stands beside it, not in its place.
        *((formatting.words(name), value) for name, value in one.metadata.items()),
    ]
    shown = ((name, value) for name, value in known if value is not None and value != "")
    rows = "".join(f"<dt>{escaped(name)}</dt><dd>{escaped(value)}</dd>" for name, value in shown)
    with st.expander("Details", icon=":material/info:"):
        st.html(f'<dl class="ip-details">{rows}</dl>')
