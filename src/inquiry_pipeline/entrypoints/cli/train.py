"""`inquiry train`: from encoder weights and labelled inquiries to a bundle. Needs the extra `train`."""

import importlib.util
import json
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
_PRECISION: Final = 0.85


@app.command()
def encoder(*, weights: Weights, out: Out) -> None:
    """Export an encoder to int8 ONNX, and say how close it stays to its float32 self."""
    _need_extra()
    from inquiry_pipeline.learning.export import export_encoder

    agreement = export_encoder(weights, out)
    typer.echo(f"int8 against float32: cosine {agreement.mean:.4f} on average, {agreement.least:.4f} at worst")


@app.command()
def heads(
    *,
    encoder_dir: Annotated[Path, typer.Option("--encoder", help="Folder with encoder.onnx and tokenizer.json.")],
    data: Data,
    out: Out,
    name: Name = _NAME,
    target_precision: Precision = _PRECISION,
) -> None:
    """Train the heads on labelled inquiries, cross-validate them by source, calibrate, and write the bundle."""
    _need_extra()
    from inquiry_pipeline.learning.datasets import read_folder
    from inquiry_pipeline.learning.training import HeadOptions, train_heads

    options = HeadOptions(name=name, target_precision=target_precision)
    report = train_heads(encoder_dir, read_folder(data), out, options, progress=_say())
    for task in ("category", "sentiment", "urgency"):
        figures = report[task]
        typer.echo(
            f"{task}: accuracy {figures['accuracy']:.3f}, macro F1 {figures['macro_f1']:.3f}, ECE {figures['ece']:.3f}"
        )
    typer.echo(json.dumps(report["abstention"]))


@app.command()
def bundle(
    *, weights: Weights, data: Data, out: Out, name: Name = _NAME, target_precision: Precision = _PRECISION
) -> None:
    """Export the encoder, then train the heads on it: everything that a bundle needs."""
    encoder(weights=weights, out=out)
    heads(encoder_dir=out, data=data, out=out, name=name, target_precision=target_precision)


def _say() -> Callable[[str], Any]:
    return lambda message: typer.echo(f"{message} …", err=True)


def _need_extra() -> None:
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigurationError(f"Training needs {', '.join(missing)}: install the extra with uv sync --extra train.")
