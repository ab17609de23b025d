"""`inquiry train`: from encoder weights and labelled inquiries to a bundle. Needs the extra `train`."""

import importlib.util
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from inquiry_pipeline.core.errors import ConfigurationError

app = typer.Typer(help="Make a model bundle (needs the extra 'train').", no_args_is_help=True)

_NEEDED: Final = ("onnx", "safetensors", "sklearn")

Weights = Annotated[
    Path, typer.Option("--weights", help="Folder with config.json, model.safetensors and tokenizer.json.")
]
Data = Annotated[Path, typer.Option("--data", help="Folder of labelled inquiries (.jsonl).")]
Out = Annotated[Path, typer.Option("--out", help="Folder to write to.")]
Name = Annotated[str, typer.Option("--name", help="First part of the model version.")]
Precision = Annotated[
    float,
    typer.Option("--target-precision", min=0.5, max=0.999, help="The category is decided where it is this right."),
]
HeldOut = Annotated[
    list[str] | None, typer.Option("--held-out", help="File (without .jsonl) never to learn from; repeatable.")
]
Seed = Annotated[int, typer.Option("--seed")]
_NAME: Final = "minilm"
_PRECISION: Final = 0.95
_HELD_OUT: Final = ("wave2_consumer_en", "wave4_plain_multi", "wave5_hard_b_en", "wave7_everyday_multi")
_EPOCHS: Final = 3
_SEED: Final = 7
_PAIRS_TO_ALIGN: Final = 30_000
"""A language; words are aligned with these, and of those the encoder learns from a third."""
_PAIRS_TO_LEARN: Final = 10_000


@app.command()
def encoder(*, weights: Weights, out: Out) -> None:
    """Export an encoder to int8 ONNX, and say how close it stays to its float32 self."""
    _need(*_NEEDED)
    from inquiry_pipeline.learning.export import export_encoder

    agreement = export_encoder(weights, out)
    typer.echo(f"int8 against float32: cosine {agreement.mean:.4f} on average, {agreement.least:.4f} at worst")


@app.command()
def finetune(
    *,
    weights: Weights,
    data: Data,
    out: Out,
    public: Annotated[
        Path | None, typer.Option("--public", help="Folder of public data (.csv.gz), of which a capped share teaches.")
    ] = None,
    held_out: HeldOut = None,
    epochs: Annotated[int, typer.Option(min=1)] = _EPOCHS,
    stop_after: Annotated[
        int | None, typer.Option(min=1, help="End after so many epochs, with the rates of the whole run.")
    ] = None,
    seed: Seed = _SEED,
) -> None:
    """Fine-tune the encoder on labelled inquiries for all tasks at once (also needs torch)."""
    _need(*_NEEDED, "torch")
    from inquiry_pipeline.learning.datasets import read_folder
    from inquiry_pipeline.learning.finetuning import finetune as run
    from inquiry_pipeline.learning.learner import LearningOptions
    from inquiry_pipeline.learning.public import read_public

    options = LearningOptions(epochs=epochs, stop_after=stop_after, seed=seed)
    inquiries = read_folder(data) + (read_public(public, seed=_SEED) if public else [])
    run(weights, inquiries, out, options, held_out=tuple(held_out or _HELD_OUT), progress=_say())


@app.command()
def average(
    *,
    weights: Annotated[list[Path], typer.Option("--weights", help="Folder of a fine-tuned encoder; give several.")],
    out: Out,
) -> None:
    """Average encoders that were fine-tuned from the same one, with other seeds or on other data."""
    _need(*_NEEDED)
    from inquiry_pipeline.learning.averaging import average as run

    run(weights, out)


