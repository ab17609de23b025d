"""`python -m benchmarks.bare_encoder N SECONDS`: the encoder's forward pass and nothing else, in its own process.

ONNX Runtime on the default bundle's encoder.onnx, one text a pass and one core a pass as in the product; the
tokens are ready before the clock starts. This is what the hardware gives: everything else is measured against it.
"""

import json
import os
import random
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

from benchmarks.corpus import texts
from inquiry_pipeline.core.inquiry import Message
from inquiry_pipeline.nlp.bundle import DEFAULT_BUNDLE
from inquiry_pipeline.nlp.cleaning import clean
from inquiry_pipeline.nlp.manifest import ENCODER, TOKENIZER

Tokens = npt.NDArray[np.int64]
_TOKENS: Final = 56


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Passes a second: 56-token inquiries and the corpus, with one thread and with one a core."""

    fixed_one: float
    fixed_all: float
    corpus_one: float
    corpus_all: float
    mean_tokens: float


def measure(count: int, seconds: float) -> Rates:
    """Measure in a process of its own: the first `count` texts of the corpus, the other rates for `seconds` each."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.bare_encoder", str(count), str(seconds)],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return Rates(**json.loads(done.stdout))


def main() -> None:
    """Measure and print the rates as JSON."""
    count, seconds = int(sys.argv[1]), float(sys.argv[2])
    session = _session()
    corpus = _corpus(count)
    stream = [number for inputs in corpus for number in inputs[0, 1:-1].tolist()]
    begin, end = int(corpus[0][0, 0]), int(corpus[0][0, -1])
    starts = range(0, len(stream) - _TOKENS, _TOKENS - 2)
    fixed = [_input([begin, *stream[start : start + _TOKENS - 2], end]) for start in starts]
    few = random.Random(1).sample(corpus, min(len(corpus), 400))
    cores = os.cpu_count() or 1
    _rate(session, fixed, threads=cores, seconds=0.3)
    rates = Rates(
        fixed_one=_rate(session, fixed, threads=1, seconds=seconds),
        fixed_all=_rate(session, fixed, threads=cores, seconds=seconds),
        corpus_one=_rate(session, few, threads=1, seconds=seconds),
        corpus_all=_rate(session, corpus, threads=cores),
        mean_tokens=sum(inputs.shape[1] for inputs in corpus) / len(corpus),
    )
    print(json.dumps(asdict(rates)))


def _session() -> Any:  # noqa: ANN401 - onnxruntime has no types
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(DEFAULT_BUNDLE / ENCODER, options, providers=["CPUExecutionProvider"])


def _corpus(count: int) -> list[Tokens]:
    tokenizer = Tokenizer.from_file(str(DEFAULT_BUNDLE / TOKENIZER))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    cleaned = (clean(Message(subject=one.subject, body=one.body)) for one in texts(0, count))
    return [_input(tokenizer.encode(text).ids) for text in cleaned]


def _input(ids: list[int]) -> Tokens:
    return np.array([ids], dtype=np.int64)


def _rate(session: Any, inputs: list[Tokens], *, threads: int, seconds: float = 0.0) -> float:  # noqa: ANN401
    """Passes a second over all inputs once, or for `seconds` around and around."""
    rounds = 1_000_000 if seconds else len(inputs)
    numbers = iter(range(rounds))  # `next` on it is atomic
    finished: list[int] = []
    began = time.perf_counter()
    end = began + seconds if seconds else float("inf")

    def work() -> None:
        done = 0
        for number in numbers:
            session.run(["embedding"], {"input_ids": inputs[number % len(inputs)]})
            done += 1
            if time.perf_counter() >= end:
                break
        finished.append(done)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(finished) / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
