"""Text → embedding: a tokenizer and one ONNX Runtime session, run one text a pass.

One text a pass keeps the answer for a text the same in any company, see `learning/encoder.py`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

from inquiry_pipeline.core.errors import BundleError

Floats = npt.NDArray[np.float32]
T = TypeVar("T")

_LOG_ERRORS_ONLY: Final = 3
TAIL_SHARE: Final = 4
"""Of a text with too many tokens, the last quarter of the budget is its end: deadlines often stand last."""


class Token(NamedTuple):
    """A token, and the characters (start, end) that it stands for; (0, 0) for the marks around a text."""

    id: int
    place: tuple[int, int]


class Encoder:
    """Thread-safe; the interpreter lock is free during a pass. One core a pass: callers bring the threads."""

    def __init__(self, model: Path, tokenizer: Path, *, max_tokens: int) -> None:
        """Load both files; BundleError where either cannot be read."""
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
        self._max_tokens = max_tokens
        shape = self._session.get_outputs()[0].shape
        if len(shape) != 2 or shape[0] != 1 or not isinstance(shape[1], int):
            raise BundleError(f"{model} does not give one embedding a text, but a tensor of shape {shape}.")
        self.dimensions: int = shape[1]

    def token_ids(self, text: str) -> list[int]:
        """Token identifiers with the start and end marks, at most `max_tokens`: beginning and end of a long text."""
        ids: list[int] = self._tokenizer.encode(text).ids
        return self._kept(ids)

    def tokens(self, text: str) -> list[Token]:
        """The same tokens, each with its place in the text."""
        encoding = self._tokenizer.encode(text)
        return self._kept([Token(*values) for values in zip(encoding.ids, encoding.offsets, strict=True)])

    def unread(self, text: str, tokens: Sequence[Token]) -> tuple[int, int] | None:
        """The characters (start, end) between beginning and end of a text that has more tokens than are read."""
        if len(tokens) < self._max_tokens:
            return None
        tail = self._max_tokens // TAIL_SHARE
        start, end = tokens[-tail - 1].place[1], tokens[-tail].place[0]
        return (start, end) if text[start:end].strip() else None

    def embed_ids(self, ids: list[int]) -> Floats:
        """The embedding [dimensions] of tokens, of length 1."""
        output = self._session.run(["embedding"], {"input_ids": np.array([ids], dtype=np.int64)})
        embedding: Floats = output[0][0]
        return embedding

    def embed(self, text: str) -> Floats:
        """The embedding [dimensions] of a text, of length 1."""
        return self.embed_ids(self.token_ids(text))

    def _kept(self, tokens: list[T]) -> list[T]:
        if len(tokens) <= self._max_tokens:
            return tokens
        tail = self._max_tokens // TAIL_SHARE
        return tokens[: self._max_tokens - tail] + tokens[-tail:]
