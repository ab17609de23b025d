"""Inquiries that could not be assessed: why, since when, and another try."""

from itertools import islice
from typing import Final
from uuid import UUID

import streamlit as st

from inquiry_pipeline.client import ApiError, DeadLetter
from inquiry_pipeline.entrypoints.dashboard import asking, badges, blocks, connection, formatting, frame, notices
from inquiry_pipeline.entrypoints.dashboard.connection import api

_SHOWN: Final = 20
_PAGE: Final = 200
_GONE: Final = 404


def letters(total: int) -> None:
    """The latest of them, each with a way to its story and another try; all together, too."""
    known = list(islice(api().dead_letters(page=_SHOWN), _SHOWN)) if total else []
    with blocks.card("Dead letters", "what could not be assessed after the last attempt; none of it is lost"):
        if not known:
            st.html('<p class="ip-says">None: everything that was accepted was assessed, or will be.</p>')
            return
        for one in known:
            _letter(one)
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button(f"Retry all {formatting.number(total)}", icon=":material/replay:", key="retry-all"):
                _retry([one.inquiry_id for one in api().dead_letters(page=_PAGE)])
            if total > len(known):
                st.html(f'<p class="ip-says">The latest {len(known)} of {formatting.number(total)} are shown.</p>')


def _letter(one: DeadLetter) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"letter-{one.inquiry_id}"):
        error = badges.escaped(one.last_error or "No error was noted")
        times = "once" if one.attempts == 1 else f"{one.attempts} times"
        since = badges.age(one.dead_at, ago=True)
        st.html(
            f'<div class="ip-letter"><span>{error}</span><span class="ip-muted">{since}, tried {times},'
            f" {one.inquiry_id}</span></div>",
            width="stretch",
        )
        if st.button("Open", key=f"open-{one.inquiry_id}", type="tertiary"):
            frame.open_story(one.inquiry_id)
        if st.button("Retry", key=f"retry-{one.inquiry_id}", icon=":material/replay:"):
            _retry([one.inquiry_id])


def _retry(ids: list[UUID]) -> None:
    """Try these again, and say what came of it; who was retried or erased meanwhile is no error."""
    tried = 0
    try:
        for one in ids:
            tried += _retried(one)
    except ApiError as error:
        notices.say(connection.in_words(error), icon="error")
    if tried:
        what = "It is" if tried == 1 else f"{formatting.number(tried)} inquiries are"
        notices.say(f"{what} tried again; a worker takes up what is due within a second.")
    asking.forget()
    st.rerun()


def _retried(inquiry: UUID) -> bool:
    try:
        api().retry(inquiry)
    except ApiError as error:
        if error.problem.status != _GONE:
            raise
        return False
    return True
