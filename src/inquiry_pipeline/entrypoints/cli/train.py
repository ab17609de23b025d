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
_NAME: Final = "minilm"
_PRECISION: Final = 0.95
_HELD_OUT: Final = ("wave2_consumer_en", "wave4_plain_multi", "wave5_hard_b_en")
_EPOCHS: Final = 3
_SEED: Final = 7
_THREADS: Final = 2


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
    held_out: Annotated[
        list[str] | None, typer.Option("--held-out", help="File (without .jsonl) never to learn from; repeatable.")
    ] = None,
    epochs: Annotated[int, typer.Option(min=1)] = _EPOCHS,
    stop_after: Annotated[
        int | None, typer.Option(min=1, help="End after so many epochs, with the rates of the whole run.")
    ] = None,
    seed: Annotated[int, typer.Option()] = _SEED,
    threads: Annotated[int, typer.Option(min=1, help="CPU threads that torch may use.")] = _THREADS,
) -> None:
    """Fine-tune the encoder on labelled inquiries for all tasks at once (also needs torch)."""
    _need(*_NEEDED, "torch")
    from inquiry_pipeline.learning.datasets import read_folder
    from inquiry_pipeline.learning.finetuning import FinetuningOptions
    from inquiry_pipeline.learning.finetuning import finetune as run

    options = FinetuningOptions(
        held_out=tuple(held_out or _HELD_OUT), epochs=epochs, stop_after=stop_after, seed=seed, threads=threads
    )
    run(weights, read_folder(data), out, options, progress=_say())


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
