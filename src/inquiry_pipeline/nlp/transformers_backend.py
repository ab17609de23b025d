"""Models of the Hugging Face hub as backends: zero-shot by natural language inference, and plain classifiers.

The only serving module that imports torch and transformers; it is imported only where such a model is configured.
Zero-shot follows Yin et al. 2019 (Benchmarking Zero-shot Text Classification): the message is the premise, "This
message is about …" a label's hypothesis, and the labels' entailment logits compete in one softmax.
"""

import contextlib
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import huggingface_hub
import torch
import transformers

from inquiry_pipeline.core.errors import BackendError
from inquiry_pipeline.core.prediction import Sentiment, Urgency
from inquiry_pipeline.nlp.backends import BackendOptions, Kind, ModelChoice, ReadText, Task, TaskBackend
from inquiry_pipeline.nlp.batching import batches
from inquiry_pipeline.nlp.descriptions import Description

_MOST_TOKENS: Final = 512
_TAIL_SHARE: Final = 4
_RESERVED_POSITIONS: Final = 2
"""RoBERTa counts positions from 2; others lose two of several hundred."""

_TOKEN_BUDGET: Final = {"cpu": 2_048, "cuda": 65_536, "mps": 8_192}
_TEXTS_AT_ONCE: Final = {"cpu": 4, "cuda": 64, "mps": 16}
_FIXED_LABELS: Final = {Task.SENTIMENT: tuple(Sentiment), Task.URGENCY: tuple(Urgency)}
_SENTIMENT_ALIASES: Final = {
    "label_0": "negative",
    "label_1": "neutral",
    "label_2": "positive",
    "neg": "negative",
    "neu": "neutral",
    "pos": "positive",
}
"""What Cardiff NLP's and other common sentiment models call their labels."""

_HANDLE: Final = re.compile(r"(?<!\S)@\w+")
_LINK: Final = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A loaded model with its tokenizer, on the device it runs on. `identity` names its exact weights."""

    model: Any
    tokenizer: Any
    device: str
    identity: str
    max_tokens: int
    special: re.Pattern[str]

    def logits(self, texts: Sequence[str], hypotheses: Sequence[str] | None = None) -> torch.Tensor:
        """One row [labels] a text, or a pair of text and hypothesis, in their order."""
        pairs = [list(texts)] if hypotheses is None else [list(texts), list(hypotheses)]
        encoded = self.tokenizer(
            *pairs, truncation=True if hypotheses is None else "only_first", max_length=self.max_tokens
        )
        rows: dict[int, torch.Tensor] = {}
        lengths = [len(ids) for ids in encoded["input_ids"]]
        for batch in batches(lengths, token_budget=_TOKEN_BUDGET[self.device]):
            chosen = {name: [values[index] for index in batch] for name, values in encoded.items()}
            padded = self.tokenizer.pad(chosen, return_tensors="pt").to(self.device)
            with torch.inference_mode():
                rows |= zip(batch, self.model(**padded).logits.float().cpu(), strict=True)
        return torch.stack([rows[index] for index in range(len(lengths))])

    def prepared(self, text: str, *, room: int) -> str:
        """The text without what the tokenizer takes for a mark, and of a long one its beginning and end."""
        text = self.special.sub(" ", text)
        if not self.tokenizer.is_fast:
            return text
        encoded = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        offsets = encoded["offset_mapping"]
        if len(offsets) <= room:
            return text
        tail = room // _TAIL_SHARE
        return f"{text[: offsets[room - tail - 1][1]]}\n{text[offsets[-tail][0] :]}"

    def count_tokens(self, text: str) -> int:
        """How many tokens a text has, without marks."""
        return len(self.tokenizer(text, add_special_tokens=False)["input_ids"])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Backend:
    """What both kinds have in common. Confidence is the model's own and not calibrated."""

    checkpoint: Checkpoint
    version: str
    labels: tuple[str, ...]
    languages: frozenset[str]
    least: float

    @property
    def texts_at_once(self) -> int:
        """A few on a processor, where a text takes seconds; more on an accelerator."""
        return _TEXTS_AT_ONCE[self.checkpoint.device]

    def threshold(self, label: str, language: str) -> float:  # noqa: ARG002 - not calibrated, so the same for all
        """The configured probability below which a category is a suggestion."""
        return self.least

    def _named(self, logits: torch.Tensor) -> list[Mapping[str, float]]:
        return [dict(zip(self.labels, row, strict=True)) for row in logits.softmax(dim=-1).tolist()]


