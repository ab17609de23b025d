"""Who the viewer says they are: a consultant. It is kept in the session.

The address of a viewer's own page keeps it, too, so that it can be saved. Other addresses do not: whoever is sent one
must not act under the sender's name.
"""

from typing import Final

import streamlit as st

from inquiry_pipeline.client import Consultant
from inquiry_pipeline.entrypoints.dashboard.connection import api

_KEY: Final = "me"


def who() -> str | None:
    """The consultant that the viewer is, if they said so."""
    given = st.query_params.get(_KEY) or st.session_state.get(_KEY)
    return str(given) if given else None


def choose(*, key: str, in_address: bool) -> Consultant | None:
    """A field in which the viewer says who they are; their record, or None while they have not said."""
    people = {one.id: one for one in api().consultants()}
    known = who()
    options = sorted(people, key=lambda one: people[one].name)
    chosen = st.selectbox(
        "You are",
        options,
        index=options.index(known) if known in people else None,
        format_func=lambda one: people[one].name,
        placeholder="Choose your name",
        key=key,
    )
    _remember(chosen, in_address=in_address)
    return people.get(chosen) if chosen else None


def _remember(chosen: str | None, *, in_address: bool) -> None:
    st.session_state[_KEY] = chosen
    if chosen and in_address:
        st.query_params[_KEY] = chosen
    elif _KEY in st.query_params:
        del st.query_params[_KEY]
