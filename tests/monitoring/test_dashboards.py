"""The Grafana dashboards: as they are written, as they are laid out, and what Grafana is told of them."""

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.grafana.__main__ import FOLDER, dashboards

_BOARDS = {name: json.loads(content) for name, content in dashboards().items()}


def _panels(name: str) -> list[dict[str, Any]]:
    return [panel for panel in _BOARDS[name]["panels"] if panel["type"] != "row"]


def test_the_written_dashboards_are_those_of_the_code() -> None:
    written = {path.name: path.read_text() for path in FOLDER.glob("*.json")}
    assert written == dashboards(), "make dashboards"


def test_there_are_four() -> None:
    assert sorted(_BOARDS) == ["api.json", "models.json", "overview.json", "routing.json"]
    assert len({board["uid"] for board in _BOARDS.values()}) == 4


@pytest.mark.parametrize("name", _BOARDS)
def test_panels_do_not_overlap_and_fill_their_lines(name: str) -> None:
    places = [panel["gridPos"] for panel in _BOARDS[name]["panels"]]
    for place in places:
        assert 0 <= place["x"] < place["x"] + place["w"] <= 24
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        apart = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or apart, (one, other)
    for line in {place["y"] for place in places}:
        assert sum(place["w"] for place in places if place["y"] == line) == 24


@pytest.mark.parametrize("name", _BOARDS)
def test_every_panel_says_what_it_shows_and_in_what_unit(name: str) -> None:
    for panel in _panels(name):
        assert panel["title"]
        assert len(panel["description"]) > 20, panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
    titles = [panel["title"] for panel in _panels(name)]
    identifiers = [panel["id"] for panel in _BOARDS[name]["panels"]]
    assert len(set(identifiers)) == len(identifiers)
    assert all(titles)


@pytest.mark.parametrize("name", _BOARDS)
def test_everything_asks_the_chosen_prometheus(name: str) -> None:
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    board = _BOARDS[name]
    assert board["templating"]["list"][0]["name"] == "datasource"
    for panel in _panels(name):
        assert panel["datasource"] == chosen
        assert [target["datasource"] for target in panel["targets"]] == [chosen] * len(panel["targets"])
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])
    assert [one["datasource"] for one in board["annotations"]["list"]] == [chosen]
    known = {one["name"] for one in board["templating"]["list"]} | {"__rate_interval", "__all"}
    assert set(re.findall(r"\$\{?(\w+)", json.dumps(board))) <= known


@pytest.mark.parametrize("name", _BOARDS)
def test_a_colour_belongs_to_a_series_of_its_panel(name: str) -> None:
    for panel in _panels(name):
        legends = {target["legendFormat"] for target in panel["targets"]}
        for override in panel["fieldConfig"]["overrides"]:
            assert override["matcher"] == {"id": "byName", "options": override["matcher"]["options"]}
            assert override["matcher"]["options"] in legends, panel["title"]


def test_grafana_is_told_of_prometheus_and_of_the_dashboards(repository: Path) -> None:
    folder = repository / "deploy" / "grafana" / "provisioning"
    [source] = yaml.safe_load((folder / "datasources" / "prometheus.yml").read_text())["datasources"]
    [provider] = yaml.safe_load((folder / "dashboards" / "inquiry.yml").read_text())["providers"]
    assert (source["type"], source["url"]) == ("prometheus", "${PROMETHEUS_URL}")
    assert provider["options"] == {"path": "${INQUIRY_DASHBOARDS}"}
    scraped = yaml.safe_load((repository / "deploy" / "prometheus" / "prometheus.yml").read_text())
    assert source["jsonData"]["timeInterval"] == scraped["global"]["scrape_interval"]
