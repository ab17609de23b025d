"""The encoder's forward pass in torch, over the same named weights that `encoder.py` builds the graph from.

Plain functions over a mapping of tensors: what is trained is saved under the names it was read with, so the
fine-tuned weights go the way of any other checkpoint.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from torch.nn import functional

from inquiry_pipeline.learning.batches import token_ids
from inquiry_pipeline.learning.encoder import WEIGHTS, Architecture, copy_unlearned, read_weights
from inquiry_pipeline.nlp.manifest import TOKENIZER

_BEYOND_SERVING: Final = ("pooler.", "embeddings.position_ids")

_LENGTH_STEP: Final = 8
_BYTE: Final = 256

Tensors = Mapping[str, torch.Tensor]


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """The trainable tensors of an encoder by name, and its shape."""

    weights: Tensors
    architecture: Architecture

    def embed(self, ids: torch.Tensor, mask: torch.Tensor, *, dropout: float = 0.0) -> torch.Tensor:
        """Tokens [texts, tokens] and their mask (False: padding) → embeddings [texts, hidden] of length 1."""
        x = dropped(self._tokens(ids), dropout)
        attended = mask[:, None, None, :]
        for layer in range(self.architecture.layers):
            x = self._transform(x, attended, f"encoder.layer.{layer}.", dropout)
        shares = mask / mask.sum(dim=1, keepdim=True)
        return functional.normalize((x.float() * shares[..., None]).sum(dim=1), dim=-1)

    def _tokens(self, ids: torch.Tensor) -> torch.Tensor:
        words = functional.embedding(ids, self.weights["embeddings.word_embeddings.weight"])
        positions = self.weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
        segment = self.weights["embeddings.token_type_embeddings.weight"][0]
        return self._normalise(words + (positions + segment), "embeddings.LayerNorm.")

    def _transform(self, x: torch.Tensor, mask: torch.Tensor, prefix: str, dropout: float) -> torch.Tensor:
        heads = self.architecture.attention_heads
        query, key, value = (
            self._linear(x, f"{prefix}attention.self.{part}.").unflatten(-1, (heads, -1)).transpose(1, 2)
            for part in ("query", "key", "value")
        )
        mixed = _attend(query, key, value, mask)
        output = f"{prefix}attention.output."
        mixed = self._linear(mixed.transpose(1, 2).flatten(2), f"{output}dense.")
        x = self._normalise(dropped(mixed, dropout) + x, f"{output}LayerNorm.")
        widened = functional.gelu(self._linear(x, f"{prefix}intermediate.dense."))
        narrowed = self._linear(widened, f"{prefix}output.dense.")
        return self._normalise(dropped(narrowed, dropout) + x, f"{prefix}output.LayerNorm.")

    def _linear(self, x: torch.Tensor, prefix: str) -> torch.Tensor:
        return functional.linear(x, self.weights[f"{prefix}weight"], self.weights[f"{prefix}bias"])

    def _normalise(self, x: torch.Tensor, prefix: str) -> torch.Tensor:
        scale, shift = self.weights[f"{prefix}weight"], self.weights[f"{prefix}bias"]
        return functional.layer_norm(x, scale.shape, scale, shift, self.architecture.epsilon)


def dropped(x: torch.Tensor, share: float) -> torch.Tensor:
    """Dropout, to the next 256th; a byte of chance a number, as drawing is what torch's own function spends time on."""
    limit = round(share * _BYTE)
    if limit == 0:
        return x
    words = torch.empty(-(-x.numel() // 8), dtype=torch.int64, device=x.device).random_(-(2**63), None)
    kept = words.view(torch.uint8)[: x.numel()].view(x.shape) >= limit
    return x * (kept * (_BYTE / (_BYTE - limit))).to(x.dtype)


def _attend(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Attention [texts, heads, tokens, size] in plain steps.

    On a CPU in bfloat16 these learn four times as fast as torch's own function, whose way back is slow.
    """
    scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2)
    return scores.masked_fill(~mask, float("-inf")).softmax(dim=-1).to(value.dtype) @ value


@dataclass(frozen=True, slots=True, kw_only=True)
class TextEncoder:
    """A network with the tokenizer it reads with, and where both came from. Texts are cut to `max_tokens`."""

    network: Network
    tokenizer: Tokenizer
    folder: Path
    max_tokens: int
    half_precision: bool = True

    def embed(self, texts: Sequence[str], *, dropout: float = 0.0) -> torch.Tensor:
        """Embeddings [texts, hidden] of length 1."""
        ids, mask = padded([token_ids(self.tokenizer, text, self.max_tokens) for text in texts])
        device = next(iter(self.network.weights.values())).device
        with torch.autocast(device.type, torch.bfloat16, enabled=self.half_precision):
            return self.network.embed(ids.to(device), mask.to(device), dropout=dropout)

    def save(self, out: Path) -> None:
        """Write weights, configuration and tokenizer as a checkpoint."""
        out.mkdir(parents=True, exist_ok=True)
        tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in self.network.weights.items()}
        save_file(tensors, out / WEIGHTS)
        copy_unlearned(self.folder, out)


def read_text_encoder(folder: Path, *, max_tokens: int, half_precision: bool = True) -> TextEncoder:
    """A trainable encoder from a checkpoint, on the GPU where there is one; DataError where it is none."""
    arrays, architecture = read_weights(folder)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    weights = {
        name: torch.nn.Parameter(torch.tensor(array, device=device))
        for name, array in arrays.items()
        if not name.startswith(_BEYOND_SERVING)
    }
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return TextEncoder(
        network=Network(weights=weights, architecture=architecture),
        tokenizer=tokenizer,
        folder=folder,
        max_tokens=max_tokens,
        half_precision=half_precision,
    )


def make_repeatable(*, seed: int, threads: int) -> None:
    """Seed torch, and give it its threads."""
    torch.manual_seed(seed)
    torch.set_num_threads(threads)


def padded(texts: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Token identifiers of unequal lengths → identifiers and mask [texts, longest].

    Lengths come in steps of 8: every new shape costs oneDNN the making of new kernels.
    """
    longest = -(-max(map(len, texts)) // _LENGTH_STEP) * _LENGTH_STEP
    ids = torch.tensor([[*text, *[0] * (longest - len(text))] for text in texts])
    lengths = torch.tensor([len(text) for text in texts])
    return ids, torch.arange(longest)[None, :] < lengths[:, None]
