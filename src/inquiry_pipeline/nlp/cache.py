"""Predictions for texts seen before: in this process, or in Redis for all of them.

A key is made from the model's version and the text, so a new model never sees an old answer. What is kept is what
the model says; what else an answer depends on (when the message was received) comes in after the cache.
"""

import hashlib
import json
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any, Final, Protocol

from inquiry_pipeline.core.prediction import Prediction, Sentiment, Urgency

_LOGGER: Final = logging.getLogger(__name__)
_PREFIX: Final = "inquiry:prediction:"
_FIELDS: Final = frozenset(field.name for field in fields(Prediction))


class CacheError(Exception):
    """The prediction cache cannot be reached."""


class PredictionCache(Protocol):
    """Where predictions are kept. `CacheError` from any method: the predictor goes on without."""

    def get_many(self, keys: Sequence[str]) -> list[Prediction | None]:
        """The prediction of every key, None where there is none."""

    def put_many(self, predictions: Mapping[str, Prediction]) -> None:
        """Keep predictions by key."""

    def ping(self) -> float:
        """Seconds that a round trip takes."""


def cache_key(model_version: str, text: str) -> str:
    """SHA-256 over the model's version and the model text."""
    return hashlib.sha256(f"{model_version}\x00{text}".encode("utf-8", "surrogatepass")).hexdigest()


class LocalCache:
    """The most recently used predictions of this process, `size` of them (about 1.5 KB each)."""

    def __init__(self, size: int = 10_000) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._predictions: OrderedDict[str, Prediction] = OrderedDict()

    def get_many(self, keys: Sequence[str]) -> list[Prediction | None]:
        """The prediction of every key, None where there is none."""
        with self._lock:
            found = [self._predictions.get(key) for key in keys]
            for key, prediction in zip(keys, found, strict=True):
                if prediction is not None:
                    self._predictions.move_to_end(key)
        return found

    def put_many(self, predictions: Mapping[str, Prediction]) -> None:
        """Keep predictions by key, dropping those that were not asked for longest."""
        with self._lock:
            self._predictions.update(predictions)
            while len(self._predictions) > self._size:
                self._predictions.popitem(last=False)

    def ping(self) -> float:
        """No round trip: nothing to wait for."""
        return 0.0


class RedisCache:
    """Predictions in Redis, shared by all processes, kept for `ttl_seconds`.

    Redis is never waited for: short timeouts, and after an error none is asked for `pause_seconds`. Thread-safe.
    """

    def __init__(
        self,
        url: str,
        *,
        ttl_seconds: int = 86_400,
        timeout_seconds: float = 0.1,
        pause_seconds: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        import redis  # noqa: PLC0415 - 80 ms that most starts can do without

        self._client = redis.Redis.from_url(
            url,
            socket_timeout=timeout_seconds,
            socket_connect_timeout=timeout_seconds,
            retry=None,
            decode_responses=False,
        )
        self._failures = (redis.RedisError, OSError)
        self._ttl = ttl_seconds
        self._pause = pause_seconds
        self._clock = clock
        self._asleep_until = float("-inf")

    def get_many(self, keys: Sequence[str]) -> list[Prediction | None]:
        """The prediction of every key, None where there is none or where it cannot be read."""
        if not keys:
            return []
        values: Any = self._ask(lambda: self._client.mget([_PREFIX + key for key in keys]))
        return [_decode(value) for value in values]

    def put_many(self, predictions: Mapping[str, Prediction]) -> None:
        """Keep predictions by key, in one round trip."""
        if not predictions:
            return

        def write() -> None:
            with self._client.pipeline(transaction=False) as pipeline:
                for key, prediction in predictions.items():
                    pipeline.set(_PREFIX + key, _encode(prediction), ex=self._ttl)
                pipeline.execute()

        self._ask(write)

    def ping(self) -> float:
        """Seconds that a round trip takes; asks even while Redis is given a rest."""
        self._asleep_until = float("-inf")
        start = self._clock()
        self._ask(self._client.ping)
        return self._clock() - start

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _ask(self, command: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever Redis answers
        if self._clock() < self._asleep_until:
            raise CacheError("Redis failed a moment ago and is not asked for now.")
        try:
            return command()
        except self._failures as error:
            self._asleep_until = self._clock() + self._pause
            _LOGGER.warning("The prediction cache is skipped for %.0f s: %s", self._pause, error)
            raise CacheError(str(error)) from error


def _encode(prediction: Prediction) -> bytes:
    return json.dumps({name: getattr(prediction, name) for name in _FIELDS}).encode()


def _decode(value: bytes | None) -> Prediction | None:
    """A stored value that is no prediction (another program's, another version's) counts as none."""
    if value is None:
        return None
    try:
        content = json.loads(value)
        content["sentiment"] = Sentiment(content["sentiment"])
        content["urgency"] = Urgency(content["urgency"])
        content["urgency_reasons"] = tuple(content.get("urgency_reasons", ()))
        return Prediction(**content)
    except (ValueError, TypeError, KeyError):
        return None
