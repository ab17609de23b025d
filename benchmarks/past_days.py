"""Two past days of a busy desk, straight into the database: inquiries, predictions, decisions, what people said.

What is in it is plausible in its numbers, not in its words: labels are spread as at a service desk, one letter is as
long as another, and every run makes the same.
"""

from typing import Final

from sqlalchemy import text

from inquiry_pipeline.store.database import Connection, Database

_LABELS: Final = """
CREATE TEMPORARY TABLE past AS
SELECT gen_random_uuid() AS any_id, n,
       now() - interval '48 hours' * (1 - n / :number ::double precision) AS received_at,
       (ARRAY['technical_support', 'technical_support', 'billing', 'billing', 'sales', 'hr', 'legal',
              'product_feedback'])[1 + floor(random() * 8)::integer] AS category,
       (ARRAY['negative', 'negative', 'neutral', 'neutral', 'positive'])[1 + floor(random() * 5)::integer] AS sentiment,
       (ARRAY['low', 'medium', 'medium', 'high', 'high', 'critical'])[1 + floor(random() * 6)::integer] AS urgency,
       (ARRAY['en', 'en', 'en', 'de', 'fr', 'es', 'it', 'nl', 'pt', 'und'])[1 + floor(random() * 10)::integer]
           AS language,
       (ARRAY['email', 'email', 'api', 'web'])[1 + floor(random() * 4)::integer] AS channel,
       floor(random() * 1000) / 10 AS score,
       CASE WHEN random() < 0.04 THEN 1 + floor(random() * 2)::smallint ELSE 0 END AS level,
       random() < 0.15 AS abstained, random() < 0.01 AS degraded,
       1 - 0.6 * random() ^ 2 AS sure, 1 - 0.5 * random() ^ 2 AS sure_of_sentiment,
       1 - 0.5 * random() ^ 2 AS sure_of_urgency,
       random() AS fate
FROM generate_series(1, :number) AS n
"""

# Ids as the pipeline makes them: UUIDv7 (RFC 9562), of the moment of acceptance.
_IDS: Final = """
ALTER TABLE past ADD COLUMN id uuid, ADD COLUMN consultant_id text, ADD COLUMN department text,
    ADD COLUMN priority text, ADD COLUMN status text
"""
_REST: Final = """
UPDATE past SET
    id = (lpad(to_hex(floor(extract(epoch FROM received_at) * 1000)::bigint), 12, '0') || '7' ||
          substr(replace(any_id::text, '-', ''), 14))::uuid,
    department = CASE WHEN abstained THEN 'triage' ELSE category END,
    priority = (ARRAY['low', 'normal', 'high', 'critical'])[1 + floor(score / 25.1)::integer],
    status = CASE WHEN fate < 0.9 THEN 'resolved' WHEN fate < 0.93 THEN 'in_progress' ELSE 'routed' END,
    consultant_id = CASE WHEN fate < 0.98 THEN (SELECT ids[1 + n % cardinality(ids)] FROM
        (SELECT array_agg(id ORDER BY id) AS ids FROM consultants) AS people) END
"""

_INQUIRIES: Final = """
INSERT INTO inquiries (id, subject, body, sender_email, channel, received_at, created_at, updated_at, status, category,
    sentiment, urgency, language, abstained, degraded, department, consultant_id, priority_score, priority,
    escalation_level, routed_at, resolved_at)
SELECT id, 'Question ' || n, 'Inquiry ' || n || '. ' || :body, 'sender' || n % 5000 || '@customer.example', channel,
    received_at, received_at, received_at, status, category, sentiment, urgency, language, abstained, degraded,
    department, consultant_id, score, priority, level, received_at + fate * interval '0.1 seconds',
    CASE WHEN status = 'resolved' THEN received_at + least(fate * interval '4 hours', now() - received_at) END
FROM past ORDER BY n
"""

