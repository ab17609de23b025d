"""Transformer weights → the bundle's `encoder.onnx`: one graph, built node by node, quantised as it is built.

The graph is written with ONNX Runtime's own fused operators (DynamicQuantizeMatMul, MultiHeadAttention,
BiasGelu), so no tracing, no torch and no optimiser passes are needed, and a fine-tuned encoder saved as
safetensors goes the same way. Residual and LayerNorm stay two operators: SkipLayerNormalization is four times
slower than the two on ONNX Runtime 1.31's CPU provider.

Its batch size is fixed to 1. Dynamic quantisation takes the scale of the activations from the whole input
tensor, so in a shared pass the same text would get other answers in other company; batching gains 8 % on a
CPU, and the same answer online, in batch and in streams is worth more.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from inquiry_pipeline.core.errors import DataError
from inquiry_pipeline.nlp.manifest import TOKENIZER

Floats = npt.NDArray[np.float32]
Weights = Mapping[str, Floats]

WEIGHTS: Final = "model.safetensors"
CONFIG: Final = "config.json"
"""What a checkpoint consists of, beside its tokenizer."""

_MICROSOFT: Final = "com.microsoft"
_OPSET: Final = 18
_IR_VERSION: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """The shape of a BERT encoder; `epsilon` is its LayerNorm's."""

    layers: int
    attention_heads: int
    hidden: int
    epsilon: float = 1e-12


def copy_unlearned(source: Path, out: Path) -> None:
    """Copy what training leaves as it is from one checkpoint to another: configuration and tokenizer."""
    for name in (CONFIG, TOKENIZER):
        shutil.copyfile(source / name, out / name)


def read_weights(folder: Path) -> tuple[Weights, Architecture]:
    """Read `model.safetensors` and `config.json` of a BERT encoder; DataError where they are not one."""
    from safetensors.numpy import load_file  # noqa: PLC0415 - train extra

    try:
        config = json.loads((folder / CONFIG).read_text("utf-8"))
        weights = load_file(folder / WEIGHTS)
        architecture = Architecture(
            layers=config["num_hidden_layers"],
            attention_heads=config["num_attention_heads"],
            hidden=config["hidden_size"],
            epsilon=config.get("layer_norm_eps", 1e-12),
        )
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{folder} holds no BERT encoder (config.json, model.safetensors): {error}") from error
    # Checkpoints saved with a task head carry the encoder's weights under a prefix.
    return {key.removeprefix("bert."): value for key, value in weights.items()}, architecture


def build_encoder(weights: Weights, architecture: Architecture, *, quantised: bool = True) -> onnx.ModelProto:
    """Build the graph `input_ids` [1, tokens] int64 → `embedding` [1, hidden] float32 of length 1.

    Mean pooling over all tokens, then L2 normalisation. With `quantised`, weights are int8: symmetric, one
    scale per output channel in the layers and one per token in the vocabulary; activations are uint8, scaled
    at run time.
    """
    graph = _Graph(quantised=quantised)
    x = _embed(graph, weights, architecture)
    for layer in range(architecture.layers):
        x = _transform(graph, weights, architecture, x, f"encoder.layer.{layer}.")
    pooled = graph.node("ReduceMean", x, graph.constant(np.array([1], np.int64)), keepdims=0)
    length = graph.node("ReduceL2", pooled, graph.constant(np.array([1], np.int64)), keepdims=1)
    graph.node("Div", pooled, length, output="embedding")
    return graph.model(hidden=architecture.hidden)


