"""`python -m deploy.grafana`: writes the dashboards as Grafana reads them, into deploy/grafana/dashboards."""

from pathlib import Path
from typing import Final

from deploy.grafana import api, models, overview, routing

FOLDER: Final = Path(__file__).parent / "dashboards"


def dashboards() -> dict[str, str]:
    """Every dashboard's JSON, by file name."""
    return {f"{one.name}.json": one.to_json() for one in (m.board() for m in (overview, api, models, routing))}


def main() -> None:
    """Write them all, and remove what no longer exists."""
    written = dashboards()
    for old in FOLDER.glob("*.json"):
        if old.name not in written:
            old.unlink()
    for name, content in written.items():
        (FOLDER / name).write_text(content)


if __name__ == "__main__":
    main()
