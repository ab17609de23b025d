"""READ FIRST. What happens to an inquiry, from its arrival to its place on somebody's desk.

    accept   store it and the debt of assessing it, in one transaction: only then is it acknowledged
    assess   read it (nlp) and decide where it belongs (routing): pure computing, no transaction open
    record   settle the debt: prediction, decision and consultant, in one transaction

The HTTP request, the worker, and every later source and batch use these three verbs; nothing else in the
project classifies or routes. If a process dies between two of them, the debt is still in the database and a
worker pays it. If two processes pay at once, the lease lets one of them write.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from inquiry_pipeline.core.assessment import Assessment
from inquiry_pipeline.core.inquiry import Inquiry
from inquiry_pipeline.core.routing import RoutingDecision
from inquiry_pipeline.nlp.predictor import Predictor
from inquiry_pipeline.routing.engine import route
from inquiry_pipeline.routing.rulebook import RuleBook
from inquiry_pipeline.routing.rules import RuleSet
from inquiry_pipeline.store import answers, directory, idempotency, inquiries, work
from inquiry_pipeline.store.database import Database
from inquiry_pipeline.store.idempotency import IdempotencyKey
from inquiry_pipeline.store.work import Lease
from inquiry_pipeline.telemetry.metrics import Metrics

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineOptions:
    """How long a process may take over an assessment before another one may take it over."""

    lease: timedelta = timedelta(seconds=30)


class Pipeline:
    """The three verbs over one database, one model and one set of rules. Thread-safe."""

    def __init__(
        self,
        *,
        database: Database,
        predictor: Predictor,
        rulebook: RuleBook,
        metrics: Metrics,
        options: PipelineOptions,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.database = database
        self.predictor = predictor
        self.metrics = metrics
        self.clock = clock
        self._options = options
        self._rulebook = rulebook
        self._known_rules: str | None = None

    def accept(self, inquiry: Inquiry, *, key: IdempotencyKey | None = None, hold: bool = True) -> Lease | None:
        """Store an inquiry and the debt of assessing it.

        With `hold`, the caller gets the lease and should assess it now; otherwise a worker does. Returns None
        also where `key` is taken: then nothing was stored, and `idempotency.earlier` tells what was.
        """
        with self.database.transaction() as connection:
            inquiries.insert_inquiry(connection, inquiry)
            if key is not None and not idempotency.reserve(connection, key, inquiry.id):
                connection.rollback()
                return None
            return work.add(connection, inquiry.id, lease_for=self._options.lease if hold else None)

    def assess(self, batch: Sequence[Inquiry], *, interactive: bool = True) -> list[Assessment]:
        """Read each inquiry and decide where it belongs. Same text, same model, same rules: same answer."""
        rules, now = self.rules(), self.clock()
        predictions = self.predictor.predict([inquiry.message for inquiry in batch], interactive=interactive)
        return [
            Assessment(
                inquiry=inquiry, prediction=prediction, decision=route(inquiry, prediction, rules=rules, now=now)
            )
            for inquiry, prediction in zip(batch, predictions, strict=True)
        ]
