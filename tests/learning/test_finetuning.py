import json

import numpy as np
import pytest

from inquiry_pipeline.core.errors import DataError
from inquiry_pipeline.core.inquiry import Message
from inquiry_pipeline.learning.datasets import LabelledInquiry
from inquiry_pipeline.learning.encoder import Architecture, build_encoder
from inquiry_pipeline.learning.holdout import (
    FINETUNING,
    Finetuning,
    copy_record,
    held_out_rows,
    learnable_rows,
    read_finetuning,
)
from inquiry_pipeline.learning.training import HeadOptions, train_heads
from inquiry_pipeline.nlp.bundle import load_bundle
from inquiry_pipeline.nlp.encoder import Encoder
from inquiry_pipeline.nlp.manifest import ENCODER, TOKENIZER
from tests.learning.test_training import written
from tests.support.tiny_bundle import _tokenizer, _weights

RECORD = Finetuning(held_out=("author6",), learned=("author0", "author1"), data="abc", options={"epochs": 1})


def test_held_out_are_whole_sources_and_some_texts_out_of_scope():
    inquiries = list(written())
    rows = held_out_rows(inquiries, ["author6"])
    assert {i.source for i, row in zip(inquiries, rows, strict=True) if row} == {"author6", "oos"}
    assert all(row for i, row in zip(inquiries, rows, strict=True) if i.source == "author6")
    assert 2 < sum(row for i, row in zip(inquiries, rows, strict=True) if i.out_of_scope) < 20


@pytest.mark.parametrize("sources", [[], ["nobody"], ["author6", "nobody"]])
def test_held_out_sources_must_be_there(sources):
    with pytest.raises(DataError, match="not in the data"):
        held_out_rows(list(written()), sources)


def test_held_out_sources_must_have_every_label():
    inquiries = [
        LabelledInquiry(id=str(n), message=Message(body="x"), source=source, category=category)
        for n, (source, category) in enumerate([("a", "hr"), ("a", "legal"), ("b", "hr")])
    ]
    with pytest.raises(DataError, match="every label of category"):
        held_out_rows(inquiries, ["b"])


def test_learnable_rows_leave_out_what_resembles_the_held_out():
    assert learnable_rows(np.array([True, False, False]), np.array([0, 0, 2])).tolist() == [False, False, True]


def test_record_survives_being_copied_and_a_stale_one_does_not(tmp_path):
    source, out = tmp_path / "source", tmp_path / "out"
    source.mkdir()
    out.mkdir()
    RECORD.save(source)
    copy_record(source, out)
    assert read_finetuning(out) == RECORD
    (source / FINETUNING).unlink()
    copy_record(source, out)
    assert read_finetuning(out) is None


def test_a_damaged_record_is_named(tmp_path):
    (tmp_path / FINETUNING).write_text('{"held_out": 5}')
    with pytest.raises(DataError, match=FINETUNING):
        read_finetuning(tmp_path)


def encoder_folder(tiny_bundle, folder):
    folder.mkdir()
    for name in (ENCODER, TOKENIZER):
        (folder / name).write_bytes((tiny_bundle / name).read_bytes())
    RECORD.save(folder)
    return folder


def test_heads_over_a_fine_tuned_encoder_are_measured_on_the_held_out_alone(tiny_bundle, tmp_path):
    pytest.importorskip("sklearn")
    inquiries, encoder = list(written()), encoder_folder(tiny_bundle, tmp_path / "encoder")
    report = train_heads(
        encoder, inquiries, tmp_path / "out", HeadOptions(max_tokens=64), float32=tiny_bundle / ENCODER
    )
    assert report["category"]["n"] == sum(inquiry.source == "author6" for inquiry in inquiries)
    assert set(report["per_source"]) == {"author6"}
    assert report["quantisation"]["category"]["agreement"] == 1.0
    assert report["quantisation"]["category"]["int8"] == report["category"]["accuracy"] > 0.8
    bundle = load_bundle(tmp_path / "out")
    assert FINETUNING in bundle.manifest.checksums
    assert "author6" in (tmp_path / "out" / "README.md").read_text()


def test_inquiries_that_the_encoder_never_saw_are_cross_validated(tiny_bundle, tmp_path):
    pytest.importorskip("sklearn")
    encoder = encoder_folder(tiny_bundle, tmp_path / "encoder")
    Finetuning(held_out=("x",), learned=("y",), data="", options={}).save(encoder)
    report = train_heads(encoder, list(written()), tmp_path / "out", HeadOptions(max_tokens=64))
    assert report["category"]["n"] == 240