_PREDICTIONS: Final = """
INSERT INTO predictions (inquiry_id, model_version, role, is_current, category, confidence, sentiment,
    sentiment_confidence, urgency, urgency_confidence, probabilities, language, abstained, degraded, created_at)
SELECT id, CASE WHEN degraded THEN 'keywords-1' ELSE 'minilm-' || (n * 3 / :number) END, 'champion', true, category,
    sure, sentiment, sure_of_sentiment, urgency, sure_of_urgency,
    jsonb_build_object('category', jsonb_build_object(category, sure), 'sentiment', jsonb_build_object(sentiment,
        sure_of_sentiment), 'urgency', jsonb_build_object(urgency, sure_of_urgency)),
    language, abstained, degraded, received_at + interval '20 milliseconds'
FROM past ORDER BY n
"""

_DECISIONS: Final = """
INSERT INTO routing_decisions (inquiry_id, is_current, department, consultant_id, priority_score, priority,
    escalation_level, triaged, strategy, rules_version, record, decided_at, stored_at)
SELECT id, true, department, consultant_id, score, priority, level, abstained, 'round_robin',
    (SELECT min(version) FROM rule_sets), jsonb_build_object('needs', jsonb_build_object('category', category,
        'language', language), 'reasons', jsonb_build_array(CAST(:body AS text)), 'terms', '[]'::jsonb,
        'rules_fired', '[]'::jsonb, 'candidates', '[]'::jsonb, 'review_at', NULL),
    received_at, received_at + interval '50 milliseconds'
FROM past ORDER BY n
"""

_FEEDBACK: Final = """
INSERT INTO feedback (inquiry_id, prediction_id, model_version, predicted_category, predicted_sentiment,
    predicted_urgency, category, sentiment, urgency, actor, decides, given_at)
SELECT p.inquiry_id, p.id, p.model_version, p.category, p.sentiment, p.urgency,
    CASE WHEN random() > p.confidence THEN 'legal' ELSE p.category END,
    CASE WHEN random() > p.sentiment_confidence THEN 'neutral' ELSE p.sentiment END,
    CASE WHEN random() > p.urgency_confidence THEN 'low' ELSE p.urgency END,
    'ann', true, p.created_at + interval '1 hour'
FROM predictions AS p WHERE p.id % 20 = 0
"""

_MEASUREMENTS: Final = """
INSERT INTO performance_metrics (measured_at, name, value)
SELECT now() - n * interval '1 minute', name, random() * 10 FROM generate_series(0, 1439) AS n,
    unnest(ARRAY['work_pending', 'work_dead', 'work_oldest_seconds', 'inquiries_received_5m', 'routed_per_hour_5m',
        'seconds_to_route_p50_5m', 'seconds_to_route_p95_5m', 'seconds_to_route_p99_5m']) AS name
"""

_VERSIONS: Final = """
INSERT INTO model_versions (version, name) VALUES ('keywords-1', 'keywords'), ('minilm-0', 'minilm'),
    ('minilm-1', 'minilm'), ('minilm-2', 'minilm'), ('minilm-3', 'minilm')
"""

_BODY: Final = (
    "Since the update on Monday the export of our reports stops half way, and the file that arrives is empty. We have"
    " tried it with two browsers and on another machine, with the same result. Our accountant needs the figures for the"
    " quarter by Friday. Could you please look into it, or tell us how to get at the data in another way? Kind regards."
)


def is_empty(database: Database) -> bool:
    """Whether there are no inquiries in it."""
    with database.transaction() as connection:
        return not connection.execute(text("SELECT EXISTS (SELECT FROM inquiries)")).scalar_one()


def fill(database: Database, *, number: int) -> None:
    """Store inquiries of the last 48 hours, `number` a day. The rules must be known to the database."""
    with database.transaction() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0; SET LOCAL synchronous_commit = off"))
        connection.execute(text("SELECT setseed(0.5)"))
        connection.execute(text(_VERSIONS))
        for statement in (_LABELS, _IDS, _REST, _INQUIRIES, _PREDICTIONS, _DECISIONS, _FEEDBACK, _MEASUREMENTS):
            connection.execute(text(statement), {"number": 2 * number, "body": _BODY})
        connection.execute(text("DROP TABLE past"))
        _owe(connection)


def _owe(connection: Connection) -> None:
    """A little work that is owed, as there always is."""
    connection.execute(text("INSERT INTO work (inquiry_id) SELECT id FROM inquiries ORDER BY id DESC LIMIT 20"))


def tidy(database: Database) -> None:
    """Do what autovacuum does within minutes: index-only scans and estimates depend on it."""
    with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE"))
