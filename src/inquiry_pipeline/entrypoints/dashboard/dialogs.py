"""Dialogs over an inquiry: which label is right, and who shall have it. They open on the page that asked for them."""

from typing import Final, NoReturn
from uuid import UUID

import streamlit as st

from inquiry_pipeline.client import ApiError, Consultant, Inquiry
from inquiry_pipeline.entrypoints.dashboard import badges, cells, connection, desk, formatting, notices
from inquiry_pipeline.entrypoints.dashboard.connection import api

_OPEN: Final = "dialog"
_SEEN: Final = "dialog-seen"


def ask(action: str, inquiry: UUID | str, *, place: str) -> None:
    """Open the dialog `correct` or `hand_over` over an inquiry when the page is drawn again, which is at once.

    `place` names the page, and what it shows: whoever goes on without an answer does not find the question elsewhere.
    """
    close()
    st.session_state[_OPEN] = (action, str(inquiry), place)
    st.rerun()


def open_now() -> bool:
    """Whether a dialog is open: what renews itself should hold still."""
    return _OPEN in st.session_state


def show(me: str, *, place: str) -> None:
    """Show the dialog that was asked for in this place; forget one that was asked for in another."""
    if _OPEN not in st.session_state:
        return
    action, inquiry, asked_in = st.session_state[_OPEN]
    if asked_in != place:
        close()
        return
    try:
        one = _as_it_was(UUID(inquiry))
    except ApiError as error:
        notices.say(connection.in_words(error), icon="error")
        _done()
    (_correct if action == "correct" else _hand_over)(one, me)


def close() -> None:
    """Nothing is asked any more."""
    st.session_state.pop(_OPEN, None)
    st.session_state.pop(_SEEN, None)


def _as_it_was(inquiry: UUID) -> Inquiry:
    """The inquiry as it stood when the dialog opened: what is answered is about that, whoever took it meanwhile."""
    seen: Inquiry | None = st.session_state.get(_SEEN)
    if seen is None or seen.id != inquiry:
        seen = st.session_state[_SEEN] = api().get(inquiry)
    return seen


@st.dialog("What is right?", width="medium", on_dismiss=close)
@connection.calm
def _correct(one: Inquiry, me: str) -> None:
    st.html(f'<p class="ip-muted ip-cut">{badges.escaped(cells.title(one))}</p>')
    comment = st.text_input("Why (optional)", key=f"why-{one.id}", max_chars=500, placeholder="What gave it away")
    for task in desk.TASKS:
        with st.container(gap="xsmall"):
            st.html(f'<span class="ip-label">{formatting.words(task)}</span>')
            _choices(one, me, task, comment)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("All right as it is", icon=":material/thumb_up:", key="confirm"):
            desk.confirm(one, me)
            _done()
        st.html('<span class="ip-muted">What you say is kept beside the prediction and counts in the figures.</span>')


def _choices(one: Inquiry, me: str, task: str, comment: str) -> None:
    stands = getattr(one.labels, task, None)
    with st.container(horizontal=True, gap="xsmall"):
        for label in labels(one, task):
            here = label == stands
            if st.button(
                formatting.plain(formatting.words(label)),
                key=f"{task}-{label}",
                type="primary" if here else "secondary",
                icon=":material/check:" if here else None,
                help="It stands like this" if here else None,
                disabled=here,
            ):
                desk.correct(one, me, task=task, label=label, comment=comment.strip() or None)
                _done()


def labels(one: Inquiry, task: str) -> tuple[str, ...]:
    """The labels that there are for a task."""
    if task in desk.LABELS:
        return desk.LABELS[task]
    known = one.prediction.probabilities if one.prediction else {}
    return tuple(sorted(known))


@st.dialog("Hand over", width="medium", on_dismiss=close)
@connection.calm
def _hand_over(one: Inquiry, me: str) -> None:
    st.html(f'<p class="ip-muted ip-cut">{badges.escaped(cells.title(one))}</p>')
    people = {who.id: who for who in api().consultants() if who.id != me}
    holder = one.routing.consultant if one.routing else None
    to = st.selectbox(
        "To whom",
        sorted((who for who in people if who != holder), key=lambda who: _order(people[who], one)),
        index=None,
        format_func=lambda who: _described(people[who]),
        placeholder="Choose somebody",
        key="hand-over-to",
    )
    reason = st.text_input("Why (optional)", key="hand-over-why", max_chars=500)
    with st.container(horizontal=True):
        if st.button("Hand over", type="primary", disabled=to is None, key="hand-over") and to:
            desk.hand_over(one, to, me, reason.strip() or None)
            _done()
        if st.button("Give back to the queue", icon=":material/undo:", key="give-back"):
            desk.give_back(one, me, reason.strip() or None)
            _done()


def _order(who: Consultant, one: Inquiry) -> tuple[bool, bool, float, str]:
    department = one.routing.department if one.routing else ""
    return not who.available, department not in who.departments, who.open_inquiries / max(who.capacity, 1), who.name


def _described(who: Consultant) -> str:
    state = "" if who.available else " · away"
    places = ", ".join(formatting.words(one) for one in who.departments)
    return f"{who.name} · {places} · {who.open_inquiries} of {who.capacity}{state}"


def _done() -> NoReturn:
    close()
    st.rerun()
