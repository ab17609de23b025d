"""The rule book: follows the file, keeps what is right, says what is wrong."""

import logging
import os
import threading
from pathlib import Path

import pytest

from inquiry_pipeline.core.errors import RulesError
from inquiry_pipeline.routing.rulebook import RuleBook
from inquiry_pipeline.routing.rules import RuleSet
from tests.routing.test_rules import RIGHT

OTHER = RIGHT.replace("level: 2", "level: 3")
BROKEN = RIGHT.replace("round_robin", "roundrobin")


class Book:
    """A rule book over a file, with a clock that the test moves and a list of what was reported."""

    def __init__(self, path: Path) -> None:
        self.path, self.now = path, 0.0
        self.said: list[str] = []
        self.write(RIGHT)
        self.rules = RuleBook(path, self.said.append, clock=lambda: self.now)

    def write(self, text: str) -> None:
        self.path.write_text(text, encoding="utf-8")

    def after(self, seconds: float = 1.0) -> RuleSet:
        self.now += seconds
        return self.rules.current


@pytest.fixture
def book(tmp_path):
    return Book(tmp_path / "rules.yaml")


def test_the_first_load_must_succeed(tmp_path):
    with pytest.raises(RulesError, match="cannot be read"):
        RuleBook(tmp_path / "none.yaml")
    (tmp_path / "rules.yaml").write_text(BROKEN, encoding="utf-8")
    with pytest.raises(RulesError, match="'roundrobin' is not one of"):
        RuleBook(tmp_path / "rules.yaml")


def test_an_edit_is_taken_over(book):
    first = book.rules.current
    book.write(OTHER)
    assert book.after().consultants["bob"].level == 3
    assert book.rules.current.version != first.version
    assert (book.said, book.rules.problem) == (["loaded"], None)


def test_the_file_is_looked_at_once_a_second_at_most(book):
    book.write(OTHER)
    assert book.after(0.99).consultants["bob"].level == 2
    assert book.after(0.01).consultants["bob"].level == 3


def test_without_an_edit_the_same_object_stays(book):
    first = book.rules.current
    os.utime(book.path, (1, 1))
    assert book.after() is first
    assert book.after() is first
    assert book.said == []


def test_an_edit_of_the_same_size_and_time_stamp_is_seen_while_fresh(book):
    stamp = book.path.stat().st_mtime_ns
    book.write(OTHER)
    os.utime(book.path, ns=(stamp, stamp))
    assert book.after().consultants["bob"].level == 3


def test_a_settled_file_is_not_read_again(book, monkeypatch):
    os.utime(book.path, (1000, 1000))
    first = book.after()
    monkeypatch.setattr("inquiry_pipeline.routing.rulebook.read_rules", None)
    assert book.after() is first


def test_a_broken_edit_keeps_the_rules_and_is_reported_once(book, caplog):
    first = book.rules.current
    book.write(BROKEN)
    with caplog.at_level(logging.ERROR):
        assert book.after() is first
        assert book.after() is first
    assert book.said == ["rejected"]
    assert len(caplog.records) == 1
    assert "rules.yaml:5: departments.support.assignment: 'roundrobin' is not one of" in book.rules.problem
    assert first.version in caplog.text


def test_each_broken_edit_is_reported_and_a_right_one_ends_it(book):
    book.write(BROKEN)
    book.after()
    book.write(BROKEN + "more: 1\n")
    book.after()
    assert "more: unknown key" in book.rules.problem
    book.write(OTHER)
    assert book.after().consultants["bob"].level == 3
    assert (book.said, book.rules.problem) == (["rejected", "rejected", "loaded"], None)


def test_taking_a_broken_edit_back_ends_the_problem(book):
    first = book.rules.current
    book.write(BROKEN)
    book.after()
    book.write(RIGHT)
    assert book.after() is first
    assert (book.said, book.rules.problem) == (["rejected", "loaded"], None)


def test_a_deleted_file_keeps_the_rules_until_it_is_back(book):
    first = book.rules.current
    book.path.unlink()
    assert book.after() is first
    assert book.after() is first
    assert "cannot be read" in book.rules.problem
    book.write(RIGHT)
    assert book.after() is first
    assert (book.said, book.rules.problem) == (["rejected", "loaded"], None)


def test_a_file_replaced_by_another_is_seen(book):
    other = book.path.with_name("new.yaml")
    other.write_text(OTHER, encoding="utf-8")
    os.utime(book.path, (1000, 1000))
    book.after()
    os.utime(other, (1000, 1000))
    other.replace(book.path)
    assert book.after().consultants["bob"].level == 3


def test_many_threads_see_one_reload(book):
    book.write(OTHER)
    book.now += 1
    seen = []
    threads = [threading.Thread(target=lambda: seen.append(book.rules.current)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert book.said == ["loaded"]
    assert len(seen) == 16
    assert book.rules.current.consultants["bob"].level == 3
