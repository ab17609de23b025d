"""One encoder from several fine-tunings of the same one: the mean of their weights.

Wortsman et al. (2022), Model soups: averaging weights of several fine-tuned models improves accuracy without
increasing inference time. The runs must have started from the same weights and held out the same sources; what else
they learned from may differ.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from inquiry_pipeline.core.errors import DataError
from inquiry_pipeline.learning.encoder import WEIGHTS, copy_unlearned, read_weights
from inquiry_pipeline.learning.holdout import Finetuning, read_finetuning


def average(folders: Sequence[Path], out: Path) -> Finetuning:
    """Write the mean of the fine-tuned encoders in these folders to `out`, with a record of all of them."""
    from safetensors.numpy import save_file  # noqa: PLC0415 - train extra

    record = _common_record(folders)
    encoders = [read_weights(folder)[0] for folder in folders]
    shapes = [{name: tensor.shape for name, tensor in encoder.items()} for encoder in encoders]
    if any(other != shapes[0] for other in shapes[1:]):
        raise DataError(f"The encoders in {_listed(folders)} are not of one shape.")
    out.mkdir(parents=True, exist_ok=True)
    mean = {name: np.mean([encoder[name] for encoder in encoders], axis=0) for name in encoders[0]}
    save_file(mean, out / WEIGHTS)
    copy_unlearned(folders[0], out)
    record.save(out)
    return record


def _common_record(folders: Sequence[Path]) -> Finetuning:
    records = []
    for folder in folders:
        record = read_finetuning(folder)
        if record is None:
            raise DataError(f"{folder} holds no fine-tuned encoder.")
        records.append(record)
    if len(records) < 2:
        raise DataError("An average needs two encoders at least.")
    if any(record.held_out != records[0].held_out for record in records):
        raise DataError(f"The encoders in {_listed(folders)} held out different sources.")
    return Finetuning(
        held_out=records[0].held_out,
        learned=tuple(sorted({source for record in records for source in record.learned})),
        data=" ".join(dict.fromkeys(record.data for record in records)),
        options={
            name: _common([record.options.get(name) for record in records])
            for name in dict.fromkeys(name for record in records for name in record.options)
        },
        epochs=[dict(epoch) | {"seed": record.options.get("seed")} for record in records for epoch in record.epochs],
    )


def _common(values: Sequence[Any]) -> Any:  # noqa: ANN401
    """What all runs have in common, or what each has."""
    return values[0] if all(value == values[0] for value in values) else list(values)


def _listed(folders: Sequence[Path]) -> str:
    return ", ".join(map(str, folders))
