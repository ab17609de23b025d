"""`evidence.npz`: the answers of a bundle's category head on inquiries that it never saw, without their texts.

They are what thresholds are chosen on, also long after training.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from inquiry_pipeline.core.errors import BundleError
from inquiry_pipeline.nlp.manifest import Manifest

EVIDENCE: Final = "evidence.npz"
_ARRAYS: Final = ("confidence", "predicted", "right", "languages", "sources", "in_scope", "folds")
SUPPORTED_ACCURACY: Final = 0.70
"""A language is decided in where at least so many held-out answers in it are right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """Held-out answers; all arrays are [n].

    `confidence` is calibrated by the other folds. `predicted` is the column in `categories`, `right` whether that
    is the truth (never for a text out of scope), `languages` ISO 639-1 codes, `sources` the place of the
    inquiry's source in the manifest's list of them, `folds` those of the cross-fitting.
    """

    categories: tuple[str, ...]
    confidence: npt.NDArray[np.float32]
    predicted: npt.NDArray[np.int16]
    right: npt.NDArray[np.bool_]
    languages: npt.NDArray[np.str_]
    sources: npt.NDArray[np.int16]
    in_scope: npt.NDArray[np.bool_]
    folds: npt.NDArray[np.int8]

    def only(self, rows: npt.NDArray[np.bool_]) -> "HeldOut":
        """The answers whose row is true."""
        return HeldOut(categories=self.categories, **{name: getattr(self, name)[rows] for name in _ARRAYS})

    def save(self, folder: Path) -> None:
        """Write it into a bundle; the manifest must be written after it."""
        np.savez_compressed(folder / EVIDENCE, allow_pickle=False, **{name: getattr(self, name) for name in _ARRAYS})


def read_held_out(folder: Path, manifest: Manifest) -> HeldOut:
    """Read a bundle's evidence; BundleError, in one sentence, where it has none or it cannot be read."""
    if EVIDENCE not in manifest.checksums:
        raise BundleError(
            f"The bundle in {folder} holds no held-out answers ({EVIDENCE}), so no thresholds can be chosen for it: "
            f"it was not validated on labelled inquiries, or before such answers were kept; train it again."
        )
    path = folder / EVIDENCE
    try:
        with np.load(path, allow_pickle=False) as arrays:
            held_out = HeldOut(
                categories=manifest.labels["category"], **{name: np.array(arrays[name]) for name in _ARRAYS}
            )
    except (OSError, KeyError, ValueError) as error:
        raise BundleError(f"{path} cannot be read: {error}") from error
    if len({getattr(held_out, name).shape for name in _ARRAYS}) != 1 or held_out.confidence.ndim != 1:
        raise BundleError(f"{path}: its arrays are not of one length.")
    if len(held_out.predicted) and not 0 <= held_out.predicted.min() <= held_out.predicted.max() < len(
        held_out.categories
    ):
        raise BundleError(f"{path} holds answers for categories that the bundle does not have.")
    return held_out
