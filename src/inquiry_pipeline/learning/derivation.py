"""A bundle made from another one: what is not changed is copied, and the new one appears when it is complete."""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from inquiry_pipeline.core.errors import BundleError, DataError
from inquiry_pipeline.learning.card import bundle_readme, own_categories_readme
from inquiry_pipeline.learning.evaluation import Report, abstention_report
from inquiry_pipeline.learning.evidence import EVIDENCE, HeldOut
from inquiry_pipeline.learning.holdout import read_finetuning
from inquiry_pipeline.learning.thresholds import Outcome, decide
from inquiry_pipeline.nlp.bundle import load_bundle
from inquiry_pipeline.nlp.heads import SCOPE, Head
from inquiry_pipeline.nlp.manifest import HEADS, MANIFEST, Manifest, checksums, read_manifest, write_manifest

EVALUATION: Final = "evaluation.json"
README: Final = "README.md"
_MADE_ANEW: Final = frozenset({MANIFEST, HEADS, EVALUATION, EVIDENCE, README})


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The bundle that another is made from."""

    folder: Path
    manifest: Manifest

    def report(self) -> Report:
        """Its held-out figures; empty where it has none."""
        path = self.folder / EVALUATION
        try:
            content: Report = json.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise BundleError(f"{path} cannot be read: {error}") from error
        return content


def read_base(folder: Path) -> Base:
    """Read and verify a bundle to make another from."""
    return Base(folder=folder, manifest=read_manifest(folder))


@contextmanager
def new_bundle(base: Base, out: Path) -> Iterator[Path]:
    """A folder with the files of the base that stay as they are; it becomes `out` when the block ends well.

    DataError where `out` exists with something in it, or cannot be written.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DataError(f"{out} exists already; name a folder that does not, or an empty one.")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}."))
    except OSError as error:
        raise DataError(f"{out} cannot be written: {error.strerror}") from error
    try:
        for name in sorted(set(base.manifest.checksums) - _MADE_ANEW):
            shutil.copyfile(base.folder / name, folder / name)
        yield folder
        load_bundle(folder)
        folder.chmod(0o755)
        folder.replace(out)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def copy_files(base: Base, folder: Path, *names: str) -> None:
    """Copy files that the base may have or not."""
    for name in names:
        if name in base.manifest.checksums:
            shutil.copyfile(base.folder / name, folder / name)


def write_report(folder: Path, report: Report, readme: str) -> None:
    """Write the figures and the README of a bundle."""
    (folder / EVALUATION).write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    (folder / README).write_text(readme, "utf-8")


def replace_category_head(base: Base, folder: Path, head: Head, *, scope: bool) -> None:
    """Write the base's heads with another one for the category, and without that for the scope if it is not kept."""
    with np.load(base.folder / HEADS, allow_pickle=False) as arrays:
        kept = {name: arrays[name] for name in arrays.files if scope or not name.startswith(f"{SCOPE}.")}
    kept |= {"category.weight": head.weight, "category.bias": head.bias}
    np.savez(folder / HEADS, allow_pickle=False, **kept)


def finish(base: Base, folder: Path, **changes: Any) -> Manifest:  # noqa: ANN401 - any field of Manifest
    """Write the manifest of a new bundle, the last of its files: the base's with these changes."""
    manifest = replace(
        base.manifest, created=datetime.now(UTC).isoformat(timespec="seconds"), checksums=checksums(folder), **changes
    )
    write_manifest(folder, manifest)
    return manifest


def with_category(manifest: Manifest, head: Head, *, scope: bool) -> dict[str, Mapping[str, Any]]:
    """The manifest's labels and temperatures with those of another category head."""
    labels = {task: own for task, own in manifest.labels.items() if scope or task != SCOPE}
    return {
        "labels": labels | {"category": head.labels},
        "temperatures": {**manifest.temperatures, "category": dict(head.temperatures)},
    }


def apply_thresholds(base: Base, held_out: HeldOut, found: Outcome, out: Path) -> Manifest:
    """Make a bundle in `out` that differs in its thresholds, and in the figures on abstention that follow from them."""
    manifest = base.manifest
    open_ = ~decide(held_out, manifest.languages, found.aim)
    abstention = abstention_report(
        confidence=held_out.confidence.astype(np.float64),
        abstained=open_,
        correct=held_out.right,
        labelled=held_out.in_scope,
        out_of_scope=~held_out.in_scope,
    )
    report = base.report() | {"abstention": abstention}
    if "suggestions" in report:
        # Which are left open has changed, and without the texts nobody can say what was suggested for them.
        report["suggestions"] = {name: own for name, own in report["suggestions"].items() if name != "left open"}
    with new_bundle(base, out) as folder:
        copy_files(base, folder, HEADS, EVIDENCE)
        if "base" in manifest.data:
            readme = own_categories_readme(manifest.name, report, manifest.data["base"])
        else:
            readme = bundle_readme(manifest.name, report, read_finetuning(base.folder))
        write_report(folder, report, readme)
        data = {**manifest.data, "target_precision": found.aim.precision, "cautious": found.aim.cautious}
        return finish(base, folder, thresholds=found.thresholds, data=data)
