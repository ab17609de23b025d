from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from inquiry_pipeline.core.errors import DataError
from inquiry_pipeline.learning.averaging import average
from inquiry_pipeline.learning.holdout import Finetuning, read_finetuning
from tests.learning.test_finetuning import save_weights

RECORD = Finetuning(held_out=("x",), learned=("y",), data="abc", options={"seed": 1}, epochs=[{"epoch": 1}])


def finetuned(folder, seed, shift, **changes):
    save_weights(folder)
    tensors = {name: tensor + np.float32(shift) for name, tensor in load_file(folder / "model.safetensors").items()}
    save_file(tensors, folder / "model.safetensors")
    replace(RECORD, options={"seed": seed, "epochs": 3}, **changes).save(folder)
    return folder


def test_average_is_the_mean_of_the_weights_and_remembers_both(tmp_path):
    folders = [finetuned(tmp_path / "one", 1, 0.0), finetuned(tmp_path / "two", 2, 1.0)]
    average(folders, tmp_path / "out")
    one, mean = (load_file(tmp_path / name / "model.safetensors") for name in ("one", "out"))
    for name, tensor in one.items():
        np.testing.assert_allclose(mean[name], tensor + 0.5, atol=1e-6)
    record = read_finetuning(tmp_path / "out")
    assert record is not None
    assert record.options == {"seed": [1, 2], "epochs": 3}
    assert [epoch["seed"] for epoch in record.epochs] == [1, 2]
    assert record.held_out == ("x",)


def test_average_of_runs_over_different_data_remembers_all_of_it(tmp_path):
    folders = [finetuned(tmp_path / "one", 1, 0.0), finetuned(tmp_path / "two", 2, 0.0, data="def", learned=("y", "z"))]
    record = average(folders, tmp_path / "out")
    assert (record.data, record.learned) == ("abc def", ("y", "z"))


def test_average_needs_fine_tunings_that_hold_out_the_same(tmp_path):
    one = finetuned(tmp_path / "one", 1, 0.0)
    other = finetuned(tmp_path / "other", 2, 0.0, held_out=("y",))
    with pytest.raises(DataError, match="held out different sources"):
        average([one, other], tmp_path / "out")
    with pytest.raises(DataError, match="no fine-tuned encoder"):
        average([one, save_weights(tmp_path / "plain")], tmp_path / "out")
    with pytest.raises(DataError, match="two encoders at least"):
        average([one], tmp_path / "out")
