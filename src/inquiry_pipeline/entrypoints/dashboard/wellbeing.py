"""How every part is, and what to do about it, in plain words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from inquiry_pipeline.client import ComponentHealth, Health, Rules, Workers
from inquiry_pipeline.entrypoints.dashboard import badges, blocks, formatting, palette, tables
from inquiry_pipeline.entrypoints.dashboard.tables import Column

_SILENT_SECONDS: Final = 30.0

_STATES: Final[Mapping[str, tuple[str, str, palette.Hue]]] = {
    "ok": ("check_circle", "Works", palette.GREEN),
    "loading": ("hourglass_top", "Loading", palette.BLUE),
    "degraded": ("warning", "Degraded", palette.ORANGE),
    "unknown": ("help", "Not known", palette.GREY),
    "outdated": ("error", "Outdated", palette.VERMILION),
    "unavailable": ("error", "Away", palette.VERMILION),
}
_OVERALL: Final[Mapping[str, tuple[str, str]]] = {
    "ready": ("ok", "Everything works"),
    "degraded": ("degraded", "It works, but not as well as it should"),
    "unavailable": ("unavailable", "Nothing can be accepted at the moment"),
}
_TODO: Final[Mapping[tuple[str, str], str]] = {
    (
        "database",
        "unavailable",
    ): "Nothing can be accepted until it is back; nothing accepted is lost. The embedded one is"
    " started again by itself; with `DATABASE_URL`, look at that server.",
    ("database", "outdated"): "Its tables are of another version: run `inquiry migrate`.",
    ("model", "loading"): "It is ready in some seconds.",
    (
        "model",
        "degraded",
    ): "Keyword rules answer, and people decide. Look at the model's folder (`INQUIRY_BUNDLE_DIR`) and"
    " the log, then start again.",
    ("cache", "degraded"): "Answers are the same, but slower. Look at the Redis of `REDIS_URL`.",
}
_FINE: Final[Mapping[str, str]] = {
    "database": "Holds everything that was accepted.",
    "model": "Reads every message.",
    "cache": "Remembers answers about texts that come again.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One line: a part, its state, and what to say of it. `note` is HTML."""

    name: str
    state: str
    note: str
    latency_ms: float | None = None


def parts(health: Health, rules: Rules, workers: Workers | None, latency: float) -> None:
    """A table of all parts. `latency` is how long the API took to answer, in seconds."""
    every = [_api(health, latency), *_checks(health), _workers(workers), _rules(rules)]
    state, said = _OVERALL.get(health.status, ("unknown", formatting.words(health.status)))
    if state == "ok" and (trouble := [one.name for one in every if one.state != "ok"]):
        said = f"It works; look at: {', '.join(trouble)}"
    with blocks.card(said, key="health"):
        tables.table(
            [
                Column(title="Part"),
                Column(title="State"),
                Column(title="Answers in", numeric=True, wide=True),
                Column(title=""),
            ],
            [[badges.escaped(one.name), _state(one.state), _latency(one.latency_ms), one.note] for one in every],
            css="ip-health",
        )


def _api(health: Health, latency: float) -> _Part:
    note = f"Version {badges.escaped(health.version)}; checks the others each time it is asked."
    return _Part(name="API", state="ok", latency_ms=latency * 1000, note=note)


def _checks(health: Health) -> Iterator[_Part]:
    for name, one in health.checks.items():
        yield _Part(name=formatting.words(name), state=one.state, latency_ms=one.latency_ms, note=_advice(name, one))


def _advice(name: str, one: ComponentHealth) -> str:
    detail = f"{formatting.sentence(one.detail)} " if one.detail else ""
    if one.state == "ok":
        return f"{badges.escaped(_FINE.get(name, ''))} {tables.faint(one.detail or '')}"
    return f"{badges.escaped(detail)}{blocks.with_code(_TODO.get((name, one.state), 'The log says more.'))}"


def _workers(workers: Workers | None) -> _Part:
    if workers is None:
        return _Part(name="Workers", state="unknown", note="They are seen in the database, which is away.")
    if not workers.alive:
        todo = "Nobody assesses what was accepted for later, nor hands out what waits. Start one: `inquiry worker`."
        return _Part(name="Workers", state="unavailable", note=blocks.with_code(todo))
    silent = workers.last_round_seconds or 0.0
    if silent > _SILENT_SECONDS:
        note = f"Connected, but silent for {formatting.span(silent)}. Look at their log, or start them again."
        return _Part(name="Workers", state="degraded", note=badges.escaped(note))
    running = f"{workers.alive} at work: what was accepted for later, what waits, what is due."
    return _Part(name="Workers", state="ok", note=badges.escaped(running))


def _rules(rules: Rules) -> _Part:
    version = tables.faint(f"version {rules.version}")
    if rules.problem is None:
        return _Part(name="Routing rules", state="ok", note=f"In force. {version}")
    problem = badges.escaped(formatting.sentence(rules.problem))
    todo = blocks.with_code("`inquiry rules check FILE` says what is wrong; a right edit is taken within a second.")
    return _Part(
        name="Routing rules",
        state="degraded",
        note=f"A later edit was not taken. {problem} {todo} Still in force: {version}",
    )


def _state(name: str) -> str:
    symbol, shown, hue = _STATES.get(name, _STATES["unknown"])
    inside = f"{badges.icon(symbol)}<span>{badges.escaped(shown)}</span>"
    return f'<span class="ip-status" style="color:{hue.css}">{inside}</span>'


def _latency(milliseconds: float | None) -> str:
    if milliseconds is None:
        return tables.faint(formatting.NONE)
    if milliseconds < 0.1:
        return tables.number("under 0.1\u202fms")
    return tables.number(
        f"{milliseconds:.1f}\u202fms" if milliseconds < 10 else formatting.duration(milliseconds / 1000)
    )
