from pathlib import Path

import pytest

from inquiry_pipeline.core.errors import BackendError, ConfigurationError
from inquiry_pipeline.nlp.backends import ModelChoice, ReadText, Task, parse_choice
from inquiry_pipeline.nlp.batching import batches
from inquiry_pipeline.nlp.bundle import load_bundle
from inquiry_pipeline.nlp.bundle_backend import is_bundle, load_bundle_backend
from inquiry_pipeline.nlp.descriptions import DEFAULT_DESCRIPTIONS, load_descriptions


@pytest.mark.parametrize(
    ("value", "choice"),
    [
        ("", None),
        ("  ", None),
        ("facebook/bart-large-mnli", ModelChoice(name="facebook/bart-large-mnli")),
        ("zero-shot:facebook/bart-large-mnli", ModelChoice(name="facebook/bart-large-mnli", kind="zero-shot")),
        ("classifier: a/b@v2 ", ModelChoice(name="a/b", kind="classifier", revision="v2")),
    ],
)
def test_a_choice_is_read_from_its_text(value, choice):
    assert parse_choice(value) == choice


def test_a_choice_can_be_a_folder(tmp_path, monkeypatch):
    folder = tmp_path / "odd:name@here"
    folder.mkdir()
    choice = parse_choice(f"classifier:{folder}")
    assert choice == ModelChoice(name=str(folder), kind="classifier")
    assert choice.folder == folder
    assert parse_choice(str(folder)) == ModelChoice(name=str(folder))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "owner" / "model").mkdir(parents=True)
    assert parse_choice("owner/model") == ModelChoice(name="owner/model")
    assert ModelChoice(name="owner/model").folder == Path("owner/model")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("onehot:facebook/bart-large-mnli", "'onehot' is no kind of model: use zero-shot:MODEL or classifier:MODEL"),
        ("/nowhere/model", "There is no folder /nowhere/model"),
        ("zero-shot:./model", "There is no folder ./model"),
        ("models/of/mine", "There is no folder models/of/mine"),
        ("zero-shot:", "names no model"),
        ("@main", "names no model"),
    ],
)
def test_an_unusable_choice_is_refused(value, message):
    with pytest.raises(ConfigurationError, match=message):
        parse_choice(value)


def test_batches_put_like_lengths_together_within_the_budget():
    lengths = [5, 100, 6, 7, 90, 5, 400]
    found = batches(lengths, token_budget=200)
    assert sorted(index for batch in found for index in batch) == list(range(len(lengths)))
    assert [[lengths[index] for index in batch] for batch in found] == [[5, 5, 6, 7], [90, 100], [400]]
    for batch in found[:-1]:
        assert len(batch) * max(lengths[index] for index in batch) <= 200
    assert batches([], token_budget=10) == []


def write(tmp_path, text):
    path = tmp_path / "words.yaml"
    path.write_text(text)
    return path


def test_descriptions_have_every_default():
    assert load_descriptions(None) == DEFAULT_DESCRIPTIONS
    assert list(DEFAULT_DESCRIPTIONS) == list(Task)
    for description in DEFAULT_DESCRIPTIONS.values():
        hypotheses = description.hypotheses()
        assert len(set(hypotheses)) == len(description.labels)
        assert all("{" not in sentence and sentence.endswith(".") for sentence in hypotheses)


def test_descriptions_can_name_other_categories(tmp_path):
    path = write(tmp_path, "category:\n  labels:\n    returns: goods sent back.\n    press: a journalist's question\n")
    found = load_descriptions(path)
    assert found["category"].hypotheses() == [
        "This message is about goods sent back.",
        "This message is about a journalist's question.",
    ]
    assert found["urgency"] == DEFAULT_DESCRIPTIONS["urgency"]


def test_descriptions_can_have_another_hypothesis(tmp_path):
    found = load_descriptions(write(tmp_path, "sentiment: {hypothesis: 'They are {} here.'}"))
    assert found["sentiment"].hypotheses()[0] == "They are displeased, angry or worried here."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must map tasks"),
        ("- a", "must map tasks"),
        ("a: [", "is no YAML"),
        ("topic: {labels: {a: b, c: d}}", "words.yaml: topic is no task; there are category, sentiment, urgency"),
        ("category: {words: {a: b}}", "words.yaml: category must have `hypothesis`, `labels` or both"),
        ("category: {labels: {a: b}}", r"category\.labels must map two labels or more"),
        ("category: {labels: {a: b, c: 5}}", r"category\.labels\.c must be a text"),
        ("category: {labels: {a: b, c: ' '}}", r"category\.labels\.c must be a text"),
        ("category: {hypothesis: About it.}", r"category\.hypothesis must be a sentence with one {}"),
        ("urgency: {labels: {now: b, later: c}}", r"urgency\.labels must be critical, high, low, medium"),
    ],
)
def test_unusable_descriptions_name_file_and_field(tmp_path, text, message):
    with pytest.raises(ConfigurationError, match=message):
        load_descriptions(write(tmp_path, text))


def test_missing_descriptions_name_the_file(tmp_path):
    with pytest.raises(ConfigurationError, match=r"gone\.yaml cannot be read"):
        load_descriptions(tmp_path / "gone.yaml")


def test_a_bundle_answers_one_task_as_it_would_alone(tiny_bundle):
    bundle = load_bundle(tiny_bundle)
    choice = ModelChoice(name=str(tiny_bundle))
    assert is_bundle(choice)
    text = "i was charged twice on my invoice"
    whole = bundle.heads.answer(bundle.encoder.embed(text), "en")
    for task in Task:
        backend = load_bundle_backend(task, choice)
        assert backend.answer([ReadText(text, "en")]) == [getattr(whole, task)]
        assert backend.version == bundle.model_version
        assert backend.languages == {"en", "de"}
    assert load_bundle_backend(Task.CATEGORY, choice).threshold("billing", "en") == bundle.manifest.threshold(
        "billing", "en"
    )


def test_a_damaged_bundle_cannot_be_a_backend(tmp_path):
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(BackendError, match="manifest"):
        load_bundle_backend(Task.CATEGORY, ModelChoice(name=str(tmp_path)))