@app.command()
def languages(
    *,
    weights: Weights,
    parallel: Annotated[Path, typer.Option("--parallel", help="Folder of sentence pairs (NAME.LANGUAGE.tsv.gz).")],
    data: Data,
    out: Out,
    held_out: HeldOut = None,
    seed: Seed = _SEED,
) -> None:
    """Teach an English encoder other languages, new words first, then distillation; and emoji (also needs torch)."""
    _need(*_NEEDED, "torch")
    from inquiry_pipeline.learning.datasets import read_folder
    from inquiry_pipeline.learning.distillation import DistillationOptions, distil
    from inquiry_pipeline.learning.emoji import add_emoji
    from inquiry_pipeline.learning.holdout import held_out_rows
    from inquiry_pipeline.learning.parallel import read_pairs
    from inquiry_pipeline.learning.vocabulary import VocabularyOptions, extend_vocabulary
    from inquiry_pipeline.nlp.cleaning import clean

    inquiries = read_folder(data)
    unseen = held_out_rows(inquiries, held_out or _HELD_OUT)
    texts = [clean(i.message) for i, held in zip(inquiries, unseen, strict=True) if i.language != "en" and not held]
    with tempfile.TemporaryDirectory() as folder:
        extended, spoken = Path(folder, "extended"), Path(folder, "spoken")
        pairs = read_pairs(parallel, most=_PAIRS_TO_ALIGN, seed=seed)
        extend_vocabulary(weights, pairs, texts, extended, VocabularyOptions(), progress=_say())
        pairs = read_pairs(parallel, most=_PAIRS_TO_LEARN, seed=seed + 1)
        options = DistillationOptions(seed=seed)
        cosine = distil(weights, extended, pairs, spoken, options, progress=_say())
        add_emoji(spoken, out)
    typer.echo(f"translations against their English: cosine {cosine:.3f}")


@app.command()
def suspects(
    *,
    weights: Weights,
    data: Data,
    out: Annotated[Path, typer.Option("--out", help="File to write to (.jsonl).")],
    folds: Annotated[int, typer.Option(min=2)] = 2,
    epochs: Annotated[int, typer.Option(min=1)] = 2,
    held_out: HeldOut = None,
    seed: Seed = _SEED,
) -> None:
    """List labels that models which never saw them doubt, for people to read through (also needs torch)."""
    _need(*_NEEDED, "torch")
    from inquiry_pipeline.learning.datasets import read_folder
    from inquiry_pipeline.learning.learner import LearningOptions
    from inquiry_pipeline.learning.noise import find_suspects

    inquiries = [i for i in read_folder(data) if i.source not in (held_out or _HELD_OUT)]
    options = LearningOptions(epochs=epochs, seed=seed)
    found = find_suspects(weights, inquiries, options, folds=folds, progress=_say())
    with out.open("w", encoding="utf-8") as lines:
        for suspect in found:
            lines.write(json.dumps(suspect.as_record(), ensure_ascii=False) + "\n")
    typer.echo(f"{len(found)} labels to look at in {out}")


@app.command()
def heads(
    *,
    encoder_dir: Annotated[Path, typer.Option("--encoder", help="Folder with encoder.onnx and tokenizer.json.")],
    data: Data,
    out: Out,
    name: Name = _NAME,
    target_precision: Precision = _PRECISION,
) -> None:
    """Train the heads on labelled inquiries, validate them on held-out files, calibrate, and write the bundle."""
    _need(*_NEEDED)
    _train_heads(encoder_dir, data, out, name=name, target_precision=target_precision)


@app.command()
def bundle(
    *, weights: Weights, data: Data, out: Out, name: Name = _NAME, target_precision: Precision = _PRECISION
) -> None:
    """Export the encoder, then train the heads on it: everything that a bundle needs."""
    encoder(weights=weights, out=out)
    from inquiry_pipeline.learning.export import export_float32

    with tempfile.TemporaryDirectory() as folder:
        float32 = export_float32(weights, Path(folder))
        _train_heads(out, data, out, name=name, target_precision=target_precision, float32=float32)


def _train_heads(
    encoder_dir: Path, data: Path, out: Path, *, name: str, target_precision: float, float32: Path | None = None
) -> None:
    from inquiry_pipeline.learning.datasets import read_folder
    from inquiry_pipeline.learning.training import HeadOptions, train_heads

    options = HeadOptions(name=name, target_precision=target_precision)
    report = train_heads(encoder_dir, read_folder(data), out, options, float32=float32, progress=_say())
    for task in ("category", "sentiment", "urgency"):
        figures = report[task]
        typer.echo(
            f"{task}: accuracy {figures['accuracy']:.3f}, macro F1 {figures['macro_f1']:.3f}, ECE {figures['ece']:.3f}"
        )
    typer.echo(json.dumps({key: report[key] for key in ("abstention", "quantisation") if key in report}))


def _say() -> Callable[[str], Any]:
    return lambda message: typer.echo(f"{message} …", err=True)


def _need(*modules: str) -> None:
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigurationError(f"This needs {', '.join(missing)}: see `make model`, or uv sync --extra train.")
