"""The dashboard's frame: navigation over the pages. Streamlit runs this file for each viewer, again and again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import streamlit as st

from inquiry_pipeline.entrypoints.dashboard import connection, frame, notices
from inquiry_pipeline.entrypoints.dashboard.views import live, models, queue, story, system, team


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A page as the navigation lists it; its address is its name, that of the first is the root."""

    show: Callable[[], None]
    title: str
    icon: str
    hidden: bool = False


_PAGES: Final[dict[str, _Entry]] = {
    "live": _Entry(show=live.page, title="Live", icon="bolt"),
    "queue": _Entry(show=queue.page, title="My queue", icon="inbox"),
    "team": _Entry(show=team.page, title="Team", icon="groups"),
    "models": _Entry(show=models.page, title="Models", icon="psychology"),
    "system": _Entry(show=system.page, title="System", icon="monitor_heart"),
    "story": _Entry(show=story.page, title="Inquiry", icon="article", hidden=True),
}


def main() -> None:
    """Draw the frame and the page that the address names."""
    frame.dress()
    first = next(iter(_PAGES))
    pages = {
        name: st.Page(
            one.show,
            title=one.title,
            icon=f":material/{one.icon}:",
            url_path=name,
            default=name == first,
            visibility="hidden" if one.hidden else "visible",
        )
        for name, one in _PAGES.items()
    }
    frame.register(pages)
    chosen = st.navigation(list(pages.values()), position="top")
    notices.show()
    connection.calmly(chosen.run)


if __name__ == "__main__":
    main()
