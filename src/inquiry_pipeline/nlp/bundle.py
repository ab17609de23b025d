"""A model bundle: a folder with all that turns a clean text into a prediction, loaded as one value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from inquiry_pipeline.core.prediction import UNKNOWN_LANGUAGE, Prediction, Sentiment, Urgency
from inquiry_pipeline.nlp.encoder import Encoder, Floats, weighted_mean
from inquiry_pipeline.nlp.heads import Answer, Heads, load_heads
from inquiry_pipeline.nlp.language import DetectedLanguage
from inquiry_pipeline.nlp.manifest import ENCODER, HEADS, TOKENIZER, Manifest, read_manifest
from inquiry_pipeline.nlp.reading import pieces, windows_of

_LEAST_SHARE: Final = 0.5
"""A piece of a long text that is less than half as likely an inquiry as the likeliest piece is not read."""
_SHARPNESS: Final = 4
_TINY: Final = 1e-9

DEFAULT_BUNDLE: Final = Path(__file__).parent / "default_bundle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A loaded bundle. Immutable; thread-safe. `model_version` changes when anything in the bundle does."""

    manifest: Manifest
    model_version: str
    encoder: Encoder
    heads: Heads

    def answer(self, ids: Sequence[int], language: str) -> Answer:
        """What the heads say about a text, from all its tokens; a pass of the encoder, or for a long text several."""
        windows = windows_of([ids[row] for row in self.read(ids, language)], self.encoder.max_tokens)
        return self.heads.answer(
            self.merged([self.encoder.embed_ids(window) for window in windows], language), language
        )

    def read(self, ids: Sequence[int], language: str) -> list[int]:
        """Which of a text's tokens are read, in their order: all, or of a long one what reads like an inquiry."""
        if len(ids) <= self.encoder.max_tokens:
            return list(range(len(ids)))
        parts = pieces(len(ids), self.encoder.max_tokens)
        marked = ([ids[0], *(ids[row] for row in part), ids[-1]] for part in parts)
        likely = [self.heads.in_scope(self.encoder.embed_ids(part), language) for part in marked]
        kept = [part for part, one in zip(parts, likely, strict=True) if one >= _LEAST_SHARE * max(likely)]
        return [0, *(row for part in kept for row in part), len(ids) - 1]

    def merged(self, windows: Sequence[Floats], language: str) -> Floats:
        """One embedding [dimensions] of a text from those of its windows: what reads like an inquiry counts more."""
        if len(windows) == 1:
            return windows[0]
        return weighted_mean(windows, [self.heads.in_scope(one, language) ** _SHARPNESS + _TINY for one in windows])

    def prediction(self, answer: Answer, language: DetectedLanguage) -> Prediction:
        """The prediction that follows from the heads' answer and the language of the text.

        It abstains below the category's threshold, in a language that the model does not read well, and on what
        is no language at all. Where the language is merely too short to tell, confidence decides.
        """
        category, confidence = _best(answer.category)
        sentiment, sentiment_confidence = _best(answer.sentiment)
        urgency, urgency_confidence = _best(answer.urgency)
        threshold = self.manifest.threshold(category, language.code)
        return Prediction(
            category=category,
            confidence=confidence,
            probabilities=answer.category,
            sentiment=Sentiment(sentiment),
            sentiment_confidence=sentiment_confidence,
            sentiment_probabilities=answer.sentiment,
            urgency=Urgency(urgency),
            urgency_confidence=urgency_confidence,
            urgency_probabilities=answer.urgency,
            language=language.code,
            model_version=self.model_version,
            abstained=confidence < threshold or not self._readable(language),
        )

    def _readable(self, language: DetectedLanguage) -> bool:
        known = language.code in self.manifest.languages
        return known or (language.code == UNKNOWN_LANGUAGE and not language.gibberish)


def load_bundle(folder: Path) -> Bundle:
    """Load and verify a bundle; BundleError, in one sentence, where it is missing, incomplete or damaged."""
    manifest = read_manifest(folder)
    encoder = Encoder(folder / ENCODER, folder / TOKENIZER, max_tokens=manifest.max_tokens)
    heads = load_heads(
        folder / HEADS,
        labels=manifest.labels,
        temperatures=manifest.temperatures,
        dimensions=encoder.dimensions,
    )
    return Bundle(manifest=manifest, model_version=manifest.model_version, encoder=encoder, heads=heads)


def _best(probabilities: Mapping[str, float]) -> tuple[str, float]:
    label = max(probabilities, key=probabilities.__getitem__)
    return label, probabilities[label]
