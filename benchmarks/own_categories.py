"""`python -m benchmarks.own_categories --data FOLDER`: own categories, measured as somebody would use them.

Every intent of Banking77 and of CLINC150 is a category. Examples are drawn from the `train` rows and everything is
scored on the `dev` rows of the files `banking77*.csv.gz` and `clinc150*.csv.gz` (columns `text`, `source_label`,
`split`, `neardup_cluster`), which no near-duplicate may cross. The same functions run as in `inquiry models
fit-heads` and `from-labels`. docs/own-categories.md has the results.
"""

import argparse
import csv
import gzip
import json
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from inquiry_pipeline.core.inquiry import Message
from inquiry_pipeline.learning.datasets import LabelledInquiry
from inquiry_pipeline.learning.own_categories import OwnOptions, fit_heads, from_labels
from inquiry_pipeline.nlp.bundle import DEFAULT_BUNDLE, Bundle, load_bundle
from inquiry_pipeline.nlp.cleaning import clean
from inquiry_pipeline.nlp.language import DetectedLanguage
from inquiry_pipeline.nlp.manifest import ENCODER, TOKENIZER, checksums, read_manifest, write_manifest

Floats = npt.NDArray[np.float32]

DATASETS: Final = ("banking77", "clinc150")
SHOTS: Final = (8, 16, 64)
SEEDS: Final = (1, 2, 3)
_OUT_OF_SCOPE: Final = "oos"
_ENGLISH: Final = DetectedLanguage(code="en", probability=1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One text of a data set with its intent."""

    id: str
    text: str
    intent: str
    cluster: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """What examples are drawn from, what is scored, and the embeddings [tested, dimensions] of the latter."""

    name: str
    learnable: Mapping[str, Sequence[Row]]
    tested: Sequence[Row]
    embeddings: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One run. `shots` 0 is by label names alone. `decided` and `precision` follow from the bundle's thresholds.

    `seconds` of processor time, embedding the examples included, so that company on the machine does not count.
    """

    dataset: str
    shots: int
    seed: int
    accuracy: float
    decided: float
    precision: float | None
    seconds: float


def main() -> None:
    """Read the command line, measure, print Markdown, and write every figure where asked."""
    options = _options()
    bundle_dir = options.bundle
    with tempfile.TemporaryDirectory() as name:
        if options.encoder:
            bundle_dir = _with_encoder(options.bundle, options.encoder, Path(name) / "other")
        bundle = load_bundle(bundle_dir)
        figures = [
            figure
            for dataset in options.datasets
            for figure in _measured(bundle_dir, _read(options.data, dataset, bundle), Path(name), options)
        ]
    print(markdown(figures))
    if options.out:
        content = {"bundle": bundle.model_version, "figures": [asdict(figure) for figure in figures]}
        options.out.write_text(json.dumps(content, indent=1) + "\n", "utf-8")


def markdown(figures: Sequence[Figure]) -> str:
    """One line a data set and number of examples, each with the mean over the seeds and their spread."""
    lines = [
        "| data | examples a class | accuracy | decided | right of those | CPU seconds |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for dataset, shots in dict.fromkeys((figure.dataset, figure.shots) for figure in figures):
        own = [figure for figure in figures if (figure.dataset, figure.shots) == (dataset, shots)]
        precisions = [figure.precision for figure in own if figure.precision is not None]
        cells = (
            dataset,
            str(shots) if shots else "none, names alone",
            _spread([figure.accuracy for figure in own]),
            f"{np.mean([figure.decided for figure in own]):.0%}",
            f"{np.mean(precisions):.1%}" if precisions else "-",
            f"{np.mean([figure.seconds for figure in own]):.1f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.own_categories", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with banking77 and clinc150 as .csv.gz")
    parser.add_argument("--bundle", type=Path, default=DEFAULT_BUNDLE, help="bundle to make others from")
    parser.add_argument("--encoder", type=Path, help="folder with another encoder.onnx and tokenizer.json to compare")
    parser.add_argument("--datasets", nargs="+", default=DATASETS, choices=DATASETS)
    parser.add_argument("--shots", nargs="*", type=int, default=SHOTS, help="examples a class; none: names alone")
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS)
    parser.add_argument("--out", type=Path, help="file for every figure, as JSON")
    return parser.parse_args()


def _with_encoder(bundle: Path, encoder: Path, out: Path) -> Path:
    """The bundle with another encoder: good for own categories alone, as its other heads do not fit any more."""
    shutil.copytree(bundle, out)
    for name in (ENCODER, TOKENIZER):
        shutil.copyfile(encoder / name, out / name)
    manifest = read_manifest(bundle)
    write_manifest(out, type(manifest)(**{**_fields(manifest), "checksums": checksums(out)}))
    return out


def _fields(value: Any) -> dict[str, Any]:  # noqa: ANN401 - any slotted dataclass
    return {name: getattr(value, name) for name in value.__slots__}


def _read(folder: Path, name: str, bundle: Bundle) -> Dataset:
    learnable: dict[str, list[Row]] = {}
    tested: list[Row] = []
    for row, split in _rows(folder, name):
        if row.intent != _OUT_OF_SCOPE:
            (tested if split == "dev" else learnable.setdefault(row.intent, [])).append(row)
    crossing = {row.cluster for row in tested} & {row.cluster for own in learnable.values() for row in own}
    if crossing:
        raise SystemExit(f"{name}: near-duplicates are on both sides of the split: {sorted(crossing)[:3]}")
    with ThreadPoolExecutor(2) as threads:
        embeddings = list(threads.map(lambda row: bundle.encoder.embed(clean(Message(body=row.text))), tested))
    return Dataset(name=name, learnable=learnable, tested=tested, embeddings=np.stack(embeddings))


def _rows(folder: Path, name: str) -> Iterator[tuple[Row, str]]:
    path = next(iter(sorted(folder.glob(f"{name}*.csv.gz"))), None)
    if path is None:
        raise SystemExit(f"{folder} holds no {name}*.csv.gz")
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for fields in csv.DictReader(file):
            intent = fields["source_label"].split("|")[0].split("/")[-1]
            row = Row(id=fields["id"], text=fields["text"], intent=intent, cluster=fields["neardup_cluster"])
            yield row, fields["split"]


def _measured(bundle_dir: Path, dataset: Dataset, folder: Path, options: argparse.Namespace) -> Iterator[Figure]:
    yield _by_names(bundle_dir, dataset, folder / f"{dataset.name}-names")
    for shots in options.shots:
        for seed in options.seeds:
            yield _by_examples(bundle_dir, dataset, folder / f"{dataset.name}-{shots}-{seed}", shots=shots, seed=seed)


def _by_names(bundle_dir: Path, dataset: Dataset, out: Path) -> Figure:
    began = time.process_time()
    labels: dict[str, tuple[str, ...]] = dict.fromkeys(sorted(dataset.learnable), ())
    from_labels(bundle_dir, labels, out, name="names", threshold=0.9, scope=False)
    return _figure(out, dataset, shots=0, seed=0, seconds=time.process_time() - began)


def _by_examples(bundle_dir: Path, dataset: Dataset, out: Path, *, shots: int, seed: int) -> Figure:
    examples = list(_drawn(dataset, shots, seed))
    began = time.process_time()
    fit_heads(bundle_dir, examples, out, OwnOptions(name="examples", languages=("en",)))
    return _figure(out, dataset, shots=shots, seed=seed, seconds=time.process_time() - began)


def _drawn(dataset: Dataset, shots: int, seed: int) -> Iterator[LabelledInquiry]:
    """So many examples of every intent, or all where it has fewer."""
    random = np.random.default_rng(seed)
    for _, rows in sorted(dataset.learnable.items()):
        for index in random.permutation(len(rows))[:shots]:
            row = rows[int(index)]
            yield LabelledInquiry(
                id=row.id, message=Message(body=row.text), source=dataset.name, language="en", category=row.intent
            )


def _figure(out: Path, dataset: Dataset, *, shots: int, seed: int, seconds: float) -> Figure:
    bundle = load_bundle(out)
    shutil.rmtree(out)
    answers = [bundle.prediction(bundle.heads.answer(one, "en"), _ENGLISH) for one in dataset.embeddings]
    right = np.array([a.category == row.intent for a, row in zip(answers, dataset.tested, strict=True)])
    decided = np.array([not answer.abstained for answer in answers])
    return Figure(
        dataset=dataset.name,
        shots=shots,
        seed=seed,
        accuracy=float(right.mean()),
        decided=float(decided.mean()),
        precision=float(right[decided].mean()) if decided.any() else None,
        seconds=seconds,
    )


def _spread(values: Sequence[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:.1%}"
    return f"{np.mean(values):.1%} ± {np.std(values, ddof=1):.1%}".replace("% ±", " ±")


if __name__ == "__main__":
    main()
