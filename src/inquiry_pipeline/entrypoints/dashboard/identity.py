"""Who the viewer says they are: a consultant. It is kept in the session, and in the address so that it can be saved."""

from typing import Final

import streamlit as st

from inquiry_pipeline.client import Consultant
from inquiry_pipeline.entrypoints.dashboard.connection import api

_KEY: Final = "me"


def who() -> str | None:
    """The consultant that the viewer is, if they said so."""
    given = st.query_params.get(_KEY) or st.session_state.get(_KEY)
    return str(given) if given else None


def choose(*, label: str = "You are", key: str = "identity") -> Consultant | None:
    """A field in which the viewer says who they are; their record, or None while they have not said."""
    people = {one.id: one for one in api().consultants()}
    known = who()
    options = sorted(people, key=lambda one: people[one].name)
    chosen = st.selectbox(
        label,
        options,
        index=options.index(known) if known in people else None,
        format_func=lambda one: people[one].name,
        placeholder="Choose your name",
        key=key,
    )
    remember(chosen)
    return people.get(chosen) if chosen else None


def remember(chosen: str | None) -> None:
    """Keep who the viewer is."""
    st.session_state[_KEY] = chosen
    if chosen:
        st.query_params[_KEY] = chosen
    elif _KEY in st.query_params:
        del st.query_params[_KEY]
