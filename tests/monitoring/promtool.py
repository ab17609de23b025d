"""Cases for `promtool test rules`, short enough to be read: series, a moment, and the alerts that fire then."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

RULES = Path(__file__).parents[2] / "deploy" / "prometheus" / "rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`series` in promtool's notation, one value every `step` minutes; `fires`: (alert, severity), at `minutes`.

    Nothing else may fire then: nothing else of this severity, if one is given.
    """

    about: str
    series: Mapping[str, str]
    minutes: int
    step: int = 1
    severity: str = ".+"
    fires: frozenset[tuple[str, str]] = field(default_factory=frozenset)

    def document(self) -> dict[str, Any]:
        samples = [
            {"labels": f'{{alertname="{alert}",severity="{severity}"}}', "value": 1}
            for alert, severity in sorted(self.fires)
        ]
        firing = f'group by (alertname, severity) (ALERTS{{alertstate="firing",severity=~"{self.severity}"}})'
        return {
            "name": self.about,
            "interval": f"{self.step}m",
            "input_series": [{"series": name, "values": values} for name, values in self.series.items()],
            "promql_expr_test": [{"expr": firing, "eval_time": f"{self.minutes}m", "exp_samples": samples}],
        }


def run(case: Case, folder: Path, *, files: tuple[str, ...], evaluated_every: str = "1m") -> None:
    """Run a case against the real rules; fails with what promtool says."""
    path = folder / "case.yml"
    path.write_text(
        yaml.safe_dump(
            {
                "rule_files": [str(RULES / name) for name in files],
                "evaluation_interval": evaluated_every,
                # Alerts see what was recorded at the same moment, as they would soon after in real life.
                "group_eval_order": _order(files),
                "tests": [case.document()],
            }
        )
    )
    done = subprocess.run(["promtool", "test", "rules", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _order(files: tuple[str, ...]) -> list[str]:
    groups = [group for file in files for group in yaml.safe_load((RULES / file).read_text())["groups"]]
    return [group["name"] for group in sorted(groups, key=lambda group: "alert" in group["rules"][0])]


def fires(alert: str, severity: str) -> frozenset[tuple[str, str]]:
    return frozenset({(alert, severity)})
