"""Text → embedding: a tokenizer and one ONNX Runtime session, run one text a pass.

One text a pass keeps the answer for a text the same in any company, see `learning/encoder.py`. What of a long text
goes into a pass says `reading.py`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

from inquiry_pipeline.core.errors import BundleError
from inquiry_pipeline.nlp.reading import windows_of

Floats = npt.NDArray[np.float32]

_LOG_ERRORS_ONLY: Final = 3


class Token(NamedTuple):
    """A token, and the characters (start, end) that it stands for; (0, 0) for the marks around a text."""

    id: int
    place: tuple[int, int]


class Encoder:
    """Thread-safe; the interpreter lock is free during a pass. One core a pass: callers bring the threads."""

    def __init__(self, model: Path, tokenizer: Path, *, max_tokens: int) -> None:
        """Load both files; BundleError where either cannot be read. A pass reads at most `max_tokens`."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = _LOG_ERRORS_ONLY
        try:
            self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise BundleError(f"ONNX Runtime cannot load {model}: {error}") from error
        try:
            self._tokenizer = Tokenizer.from_file(str(tokenizer))
        except Exception as error:
            raise BundleError(f"{tokenizer} is no tokenizer: {error}") from error
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self.max_tokens = max_tokens
        shape = self._session.get_outputs()[0].shape
        if len(shape) != 2 or shape[0] != 1 or not isinstance(shape[1], int):
            raise BundleError(f"{model} does not give one embedding a text, but a tensor of shape {shape}.")
        self.dimensions: int = shape[1]

    def token_ids(self, text: str) -> list[int]:
        """Token identifiers with the start and end marks, also of more than a pass can read."""
        ids: list[int] = self._tokenizer.encode(text).ids
        return ids

    def tokens(self, text: str) -> list[Token]:
        """The same tokens, each with its place in the text."""
        encoding = self._tokenizer.encode(text)
        return [Token(*values) for values in zip(encoding.ids, encoding.offsets, strict=True)]

    def embed_ids(self, ids: list[int]) -> Floats:
        """The embedding [dimensions] of tokens, of length 1."""
        output = self._session.run(["embedding"], {"input_ids": np.array([ids], dtype=np.int64)})
        embedding: Floats = output[0][0]
        return embedding

    def embed(self, text: str) -> Floats:
        """The embedding [dimensions] of a text, of length 1. Nothing of a long one is left out: that takes heads."""
        windows = windows_of(self.token_ids(text), self.max_tokens)
        return weighted_mean([self.embed_ids(ids) for ids in windows], [1.0] * len(windows))


def weighted_mean(embeddings: Sequence[Floats], weights: Sequence[float]) -> Floats:
    """One embedding [dimensions], of length 1, from those of a text's windows."""
    if len(embeddings) == 1:
        return embeddings[0]
    mean: Floats = np.stack(embeddings).T @ np.asarray(weights, np.float32)
    mean /= np.linalg.norm(mean)
    return mean
