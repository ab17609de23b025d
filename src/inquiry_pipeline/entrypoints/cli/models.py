"""`inquiry models`: look at a bundle, choose its thresholds, make one for categories of one's own."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from inquiry_pipeline.core.errors import DataError
from inquiry_pipeline.settings import load_settings

if TYPE_CHECKING:
    from inquiry_pipeline.learning.own_categories import Fitted

app = typer.Typer(help="Look at model bundles, and make them from others without training.", no_args_is_help=True)

_PRECISION: Final = 0.95
_NAME: Final = "own"

BundleArgument = Annotated[
    Path | None, typer.Argument(metavar="[BUNDLE]", help="A bundle's folder; by default the one in use.")
]
Base = Annotated[
    Path | None, typer.Option("--bundle", help="The bundle whose encoder is used; by default the one in use.")
]
Out = Annotated[Path, typer.Option("--out", help="The new bundle's folder, which must not exist or be empty.")]
Name = Annotated[str, typer.Option("--name", help="First part of the new model version.")]
Precision = Annotated[
    float,
    typer.Option("--target-precision", min=0.5, max=0.999, help="The category is decided where it is this right."),
]
AsJson = Annotated[bool, typer.Option("--json", help="The whole content as JSON.")]


@app.command()
def show(bundle: BundleArgument = None, *, as_json: AsJson = False) -> None:
    """Show a bundle: version, labels, languages, thresholds, and its figures on held-out inquiries."""
    from inquiry_pipeline.entrypoints.cli.model_tables import description, print_description
    from inquiry_pipeline.learning.derivation import read_base

    shown = description(read_base(_folder(bundle)))
    if as_json:
        _print_json(shown)
    else:
        print_description(shown)


@app.command()
def thresholds(
    bundle: BundleArgument = None,
    *,
    target_precision: Precision = _PRECISION,
    cautious: Annotated[
        bool, typer.Option("--cautious", help="The lower end of the 95 % interval must reach the precision.")
    ] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Write a bundle with these thresholds to --out.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Where --apply writes the new bundle.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what a target precision comes to for every class and language; change nothing without --apply.

    Precision, interval and automation are cross-fitted: each held-out answer is decided by a threshold that was
    chosen without the answers of its fold.
    """
    from inquiry_pipeline.entrypoints.cli.model_tables import outcome_fields, print_outcome
    from inquiry_pipeline.learning.derivation import apply_thresholds, read_base
    from inquiry_pipeline.learning.evidence import read_held_out
    from inquiry_pipeline.learning.thresholds import Aim, outcome

    if apply != (out is not None):
        raise typer.BadParameter("--apply and --out FOLDER belong together", param_hint="--apply")
    base = read_base(_folder(bundle))
    held_out = read_held_out(base.folder, base.manifest)
    aim = Aim(precision=target_precision, cautious=cautious, otherwise=_otherwise(base.manifest.data, target_precision))
    found = outcome(held_out, base.manifest.languages, aim)
    if as_json:
        _print_json(outcome_fields(found))
    else:
        print_outcome(found)
    if out is not None:
        manifest = apply_thresholds(base, held_out, found, out)
        typer.echo(f"{manifest.model_version} is in {out}", err=True)


@app.command()
def fit_heads(
    file: Annotated[Path, typer.Argument(help="Examples (.csv, .jsonl) with text, or subject and body, and category.")],
    *,
    out: Out,
    bundle: Base = None,
    name: Name = _NAME,
    target_precision: Precision = _PRECISION,
    language: Annotated[
        list[str] | None, typer.Option("--language", help="Decide in this language; repeatable. By default as proven.")
    ] = None,
) -> None:
    """Make a bundle for your own categories from a few examples each: seconds on a CPU, no training environment.

    Eight examples a category are a good beginning. The figures shown are cross-validated over the examples.
    """
    from inquiry_pipeline.entrypoints.cli.own_files import is_language, read_examples
    from inquiry_pipeline.learning.own_categories import OwnOptions
    from inquiry_pipeline.learning.own_categories import fit_heads as fit

    for one in language or ():
        if not is_language(one):
            raise typer.BadParameter(f"must be an ISO 639-1 code such as en, is {one!r}", param_hint="--language")
    options = OwnOptions(name=name, target_precision=target_precision, languages=tuple(language or ()))
    fitted = fit(_folder(bundle), read_examples(file), out, options)
    _tell(fitted)
    typer.echo(f"{fitted.manifest.model_version} is in {out}", err=True)


@app.command()
def from_labels(
    file: Annotated[Path, typer.Argument(help="Category names with descriptions (.yaml or .json).")],
    *,
    out: Out,
    bundle: Base = None,
    name: Name = _NAME,
    threshold: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="Confidence from which a category is decided.")
    ] = None,
    scope: Annotated[
        bool, typer.Option("--scope/--no-scope", help="Keep the bundle's sense of what is no inquiry at all.")
    ] = True,
) -> None:
    """Make a bundle for your own categories from their names and descriptions alone, by similarity.

    Nothing is measured on your inquiries, and the confidence is not calibrated: look at the answers, and give
    examples (fit-heads) as soon as you have some.
    """
    from inquiry_pipeline.entrypoints.cli.own_files import read_labels
    from inquiry_pipeline.learning.own_categories import SIMILARITY_THRESHOLD
    from inquiry_pipeline.learning.own_categories import from_labels as describe

    labels = read_labels(file)
    least = SIMILARITY_THRESHOLD if threshold is None else threshold
    manifest = describe(_folder(bundle), labels, out, name=name, threshold=least, scope=scope)
    typer.echo(
        f"{len(labels)} categories, decided from {least:.0%}; the confidence is not calibrated on them.", err=True
    )
    typer.echo(f"{manifest.model_version} is in {out}", err=True)


def _folder(bundle: Path | None) -> Path:
    from inquiry_pipeline.nlp.bundle import DEFAULT_BUNDLE

    folder = bundle or load_settings().bundle_dir or DEFAULT_BUNDLE
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such folder.")
    return folder


def _otherwise(data: Any, precision: float) -> float | None:  # noqa: ANN401 - the manifest's free part
    """With a few examples of one's own, the calibrated confidence stands in for a threshold that cannot be chosen."""
    return precision if "base" in data else None


def _tell(fitted: "Fitted") -> None:
    from inquiry_pipeline.entrypoints.cli.model_tables import print_fitted
    from inquiry_pipeline.learning.thresholds import LEAST_DECIDED

    print_fitted(fitted)
    if len(fitted.held_out.right) < LEAST_DECIDED:
        typer.echo(
            f"With fewer than {LEAST_DECIDED} examples no threshold can be proven: the calibrated confidence decides.",
            err=True,
        )
    if not fitted.scope_kept:
        typer.echo("Many examples look like no inquiry to the bundle; its sense of that is left out.", err=True)
    if not fitted.manifest.languages:
        typer.echo(
            "No language is proven by the examples, so every category will be a suggestion only; "
            "give more examples, or name the languages to decide in with --language.",
            err=True,
        )


def _print_json(content: Any) -> None:  # noqa: ANN401 - anything that JSON can hold
    typer.echo(json.dumps(content, indent=2, ensure_ascii=False))
