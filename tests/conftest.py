"""What every test can ask for: a real PostgreSQL, a pipeline over it, an HTTP client."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url
from starlette.testclient import TestClient

from inquiry_pipeline.entrypoints.api.app import ApiOptions, create_app
from inquiry_pipeline.nlp.predictor import Predictor
from inquiry_pipeline.pipeline import Pipeline
from inquiry_pipeline.store.database import Database, DatabaseOptions
from inquiry_pipeline.store.embedded import EmbeddedServer, locked
from inquiry_pipeline.store.migrate import migrate
from inquiry_pipeline.telemetry.metrics import Metrics
from inquiry_pipeline.wiring import metrics_source
from tests.support.desk import pipeline_over, predictor_of
from tests.support.tiny_bundle import make_tiny_bundle

_TEMPLATE = "inquiry_template"
_UNPREFIXED = ["DATABASE_URL", "REDIS_URL", "HF_HOME", "HF_HUB_CACHE", "TRANSFORMERS_CACHE"]
_numbers = count()


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the developer's shell or .env says must not change what a test sees."""
    for name in [name for name in os.environ if name.startswith(("INQUIRY_", "OTEL_"))] + _UNPREFIXED:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("inquiry_pipeline.settings.Settings.model_config", _without_env_file())


def _without_env_file() -> dict[str, object]:
    from inquiry_pipeline.settings import Settings

    return {**Settings.model_config, "env_file": None}


@pytest.fixture
def server_folder() -> Iterator[Path]:
    """A folder for a database server. Not below `tmp_path`: there, every start of pytest takes other users' rights
    away, and PostgreSQL never runs as root.
    """
    with TemporaryDirectory(prefix="inquiry-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A real server for the whole session; the URL of its administrative database."""
    with TemporaryDirectory(prefix="inquiry-") as name, locked(folder := Path(name)):
        server = EmbeddedServer(folder / "postgres")
        url = server.start()
        # Tests do not survive a power cut either.
        _administer(url, "ALTER SYSTEM SET fsync = off")
        _administer(url, "SELECT pg_reload_conf()")
        yield url
        server.stop()


def _database_url(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _administer(server: str, statement: str) -> None:
    engine = create_engine(make_url(server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(scope="session")
def template(postgres: str) -> str:
    """The server, holding a database migrated by Alembic that tests copy."""
    _administer(postgres, f"CREATE DATABASE {_TEMPLATE}")
    database = Database(DatabaseOptions(url=_database_url(postgres, _TEMPLATE), pool_size=1))
    migrate(database)
    database.close()
    return postgres


@pytest.fixture
def fresh_url(template: str) -> Iterator[str]:
    """The URL of a migrated database that belongs to this test alone."""
    name = f"test_{next(_numbers)}"
    _administer(template, f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
    yield _database_url(template, name)
    _administer(template, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(fresh_url: str) -> Iterator[Database]:
    """A pool on a fresh database."""
    database = Database(DatabaseOptions(url=fresh_url, pool_size=16))
    yield database
    database.close()


@pytest.fixture(scope="session")
def shared_database(template: str) -> Iterator[Database]:
    """A pool on one database for all tests that leave nothing behind."""
    _administer(template, f"CREATE DATABASE shared TEMPLATE {_TEMPLATE}")
    database = Database(DatabaseOptions(url=_database_url(template, "shared"), pool_size=4))
    yield database
    database.close()


@pytest.fixture
def connection(shared_database: Database) -> Iterator[Connection]:
    """A connection whose transaction is rolled back at the end of the test."""
    with shared_database.engine.connect() as connection:
        transaction = connection.begin()
        yield connection
        transaction.rollback()


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return Path(__file__).parents[1]


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real model bundle that is small and quick; what it says is right by accident only."""
    return make_tiny_bundle(tmp_path_factory.mktemp("bundle") / "tiny")


@pytest.fixture(scope="session")
def predictor(tiny_bundle: Path) -> Iterator[Predictor]:
    """A predictor over the small bundle, loaded once for all tests. Its metrics are nobody's."""
    with predictor_of(tiny_bundle, Metrics(CollectorRegistry())) as predictor:
        predictor.warm_up()
        yield predictor


@pytest.fixture
def pipeline(database: Database, predictor: Predictor) -> Pipeline:
    """A pipeline on a fresh database, with the small desk of `tests/support/desk.yaml`."""
    return pipeline_over(database, predictor)


@pytest.fixture
def client(pipeline: Pipeline) -> Iterator[TestClient]:
    """An HTTP client of the whole application, with its start and stop."""
    app = create_app(pipeline, ApiOptions(), exposition=metrics_source(pipeline))
    with TestClient(app, raise_server_exceptions=False) as client:
        client.base_url = client.base_url.join("/api/v1/")
        yield client
