"""What a fine-tuned encoder has not seen, so that its figures and its confidence come from elsewhere.

Whole sources are held out, and a fixed third of the out-of-scope texts. `finetuning.json` lies beside the weights,
goes along into the bundle, and says which: heads are fitted on the rest alone, everything else on these.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from inquiry_pipeline.core.errors import DataError
from inquiry_pipeline.learning.datasets import LabelledInquiry

Booleans = npt.NDArray[np.bool_]

FINETUNING: Final = "finetuning.json"
_OUT_OF_SCOPE_SHARE: Final = 3
"""One in so many out-of-scope texts is held out, by a hash of its identifier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finetuning:
    """How an encoder was fine-tuned: sources, fingerprint of all data (several after averaging), options, figures after
    each epoch.
    """

    held_out: tuple[str, ...]
    learned: tuple[str, ...]
    data: str
    options: Mapping[str, Any]
    epochs: Sequence[Mapping[str, Any]] = ()

    def has_seen(self, inquiries: Sequence[LabelledInquiry]) -> bool:
        """Whether any of them is from a source that the encoder learned from."""
        return not {inquiry.source for inquiry in inquiries}.isdisjoint(self.learned)

    def save(self, folder: Path) -> None:
        """Write it beside the weights."""
        (folder / FINETUNING).write_text(json.dumps(asdict(self), indent=1) + "\n", "utf-8")


def read_finetuning(folder: Path) -> Finetuning | None:
    """What is beside the weights or the encoder in a folder; None where it was not fine-tuned."""
    path = folder / FINETUNING
    try:
        content = json.loads(path.read_text("utf-8"))
        return Finetuning(**content | {name: tuple(content[name]) for name in ("held_out", "learned", "epochs")})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error


def copy_record(source: Path, out: Path) -> None:
    """Leave in `out` the record of a fine-tuning that is in `source`, and no other."""
    record = read_finetuning(source)
    if record is None:
        (out / FINETUNING).unlink(missing_ok=True)
    else:
        record.save(out)


def held_out_rows(inquiries: Sequence[LabelledInquiry], sources: Sequence[str]) -> Booleans:
    """Which inquiries are held out [inquiries]; DataError where a source is not there or would leave nothing."""
    missing = set(sources) - {inquiry.source for inquiry in inquiries}
    if missing or not sources:
        raise DataError(f"To be held out, but not in the data: {', '.join(sorted(missing)) or 'no source is named'}.")
    rows = np.array([_is_held_out(inquiry, sources) for inquiry in inquiries], bool)
    for task in ("category", "sentiment", "urgency"):
        known, unseen = (
            {i.label(task) for i, row in zip(inquiries, rows, strict=True) if row == side and not i.out_of_scope}
            for side in (False, True)
        )
        if known - {None} != unseen - {None}:
            raise DataError(f"The held-out sources and the others must each have every label of {task}.")
    return rows


def learnable_rows(held_out: Booleans, clusters: npt.NDArray[np.int64]) -> Booleans:
    """Which inquiries may teach [inquiries]: not held out, and no near-duplicate of one that is."""
    return ~np.isin(clusters, clusters[held_out])


def _is_held_out(inquiry: LabelledInquiry, sources: Sequence[str]) -> bool:
    if inquiry.out_of_scope:
        return hashlib.sha256(inquiry.id.encode("utf-8", "replace")).digest()[0] % _OUT_OF_SCOPE_SHARE == 0
    return inquiry.source in sources
