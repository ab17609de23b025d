"""One task of another bundle as a backend: own categories from one bundle, say, and the rest from the default."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inquiry_pipeline.core.errors import BackendError, BundleError
from inquiry_pipeline.nlp.backends import ModelChoice, ReadText, Task
from inquiry_pipeline.nlp.bundle import Bundle, load_bundle
from inquiry_pipeline.nlp.manifest import MANIFEST


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleBackend:
    """Calibrated, with the thresholds and languages of its own bundle."""

    bundle: Bundle
    task: Task

    @property
    def version(self) -> str:
        """The bundle's."""
        return self.bundle.model_version

    @property
    def languages(self) -> frozenset[str]:
        """Those that the bundle reads well."""
        return frozenset(self.bundle.manifest.languages)

    @property
    def texts_at_once(self) -> int:
        """A text takes milliseconds."""
        return 16

    def threshold(self, label: str, language: str) -> float:
        """The bundle's own."""
        return self.bundle.manifest.threshold(label, language)

    def answer(self, texts: Sequence[ReadText]) -> list[Mapping[str, float]]:
        """A probability for every label, for each of the texts."""
        return [self._answer(item) for item in texts]

    def _answer(self, item: ReadText) -> Mapping[str, float]:
        answer = self.bundle.answer(self.bundle.encoder.token_ids(item.text), item.language)
        by_task = {Task.CATEGORY: answer.category, Task.SENTIMENT: answer.sentiment, Task.URGENCY: answer.urgency}
        return by_task[self.task]


def is_bundle(choice: ModelChoice) -> bool:
    """Whether the choice names the folder of a bundle."""
    return choice.folder is not None and (choice.folder / MANIFEST).is_file()


def load_bundle_backend(task: Task, choice: ModelChoice) -> BundleBackend:
    """Load a bundle for one of its tasks; BackendError where that is not possible."""
    assert choice.folder is not None  # noqa: S101 - `is_bundle` was asked
    try:
        return BundleBackend(bundle=load_bundle(choice.folder), task=task)
    except BundleError as error:
        raise BackendError(str(error)) from error
