"""What is said when the database is not there."""

import os

import pytest
from sqlalchemy import text

from inquiry_pipeline.core.errors import ConfigurationError, StoreError, StoreUnavailable
from inquiry_pipeline.store.database import Database, DatabaseOptions
from inquiry_pipeline.store.embedded import DataFolderLocked, locked


def test_an_unreachable_server_is_named_and_the_password_is_not() -> None:
    database = Database(DatabaseOptions(url="postgresql://someone:s3cret@127.0.0.1:1/desk", connect_timeout=1))
    with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1") as caught:
        database.ping()
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("url", ["mysql://a/b", "not a url", ""])
def test_a_wrong_url_names_the_variable_and_not_its_value(url: str) -> None:
    with pytest.raises(ConfigurationError, match="DATABASE_URL"):
        Database(DatabaseOptions(url=url))


@pytest.mark.parametrize("host", ["desk-1", "h" * 64])
def test_a_connection_names_machine_and_process_whole_however_long_the_name_is(
    fresh_url: str, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: host)
    database = Database(DatabaseOptions(url=fresh_url, application_name="inquiry-worker"))
    with database.transaction() as connection:
        known = connection.execute(text("SELECT current_setting('application_name')")).scalar_one()
    database.close()
    name, _, process = known.rpartition(":")
    assert int(process) == os.getpid()
    assert name.startswith("inquiry-worker ")
    assert (len(name) < 40) == (host == "desk-1")


def test_a_session_is_nobody_elses_afterwards(fresh_url: str) -> None:
    database = Database(DatabaseOptions(url=fresh_url, pool_size=1))
    with database.session() as connection:
        connection.execute(text("SET lock_timeout = '7s'"))
        connection.commit()
    with database.transaction() as connection:
        assert connection.execute(text("SHOW lock_timeout")).scalar_one() == "5s"
    with pytest.raises(StoreError, match="nowhere"), database.session() as connection:
        connection.execute(text("SELECT * FROM nowhere"))
    database.close()


def test_a_connection_cut_in_a_transaction_is_reported_and_the_next_one_works(database: Database) -> None:
    with pytest.raises(StoreUnavailable), database.transaction() as connection:
        own = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with database.transaction() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": own})
        connection.execute(text("SELECT 1"))
    assert database.ping() > 0


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as connection:
        connection.execute(text("INSERT INTO departments (id, name, active) VALUES ('x', 'X', true)"))
        _ = 1 / 0
    with database.transaction() as connection:
        assert connection.execute(text("SELECT count(*) FROM departments")).scalar_one() == 0


def test_a_folder_is_held_by_one_and_free_after_it(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path)) / "data"
    with locked(folder), pytest.raises(DataFolderLocked, match="INQUIRY_DATA_DIR"), locked(folder):
        pytest.fail("held twice")
    with locked(folder):
        pass