@dataclass(frozen=True, slots=True, kw_only=True)
class ZeroShotBackend(_Backend):
    """Asks an inference model whether the message entails each label's hypothesis."""

    hypotheses: tuple[str, ...]
    entailment: int
    room: int

    def answer(self, texts: Sequence[ReadText]) -> list[Mapping[str, float]]:
        """A probability for every label, for each of the texts."""
        if not texts:
            return []
        premises = [self.checkpoint.prepared(item.text, room=self.room) for item in texts]
        logits = self.checkpoint.logits(
            [premise for premise in premises for _ in self.labels], self.hypotheses * len(premises)
        )
        return self._named(logits[:, self.entailment].reshape(len(texts), len(self.labels)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifierBackend(_Backend):
    """A model whose own labels are those of the task. `tweets`: it learned with names and links replaced."""

    tweets: bool = False

    def answer(self, texts: Sequence[ReadText]) -> list[Mapping[str, float]]:
        """A probability for every label, for each of the texts."""
        if not texts:
            return []
        room = self.checkpoint.max_tokens - self.checkpoint.tokenizer.num_special_tokens_to_add()
        plain = [_as_tweet(item.text) if self.tweets else item.text for item in texts]
        return self._named(self.checkpoint.logits([self.checkpoint.prepared(text, room=room) for text in plain]))


@dataclass(slots=True)
class TransformersLoader:
    """Loads models on request; tasks that name the same one share its weights."""

    options: BackendOptions
    _checkpoints: dict[tuple[str, str | None], Checkpoint] = field(default_factory=dict, init=False)

    def load(self, task: Task, choice: ModelChoice) -> TaskBackend:
        """The backend that a task asks for. BackendError, in one sentence, where it cannot be had."""
        try:
            checkpoint = self._checkpoint(choice)
        except BackendError:
            raise
        except Exception as error:
            raise BackendError(f"The model {choice.name} cannot be loaded: {_sentence(error)}") from error
        return self.backend(task, checkpoint, choice.kind)

    def backend(self, task: Task, checkpoint: Checkpoint, kind: Kind) -> TaskBackend:
        """A loaded model in the service of a task. BackendError where its labels are not fit for that."""
        labels = {index: str(label) for index, label in checkpoint.model.config.id2label.items()}
        entailment = next((index for index, label in labels.items() if label.lower().startswith("entail")), None)
        if kind == "classifier" or (kind == "detect" and entailment is None):
            return self._classifier(task, checkpoint, [labels[index] for index in sorted(labels)])
        if entailment is None:
            raise BackendError(
                f"The model {checkpoint.identity} cannot be used for zero-shot: none of its labels "
                f"({', '.join(labels.values())}) is entailment."
            )
        return self._zero_shot(task, checkpoint, entailment)

    def _zero_shot(self, task: Task, checkpoint: Checkpoint, entailment: int) -> TaskBackend:
        description = self.options.descriptions[task]
        return ZeroShotBackend(
            checkpoint=checkpoint,
            version=f"zero-shot:{checkpoint.identity}-{self._digest(description)}",
            labels=tuple(description.labels),
            languages=frozenset(self.options.languages),
            least=self.options.threshold,
            hypotheses=tuple(description.hypotheses()),
            entailment=entailment,
            room=_room(checkpoint, description),
        )

    def _classifier(self, task: Task, checkpoint: Checkpoint, labels: Sequence[str]) -> TaskBackend:
        return ClassifierBackend(
            checkpoint=checkpoint,
            version=f"classifier:{checkpoint.identity}-{self._digest(None)}",
            labels=_task_labels(task, checkpoint, labels),
            languages=frozenset(self.options.languages),
            least=self.options.threshold,
            tweets="twitter" in checkpoint.identity.lower(),
        )

    def _digest(self, description: Description | None) -> str:
        """Short and different as soon as anything that decides an answer besides the weights is."""
        said = [description.hypothesis, list(description.labels.items())] if description else []
        decides = [said, self.options.threshold, sorted(self.options.languages)]
        return hashlib.sha256(json.dumps(decides).encode()).hexdigest()[:6]

    def _checkpoint(self, choice: ModelChoice) -> Checkpoint:
        key = (choice.name, choice.revision)
        if key not in self._checkpoints:
            if self.options.threads:
                torch.set_num_threads(self.options.threads)
            self._checkpoints[key] = _load(choice, self.options.cache_dir)
        return self._checkpoints[key]


def detected_device() -> str:
    """`cuda`, `mps` or `cpu`: the best that torch finds. CUDA_VISIBLE_DEVICES= hides the first."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _load(choice: ModelChoice, cache_dir: Path | None) -> Checkpoint:
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    if folder := choice.folder:
        return _read(str(folder), identity=f"{folder.name}@{_fingerprint(folder)}", local_files_only=True)
    commit = _cached_commit(choice, cache_dir)
    if commit:
        # What was downloaded once is used without a question to the hub, which may be slow or out of reach.
        with contextlib.suppress(OSError):
            return _read_from_hub(choice, commit, cache_dir, local_files_only=True)
    config = huggingface_hub.hf_hub_download(choice.name, "config.json", revision=choice.revision, cache_dir=cache_dir)
    return _read_from_hub(choice, Path(config).parent.name, cache_dir, local_files_only=False)


def _cached_commit(choice: ModelChoice, cache_dir: Path | None) -> str | None:
    config = huggingface_hub.try_to_load_from_cache(
        choice.name, "config.json", cache_dir=cache_dir, revision=choice.revision
    )
    return Path(config).parent.name if isinstance(config, str) else None


def _read_from_hub(choice: ModelChoice, commit: str, cache_dir: Path | None, *, local_files_only: bool) -> Checkpoint:
    """All files at one commit: the repository must not change between two of them."""
    return _read(
        choice.name,
        identity=f"{choice.name}@{commit[:10]}",
        revision=commit,
        cache_dir=cache_dir,
        local_files_only=local_files_only,
    )


def _read(name: str, *, identity: str, **place: Any) -> Checkpoint:  # noqa: ANN401 - passed on
    config = transformers.AutoConfig.from_pretrained(name, **place)
    model, report = transformers.AutoModelForSequenceClassification.from_pretrained(
        name, config=config, dtype=torch.float32, output_loading_info=True, **place
    )
    missing = sorted(report["missing_keys"])
    if missing:
        raise BackendError(f"The model {name} is no trained classifier: it has no {missing[0]}.")
    tokenizer = transformers.AutoTokenizer.from_pretrained(name, **place)
    if set(tokenizer.get_vocab()) <= set(tokenizer.all_special_tokens):  # transformers makes one out of nothing
        raise BackendError(f"The model {name} has no vocabulary: every word is unknown to its tokenizer.")
    return checkpoint_of(model, tokenizer, identity=identity)


def checkpoint_of(model: Any, tokenizer: Any, *, identity: str) -> Checkpoint:  # noqa: ANN401 - transformers' objects
    """A model and its tokenizer, made ready on the device that is found."""
    device = detected_device()
    marks = sorted(tokenizer.all_special_tokens, key=len, reverse=True)
    return Checkpoint(
        model=model.eval().to(device),
        tokenizer=tokenizer,
        device=device,
        identity=identity,
        max_tokens=_max_tokens(model.config, tokenizer),
        special=re.compile("|".join(map(re.escape, marks))),
    )


def _max_tokens(config: Any, tokenizer: Any) -> int:  # noqa: ANN401 - transformers' objects
    positions = int(getattr(config, "max_position_embeddings", _MOST_TOKENS + _RESERVED_POSITIONS))
    return min(_MOST_TOKENS, positions - _RESERVED_POSITIONS, int(tokenizer.model_max_length))


def _room(checkpoint: Checkpoint, description: Description) -> int:
    """Tokens left for the text beside the longest hypothesis."""
    lengths = {
        label: checkpoint.count_tokens(hypothesis)
        for label, hypothesis in zip(description.labels, description.hypotheses(), strict=True)
    }
    longest = max(lengths, key=lengths.__getitem__)
    room: int = checkpoint.max_tokens - checkpoint.tokenizer.num_special_tokens_to_add(pair=True) - lengths[longest]
    if room < checkpoint.max_tokens // 2:
        raise BackendError(f"The description of {longest} leaves a message less than half of the model's tokens.")
    return room


def _task_labels(task: Task, checkpoint: Checkpoint, given: Sequence[str]) -> tuple[str, ...]:
    """The task's name for each of the model's labels."""
    names = [re.sub(r"[\s-]+", "_", label.strip()).lower() for label in given]
    if task is Task.SENTIMENT:
        names = [_SENTIMENT_ALIASES.get(name, name) for name in names]
    needed = _FIXED_LABELS.get(task)
    for label, name in zip(given, names, strict=True):
        if (needed and name not in needed) or re.fullmatch(r"label_\d+", name):
            known = f"; {task} has {', '.join(needed)}" if needed else ""
            raise BackendError(f"The model {checkpoint.identity} has an unknown label {label!r}{known}.")
    missing = [label for label in needed or () if label not in names]
    if missing:
        raise BackendError(f"The model {checkpoint.identity} has no label for {missing[0]}.")
    if len(set(names)) < max(len(names), 2):
        raise BackendError(f"The model {checkpoint.identity} does not have two or more labels, each with its own name.")
    return tuple(names)


def _fingerprint(folder: Path) -> str:
    """Ten digits of a hash over everything in a model's folder that decides an answer."""
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.suffix in {".json", ".txt", ".model", ".safetensors", ".bin"}:
            with path.open("rb") as file:
                digest.update(f"{path.name}\x00".encode() + hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:10]


def _as_tweet(text: str) -> str:
    """Names and links replaced as in the training data of Cardiff NLP's Twitter models (their model cards)."""
    return _LINK.sub("http", _HANDLE.sub("@user", text))


def _sentence(error: BaseException) -> str:
    """The first line of an error, shortened; the hub's go on for a page."""
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return first if len(first) <= 300 else f"{first[:300]}…"
