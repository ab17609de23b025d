import csv
import json

import pytest
from typer.testing import CliRunner

from inquiry_pipeline.core.errors import DataError
from inquiry_pipeline.entrypoints.cli import app

runner = CliRunner()


@pytest.fixture(autouse=True)
def _use_tiny_bundle(monkeypatch, tiny_bundle):
    monkeypatch.setenv("INQUIRY_BUNDLE_DIR", str(tiny_bundle))


def run(*arguments, **options):
    return runner.invoke(app, ["classify", *map(str, arguments)], **options)


def read_csv(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_jsonl(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_classify_shows_a_text():
    result = run("i was charged twice on my invoice")
    assert result.exit_code == 0
    assert "billing" in result.stdout
    assert "tiny-" in result.stdout


def test_classify_prints_the_shape_of_the_api():
    result = run("i was charged twice on my invoice", "--json")
    answer = json.loads(result.stdout)
    assert answer["category"] == "billing"
    assert set(answer) == {
        *("category", "confidence", "probabilities", "sentiment", "sentiment_confidence", "urgency"),
        *("urgency_confidence", "urgency_reasons", "suggestions", "language", "abstained", "degraded", "model_version"),
    }


def test_classify_says_why_it_is_urgent():
    result = run("please answer within 3 hours")
    assert 'urgency: Deadline: "within 3 hours" is ' in result.stdout
    assert "3 hours after it was received\n" in result.stdout
    assert "urgency: Learned: " in result.stdout


def test_classify_reads_deadlines_by_the_time_a_record_was_received(tmp_path):
    source, output = tmp_path / "in.csv", tmp_path / "out.jsonl"
    source.write_text(
        "text,Received_At\nplease answer by friday,2026-11-19T23:00:00-05:00\nplease answer by friday,2026-11-19\n"
        "please answer in 3 hours,\nplease answer by friday,19.11.2026\n"
    )
    assert run(source, "-o", output).exit_code == 1
    first, second, third = (row["urgency_reasons"][0] for row in read_jsonl(output))
    assert '"by friday" is Fri 27 Nov' in first
    assert '"by friday" is Fri 20 Nov 23:59 UTC, 48 hours after' in second
    assert third.startswith("Learned: ")
    [error] = read_jsonl(tmp_path / "out.jsonl.errors.jsonl")
    assert error["error"].endswith("in.csv, line 5, field Received_At: must be a time in ISO 8601")


def test_classify_reads_standard_input():
    result = run("-", "--json", input="password does not work")
    assert json.loads(result.stdout)["category"] == "technical_support"


def test_classify_csv_keeps_columns_and_appends_the_prediction(tmp_path):
    source, output = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(
        '\ufeffid,Subject,BODY\n1,Bill,"i was charged twice,\non my invoice"\n2,,password does not work\n'
    )
    result = run(source, "-o", output)
    assert result.exit_code == 0, result.output
    rows = read_csv(output)
    assert [row["id"] for row in rows] == ["1", "2"]
    assert rows[0]["BODY"] == "i was charged twice,\non my invoice"
    assert [row["category"] for row in rows] == ["billing", "technical_support"]
    assert rows[0]["abstained"] in {"true", "false"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


def test_classify_gives_files_the_same_answer_as_a_text(tmp_path):
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    texts = ["i was charged twice on my invoice", "x", "production is down for all customers now"]
    source.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    assert run(source, "-o", output).exit_code == 0
    for text, row in zip(texts, read_jsonl(output), strict=True):
        assert {key: row[key] for key in row if key != "text"} == json.loads(run(text, "--json").stdout)


def test_classify_reports_bad_records_and_goes_on(tmp_path):
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(
        b'{"body": "password does not work"}\n{"body": 5}\nnot json\n\n[1]\n{"subject": "only"}\n{"body": " "}\n'
        b'{"body": "\xff\xfe"}\n{"body": "\\ud800"}\n{"body": "i love it"}\n'
    )
    result = run(source, "-o", output)
    assert result.exit_code == 1
    assert len(read_jsonl(output)) == 2
    errors = read_jsonl(tmp_path / "out.jsonl.errors.jsonl")
    assert [error["line"] for error in errors] == [2, 3, 5, 6, 7, 8, 9]
    assert "in.jsonl, line 2, field body: must be a text" in result.stderr
    assert "line 6, field body: is missing" in errors[3]["error"]


def test_classify_reports_bad_csv_rows_with_their_line(tmp_path):
    source, output = tmp_path / "in.csv", tmp_path / "out.jsonl"
    source.write_text('body,n\n"two\nlines",1\ntoo,many,fields\n,3\nfine,4\n')
    assert run(source, "-o", output).exit_code == 1
    assert [row["n"] for row in read_jsonl(output)] == ["1", "4"]
    assert [error["line"] for error in read_jsonl(tmp_path / "out.jsonl.errors.jsonl")] == [4, 5]


def test_classify_does_not_overwrite_a_column_of_the_same_name(tmp_path):
    source, output = tmp_path / "in.jsonl", tmp_path / "out.csv"
    source.write_text(json.dumps({"body": "i was charged twice on my invoice", "category": "old"}) + "\n")
    assert run(source, "-o", output).exit_code == 0
    [row] = read_csv(output)
    assert (row["category"], row["predicted_category"]) == ("old", "billing")


def test_classify_into_csv_reports_a_field_that_has_no_column(tmp_path):
    source, output = tmp_path / "in.jsonl", tmp_path / "out.csv"
    source.write_text('{"body": "a question"}\n{"body": "a question", "extra": 1}\n{"body": "hello there"}\n')
    assert run(source, "-o", output).exit_code == 1
    assert len(read_csv(output)) == 2
    [error] = read_jsonl(tmp_path / "out.csv.errors.jsonl")
    assert "line 2, field extra" in error["error"]


def test_classify_many_records_keeps_their_order(tmp_path):
    source, output = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("n;text\n" + "".join(f"{n};invoice number {n % 50}\n" for n in range(1_200)))
    assert run(source, "-o", output).exit_code == 0
    assert [row["n"] for row in read_csv(output)] == [str(n) for n in range(1_200)]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("in.csv", "id,message\n1,hello\n", "no column is named body or text"),
        ("in.csv", "", "no column is named body or text"),
        ("in.txt", "hello", "only .csv and .jsonl"),
    ],
)
def test_classify_refuses_a_file_it_cannot_use(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    result = run(tmp_path / name, "-o", tmp_path / "out.csv")
    assert isinstance(result.exception, DataError)
    assert message in str(result.exception)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_classify_refuses_missing_files_and_folders(tmp_path):
    for source, output in [("none.csv", "out.csv"), ("in.csv", "no/out.csv"), ("in.csv", "out.xlsx")]:
        (tmp_path / "in.csv").write_text("body\nhello\n")
        assert isinstance(run(tmp_path / source, "-o", tmp_path / output).exception, DataError)


def test_classify_of_a_file_needs_an_output(tmp_path):
    (tmp_path / "in.csv").write_text("body\nhello\n")
    assert run(tmp_path / "in.csv").exit_code == 2
