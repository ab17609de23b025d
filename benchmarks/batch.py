"""`inquiry classify FILE.jsonl -o OUT.jsonl` against the bare forward pass over the same texts, turn by turn."""

import json
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks import bare_encoder
from benchmarks.bench import QUIET, Bench, Section, at_least
from benchmarks.corpus import texts
from benchmarks.service import memory_mb, running, scratch_folder

_SPARE: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """One repetition: the encoder's rates, seconds for one record and for all, the peak memory in MB."""

    encoder: bare_encoder.Rates
    start: float
    whole: float
    peak: float


@dataclass(slots=True)
class _Runs:
    before: list[bare_encoder.Rates] = field(default_factory=list)
    encoder: list[bare_encoder.Rates] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    start: list[float] = field(default_factory=list)
    peak: list[float] = field(default_factory=list)

    def alone(self) -> list[float]:
        """For each repetition, the encoder's rate over the corpus: the mean of right before and right after."""
        pairs = zip(self.before, self.encoder, strict=False)
        return [(before.corpus_all + after.corpus_all) / 2 for before, after in pairs]

    def add(self, turn: _Turn) -> None:
        """Keep a repetition."""
        self.encoder.append(turn.encoder)
        self.whole.append(turn.whole)
        self.start.append(turn.start)
        self.peak.append(turn.peak)


def measure(bench: Bench) -> None:
    """Encoder, one record, all records; again and again, so that a change of the machine's speed meets all three.

    A repetition that others disturbed is left out and made again, twice at most.
    """
    runs, count = _Runs(), bench.size.records
    with bench.section("Encoder alone") as encoder, scratch_folder() as folder:
        for size in (1, count):
            lines = (json.dumps(one.fields()) + "\n" for one in texts(0, size))
            (folder / f"{size}.jsonl").write_text("".join(lines))
        spare = _SPARE if bench.size.repetitions > 1 else 0
        runs.before = [bare_encoder.measure(count, bench.size.encoder_seconds)]
        while len(runs.whole) < bench.size.repetitions:
            began = time.monotonic()
            once = _turn(folder, count, bench.size.encoder_seconds)
            if bench.company.since(began) > QUIET and spare:
                spare -= 1  # others were at work: not this one
                runs.before[-1] = once.encoder
                continue
            runs.add(once)
            runs.before.append(once.encoder)
        _encoder_rows(encoder, runs)
        with bench.section("Batch: inquiry classify") as batch:
            batch.began = encoder.began
            _batch_rows(batch, runs, count)
    bench.encoder_rates.extend(one.corpus_all for one in runs.encoder)


def _turn(folder: Path, count: int, seconds: float) -> _Turn:
    start, _ = _classify(folder, 1)
    whole, peak = _classify(folder, count)
    return _Turn(encoder=bare_encoder.measure(count, seconds), start=start, whole=whole, peak=peak)


def _encoder_rows(section: Section, runs: _Runs) -> None:
    section.add("56 tokens, one thread", "per s", [one.fixed_one for one in runs.encoder])
    section.add("56 tokens, one thread a core", "per s", [one.fixed_all for one in runs.encoder])
    section.add("corpus, one thread", "per s", [one.corpus_one for one in runs.encoder])
    section.add("corpus, one thread a core", "per s", [one.corpus_all for one in runs.encoder])
    section.add("mean length of the corpus", "tokens", [runs.encoder[0].mean_tokens])


def _batch_rows(section: Section, runs: _Runs, count: int) -> None:
    """Whole files, start of the process included; and records beyond the first, which is what a long file gets."""
    whole = [count / seconds for seconds in runs.whole]
    steady = [(count - 1) / (all_ - one) for all_, one in zip(runs.whole, runs.start, strict=True)]
    bare = runs.alone()
    section.add("one record, process start included", "s", runs.start)
    section.add(f"{count} records, process start included", "per s", whole, at_least(278))
    section.add("… after the start", "per s", steady, at_least(278))
    section.add("… after the start, share of the encoder alone", "%", _shares(steady, bare), at_least(85))
    section.add("… start included, share of the encoder alone", "%", _shares(whole, bare))
    section.add("peak memory", "MB", runs.peak)


def _shares(rates: list[float], bare: list[float]) -> list[float]:
    return [100 * rate / alone for rate, alone in zip(rates, bare, strict=True)]


def _classify(folder: Path, size: int) -> tuple[float, float]:
    """Seconds from the command to its end, and the most memory that it had, in MB."""
    arguments = ("classify", f"{size}.jsonl", "-o", f"{size}.out.jsonl")
    peak = 0.0
    with running(arguments, {}, folder / "classify.log") as program:
        while True:
            with suppress(OSError, KeyError, ValueError):
                peak = max(peak, memory_mb(program.process.pid)[1])
            with suppress(subprocess.TimeoutExpired):
                program.process.wait(0.02)
                break
        seconds = time.monotonic() - program.started
    written = (folder / f"{size}.out.jsonl").read_text().count("\n")
    if program.process.returncode or written != size:
        raise RuntimeError(f"inquiry classify failed: {(folder / 'classify.log').read_text()[-1000:]}")
    return seconds, peak
