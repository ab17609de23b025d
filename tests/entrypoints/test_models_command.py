import csv
import json

import pytest
from typer.testing import CliRunner

from inquiry_pipeline.core.errors import BundleError, DataError
from inquiry_pipeline.entrypoints.cli import app
from inquiry_pipeline.learning.training import HeadOptions, train_heads
from inquiry_pipeline.nlp.manifest import read_manifest
from tests.learning.test_training import written

runner = CliRunner()
ROWS = [(word, "garden") for word in ("plant tree", "flower soil", "tree soil", "soil plant", "flower tree")] + [
    (word, "kitchen") for word in ("oven pan", "knife recipe", "pan recipe", "oven knife", "recipe oven")
]


@pytest.fixture(autouse=True)
def _use_tiny_bundle(monkeypatch, tiny_bundle):
    monkeypatch.setenv("INQUIRY_BUNDLE_DIR", str(tiny_bundle))


@pytest.fixture(scope="module")
def trained(tiny_bundle, tmp_path_factory):
    pytest.importorskip("sklearn")
    folder = tmp_path_factory.mktemp("trained") / "bundle"
    train_heads(tiny_bundle, list(written()), folder, HeadOptions(name="test", max_tokens=64, target_precision=0.9))
    return folder


@pytest.fixture
def examples(tmp_path):
    file = tmp_path / "examples.csv"
    with file.open("w", newline="") as lines:
        csv.writer(lines).writerows([("Text", "Category"), *ROWS])
    return file


def run(*arguments):
    return runner.invoke(app, ["models", *map(str, arguments)])


def test_show_tells_what_a_bundle_is_and_how_good(trained):
    result = run("show", trained)
    assert result.exit_code == 0, result.output
    figures = json.loads((trained / "evaluation.json").read_text())
    for part in (read_manifest(trained).model_version, "billing", f"{figures['category']['accuracy']:.1%}"):
        assert part in result.stdout
    content = json.loads(run("show", trained, "--json").stdout)
    assert content["evaluation"] == figures
    assert content["version"] == read_manifest(trained).model_version
    assert content["held_out_answers"] is True
    assert set(content["thresholds"]) == {"*", "en"}


def test_show_of_a_bundle_without_figures_says_so():
    result = run("show")
    assert "tiny-" in result.stdout
    assert "never measured" in result.stdout


def test_show_of_no_bundle_is_refused(tmp_path):
    assert "no such folder" in str(run("show", tmp_path / "none").exception)
    assert isinstance(run("show", tmp_path).exception, BundleError)


def test_thresholds_shows_every_class_and_changes_nothing(trained):
    before = {path.name: path.read_bytes() for path in trained.iterdir()}
    result = run("thresholds", trained, "--target-precision", "0.8")
    assert result.exit_code == 0, result.output
    for part in ("technical_support", "own answers", "95 % interval", "Automated in all", "texts out of scope"):
        assert part in result.stdout
    assert {path.name: path.read_bytes() for path in trained.iterdir()} == before


def test_thresholds_as_json_holds_the_evidence_of_every_cell(trained):
    content = json.loads(run("thresholds", trained, "--target-precision", "0.8", "--json").stdout)
    assert {(cell["language"], cell["category"]) for cell in content["cells"]} == {
        ("en", category) for category in read_manifest(trained).labels["category"]
    }
    assert sum(cell["decided"] for cell in content["cells"]) >= content["decided"]
    for cell in content["cells"]:
        if cell["decided"]:
            assert cell["interval"][0] <= cell["precision"] <= cell["interval"][1]
    assert content["automation"] == content["decided"] / 240


def test_thresholds_apply_writes_a_bundle_of_another_version(trained, tmp_path):
    shown = json.loads(run("thresholds", trained, "--target-precision", "0.7", "--json").stdout)
    result = run("thresholds", trained, "--target-precision", "0.7", "--apply", "--out", tmp_path / "new")
    assert result.exit_code == 0, result.output
    manifest = read_manifest(tmp_path / "new")
    assert manifest.model_version in result.stderr
    assert manifest.model_version != read_manifest(trained).model_version
    assert manifest.data["target_precision"] == 0.7
    for cell in shown["cells"]:
        least = manifest.threshold(cell["category"], cell["language"])
        assert (least if least <= 1 else None) == cell["threshold"]
    answer = runner.invoke(app, ["classify", "refund the invoice", "--bundle", str(tmp_path / "new"), "--json"])
    assert json.loads(answer.stdout)["model_version"] == manifest.model_version
    suggestions = [
        json.loads((one / "evaluation.json").read_text())["suggestions"] for one in (trained, tmp_path / "new")
    ]
    assert suggestions[1] == {"all": suggestions[0]["all"]}  # which are left open is no longer known


