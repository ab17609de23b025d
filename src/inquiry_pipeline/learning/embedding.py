"""Many texts → their embeddings, with a thread for each of a few cores."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
import numpy.typing as npt

from inquiry_pipeline.nlp.encoder import Encoder

_THREADS: Final = 2


def embed_all(encoder: Encoder, texts: Sequence[str]) -> npt.NDArray[np.float32]:
    """Embeddings [texts, dimensions] of clean texts, one text a pass as in serving."""
    with ThreadPoolExecutor(_THREADS) as threads:
        return np.stack(list(threads.map(encoder.embed, texts)))
