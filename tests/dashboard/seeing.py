"""What a viewer sees on a page: its headline figures, the rows of its tables, what its charts draw."""

import re
from typing import Any

from streamlit.dataframe_util import convert_arrow_bytes_to_pandas_df
from streamlit.testing.v1 import AppTest

from tests.dashboard.conftest import shown


def figure(page: AppTest, label: str) -> tuple[str, str]:
    """A headline figure and the note below it."""
    cell = (
        rf'<span class="ip-label">{label}</span><span class="ip-value">(.*?)</span><span class="ip-note">(.*?)</span>'
    )
    found = re.search(cell, shown(page))
    assert found is not None, label
    return found[1], found[2]


def rows(page: AppTest, first: str) -> list[list[str]]:
    """The texts of all rows of tables that begin so."""
    every = [_texts(inside) for inside in re.findall(r"<tr>(<td.*?)</tr>", shown(page), re.DOTALL)]
    return [texts for texts in every if texts[0].startswith(first)]


def row(page: AppTest, first: str) -> list[str]:
    """The texts of the first row of a table that begins so."""
    found = rows(page, first)
    assert found, first
    return found[0]


def charts(page: AppTest) -> dict[str, list[dict[str, Any]]]:
    """What each chart draws, by its description; of layers, all that they draw."""
    return {
        one.proto.alt: [drawn for part in one.proto.datasets for drawn in _values(part.data.data)]
        for one in page.get("vega_lite_chart")
    }


def _values(sent: bytes) -> list[dict[str, Any]]:
    return [dict(one) for one in convert_arrow_bytes_to_pandas_df(sent).to_dict("records")]


def _texts(inside: str) -> list[str]:
    cells = re.findall(r"<td[^>]*>(.*?)</td>", inside, re.DOTALL)
    return [re.sub(r"[ \n]+", " ", re.sub(r"<[^>]+>", " ", cell)).strip() for cell in cells]
