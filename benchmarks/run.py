"""`python -m benchmarks.run`: measures every figure of docs/performance.md on this machine, in one run.

Everything happens on loopback and in temporary folders, and is stopped at the end. A goal that is not met is
said, and is no error: the exit code is 0.
"""

import argparse
import json
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from rich.console import Console

from benchmarks import batch, report, startup, submit, worker
from benchmarks.bench import FULL, QUICK, Bench
from benchmarks.machine import Company, facts
from benchmarks.result import Result, result_of
from benchmarks.service import scratch_folder


def main() -> None:
    """Read the command line and do as it says."""
    options = _options()
    if options.markdown:
        print(report.markdown(result_of(json.loads(options.markdown.read_text()))))
        return
    signal.signal(signal.SIGTERM, _stop)
    console = Console(width=max(Console().width, 110))
    began = time.monotonic()
    result = _measured(console, quick=options.quick)
    result.machine["seconds"] = round(time.monotonic() - began)
    result.machine["quick"] = options.quick
    console.print(report.table(result))
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / f"{time.strftime('%Y%m%d-%H%M%S')}.json"
    path.write_text(json.dumps(result.as_json(), indent=2, ensure_ascii=False) + "\n")
    console.print(f"{result.machine['seconds']} s; written to {path}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description="Measure this machine.")
    parser.add_argument("--quick", action="store_true", help="less of everything: a minute instead of four")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"), help="folder for the result")
    parser.add_argument("--markdown", type=Path, metavar="RESULT.json", help="print a result as Markdown instead")
    return parser.parse_args()


def _measured(console: Console, *, quick: bool) -> Result:
    result = Result(machine=facts())
    with Company().watched() as company:
        bench = Bench(size=QUICK if quick else FULL, result=result, company=company, console=console)
        batch.measure(bench)
        submit.measure(bench)
        with scratch_folder() as folder:
            worker.measure(bench, folder)
            startup.measure(bench, folder)
    result.machine["others"] = round(company.since(0.0), 3)
    return result


def _stop(_number: int, _frame: FrameType | None) -> None:
    """SIGTERM ends the run like Ctrl-C, so that everything it started is stopped."""
    sys.exit(143)


if __name__ == "__main__":
    main()
