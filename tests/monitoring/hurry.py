"""The real rules and routes in a hurry: windows and pauses become seconds, so that a test can see alerts come and go.

Everything is derived from the files that are deployed; expressions keep their shape.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

_FASTER = 60
"""A minute becomes a second."""
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

THRESHOLDS: Mapping[str, tuple[str, str]] = {
    "InquiryWorkerSilent": ("> 60", "> 4"),
    "InquiryQueueOld": ("> 60", "> 4"),
    "InquiryWaitingLong": ("> 14400", "> 240"),
    "InquiryMemoryHigh": ("> 1.5e9", "> 5e7"),
}
"""What is compared with a time (sixty times shorter or so), and the memory that no test should take."""


def hurried_rules(source: Path, target: Path) -> None:
    """Write every rule file again with shorter windows and pauses, evaluated every second."""
    for path in sorted(source.glob("*.yml")):
        document = yaml.safe_load(path.read_text())
        for group in document["groups"]:
            group["interval"] = "1s"
            for rule in group["rules"]:
                _hurry(rule)
        (target / path.name).write_text(yaml.safe_dump(document, sort_keys=False))


def _hurry(rule: dict[str, Any]) -> None:
    rule["expr"] = re.sub(r"\[(\d+)([smhd])\]", lambda m: f"[{_shorter(m)}]", rule["expr"])
    rule["expr"] = re.sub(r"offset (\d+)([smhd])", lambda m: f"offset {_shorter(m)}", rule["expr"])
    if "for" in rule:
        rule["for"] = "1s"
    if (change := THRESHOLDS.get(rule.get("alert", ""))) is not None:
        assert rule["expr"].count(change[0]) == 1, rule["expr"]
        rule["expr"] = rule["expr"].replace(*change)


def _shorter(match: re.Match[str]) -> str:
    # A rate needs two scrapes and more.
    return f"{max(int(match[1]) * _SECONDS[match[2]] // _FASTER, 4)}s"


def hurried_routes(config: dict[str, Any]) -> dict[str, Any]:
    """Alertmanager's configuration with pauses of a second, and no patience with TLS, which the test's mail has not."""
    pauses = {"group_wait": "1s", "group_interval": "1s"}
    route = config["route"] | pauses
    route["routes"] = [one | pauses for one in route["routes"]]
    return config | {"route": route}