class _Graph:
    """Nodes and initializers under construction; every method returns the name of what it added."""

    def __init__(self, *, quantised: bool) -> None:
        self.quantised = quantised
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def constant(self, values: npt.NDArray[Any]) -> str:
        name = f"c{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, operator: str, *inputs: str, output: str = "", domain: str = "", **attributes: int | float) -> str:
        return self.split_node(operator, *inputs, outputs=(output,), domain=domain, **attributes)[0]

    def split_node(
        self, operator: str, *inputs: str, outputs: tuple[str, ...], domain: str = "", **attributes: int | float
    ) -> list[str]:
        base = f"n{len(self.nodes)}"
        names = [name or f"{base}.{index}" for index, name in enumerate(outputs)]
        node = helper.make_node(operator, list(inputs), names, name=base, domain=domain)
        node.attribute.extend(helper.make_attribute(key, value) for key, value in attributes.items())
        self.nodes.append(node)
        return names

    def linear(self, x: str, weight: Floats, bias: Floats | None) -> str:
        """Multiply and add: x · weightᵀ + bias, with `weight` [out, in] as checkpoints store it."""
        if self.quantised:
            matrix, scale = quantise(weight.T, axis=0)
            zero = np.zeros(scale.shape, np.int8)
            inputs = [x, *(self.constant(value) for value in (matrix, scale, zero))]
            if bias is not None:
                inputs.append(self.constant(bias))
            return self.node("DynamicQuantizeMatMul", *inputs, domain=_MICROSOFT)
        product = self.node("MatMul", x, self.constant(weight.T))
        return product if bias is None else self.node("Add", product, self.constant(bias))

    def normalise(self, x: str, weights: Weights, prefix: str, epsilon: float) -> str:
        scale, shift = (self.constant(weights[prefix + part]) for part in ("weight", "bias"))
        return self.node("LayerNormalization", x, scale, shift, epsilon=epsilon, axis=-1)

    def model(self, *, hidden: int) -> onnx.ModelProto:
        graph = helper.make_graph(
            self.nodes,
            "encoder",
            [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "tokens"])],
            [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [1, hidden])],
            self.initializers,
        )
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION)


def quantise(matrix: Floats, *, axis: int) -> tuple[npt.NDArray[np.int8], Floats]:
    """Symmetric int8 with one scale for every slice along `axis`: values in -127..127, scale > 0."""
    scale = np.abs(matrix).max(axis=axis) / 127
    scale = np.where(scale == 0, 1, scale).astype(np.float32)
    rounded = np.rint(matrix / np.expand_dims(scale, axis))
    return np.clip(rounded, -127, 127).astype(np.int8), scale


def _embed(graph: _Graph, weights: Weights, architecture: Architecture) -> str:
    words = weights["embeddings.word_embeddings.weight"]
    if graph.quantised:
        table, scale = quantise(words, axis=1)
        integers = graph.node("Gather", graph.constant(table), "input_ids")
        factors = graph.node("Gather", graph.constant(scale[:, None]), "input_ids")
        tokens = graph.node("Mul", graph.node("Cast", integers, to=TensorProto.FLOAT), factors)
    else:
        tokens = graph.node("Gather", graph.constant(words), "input_ids")
    # One segment only: its embedding is added to every position once and for all.
    segment = weights["embeddings.token_type_embeddings.weight"][0]
    positions = graph.constant(weights["embeddings.position_embeddings.weight"] + segment)
    zero = graph.constant(np.array([0], np.int64))
    length = graph.node("Shape", "input_ids", start=1, end=2)
    summed = graph.node("Add", tokens, graph.node("Slice", positions, zero, length, zero))
    return graph.normalise(summed, weights, "embeddings.LayerNorm.", architecture.epsilon)


def _transform(graph: _Graph, weights: Weights, architecture: Architecture, x: str, prefix: str) -> str:
    """One layer: attention and feed-forward, each added to its input and normalised (post-LN BERT)."""
    hidden, epsilon = architecture.hidden, architecture.epsilon
    parts = [f"{prefix}attention.self.{part}." for part in ("query", "key", "value")]
    projected = graph.linear(
        x,
        np.concatenate([weights[part + "weight"] for part in parts]),
        np.concatenate([weights[part + "bias"] for part in parts]),
    )
    sizes = graph.constant(np.array([hidden] * 3, np.int64))
    query, key, value = graph.split_node("Split", projected, sizes, outputs=("", "", ""), axis=2)
    attended = graph.node(
        "MultiHeadAttention", query, key, value, domain=_MICROSOFT, num_heads=architecture.attention_heads
    )
    output = f"{prefix}attention.output."
    mixed = graph.linear(attended, weights[output + "dense.weight"], weights[output + "dense.bias"])
    x = graph.normalise(graph.node("Add", mixed, x), weights, output + "LayerNorm.", epsilon)
    widened = graph.linear(x, weights[prefix + "intermediate.dense.weight"], None)
    bias = graph.constant(weights[prefix + "intermediate.dense.bias"])
    activated = graph.node("BiasGelu", widened, bias, domain=_MICROSOFT)
    output = f"{prefix}output."
    narrowed = graph.linear(activated, weights[output + "dense.weight"], weights[output + "dense.bias"])
    return graph.normalise(graph.node("Add", narrowed, x), weights, output + "LayerNorm.", epsilon)