def save_weights(folder):
    from safetensors.numpy import save_file

    folder.mkdir()
    save_file(_weights(_tokenizer().get_vocab_size()), folder / "model.safetensors")
    config = {"num_hidden_layers": 1, "num_attention_heads": 2, "hidden_size": 32}
    (folder / "config.json").write_text(json.dumps(config))
    _tokenizer().save(str(folder / TOKENIZER))
    return folder


def test_torch_and_graph_give_the_same_embedding(tmp_path):
    torch = pytest.importorskip("torch")
    import onnx

    from inquiry_pipeline.learning.network import Network, padded

    architecture, weights = (
        Architecture(layers=1, attention_heads=2, hidden=32),
        _weights(_tokenizer().get_vocab_size()),
    )
    onnx.save(build_encoder(weights, architecture, quantised=False), tmp_path / ENCODER)
    _tokenizer().save(str(tmp_path / TOKENIZER))
    exact = Encoder(tmp_path / ENCODER, tmp_path / TOKENIZER, max_tokens=64)
    texts = ["i cannot log in", "hi", "please refund the second payment of my invoice, i was charged twice"]
    network = Network(
        weights={name: torch.from_numpy(array) for name, array in weights.items()}, architecture=architecture
    )
    embeddings = network.embed(*padded([exact.token_ids(text) for text in texts])).numpy()
    np.testing.assert_allclose(embeddings, np.stack([exact.embed(text) for text in texts]), atol=1e-5)


def test_finetune_learns_is_repeatable_and_leaves_weights_that_export(tmp_path):
    pytest.importorskip("torch")
    from inquiry_pipeline.learning.export import export_encoder
    from inquiry_pipeline.learning.finetuning import finetune
    from inquiry_pipeline.learning.learner import LearningOptions

    weights, inquiries = save_weights(tmp_path / "weights"), list(written())
    options = LearningOptions(epochs=4, max_tokens=64, rate=3e-3, head_rate=2e-2, threads=1)
    record = finetune(weights, inquiries, tmp_path / "out", options, held_out=("author6",))
    assert record.epochs[-1]["loss"] < record.epochs[0]["loss"]
    assert record.epochs[-1]["category en"] > 0.8
    assert "author6" not in record.learned
    saved = read_finetuning(tmp_path / "out")
    assert saved is not None
    assert saved.epochs[-1] == record.epochs[-1]
    assert export_encoder(tmp_path / "out", tmp_path / "bundle", samples=["refund"]).least > 0.9
    report = train_heads(tmp_path / "bundle", inquiries, tmp_path / "bundle", HeadOptions(max_tokens=64))
    assert report["category"]["accuracy"] > 0.8
    again = finetune(weights, inquiries, tmp_path / "again", options, held_out=("author6",))
    assert [epoch["loss"] for epoch in again.epochs] == [epoch["loss"] for epoch in record.epochs]


def test_finetune_survives_missing_labels(tmp_path):
    pytest.importorskip("torch")
    from dataclasses import replace

    from inquiry_pipeline.learning.finetuning import finetune
    from inquiry_pipeline.learning.learner import LearningOptions

    inquiries = [replace(i, urgency=None) if i.source == "author1" else i for i in written()]
    options = LearningOptions(epochs=1, batch=4, max_tokens=64, threads=1)
    record = finetune(save_weights(tmp_path / "weights"), inquiries, tmp_path / "out", options, held_out=("author6",))
    assert np.isfinite(record.epochs[-1]["loss"])


def test_stopping_early_leaves_what_the_whole_run_had_by_then(tmp_path):
    pytest.importorskip("torch")
    from dataclasses import replace

    from inquiry_pipeline.learning.finetuning import finetune
    from inquiry_pipeline.learning.learner import LearningOptions

    weights, inquiries = save_weights(tmp_path / "weights"), list(written(60))
    options = LearningOptions(epochs=3, max_tokens=64, threads=1)
    whole = finetune(weights, inquiries, tmp_path / "whole", options, held_out=("author6",))
    stopped = finetune(weights, inquiries, tmp_path / "stopped", replace(options, stop_after=2), held_out=("author6",))
    assert [epoch["loss"] for epoch in stopped.epochs] == [epoch["loss"] for epoch in whole.epochs[:2]]


def test_dropout_takes_its_share_and_keeps_the_mean():
    torch = pytest.importorskip("torch")
    from inquiry_pipeline.learning.network import dropped

    torch.manual_seed(1)
    ones = torch.ones(200, 300)
    once = dropped(ones, 0.1)
    assert float((once == 0).float().mean()) == pytest.approx(0.1, abs=0.005)
    assert float(once.mean()) == pytest.approx(1, abs=0.01)
    assert torch.equal(dropped(ones, 0.0), ones)
    assert not torch.equal(dropped(ones, 0.1), once)
    torch.manual_seed(1)
    assert torch.equal(dropped(ones, 0.1), once)