@pytest.mark.parametrize("arguments", [["--apply"], ["--out", "somewhere"]])
def test_thresholds_applies_only_when_told_where(trained, arguments):
    assert run("thresholds", trained, *arguments).exit_code == 2


def test_thresholds_of_a_bundle_without_evidence_says_so():
    assert "holds no held-out answers" in str(run("thresholds").exception)


def test_fit_heads_makes_a_bundle_that_classify_uses(examples, tmp_path):
    result = run("fit-heads", examples, "--out", tmp_path / "own", "--name", "shed")
    assert result.exit_code == 0, result.output
    assert "10 examples of 2 categories" in result.stdout
    answer = runner.invoke(app, ["classify", "flower plant", "--bundle", str(tmp_path / "own"), "--json"])
    content = json.loads(answer.stdout)
    assert content["category"] == "garden"
    assert content["model_version"].startswith("shed-")
    assert not content["degraded"]


def test_fit_heads_refuses_what_is_no_language(examples, tmp_path):
    result = run("fit-heads", examples, "--out", tmp_path / "own", "--language", "english")
    assert result.exit_code == 2
    assert "ISO 639-1" in result.output
    assert not (tmp_path / "own").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"text": "a plant", "category": "garden"}\n{"text": "a pan"}\n', "line 2, field category: is missing"),
        ('{"text": "a plant", "category": 7}\n', "line 1, field category: must be a text"),
        ('{"text": "a plant", "category": "gar\\nden"}\n', "line 1, field category: must be at most 100 characters"),
        ('{"category": "garden"}\n', "line 1, field body: is missing"),
        ("no json\n", "line 1: not valid JSON"),
        ('{"text": "x", "category": "a", "language": "English"}\n', "line 1, field language"),
        ("", "holds no example"),
        ('{"text": "a plant", "category": "garden"}\n{"text": "a pan", "category": "kitchen"}\n', "Fewer than two"),
    ],
)
def test_fit_heads_names_the_place_of_what_is_wrong(tmp_path, content, message):
    file = tmp_path / "examples.jsonl"
    file.write_text(content)
    error = run("fit-heads", file, "--out", tmp_path / "own").exception
    assert isinstance(error, DataError)
    assert message in str(error)
    assert not (tmp_path / "own").exists()


@pytest.mark.parametrize(
    "content",
    [
        "categories:\n  garden: plant tree flower soil\n  kitchen:\n    - oven pan\n    - knife recipe\n",
        '{"garden": "plant tree flower soil", "kitchen": ["oven pan", "knife recipe"]}',
    ],
)
def test_from_labels_makes_a_bundle_from_descriptions(tmp_path, content):
    file = tmp_path / "labels.yaml"
    file.write_text(content)
    result = run("from-labels", file, "--out", tmp_path / "own", "--no-scope")
    assert result.exit_code == 0, result.output
    assert "not calibrated" in result.stderr
    answer = runner.invoke(app, ["classify", "tree flower soil", "--bundle", str(tmp_path / "own"), "--json"])
    assert json.loads(answer.stdout)["category"] == "garden"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("categories: {garden: plants}\n", "labels.yaml:1: categories: must be a mapping of at least two"),
        ("garden: plants\nkitchen: 7\n", "labels.yaml:2: kitchen: must be a sentence"),
        ("garden: plants\nkitchen:\n  - pans\n  - {a: b}\n", "labels.yaml:2: kitchen: must be a sentence"),
        ("garden: plants\ngarden: pans\n", "labels.yaml:2"),
        ("- garden\n- kitchen\n", "labels.yaml:1: must be a mapping"),
        ("", "labels.yaml:1: the file is empty"),
    ],
)
def test_from_labels_names_the_line_of_what_is_wrong(tmp_path, content, message):
    file = tmp_path / "labels.yaml"
    file.write_text(content)
    error = run("from-labels", file, "--out", tmp_path / "own").exception
    assert isinstance(error, DataError)
    assert message in str(error)


def test_classify_refuses_a_named_bundle_that_is_not_there(tmp_path):
    result = runner.invoke(app, ["classify", "a text", "--bundle", str(tmp_path / "none")])
    assert isinstance(result.exception, BundleError)
