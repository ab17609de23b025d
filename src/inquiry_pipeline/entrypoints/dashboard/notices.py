"""Short messages about what was just done. They survive the rerun that follows it."""

from typing import Final

import streamlit as st

from inquiry_pipeline.entrypoints.dashboard import formatting

_KEY: Final = "notices"


def say(text: str, *, icon: str = "check_circle") -> None:
    """Say this as soon as the page is drawn again."""
    st.session_state.setdefault(_KEY, []).append((text, icon))


def show() -> None:
    """Show what there is to say; each message once."""
    for text, icon in st.session_state.pop(_KEY, []):
        st.toast(formatting.plain(text), icon=f":material/{icon}:", duration="long")
