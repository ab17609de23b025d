"""The dashboard's pages over the real API, on a real socket, with a real database and a tiny model."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from inquiry_pipeline.client import Client
from inquiry_pipeline.entrypoints import dashboard
from inquiry_pipeline.entrypoints.dashboard.views import live
from inquiry_pipeline.pipeline import Pipeline
from tests.support.dashboard import served

Open = Callable[..., AppTest]

_APP = Path(dashboard.__path__[0]) / "app.py"
_PAGE = """
from inquiry_pipeline.entrypoints.dashboard import connection, notices
from inquiry_pipeline.entrypoints.dashboard.views import {page}
notices.show()
connection.calmly({page}.page)
"""


@pytest.fixture
def api(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """The API, and a client of it; the dashboard is told where it is."""
    with served(pipeline) as url, Client(url) as client:
        monkeypatch.setenv("INQUIRY_API_URL", url)
        yield client
    st.cache_data.clear()
    live.forget()


@pytest.fixture
def opened() -> Open:
    """Opens a page of the dashboard as a viewer would, by its address; `app` is the whole, with its navigation."""

    def opening(page: str, **query: str) -> AppTest:
        source = AppTest.from_file(str(_APP)) if page == "app" else AppTest.from_string(_PAGE.format(page=page))
        source.default_timeout = 30
        for name, value in query.items():
            source.query_params[name] = value
        return source.run()

    return opening


def shown(test: AppTest) -> str:
    """All that the page draws itself: HTML, and the rows of its lists."""
    drawn = [one.proto.body for one in test.get("html")]
    for one in test.get("bidi_component"):
        data = json.loads(one.proto.json)
        drawn.append(data["heading"])
        drawn += [row["html"] for row in data["rows"]]
    return "\n".join(drawn)
